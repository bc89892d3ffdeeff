"""Every operation of both clients, over HTTP, on every version; and how a client is made, shared and closed."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    AsyncPreferences,
    BadRequest,
    Change,
    Channel,
    Definition,
    Forbidden,
    InvalidArgument,
    LegalBasis,
    Limiter,
    Links,
    Preferences,
    Retry,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    TimedOut,
    Translation,
    Unauthorized,
    UnknownSubscription,
    UnsupportedInVersion,
    WideStatus,
    WideStatusType,
    versions,
)
from hubspot_preferences.sandbox import Fault, Sandbox
from hubspot_preferences.versions import declared

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect, Listen

NEWS, SERVICE, ONE_TO_ONE, UPDATES, CATALOGUE = 7001, 7002, 7003, 7004, 7005
JANE = "jane@example.com"


def asked(box: Sandbox) -> list[tuple[str | None, str | None]]:
    """Which operations of which version were called."""
    return [(entry.operation, entry.version) for entry in box.log]


# The ten operations


def test_definitions_are_the_accounts_subscription_types(box: Sandbox, client: Preferences, version: str) -> None:
    """Every subscription type comes as a value of our own, the archived one included."""
    types = client.definitions()
    assert [NEWS, SERVICE, ONE_TO_ONE, UPDATES, CATALOGUE] == [definition.id for definition in types]
    assert [True, True, True, True, False] == [definition.is_active for definition in types]
    assert (
        Definition(
            id=NEWS,
            name="Marketing Information",
            description="What is new and on offer.",
            purpose="Marketing",
            communication_method="Email",
            is_active=True,
            is_default=True,
            is_internal=False,
            business_unit_id=0,
            created_at=datetime(2026, 1, 5, 9, 0, 0, 319000, UTC),
            updated_at=datetime(2026, 1, 5, 9, 0, 0, 319000, UTC),
        )
        == types[0]
    )
    assert [("list_definitions", version)] == asked(box)
    assert {} == box.log[0].query


def test_definitions_with_translations_of_one_brand(box: Sandbox, client: Preferences) -> None:
    """Translations come along when asked for; the brand is passed on."""
    types = client.definitions(business_unit_id=0, include_translations=True)
    german, french = types[3].translations
    assert ("de", "Neues vom Produkt") == (german.language_code, german.name)
    assert Translation("fr", "Nouveautés du produit", "Une fois par mois, ce qui a changé.") == french
    assert {"businessUnitId": "0", "includeTranslations": "true"} == box.log[0].query


def test_statuses_are_one_row_per_subscription_type(box: Sandbox, client: Preferences, version: str) -> None:
    """All that HubSpot says about a status arrives in it; nulls are None."""
    statuses = client.statuses("subscribed@example.com")
    assert [NEWS, SERVICE, ONE_TO_ONE, UPDATES, CATALOGUE] == [status.subscription_id for status in statuses]
    expected = Status(
        email="subscribed@example.com",
        subscription_id=NEWS,
        state=SubscriptionState.SUBSCRIBED,
        subscription_name="Marketing Information",
        channel=Channel.EMAIL,
        source="Public status API",
        legal_basis=LegalBasis.CONSENT_WITH_NOTICE,
        legal_basis_explanation="Ticked the box on the order form",
        reason=None,
        business_unit_id=0,
        updated_at=datetime(2026, 1, 6, 9, 0, tzinfo=UTC),
    )
    assert declared.shown(version, expected) == statuses[0]
    assert SubscriptionState.NOT_SPECIFIED == statuses[1].state
    assert [("get_statuses", version)] == asked(box)
    assert {"channel": "EMAIL"} == box.log[0].query


def test_statuses_of_one_brand(box: Sandbox, client: Preferences) -> None:
    """Channel and brand are passed on."""
    client.statuses(JANE, channel="EMAIL", business_unit_id=0)
    assert {"channel": "EMAIL", "businessUnitId": "0"} == box.log[0].query


@pytest.mark.parametrize("subscription", [NEWS, str(NEWS), "Marketing Information"], ids=["id", "text", "name"])
def test_set_status_sets_one_state(box: Sandbox, client: Preferences, subscription: int | str) -> None:
    """The state is on file afterwards, under whichever name the subscription type was given."""
    status = client.set_status(
        JANE, subscription, "SUBSCRIBED", legal_basis="PROCESS_AND_STORE", legal_basis_explanation="Asked by phone"
    )
    assert "SUBSCRIBED" == box.state(JANE, NEWS)
    assert (NEWS, SubscriptionState.SUBSCRIBED, SetStatusSuccessReason.REQUESTED_CHANGE_OCCURRED) == (
        status.subscription_id,
        status.state,
        status.reason,
    )
    assert (LegalBasis.PROCESS_AND_STORE, "Asked by phone") == (status.legal_basis, status.legal_basis_explanation)
    assert {
        "channel": "EMAIL",
        "statusState": "SUBSCRIBED",
        "subscriptionId": NEWS,
        "legalBasis": "PROCESS_AND_STORE",
        "legalBasisExplanation": "Asked by phone",
    } == box.log[-1].body


def test_set_status_sends_only_what_was_given(box: Sandbox, client: Preferences, version: str) -> None:
    """Without a legal basis none is sent, not even null."""
    status = client.set_status("unsubscribed@example.com", NEWS, SubscriptionState.UNSUBSCRIBED)
    assert SetStatusSuccessReason.NO_STATUS_CHANGE == status.reason
    assert {"channel": "EMAIL", "statusState": "UNSUBSCRIBED", "subscriptionId": NEWS} == box.log[0].body
    assert [("set_status", version)] == asked(box)


def test_set_status_can_take_a_state_back(box: Sandbox, client: Preferences) -> None:
    """NOT_SPECIFIED is a state to set like the others."""
    client.set_status("subscribed@example.com", NEWS, "NOT_SPECIFIED")
    assert "NOT_SPECIFIED" == box.state("subscribed@example.com", NEWS)


def test_unsubscribe(box: Sandbox, client: Preferences, version: str) -> None:
    """One call unsubscribes from one type and leaves the others alone."""
    status = client.unsubscribe("subscribed@example.com", NEWS)
    assert SubscriptionState.UNSUBSCRIBED == status.state
    assert ("UNSUBSCRIBED", "SUBSCRIBED") == tuple(
        box.state("subscribed@example.com", subscription) for subscription in (NEWS, UPDATES)
    )
    assert [("set_status", version)] == asked(box)


def test_subscribe(box: Sandbox, client: Preferences, version: str) -> None:
    """Somebody who never said anything is subscribed, after both reads."""
    status = client.subscribe(JANE, NEWS)
    assert SubscriptionState.SUBSCRIBED == status.state
    assert "SUBSCRIBED" == box.state(JANE, NEWS)
    assert {"get_statuses", "get_opt_outs"} == {entry.operation for entry in box.log[:2]}
    assert [("set_status", version)] == asked(box)[2:]


def test_opt_outs(box: Sandbox, client: Preferences, version: str) -> None:
    """An opt-out of the whole account is one row, its reach known."""
    assert (
        WideStatus(
            email="opted-out@example.com",
            state=SubscriptionState.UNSUBSCRIBED,
            type=WideStatusType.PORTAL_WIDE,
            channel=Channel.EMAIL,
            updated_at=datetime(2026, 1, 6, 9, 0, 5, tzinfo=UTC),
        ),
    ) == client.opt_outs("opted-out@example.com")
    assert () == client.opt_outs(JANE, business_unit_id=0)
    assert [("get_opt_outs", version)] * 2 == asked(box)
    assert {"channel": "EMAIL", "businessUnitId": "0"} == box.log[1].query


def test_is_opted_out(client: Preferences) -> None:
    """Only who opted out of everything is."""
    assert client.is_opted_out("opted-out@example.com") is True
    assert client.is_opted_out("returned@example.com") is True
    assert client.is_opted_out("unsubscribed@example.com") is False
    assert client.is_opted_out("never-asked@example.com", business_unit_id=0) is False


def test_unsubscribe_all(box: Sandbox, client: Preferences, version: str) -> None:
    """Opting out reaches the account; the rows come only when asked for."""
    assert () == client.unsubscribe_all(JANE)
    assert box.opted_out(JANE)
    rows = client.unsubscribe_all("john@example.com", business_unit_id=0, verbose=True)
    assert [NEWS, SERVICE, ONE_TO_ONE, UPDATES, CATALOGUE] == [row.subscription_id for row in rows]
    assert {SetStatusSuccessReason.UNSUBSCRIBE_FROM_ALL_OCCURRED} == {row.reason for row in rows}
    assert [("unsubscribe_all", version)] * 2 == asked(box)
    assert [{"channel": "EMAIL"}, {"channel": "EMAIL", "businessUnitId": "0", "verbose": "true"}] == [
        entry.query for entry in box.log
    ]


def test_links(box: Sandbox, client: Preferences, version: str) -> None:
    """The personal links; the one for a single type only with a type."""
    plain = client.links(JANE)
    assert (JANE, None) == (plain.email, plain.unsubscribe_single)
    assert plain.manage_preferences
    assert plain.unsubscribe_all
    single = client.links(JANE, subscription="Product Updates", language="de", business_unit_id=0)
    assert str(UPDATES) in (single.unsubscribe_single or "")
    assert "language=de" in (single.manage_preferences or "")
    assert {"subscriberIdString": JANE, "language": "de", "subscriptionId": UPDATES} == box.log[-1].body
    assert ("generate_links", version) == asked(box)[-1]
    assert isinstance(plain, Links)


def test_may_email(client: Preferences) -> None:
    """Yes only for who is subscribed and did not opt out."""
    assert {
        "subscribed@example.com": True,
        "unsubscribed@example.com": False,
        "opted-out@example.com": False,
        "returned@example.com": False,
        "never-asked@example.com": False,
    } == {
        email: bool(client.may_email(email, "Marketing Information"))
        for email in (
            "subscribed@example.com",
            "unsubscribed@example.com",
            "opted-out@example.com",
            "returned@example.com",
            "never-asked@example.com",
        )
    }


def test_the_four_batches(box: Sandbox, client: Preferences, version: str) -> None:
    """Each batch operation asks its own route and answers about each input."""
    who = ["subscribed@example.com", "opted-out@example.com"]
    read = client.batch.statuses(who)
    assert [client.statuses(email) for email in who] == [outcome.value for outcome in read]
    wide = client.batch.opt_outs(who, business_unit_id=0)
    assert [0, 1] == [len(outcome.value or ()) for outcome in wide]
    written = client.batch.write(
        [Change(who[0], "Product Updates", "UNSUBSCRIBED"), Change(JANE, NEWS, "SUBSCRIBED")]
    )
    assert ["applied", "applied"] == [outcome.state for outcome in written]
    assert ("UNSUBSCRIBED", "SUBSCRIBED") == (box.state(who[0], UPDATES), box.state(JANE, NEWS))
    left = client.batch.unsubscribe_all([JANE])
    assert ["applied"] == [outcome.state for outcome in left]
    assert box.opted_out(JANE)
    batches = [entry for entry in box.log if entry.operation and "batch" in entry.operation]
    assert ["batch_read_statuses", "batch_read_opt_outs", "batch_write_statuses", "batch_unsubscribe_all"] == [
        entry.operation for entry in batches
    ]
    assert {version} == {entry.version for entry in batches}
    assert [
        {"channel": "EMAIL"},
        {"channel": "EMAIL", "businessUnitId": "0"},
        {},
        {"channel": "EMAIL", "verbose": "true"},
    ] == [entry.query for entry in batches]


@pytest.mark.parametrize("method", ["subscribe", "unsubscribe"])
def test_a_legal_basis_is_sent_with_either(box: Sandbox, connect: Connect, method: str) -> None:
    """Subscribing and unsubscribing both hand on the basis and its explanation."""
    basis = {"legal_basis": "NON_GDPR", "legal_basis_explanation": "By letter"}
    status = getattr(connect(), method)(JANE, NEWS, **basis)
    assert (LegalBasis.NON_GDPR, "By letter") == (status.legal_basis, status.legal_basis_explanation)
    assert ("NON_GDPR", "By letter") == (box.log[-1].body["legalBasis"], box.log[-1].body["legalBasisExplanation"])


@pytest.mark.parametrize("method", ["statuses", "opt_outs", "unsubscribe_all"])
def test_a_batch_is_about_the_brand_that_is_named(box: Sandbox, connect: Connect, method: str) -> None:
    """The brand goes with the request of a batch."""
    getattr(connect().batch, method)([JANE], business_unit_id=0)
    assert ["0"] == [entry.query["businessUnitId"] for entry in box.log]


def every_batch(client: Preferences, **settings: Any) -> list[Callable[[], Any]]:
    """The four batches of two inputs each, yet to be called."""
    pair = [JANE, "joe@example.com"]
    changes = [Change(email, NEWS, "UNSUBSCRIBED") for email in pair]
    return [
        partial(client.batch.statuses, pair, **settings),
        partial(client.batch.opt_outs, pair, **settings),
        partial(client.batch.write, changes, **settings),
        partial(client.batch.unsubscribe_all, pair, **settings),
    ]


def test_each_batch_is_cut_into_chunks(box: Sandbox, connect: Connect) -> None:
    """One input in a request makes two requests of two inputs, in all four."""
    for call in every_batch(connect(), chunk_size=1):
        call()
    assert [2, 2, 2, 2] == list(Counter(entry.operation for entry in box.log).values())


def test_each_batch_can_do_without_single_calls(connect: Connect) -> None:
    """Where batches are forbidden, fallback=False raises in all four."""
    with Sandbox(token="demo", enterprise=False) as box:
        for call in every_batch(connect(base_url=box.url), fallback=False):
            with pytest.raises(Forbidden):
                call()
        assert {403} == {entry.status for entry in box.log}


# Names of subscription types


def test_an_unknown_name_lists_the_known_ones(client: Preferences) -> None:
    """Who mistypes a name is told the names there are."""
    with pytest.raises(UnknownSubscription, match="'Marketing Information', 'One to One'"):
        client.unsubscribe(JANE, "Marketing information")


def test_an_ambiguous_name_lists_its_ids(connect: Connect) -> None:
    """With two types of one name, the ids are needed."""
    with Sandbox(token="demo", brands=(0, 5)) as brands:
        client = connect(base_url=brands.url)
        with pytest.raises(UnknownSubscription, match=r"\[7001, 8001\]"):
            client.may_email(JANE, "Marketing Information")


def test_names_are_read_once(box: Sandbox, client: Preferences) -> None:
    """A name costs one call, also for the same client on another version."""
    other = client.with_version("v4" if str(client.version) == "2026-03" else "2026-03")
    for caller in (client, client, other):
        caller.unsubscribe(JANE, "Marketing Information")
    assert ["list_definitions"] + ["set_status"] * 3 == [operation for operation, _ in asked(box)]


def test_a_missing_name_is_looked_up_again(box: Sandbox, client: Preferences) -> None:
    """A type made a moment ago is found although others are remembered."""
    with pytest.raises(UnknownSubscription), box.faults(Fault(fields={"name": "Something else"})):
        client.unsubscribe(JANE, "Product Updates")
    client._session.types.read_at -= 1.0  # a second later
    client.unsubscribe(JANE, "Product Updates")
    assert "UNSUBSCRIBED" == box.state(JANE, UPDATES)


def test_an_address_in_the_place_of_a_name_is_not_shown(client: Preferences) -> None:
    """Arguments in the wrong order must not put an address into an error's text."""
    with pytest.raises(UnknownSubscription) as caught:
        client.unsubscribe(JANE, "secret.person@example.com")
    assert "secret" not in str(caught.value)


# Versions


def test_the_default_is_a_dated_version(connect: Connect) -> None:
    """Who names no version gets one that stays the same when newer ones come."""
    assert "2026-03" == connect().version.name


def test_latest_is_the_newest_version(connect: Connect) -> None:
    """The word is taken where a version's name is, and stands for that name."""
    newest = versions.newest()
    assert newest.name in versions.NAMES
    assert [newest.name] * 2 == [
        connect(version="latest").version.name,
        connect().with_version("latest").version.name,
    ]


def test_version_tells_its_dates(connect: Connect) -> None:
    """prefs.version has the version's name, dates and state."""
    v4, dated = connect(version="v4").version, connect(version="2026-03").version
    assert ("v4", "2026-03") == (str(v4), str(dated))
    assert (date(2027, 3, 30), date(2027, 9, 30)) == (v4.end_of_support, dated.end_of_support)
    assert "current" == dated.state(date(2026, 4, 1))


@pytest.mark.parametrize("name", ["v3", "2025-09", "", "V4", "2026-3", "../v4", None, 4])
def test_an_unknown_version_names_the_valid_ones(connect: Connect, name: Any) -> None:
    """What is not a version is refused at construction and by with_version."""
    words = rf"version: .* is not one of {', '.join((*versions.NAMES, 'latest'))}$"
    with pytest.raises(InvalidArgument, match=words):
        connect(version=name)
    with pytest.raises(InvalidArgument, match=words):
        connect().with_version(name)


def test_with_version_shares_what_the_client_has(box: Sandbox, connect: Connect) -> None:
    """Another version goes through the same connections, limiter and retry."""
    one = connect(version="v4", limiter=Limiter(), retry=Retry(base=0))
    two = one.with_version("2026-03")
    assert type(one) is type(two)
    assert ("v4", "2026-03") == (one.version.name, two.version.name)
    assert one._session.exchange is two._session.exchange
    assert one._pool is two._pool
    assert one.statuses("mixed@example.com") == two.statuses("mixed@example.com")
    assert [("get_statuses", "v4"), ("get_statuses", "2026-03")] == asked(box)


def test_closing_the_other_version_leaves_the_client_open(connect: Connect) -> None:
    """Only the original closes the connections."""
    client = connect()
    client.with_version("v4").close()
    assert client.statuses(JANE)


def test_closing_the_client_closes_its_other_version(connect: Connect) -> None:
    """The connections of a closed client cannot be used through another version."""
    client = connect()
    other = client.with_version("v4")
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        other.statuses(JANE)


def test_with_options_shares_what_the_client_has(box: Sandbox, connect: Connect) -> None:
    """Another retry, timeout or deadline goes through the same connections and limiter; what is left out stays."""
    one = connect(limiter=Limiter(), retry=Retry(base=0), deadline=50)
    two = one.with_options(retry=None, timeout=7)
    assert type(one) is type(two)
    assert (None, 50, one._session.exchange.limiter) == (
        two._session.exchange.retry,
        two._session.exchange.deadline,
        two._session.exchange.limiter,
    )
    assert one._pool is two._pool
    with box.faults(Fault(status=503)):
        assert one.statuses(JANE)
    with box.faults(Fault(status=503)), pytest.raises(Exception, match="HTTP 503"):
        two.statuses(JANE)
    two.close()
    assert one.with_options(deadline=None).with_version("v4").statuses(JANE)


def test_a_timeout_for_one_call(box: Sandbox, connect: Connect) -> None:
    """What with_options says is what the request gets, with an http_client of one's own as well."""
    client = connect().with_options(timeout=0.05)
    with box.faults(Fault(delay=5.0, times=None)), pytest.raises(TimedOut):
        client.statuses(JANE)


def test_a_deadline_is_for_all_tries_together(box: Sandbox, connect: Connect) -> None:
    """A call that HubSpot keeps putting off ends when its deadline says so."""
    client = connect(retry=Retry(base=0.01, cap=0.01, attempts=10**6), deadline=1.0)
    with box.faults(Fault(status=503, times=None)), pytest.raises(TimedOut, match=r"the deadline of 1 s"):
        client.statuses(JANE)
    assert client.statuses(JANE)
    with box.faults(Fault(status=503, times=None)):
        decision = client.may_email(JANE, 7001)
    assert (False, TimedOut) == (decision.allowed, type(decision.error))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limiter", 5),
        ("retry", "x"),
        ("retry", 3),
        ("deadline", 0),
        ("deadline", True),
        ("deadline", "30"),
        ("deadline", float("nan")),
    ],
)
def test_what_cannot_be_used_is_refused_when_the_client_is_made(connect: Connect, name: str, value: Any) -> None:
    """Not at the first call, hours later."""
    with pytest.raises(InvalidArgument, match=f"^{name}: "):
        connect(**{name: value})
    if name in ("retry", "deadline"):
        with pytest.raises(InvalidArgument, match=f"^{name}: "):
            connect().with_options(**{name: value})


def test_an_option_that_there_is_not_is_refused(connect: Connect) -> None:
    """As Python refuses any other argument that a function does not have."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'dead_line'"):
        connect().with_options(dead_line=3)  # type: ignore[call-arg]


def test_a_brand_that_cannot_be_is_refused(connect: Connect) -> None:
    """HubSpot's ids are int64; nothing is sent."""
    with pytest.raises(InvalidArgument, match=r"^business_unit_id: "):
        connect().statuses(JANE, business_unit_id=10**19)


def test_a_client_that_was_never_made_can_be_shown() -> None:
    """In a traceback of the constructor, say."""
    assert "<Preferences that was not made>" == repr(object.__new__(Preferences))


def test_with_closes_the_client(box: Sandbox) -> None:
    """Leaving the block closes it."""
    with Preferences("demo", base_url=box.url) as client:
        client.statuses(JANE)
    with pytest.raises(RuntimeError, match="closed"):
        client.statuses(JANE)


@pytest.mark.anyio
async def test_async_with_closes_the_client(box: Sandbox) -> None:
    """Leaving the block closes it."""
    async with AsyncPreferences("demo", base_url=box.url) as client:
        await client.statuses(JANE)
    with pytest.raises(RuntimeError, match="closed"):
        await client.statuses(JANE)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("list_definitions", lambda client: client.definitions()),
        ("get_statuses", lambda client: client.statuses(JANE)),
        ("set_status", lambda client: client.unsubscribe(JANE, NEWS)),
        ("get_opt_outs", lambda client: client.is_opted_out(JANE)),
        ("unsubscribe_all", lambda client: client.unsubscribe_all(JANE)),
        ("generate_links", lambda client: client.links(JANE)),
        ("batch_read_statuses", lambda client: client.batch.statuses([JANE])),
        ("batch_read_opt_outs", lambda client: client.batch.opt_outs([JANE])),
        ("batch_unsubscribe_all", lambda client: client.batch.unsubscribe_all([JANE])),
        ("batch_write_statuses", lambda client: client.batch.write([Change(JANE, NEWS, "SUBSCRIBED")])),
    ],
)
def test_a_missing_operation_names_the_versions_that_have_it(
    box: Sandbox, connect: Connect, monkeypatch: pytest.MonkeyPatch, operation: str, call: Any
) -> None:
    """Where a version lacks an operation, nothing is sent and the message says where to find it."""
    monkeypatch.setattr(versions.load("2026-03"), operation, None)
    lacking = {"2026-03", *(name for name in versions.NAMES if operation in declared.of(name).lacks)}
    having = ", ".join(name for name in versions.NAMES if name not in lacking)
    with pytest.raises(
        UnsupportedInVersion, match=f"{operation} is missing in API version 2026-03; it is in {having}$"
    ):
        call(connect(version="2026-03"))
    assert () == box.log


def test_each_client_has_a_limiter_of_its_own() -> None:
    """The default limiter stands for a new one: two clients do not share it unless told to."""
    with Preferences("pat-made-up") as one, Preferences("pat-made-up") as other:
        limiters = {one._session.exchange.limiter, other._session.exchange.limiter}
    assert (2, False) == (len(limiters), None in limiters)


# Tokens, addresses of servers, settings


def test_the_token_comes_from_the_environment(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token HUBSPOT_ACCESS_TOKEN is read."""
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "demo")
    assert connect(token=None).statuses(JANE)


def test_a_token_given_goes_before_the_environment(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument is not overruled from outside."""
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "something else")
    assert connect(token="demo").statuses(JANE)


def test_no_token_at_all_names_the_variable(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who forgot the token is told where it can come from."""
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)
    with pytest.raises(InvalidArgument, match=r"token: .*HUBSPOT_ACCESS_TOKEN"):
        connect(token=None)


@pytest.mark.parametrize(
    "token", ["", " ", "pat na1", "pat-na1\n", "pat-na1\r\nX-Evil: 1", "pät", "\x00", 5, b"demo"]
)
def test_what_cannot_be_a_token_is_refused(connect: Connect, token: Any) -> None:
    """A token with white space, a line break or nothing in it never makes a client, and is not shown."""
    with pytest.raises(InvalidArgument, match=r"^token: ") as caught:
        connect(token=token)
    assert "na1" not in str(caught.value)


def test_a_bad_token_in_the_environment_names_the_variable(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break pasted into the variable is blamed on it."""
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-1234\n")
    with pytest.raises(InvalidArgument, match="from HUBSPOT_ACCESS_TOKEN"):
        connect(token=None)


def test_a_wrong_token_is_unauthorized(connect: Connect) -> None:
    """HubSpot's 401 arrives as such."""
    with pytest.raises(Unauthorized) as caught:
        connect(token="wrong").definitions()
    assert (401, "INVALID_AUTHENTICATION") == (caught.value.status, caught.value.category)


def test_a_long_token_is_sent_whole(connect: Connect, listen: Listen) -> None:
    """Tokens of 300 characters exist."""
    server = listen(lambda _: (200, {"results": []}))
    connect(base_url=server.url, token="t" * 300).definitions()
    assert b"\r\nauthorization: bearer " + b"t" * 300 + b"\r\n" in server.requests[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "http://localhost.example.com",
        "http://box.localhost",  # some resolvers ask a server for it
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://user:word@127.0.0.1:80",
        "http://169.254.169.254",
        "http://0.0.0.0:80",
        "http://[fe80::1]",
        "https://api.hubapi.com?to=example.com",
        "https://api.hubapi.com#here",
        "https://api.hubapi.com:port",
        "https://api.hubapi.com:99999",
        "https://[::1",
        "https://",
        "https:///path",
        "ftp://127.0.0.1",
        "https://a..b",
        "https://" + 64 * "a" + ".example",
        "file:///etc/hosts",
        "api.hubapi.com",
        "//api.hubapi.com",
        "https://api.hubapi.com\n",
        "https://api.hub api.com",
        "",
        None,
        5,
    ],
)
def test_what_cannot_be_a_base_url_is_refused(connect: Connect, url: Any) -> None:
    """Only https, or http to this machine, without credentials and without anything behind the path."""
    with pytest.raises(InvalidArgument, match=r"^base_url: "):
        connect(base_url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hubapi.com",
        "https://api.hubapi.com/",
        "https://gateway.example.com:8443/hubspot/",
        "http://127.0.0.1:8787",
        "http://127.9.9.9",
        "http://localhost:8787",
        "http://[::1]:8787",
        "HTTPS://API.HUBAPI.COM",
    ],
)
def test_https_and_loopback_are_taken(connect: Connect, url: str) -> None:
    """The rest of the world by https, this machine by either."""
    assert url.rstrip("/") in repr(connect(base_url=url))


def test_a_base_url_may_have_a_path(connect: Connect, listen: Listen) -> None:
    """A gateway in front of HubSpot may live under a path of its own."""
    server = listen(lambda _: (200, {"results": []}))
    connect(base_url=server.url + "/gateway/", version="v4").definitions()
    assert server.requests[0].startswith(b"GET /gateway/communication-preferences/v4/definitions HTTP/1.1\r\n")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e300, True, "30", (1, 2)])
def test_what_cannot_be_a_timeout_is_refused(connect: Connect, timeout: Any) -> None:
    """A positive number of seconds that a socket can take, or None."""
    with pytest.raises(InvalidArgument, match=r"^timeout: "):
        connect(timeout=timeout)


@pytest.mark.parametrize("timeout", [None, 1, 5.5, 86_400])
def test_timeouts_that_work(connect: Connect, timeout: float | None) -> None:
    """None waits for ever; whole and broken seconds are fine."""
    assert connect(timeout=timeout).statuses(JANE)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, "8", None, True])
def test_what_cannot_be_a_concurrency_is_refused(connect: Connect, concurrency: Any) -> None:
    """At least one request at a time."""
    with pytest.raises(InvalidArgument, match=r"^concurrency: "):
        connect(concurrency=concurrency)


def test_repr_shows_neither_token_nor_more_than_it_must(box: Sandbox, connect: Connect) -> None:
    """What a client shows of itself is its version and where it goes."""
    client = connect(token="pat-na1-00000000-secret")
    assert f"Preferences version='2026-03' base_url='{box.url}' transport='" in repr(client)
    assert "secret" not in repr(client)
    assert "secret" not in str(client)


def test_a_client_is_neither_pickled_nor_copied(box: Sandbox) -> None:
    """It holds connections and a token."""
    for client in (Preferences("demo"), AsyncPreferences("demo")):
        with pytest.raises(TypeError, match="token"):
            pickle.dumps(client)
        with pytest.raises(TypeError, match="token"):
            copy.copy(client)


# The escape hatch


def test_request_goes_anywhere_on_the_same_host(box: Sandbox, client: Preferences) -> None:
    """Path, query and body go out as given, with the client's token."""
    reply = client.request(
        "GET", "/communication-preferences/v4/statuses/jane@example.com", params={"channel": "EMAIL"}
    )
    assert (200, "COMPLETE") == (reply.status_code, reply.json()["status"])
    body = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": NEWS}
    assert client.request("post", f"/communication-preferences/v4/statuses/{JANE}", json=body).is_success
    assert "SUBSCRIBED" == box.state(JANE, NEWS)


def test_request_raises_as_operations_do(client: Preferences) -> None:
    """What is not a 2xx is an exception, with the reply in it."""
    with pytest.raises(BadRequest) as caught:
        client.request("GET", f"/communication-preferences/v4/statuses/{JANE}")
    assert (400, "VALIDATION_ERROR") == (caught.value.status, caught.value.category)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "https://example.com/"),
        ("GET", "//example.com/"),
        ("GET", "@example.com/"),
        ("GET", ""),
        ("GET", "definitions"),
        ("GET", "/a b"),
        ("GET", "/a\r\nX: y"),
        ("GET", None),
        ("GE T", "/"),
        ("GET\r\n", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_request_refuses_what_leaves_the_host(box: Sandbox, connect: Connect, method: Any, path: Any) -> None:
    """A path is a path on the same host, a method a word."""
    with pytest.raises(InvalidArgument, match=r"^(path|method): "):
        connect().request(method, path)
    assert () == box.log


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("shape", [dict, list], ids=["mapping", "pairs"])
def test_request_sends_the_clients_token_alone(connect: Connect, listen: Listen, name: str, shape: Any) -> None:
    """Headers of the caller's are added; they neither replace nor double the client's own."""
    server = listen(lambda _: (200, {}))
    headers = {name: "Bearer other", "X-Mine": "yes"}
    connect(base_url=server.url).request("GET", "/", headers=headers if shape is dict else list(headers.items()))
    lines = server.requests[0].lower().split(b"\r\n")
    assert [b"authorization: bearer demo"] == [line for line in lines if line.startswith(b"authorization")]
    assert b"x-mine: yes" in lines


def test_request_repeats_only_what_may_be_repeated(box: Sandbox, connect: Connect) -> None:
    """After a 503 a GET is tried again, a POST is not: nobody knows what it does."""
    client = connect(retry=Retry(base=0))
    with box.faults(Fault(status=503, times=2)):
        assert client.request("GET", "/communication-preferences/v4/definitions").is_success
    with box.faults(Fault(status=503)), pytest.raises(Exception, match="HTTP 503"):
        client.request("POST", f"/communication-preferences/v4/statuses/{JANE}", json={})
    assert [503, 503, 200, 503] == [entry.status for entry in box.log]


def test_request_refuses_a_body_that_can_be_read_only_once(box: Sandbox, connect: Connect) -> None:
    """A second try would send it empty."""
    with pytest.raises(InvalidArgument, match=r"^content: "):
        connect().request("PUT", "/", content=iter([b"once"]))
    assert () == box.log
