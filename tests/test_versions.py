"""The API versions and their dates: versions/."""

from datetime import date
from typing import Any

import attrs
import pytest

from hubspot_preferences import InvalidArgument, UnsupportedInVersion, Version, versions

DECEMBER = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("name", "released", "end"),
    [("v4", None, date(2027, 3, 30)), ("2026-03", date(2026, 3, 30), date(2027, 9, 30))],
)
def test_each_version_has_its_dates(name: str, released: date | None, end: date) -> None:
    """HubSpot's dates, announced or computed by its policy."""
    version = versions.version(name)
    assert (name, name, released, end) == (version.name, str(version), version.released, version.end_of_support)


@pytest.mark.parametrize(
    ("name", "day", "state", "left"),
    [
        ("2026-03", date(2026, 3, 30), "current", 549),
        ("2026-03", date(2026, 9, 29), "current", 366),
        ("2026-03", date(2026, 9, 30), "supported", 365),
        ("2026-03", date(2027, 9, 29), "supported", 1),
        ("2026-03", date(2027, 9, 30), "unsupported", 0),
        ("2026-03", date(2027, 10, 1), "unsupported", -1),
        ("v4", date(2020, 1, 1), "supported", 2645),
        ("v4", date(2026, 4, 1), "supported", 363),
        ("v4", date(2027, 3, 29), "supported", 1),
        ("v4", date(2027, 3, 30), "unsupported", 0),
    ],
)
def test_a_version_ages(name: str, day: date, state: str, left: int) -> None:
    """Current for six months, supported for eighteen or until the announced day, then neither."""
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


def test_today_is_the_default() -> None:
    """Without a day both answers are about today."""
    version = versions.version("v4")
    assert version.state(date.today()) == version.state()
    assert version.days_left(date.today()) == version.days_left()


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
        (None, "NoneType"),
        (4, "int"),
        (["v4"], "list"),
    ],
)
def test_another_version_is_refused(name: Any, shown: str) -> None:
    """An unknown version is answered with the known ones."""
    with pytest.raises(InvalidArgument) as caught:
        versions.version(name)
    assert f"version: {shown} is not one of v4, 2026-03" == str(caught.value)


def test_the_default_is_a_version() -> None:
    """The version used where none is named is a known one."""
    assert versions.DEFAULT in versions.NAMES


def test_the_names_go_from_old_to_new() -> None:
    """The table of versions is in the order in which their support ends."""
    dates = [versions.version(name).end_of_support for name in versions.NAMES]
    assert sorted(dates) == dates


@pytest.mark.parametrize("name", versions.NAMES)
def test_a_version_is_complete(name: str) -> None:
    """Every version has every operation, and reads and writes by its own generated package."""
    wire = versions.load(name)
    table = attrs.asdict(wire, recurse=False)
    package = "hubspot_preferences_api.v4." if name == "v4" else "hubspot_preferences_api.v2026_03."
    assert name == table.pop("name")
    assert wire is versions.load(name)
    modules = {field: getattr(entry, "__module__", type(entry).__module__) for field, entry in table.items()}
    modules["unset"] = type(table["unset"]).__module__
    assert dict.fromkeys(table, True) == {field: name.startswith(package) for field, name in modules.items()}


@pytest.mark.parametrize("name", versions.NAMES)
def test_each_operation_goes_to_its_own_version(name: str) -> None:
    """Every request names the version in its path, and encodes an address as one segment."""
    wire = versions.load(name)
    channel, unset = wire.channel("EMAIL"), wire.unset
    inputs = wire.subscriber_input(inputs=["a@b"])
    status = wire.status_request(
        channel=channel,
        status_state=wire.subscription_state("SUBSCRIBED"),
        subscription_id=1,
        legal_basis=unset,
        legal_basis_explanation=unset,
    )
    links = wire.link_generation_request(subscriber_id_string="a@b", language=unset, subscription_id=unset)
    assert wire.list_definitions is not None
    assert wire.generate_links is not None
    assert wire.get_statuses is not None
    assert wire.set_status is not None
    assert wire.get_opt_outs is not None
    assert wire.unsubscribe_all is not None
    assert wire.batch_read_statuses is not None
    assert wire.batch_read_opt_outs is not None
    assert wire.batch_unsubscribe_all is not None
    assert wire.batch_write_statuses is not None
    made = [
        wire.list_definitions(business_unit_id=unset, include_translations=unset),
        wire.generate_links(body=links, business_unit_id=unset, channel=channel),
        wire.get_statuses("a/b?@c", business_unit_id=unset, channel=channel),
        wire.set_status("a/b?@c", body=status),
        wire.get_opt_outs("a/b?@c", business_unit_id=unset, channel=channel, verbose=unset),
        wire.unsubscribe_all("a/b?@c", business_unit_id=0, channel=channel, verbose=True),
        wire.batch_read_statuses(body=inputs, business_unit_id=unset, channel=channel),
        wire.batch_read_opt_outs(body=inputs, business_unit_id=5, channel=channel),
        wire.batch_unsubscribe_all(body=inputs, business_unit_id=unset, channel=channel, verbose=True),
        wire.batch_write_statuses(body=wire.write_input(inputs=[])),
    ]
    root, one = f"/communication-preferences/{name}", "/statuses/a%2Fb%3F%40c"
    email: dict[str, Any] = {"channel": "EMAIL"}
    assert [
        ("get", f"{root}/definitions", {}),
        ("post", f"{root}/links/generate", email),
        ("get", f"{root}{one}", email),
        ("post", f"{root}{one}", {}),
        ("get", f"{root}{one}/unsubscribe-all", email),
        ("post", f"{root}{one}/unsubscribe-all", {**email, "businessUnitId": 0, "verbose": True}),
        ("post", f"{root}/statuses/batch/read", email),
        ("post", f"{root}/statuses/batch/unsubscribe-all/read", {**email, "businessUnitId": 5}),
        ("post", f"{root}/statuses/batch/unsubscribe-all", {**email, "verbose": True}),
        ("post", f"{root}/statuses/batch/write", {}),
    ] == [(kwargs["method"], kwargs["url"], kwargs.get("params", {})) for kwargs in made]


@pytest.mark.parametrize(
    ("having", "words"),
    [
        (("2026-03",), "get_statuses is missing in API version v4; it is in 2026-03"),
        ((), "get_statuses is missing in API version v4; it is in no supported version"),
    ],
)
def test_a_missing_operation_is_said_to_be_elsewhere(
    monkeypatch: pytest.MonkeyPatch, having: tuple[str, ...], words: str
) -> None:
    """The error for an operation that a version lacks names the versions that have it."""
    real = versions.load

    def load(name: str) -> Any:
        return real(name) if name in having else attrs.evolve(real(name), get_statuses=None)

    monkeypatch.setattr(versions, "load", load)
    error = versions.unsupported("get_statuses", "v4")
    assert (UnsupportedInVersion, words) == (type(error), str(error))


def test_a_version_made_by_hand_is_looked_up_by_its_name() -> None:
    """A Version that no table holds is refused like its name would be."""
    with pytest.raises(InvalidArgument, match=r"version: 'v9' is not one of v4, 2026-03"):
        versions.version(Version("v9", None, date(2030, 1, 1)))
