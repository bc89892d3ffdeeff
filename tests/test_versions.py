"""The API versions and their dates: versions/."""

import ast
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from hubspot_preferences import (
    AsyncPreferences,
    EndOfSupportWarning,
    InvalidArgument,
    Preferences,
    UnsupportedInVersion,
    Version,
    versions,
)
from hubspot_preferences.cli.compare import compare
from hubspot_preferences.contracts import documents
from hubspot_preferences.versions import VersionName, declared

ROOT = Path(__file__).resolve().parents[1]
CLIENT = (ROOT / "facade/hubspot_preferences/client.py").read_text(encoding="utf-8")
VALID = ", ".join((*versions.NAMES, "latest"))
DECEMBER = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("name", "released", "end"),
    [
        ("v4", None, date(2027, 3, 30)),
        ("2026-03", date(2026, 3, 30), date(2027, 9, 30)),
        ("2026-09", date(2026, 9, 8), date(2028, 3, 8)),
    ],
)
def test_each_version_has_its_dates(name: str, released: date | None, end: date) -> None:
    """HubSpot's dates, announced or computed by its policy."""
    version = versions.version(name)
    assert (name, name, released, end) == (version.name, str(version), version.released, version.end_of_support)


@pytest.mark.parametrize(
    ("name", "day", "state", "left"),
    [
        ("2026-03", date(2026, 3, 29), "unreleased", 550),
        ("2026-03", date(2026, 3, 30), "current", 549),
        ("2026-03", date(2026, 9, 29), "current", 366),
        ("2026-03", date(2026, 9, 30), "supported", 365),
        ("2026-03", date(2027, 9, 29), "supported", 1),
        ("2026-03", date(2027, 9, 30), "unsupported", 0),
        ("2026-03", date(2027, 10, 1), "unsupported", -1),
        ("2026-09", date(2026, 9, 7), "unreleased", 548),
        ("2026-09", date(2026, 9, 8), "current", 547),
        ("2026-09", date(2027, 3, 7), "current", 367),
        ("2026-09", date(2027, 3, 8), "supported", 366),
        ("2026-09", date(2028, 3, 7), "supported", 1),
        ("2026-09", date(2028, 3, 8), "unsupported", 0),
        ("v4", date(2020, 1, 1), "supported", 2645),
        ("v4", date(2026, 4, 1), "supported", 363),
        ("v4", date(2027, 3, 29), "supported", 1),
        ("v4", date(2027, 3, 30), "unsupported", 0),
    ],
)
def test_a_version_ages(name: str, day: date, state: str, left: int) -> None:
    """Unreleased, current for six months, supported for eighteen or until the announced day, then neither."""
    version = versions.version(name)
    assert (state, left) == (version.state(day), version.days_left(day))


@pytest.mark.parametrize(
    ("released", "end"),
    [
        (date(2024, 8, 31), date(2026, 2, 28)),
        (date(2026, 9, 8), date(2028, 3, 8)),
        (date(2022, 8, 31), date(2024, 2, 29)),
    ],
)
def test_months_end_where_they_end(released: date, end: date) -> None:
    """Eighteen months after the last of a long month is the last of a short one."""
    assert end == Version("2099-01", released).end_of_support


def test_an_announced_day_comes_first() -> None:
    """What HubSpot announces counts more than what its policy says."""
    assert DECEMBER == Version("v9", date(2025, 1, 1), announced_end=DECEMBER).end_of_support


def test_today_is_the_default(today: date) -> None:
    """Without a day both answers are about today."""
    version = versions.version("v4")
    assert (version.state(today), version.days_left(today)) == (version.state(), version.days_left())
    assert 130 == version.days_left()


def test_today_is_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of tests it is the real day."""
    monkeypatch.undo()
    before = date.today()
    assert before <= versions.today() <= date.today()


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2020, 1, 1), "v4"),
        (date(2026, 3, 29), "v4"),
        (date(2026, 3, 30), "2026-03"),
        (date(2026, 9, 7), "2026-03"),
        (date(2026, 9, 8), "2026-09"),
        (date(2030, 1, 1), "2026-09"),
    ],
)
def test_latest_is_the_newest_by_release(monkeypatch: pytest.MonkeyPatch, day: date, name: str) -> None:
    """The word stands for the version that was released last, as a name, and for none before its release."""
    assert versions.version(name) is versions.newest(day)
    monkeypatch.setattr(versions, "today", lambda: day)
    assert versions.version(name) is versions.version("latest")
    assert versions.version(name) is versions.newest()


def test_before_every_release_the_oldest_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock is years behind gets a version all the same."""
    monkeypatch.setattr(versions, "NAMES", ("2026-03", "2026-09"))
    assert versions.version("2026-03") is versions.newest(date(1970, 1, 1))


def test_no_list_of_versions_has_to_be_kept_up() -> None:
    """What describes an argument names versions as examples, and says where all of them are listed."""
    described = re.findall(r"^    version: (.*?)\n    base_url:", CLIENT, re.DOTALL | re.MULTILINE)
    described += re.findall(r"A and B are versions(.*?)or files", str(compare.help), re.DOTALL)
    assert 2 == len(described)
    for text in described:
        assert "hubprefs versions" in text
        assert len(re.findall(r"v4|20\d\d-\d\d", text)) < 3


def test_the_names_that_may_be_written_are_those_of_the_versions() -> None:
    """What type checkers take for a version is the name of a row."""
    assert get_args(VersionName) == versions.NAMES


def test_a_version_may_be_given_as_itself() -> None:
    """A Version is taken as it is."""
    version = versions.version("v4")
    assert version is versions.version(version)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("v3", "'v3'"),
        ("V4", "'V4'"),
        ("", "''"),
        ("2025-09", "'2025-09'"),
        ("2026_03", "'2026_03'"),
        ("v2026-03", "'v2026-03'"),
        ("../v4", "'../v4'"),
        ("Latest", "'Latest'"),
        (None, "NoneType"),
        (4, "int"),
        (["v4"], "list"),
    ],
)
def test_another_version_is_refused(name: Any, shown: str) -> None:
    """An unknown version is answered with the known ones."""
    with pytest.raises(InvalidArgument) as caught:
        versions.version(name)
    assert f"version: {shown} is not one of {VALID}" == str(caught.value)


@pytest.mark.usefixtures("three_versions")
def test_the_valid_names_are_listed_from_old_to_new() -> None:
    """With the word for the newest last."""
    with pytest.raises(InvalidArgument, match=r"^version: 'v3' is not one of v4, 2026-03, 2026-09, latest$"):
        versions.version("v3")


def test_the_default_is_a_version() -> None:
    """The version used where none is named is a known one."""
    assert versions.DEFAULT in versions.NAMES


def test_the_names_go_from_old_to_new() -> None:
    """The table of versions is in the order of their release, that without a date first."""
    dates = [versions.version(name).released or date.min for name in versions.NAMES]
    assert sorted(dates) == dates


def test_every_contract_is_a_version_and_goes_into_the_wheel() -> None:
    """A contract alone makes no version: it needs a row and a line for the wheel, each said here."""
    contracts = {path.stem for path in (ROOT / "openapi").glob("*.yaml") if re.match(r"v\d|20\d\d-", path.name)}
    assert contracts
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    lines = wheel["targets"]["wheel"]["force-include"]
    for name in sorted(contracts | set(versions.NAMES)):
        contract = f"openapi/{name}.yaml"
        assert name in contracts, f"{name} is in versions.NAMES, but there is no {contract}: make refresh"
        assert name in versions.NAMES, f"{contract} is there: give it a row in versions/__init__.py"
        there = lines.get(contract)
        line = f'"{contract}" = "hubspot_preferences/_openapi/{name}.yaml"'
        assert f"hubspot_preferences/_openapi/{name}.yaml" == there, (
            f"{contract} would be missing in the wheel: add the line {line} to "
            "[tool.hatch.build.targets.wheel.force-include] in pyproject.toml"
        )


@pytest.mark.parametrize("name", versions.NAMES)
def test_a_version_reads_and_writes_by_its_own_package(name: str) -> None:
    """What type checkers see imported is what is there, imported only when asked for; all of it is public."""
    wire: Any = versions.load(name)
    source = Path(wire.__file__).read_text(encoding="utf-8")
    (checked,) = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom)]
    offered = {}
    for node in imports:
        module = import_module(f".{node.module}", wire.__package__)
        (alias,) = node.names
        offered[str(alias.asname)] = getattr(module, alias.name)
    assert offered == {offer: getattr(wire, offer) for offer in offered}
    assert (name, {"name", "success", *offered}) == (
        wire.name,
        {offer for offer in wire.__all__ if getattr(wire, offer) is not None},
    )
    with pytest.raises(AttributeError, match=r"wire' has no attribute 'nothing'$"):
        _ = wire.nothing


@pytest.mark.parametrize("name", versions.NAMES)
def test_a_version_knows_which_statuses_are_success(name: str) -> None:
    """By what its contract declares, for each operation that it has."""
    paths = documents.document(versions.version(name)).root["paths"]
    declared_2xx = {
        operation["operationId"]: tuple(int(status) for status in operation["responses"] if status.startswith("2"))
        for methods in paths.values()
        for operation in methods.values()
    }
    assert declared_2xx == versions.load(name).success


@pytest.mark.parametrize("name", versions.NAMES)
def test_a_version_lacks_what_is_declared(name: str) -> None:
    """An operation is None in a version that is declared not to have it, and in no other."""
    wire: Any = versions.load(name)
    nothing = {offer for offer in wire.__all__ if getattr(wire, offer) is None}
    lacks = {lack for lack in declared.of(name).lacks if "." not in lack}
    assert lacks == {offer for offer in nothing if offer.islower()}
    assert lacks or not nothing


def test_a_version_is_imported_piece_by_piece() -> None:
    """Reading one kind of row builds the classes of that kind, and of no other version."""
    code = (
        "import sys; from hubspot_preferences import versions; from hubspot_preferences.versions import reading;"
        "row = {'subscriberIdString': 'jane@example.com', 'subscriptionId': 5, 'status': 'SUBSCRIBED'};"
        "reading.status(versions.load('2026-03'), row);"
        "print(*sorted(name for name in sys.modules if '_api.' in name and 'models.' in name), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    names = ("channel", "legal_basis", "set_status_success_reason", "subscription_state", "subscription_status")
    expected = "".join(f"hubspot_preferences_api.v2026_03.models.{name}\n" for name in names)
    assert (expected, "") == (done.stdout, done.stderr)


CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a dropped operation": ("wire.py", r".*get_statuses.*\n", "", r"note: +get_statuses$"),
    "a renamed field": (
        "models/subscription_status.py",
        "legal_basis_explanation",
        "legal_basis_words",
        r'reading\.py.*"hubspot_preferences_api\.{package}\..* has no attribute "legal_basis_explanation"',
    ),
    "a changed parameter": (
        "api/statuses/get_opt_outs.py",
        r"\bverbose\b",
        "loud",
        r"note: +get_opt_outs: expected .* loud: ",
    ),
    "a new field of a request": (
        "models/status_request.py",
        r"        subscription_id: int,\n",
        "        subscription_id: int,\n        reason: str,\n",
        r'note: +StatusRequest: expected "MakeStatusRequest", got "type\[StatusRequest\]"$',
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [["a dropped operation"], [change for change in CHANGES if "dropped" not in change]]
)
def test_the_type_checker_guards_every_version(tmp_path: Path, changes: list[str]) -> None:
    """Where the package of any version is not what the library needs mypy --strict fails, and names what."""
    for part in ("facade", "generated"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    packages = ["v" + name.removeprefix("v").replace("-", "_") for name in versions.NAMES]
    for package, change in product(packages, changes):
        path, old, new, _ = CHANGES[change]
        module = tmp_path / "generated/hubspot_preferences_api" / package / path
        source = module.read_text(encoding="utf-8")
        changed = re.sub(old, new, source)
        assert source != changed
        module.write_text(changed, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "facade/hubspot_preferences/versions"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert 1 == done.returncode
    assert len(packages) == done.stdout.count('Incompatible return value type (got Module, expected "Wire")')
    for change in changes:
        words = CHANGES[change][3]
        named = [
            re.findall(words.replace("{package}", package), done.stdout, re.MULTILINE) for package in packages
        ]
        assert all(named), (change, done.stdout)
        assert "{package}" in words or len(packages) == len(named[0]), (change, done.stdout)


@pytest.mark.parametrize("name", versions.NAMES)
def test_each_operation_goes_to_its_own_version(name: str) -> None:
    """Every request names the version in its path, and encodes an address as one segment."""
    wire: Any = versions.load(name)
    channel, unset = wire.Channel("EMAIL"), wire.unset
    plain: dict[str, Any] = {"business_unit_id": unset, "channel": channel}
    inputs = wire.BatchSubscriberInput(inputs=["a@b"])
    basis = {"legal_basis": unset, "legal_basis_explanation": unset}
    state = {
        "channel": channel,
        "status_state": wire.SubscriptionState("SUBSCRIBED"),
        "subscription_id": 1,
        **basis,
    }
    link = {"subscriber_id_string": "a@b", "language": unset, "subscription_id": unset}
    who, root, one = "a/b?@c", f"/communication-preferences/{name}", "/statuses/a%2Fb%3F%40c"
    email: dict[str, Any] = {"channel": "EMAIL"}
    requests: dict[str, tuple[Callable[[Any], Any], str, str, dict[str, Any]]] = {
        "list_definitions": (
            lambda build: build(business_unit_id=unset, include_translations=unset),
            "get",
            "/definitions",
            {},
        ),
        "generate_links": (
            lambda build: build(body=wire.LinkGenerationRequest(**link), **plain),
            "post",
            "/links/generate",
            email,
        ),
        "get_statuses": (lambda build: build(who, **plain), "get", one, email),
        "set_status": (lambda build: build(who, body=wire.StatusRequest(**state)), "post", one, {}),
        "get_opt_outs": (lambda build: build(who, **plain, verbose=unset), "get", f"{one}/unsubscribe-all", email),
        "unsubscribe_all": (
            lambda build: build(who, channel=channel, business_unit_id=0, verbose=True),
            "post",
            f"{one}/unsubscribe-all",
            {**email, "businessUnitId": 0, "verbose": True},
        ),
        "batch_read_statuses": (lambda build: build(body=inputs, **plain), "post", "/statuses/batch/read", email),
        "batch_read_opt_outs": (
            lambda build: build(body=inputs, business_unit_id=5, channel=channel),
            "post",
            "/statuses/batch/unsubscribe-all/read",
            {**email, "businessUnitId": 5},
        ),
        "batch_unsubscribe_all": (
            lambda build: build(body=inputs, **plain, verbose=True),
            "post",
            "/statuses/batch/unsubscribe-all",
            {**email, "verbose": True},
        ),
        "batch_write_statuses": (
            lambda build: build(body=wire.BatchWriteInput(inputs=[])),
            "post",
            "/statuses/batch/write",
            {},
        ),
    }
    for operation in requests.keys() - {*declared.of(name).lacks}:
        make, method, path, query = requests[operation]
        kwargs = make(getattr(wire, operation))
        assert (method, f"{root}{path}", query) == (kwargs["method"], kwargs["url"], kwargs.get("params", {}))


@pytest.mark.parametrize(
    ("having", "words"),
    [
        (("2026-03",), "get_statuses is missing in API version v4; it is in 2026-03"),
        (("2026-03", "2026-09"), "get_statuses is missing in API version v4; it is in 2026-03, 2026-09"),
        ((), "get_statuses is missing in API version v4; it is in no supported version"),
    ],
)
def test_a_missing_operation_is_said_to_be_elsewhere(
    monkeypatch: pytest.MonkeyPatch, having: tuple[str, ...], words: str
) -> None:
    """The error for an operation that a version lacks names the versions that have it."""
    for name in versions.NAMES:
        if name not in having:
            monkeypatch.setattr(versions.load(name), "get_statuses", None)
    error = versions.unsupported("get_statuses", "v4")
    assert (UnsupportedInVersion, words) == (type(error), str(error))


def test_a_version_made_by_hand_is_looked_up_by_its_name() -> None:
    """A Version that no table holds is refused like its name would be."""
    with pytest.raises(InvalidArgument, match=f"version: 'v9' is not one of {VALID}"):
        versions.version(Version("v9", None, date(2030, 1, 1)))


# The warning before the end


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[date], None]:
    """Sets the day, in a process that has not warned yet."""
    monkeypatch.setattr(versions, "_warned", set())
    return lambda day: monkeypatch.setattr(versions, "today", lambda: day)


def construct(kind: type[Preferences] | type[AsyncPreferences], name: VersionName) -> None:
    """Make a client on this version."""
    kind("pat-made-up", version=name)


def switch(kind: type[Preferences] | type[AsyncPreferences], name: VersionName) -> None:
    """Make a client on the newest version, and one of it on this version."""
    kind("pat-made-up", version="latest").with_version(name)


def said(act: Callable[[], object]) -> list[str]:
    """What was warned of meanwhile."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    return [str(each.message) for each in caught]


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize("kind", [Preferences, AsyncPreferences])
@pytest.mark.parametrize("act", [construct, switch])
@pytest.mark.parametrize(
    ("name", "day", "words"),
    [
        ("v4", date(2026, 12, 29), []),
        (
            "v4",
            date(2026, 12, 30),
            [
                "HubSpot supports v4 until 2027-03-30, 90 days from now: "
                "move to 2026-09 (hubprefs compare v4 2026-09)"
            ],
        ),
        (
            "v4",
            date(2027, 3, 29),
            [
                "HubSpot supports v4 until 2027-03-30, 1 day from now: "
                "move to 2026-09 (hubprefs compare v4 2026-09)"
            ],
        ),
        (
            "v4",
            date(2027, 3, 30),
            ["HubSpot has not supported v4 since 2027-03-30: move to 2026-09 (hubprefs compare v4 2026-09)"],
        ),
        ("2026-03", date(2026, 3, 1), []),
        ("2026-03", date(2027, 7, 1), []),
        (
            "2026-03",
            date(2027, 7, 2),
            [
                "HubSpot supports 2026-03 until 2027-09-30, 90 days from now: "
                "move to 2026-09 (hubprefs compare 2026-03 2026-09)"
            ],
        ),
    ],
)
def test_the_end_of_support_is_announced(
    on: Callable[[date], None], act: Any, kind: Any, name: str, day: date, words: list[str]
) -> None:
    """From 90 days before it on, a client on that version says until when, and where to go."""
    on(day)
    assert words == said(lambda: act(kind, name))


@pytest.mark.usefixtures("three_versions")
def test_nobody_is_sent_to_a_version_before_its_release(
    on: Callable[[date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where support ends before the next version comes out, the one that is out is named."""
    monkeypatch.setitem(versions._ROWS, "v4", Version("v4", None, DECEMBER))
    ended = "HubSpot has not supported v4 since 2025-12-31: move to"
    for day, name in ((date(2026, 9, 7), "2026-03"), (date(2026, 9, 8), "2026-09")):
        on(day)
        assert [f"{ended} {name} (hubprefs compare v4 {name})"] == said(lambda: construct(Preferences, "v4"))
        versions._warned.clear()


@pytest.mark.usefixtures("three_versions")
@pytest.mark.parametrize(
    ("name", "day", "words"),
    [
        (
            "2026-09",
            date(2028, 2, 7),
            "HubSpot supports 2026-09 until 2028-03-08, 30 days from now: "
            "a newer version takes a newer hubspot-preferences (pip install --upgrade hubspot-preferences)",
        ),
        (
            "v4",
            date(2030, 1, 1),
            "HubSpot has not supported v4 since 2027-03-30: "
            "a newer version takes a newer hubspot-preferences (pip install --upgrade hubspot-preferences)",
        ),
    ],
)
def test_nobody_is_sent_to_a_version_that_is_no_better(
    on: Callable[[date], None], name: VersionName, day: date, words: str
) -> None:
    """Where even the newest version known here has no time left, this library is too old."""
    on(day)
    assert [words] == said(lambda: construct(Preferences, name))


def test_each_version_is_warned_of_once(on: Callable[[date], None]) -> None:
    """However many clients there are, and whatever Python's own register of warnings forgot."""
    on(date(2027, 9, 1))
    words = said(lambda: [act(Preferences, name) for act in (construct, switch) for name in ("v4", "2026-03")])
    assert ["v4", "2026-03"] == [re.findall(r"v4|2026-03", each)[0] for each in words]


def test_threads_warn_once_between_them(on: Callable[[date], None]) -> None:
    """Clients that are made at the same time share the one warning."""
    on(date(2027, 9, 1))
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        construct(Preferences, "v4")

    def run() -> None:
        threads = [threading.Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 1 == len(said(run))


@pytest.mark.parametrize("kind", [Preferences, AsyncPreferences])
@pytest.mark.parametrize("act", [construct, switch])
def test_the_warning_names_the_users_line(on: Callable[[date], None], act: Any, kind: Any) -> None:
    """It points to where the client was made, not into this library, and is of a kind that shows by default."""
    on(date(2027, 2, 1))
    with pytest.warns(EndOfSupportWarning) as caught:
        act(kind, "v4")
    (one,) = caught
    assert (__file__, act.__code__.co_firstlineno + 2) == (one.filename, one.lineno)
    assert issubclass(EndOfSupportWarning, FutureWarning)


def test_a_warning_made_an_error_refuses_every_client(on: Callable[[date], None]) -> None:
    """Who makes it an error does not want that version: trying again does not help, silencing it does."""
    on(date(2027, 2, 1))
    client = Preferences("pat-made-up")
    for _ in range(2):
        with pytest.raises(EndOfSupportWarning, match="HubSpot supports v4 until 2027-03-30"):
            construct(Preferences, "v4")
        with pytest.raises(EndOfSupportWarning):
            client.with_version("v4")
    client.close()
    assert 1 == len(said(lambda: construct(Preferences, "v4")))
    construct(Preferences, "v4")


def test_who_shows_a_warning_may_make_a_client(
    on: Callable[[date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is not held while the user's own code shows the warning."""
    on(date(2027, 2, 1))
    shown: list[str] = []

    def show(message: Any, *rest: Any) -> None:
        shown.append(str(message))
        construct(Preferences, "v4")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        construct(Preferences, "v4")
    assert 1 == len(shown)


@pytest.mark.parametrize("day", range(1, 32))
def test_what_is_clearly_supported_is_so_by_the_calendar(day: int) -> None:
    """The bound that spares an import never hides a warning, from whichever day the months are counted."""
    for month in (1, 3, 8, 12):
        version = Version("2099-01", date(2026, month, day))
        last = version.end_of_support - timedelta(days=versions.DAYS_OF_NOTICE)
        assert not clearly_on(version, last)
        assert clearly_on(version, last - timedelta(days=10))


def clearly_on(version: Version, day: date) -> bool:
    """Whether a version is taken for supported without a look at the calendar."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "today", lambda: day)
        return versions._clearly_supported(version)


def test_a_client_is_made_without_the_calendar() -> None:
    """Making a client on any version far from its end does not import dateutil, which takes 3 ms."""
    code = (
        "import sys, datetime; from hubspot_preferences import Preferences, versions;"
        "versions.today = lambda: datetime.date(2026, 11, 20);"
        "[Preferences('x', version=name).with_version('latest') for name in versions.NAMES];"
        "print('dateutil' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ("False\n", "") == (done.stdout, done.stderr)
