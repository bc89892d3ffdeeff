"""The guards of consent, by what HubSpot answers: operations.py against a script, without HTTP."""

import re
from typing import Any, TypeVar, cast

import httpx
import pytest

from hubspot_preferences import (
    BadRequest,
    Change,
    Decision,
    Forbidden,
    InvalidArgument,
    NotFound,
    PreferencesError,
    Reason,
    Retry,
    ServerError,
    UnknownSubscription,
    UnreadableReply,
    UnsupportedInVersion,
    WouldResubscribe,
    batch,
    operations,
    versions,
)
from hubspot_preferences.engine import Enter, Exchange, Op, drive
from hubspot_preferences.operations import Session
from hubspot_preferences.transport import Transport

T = TypeVar("T")
Scripted = Any  # a status, the rows of a 200, the whole body of one, or a status with rows

JANE, JOE = "jane@example.com", "joe@example.com"
NEWS, OTHER = 7, 8
YES, NO, NOT_SAID, NEW = "SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED", "ADDED_LATER"
WISH: dict[str, Any] = {"legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "Asked for it by phone"}


def said(state: str, subscription: int = NEWS, *, brand: int | None = 0, email: str = JANE, **more: Any) -> Any:
    """A row about one subscription type."""
    row = {"subscriberIdString": email, "subscriptionId": subscription, "status": state, "businessUnitId": brand}
    return {**row, **more}


def wide(state: str = NO, *, brand: int | None = None, email: str = JANE) -> Any:
    """A row about all e-mail, of the account or of a brand."""
    reach = "PORTAL_WIDE" if brand is None else "BUSINESS_UNIT_WIDE"
    return {"subscriberIdString": email, "status": state, "wideStatusType": reach, "businessUnitId": brand}


def named(name: str, identifier: int, *, brand: int = 0) -> Any:
    """A subscription type."""
    return {"id": str(identifier), "name": name, "isActive": True, "businessUnitId": brand}


class HubSpot:
    """HubSpot by a script: what it answers to each request, in turn; the last answer stays. Keeps what was asked.

    Requests are called "definitions", "statuses", "opt-outs", "opt-outs 5" (of a brand) and, for a write, by
    its state. A request that the script lacks answers 599.
    """

    concurrency = 1

    def __init__(self, script: dict[str, list[Scripted]], retry: Retry | None = None) -> None:
        self.now = 1000.0
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self._script = {name: list(answers) for name, answers in script.items()}
        self.session = Session(versions.version("2026-03"), Exchange(retry, None, clock=lambda: self.now))

    def enter(self, step: Enter) -> bool:
        """There is room."""
        return True

    def send(self, kwargs: dict[str, Any], _until: float) -> httpx.Response:
        """The reply to one request."""
        path, brand = kwargs["url"].rpartition("/")[2], kwargs.get("params", {}).get("businessUnitId", "")
        if "json" in kwargs:
            self.bodies.append(kwargs["json"])
            name = kwargs["json"].get("statusState", path)
        else:
            name = {"definitions": "definitions", "unsubscribe-all": "opt-outs"}.get(path, "statuses")
            name = f"{name} {brand}".rstrip()
        self.asked.append(name)
        self.paths.append(kwargs["url"])
        answers = self._script.get(name, [599])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        request = httpx.Request(kwargs["method"], f"https://api.hubapi.com{kwargs['url']}")
        if isinstance(answer, int):
            return httpx.Response(answer, request=request)
        status, answer = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(
            status, json={"results": answer} if isinstance(answer, list) else answer, request=request
        )

    def run(self, op: Op[T]) -> T:
        """Drive an operation to its end."""
        return drive(op, cast(Transport, self), sleep=lambda _: None)


def hubspot(**script: list[Scripted]) -> HubSpot:
    """HubSpot by a script whose names are Python's: opt_outs, opt_outs_5."""
    return HubSpot({re.sub("opt_outs_?", "opt-outs ", name).rstrip(): answers for name, answers in script.items()})


# Both reads


def may_email(server: HubSpot, subscription: int | str = NEWS, **options: Any) -> Decision:
    """The decision about Jane."""
    return server.run(operations.may_email(server.session, JANE, subscription, **options))


@pytest.mark.parametrize(
    ("statuses", "opt_outs", "reason"),
    [
        ([said(YES)], [], Reason.SUBSCRIBED),
        ([said(YES)], [wide(YES)], Reason.SUBSCRIBED),
        ([said(YES), said(NO, OTHER)], [], Reason.SUBSCRIBED),
        ([said(YES)], [wide()], Reason.OPTED_OUT),
        ([said(YES)], [wide(NEW)], Reason.UNKNOWN_STATE),
        ([said(NO)], [], Reason.UNSUBSCRIBED),
        ([said(NOT_SAID)], [], Reason.NOT_SPECIFIED),
        ([said(YES, OTHER)], [], Reason.NO_ROW),
        ([], [], Reason.NO_ROW),
    ],
)
def test_a_decision_rests_on_both_reads(statuses: list[Any], opt_outs: list[Any], reason: Reason) -> None:
    """The states and the opt-outs are each asked for once, where there is one brand."""
    server = hubspot(statuses=[statuses], opt_outs=[opt_outs])
    decision = may_email(server)
    assert (reason is Reason.SUBSCRIBED, reason, None) == (decision.allowed, decision.reason, decision.error)
    assert ["statuses", "opt-outs"] == server.asked


def test_silence_is_a_yes_where_the_caller_says_so() -> None:
    """`unspecified` reaches the rules, and is one of two words."""
    server = hubspot(statuses=[[said(NOT_SAID)]], opt_outs=[[]])
    assert Reason.UNSPECIFIED_ALLOWED == may_email(server, unspecified="allow").reason
    assert Reason.NOT_SPECIFIED == may_email(server, unspecified="deny").reason
    server = hubspot()
    for word in ("", "yes", "ALLOW", None):
        with pytest.raises(InvalidArgument, match=r"^unspecified: "):
            may_email(server, unspecified=word)
    assert [] == server.asked


@pytest.mark.parametrize(
    ("statuses", "asked"),
    [
        ([said(YES)], []),
        ([said(YES, brand=None)], []),
        ([said(YES, brand=5)], ["opt-outs 5"]),
        ([said(YES, brand=5), said(YES, brand=3), said(YES)], ["opt-outs 3", "opt-outs 5"]),
        ([said(YES), said(YES, OTHER, brand=5)], []),
        ([said(YES, OTHER, brand=5)], []),
    ],
)
def test_the_brands_of_the_type_are_asked(statuses: list[Any], asked: list[str]) -> None:
    """An opt-out of each brand that the type's rows name counts; brands of other types do not."""
    script: dict[str, list[Scripted]] = {
        "definitions": [BRANDS],
        "statuses": [statuses],
        **NOBODY_LEFT,
    }
    server = HubSpot(script)
    may_email(server)
    assert ["statuses", "opt-outs", *asked] == server.asked
    for name in asked:
        server = HubSpot({**script, name: [[wide(brand=int(name[-1]))]]})
        assert Reason.OPTED_OUT == may_email(server).reason


@pytest.mark.parametrize(
    ("brand", "row_of", "asked"),
    [
        (5, 5, ["statuses 5", "opt-outs", "opt-outs 5"]),
        (5, 3, ["statuses 5", "opt-outs", "opt-outs 3", "opt-outs 5"]),
        (0, 0, ["statuses 0", "opt-outs"]),
        (0, 5, ["statuses 0", "opt-outs", "opt-outs 5"]),
    ],
)
def test_the_brand_that_wants_to_mail_is_asked_too(brand: int, row_of: int, asked: list[str]) -> None:
    """Its states, its opt-outs and those of the account; a row of another brand is no yes for it."""
    script: dict[str, list[Scripted]] = {
        f"statuses {brand}": [[said(YES, brand=row_of)]],
        **NOBODY_LEFT,
    }
    server = HubSpot(script)
    assert (brand == row_of) is bool(may_email(server, business_unit_id=brand))
    assert asked == server.asked
    for name in asked[1:]:
        left = [wide(brand=int(name[-1]) if name[-1].isdigit() else None)]
        decision = may_email(HubSpot({**script, name: [left]}), business_unit_id=brand)
        assert Reason.OPTED_OUT == decision.reason


def test_a_brand_that_cannot_be_is_not_asked() -> None:
    """A mistake of the caller's is named, and nothing is sent."""
    server = hubspot()
    with pytest.raises(InvalidArgument, match=r"^business_unit_id: "):
        may_email(server, business_unit_id=-1)
    assert [] == server.asked


def test_what_was_read_without_a_brand_counts_with_it() -> None:
    """The rows of all reads decide together; one that comes twice stands there once."""
    everywhere, of_five = wide(YES), wide(YES, brand=5)
    server = hubspot(statuses=[[said(YES, brand=5)]], opt_outs=[[everywhere, of_five]], opt_outs_5=[[of_five]])
    assert [None, 5] == [row.business_unit_id for row in may_email(server).opt_outs]
    server = hubspot(statuses=[[said(YES, brand=5)]], opt_outs=[[wide()]], opt_outs_5=[[]])
    assert Reason.OPTED_OUT == may_email(server).reason


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"statuses": [403], "opt-outs": [[]]}, Forbidden),
        ({"statuses": [[said(YES)]], "opt-outs": [403]}, Forbidden),
        ({"statuses": [403], "opt-outs": [400]}, BadRequest),
        ({"statuses": [404], "opt-outs": [404]}, NotFound),
        ({"statuses": [404], "opt-outs": [[]]}, NotFound),
        ({"statuses": [[said(YES, brand=5)]], "opt-outs": [[]], "opt-outs 5": [403]}, Forbidden),
        ({"statuses": [[said(YES, brand=-1)]], "opt-outs": [[]]}, UnreadableReply),
        ({"statuses": [[said(YES)]], "opt-outs": [[wide(YES, email=JOE)]]}, UnreadableReply),
        ({"statuses": [[said(YES, email=JOE)]], "opt-outs": [[]]}, UnreadableReply),
    ],
)
def test_a_read_that_failed_is_a_no(script: dict[str, list[Any]], error: type[PreferencesError]) -> None:
    """Whatever could not be read leaves the decision open, and open is a no that holds the error."""
    decision = may_email(HubSpot(script), unspecified="allow")
    assert (False, Reason.NO_ANSWER, error) == (decision.allowed, decision.reason, type(decision.error))


@pytest.mark.parametrize("read", ["statuses", "opt-outs", "definitions"])
@pytest.mark.parametrize("status", [201, 202, 203, 206, 207, 226, 299])
def test_a_read_is_answered_by_what_its_contract_declares(read: str, status: int) -> None:
    """Whatever stands in a reply of another success, nobody is mailed on it."""
    script: dict[str, Any] = {"definitions": [named("News", 7)], "statuses": [said(YES)], "opt-outs": []}
    assert may_email(HubSpot({name: [rows] for name, rows in script.items()}), "News")
    server = HubSpot({name: [(status, rows) if name == read else rows] for name, rows in script.items()})
    decision = may_email(server, "News")
    assert (Reason.NO_ANSWER, UnreadableReply) == (decision.reason, type(decision.error))


def test_brands_are_not_asked_where_a_read_failed() -> None:
    """Where the decision is open already, nothing more is asked."""
    for statuses, opt_outs in ([403, []], [[said(YES, brand=5)], 403]):
        server = hubspot(statuses=[statuses], opt_outs=[opt_outs])
        may_email(server)
        assert ["statuses", "opt-outs"] == server.asked


def test_a_name_that_cannot_be_looked_up_is_a_no() -> None:
    """A name that there is not is the caller's mistake; definitions that cannot be read are no answer."""
    types = [named("News", NEWS)]
    server = hubspot(definitions=[types], statuses=[[said(YES)]], opt_outs=[[]])
    assert may_email(server, "News")
    with pytest.raises(UnknownSubscription, match="no subscription type is named 'Old'"):
        may_email(hubspot(definitions=[types]), "Old")
    with pytest.raises(InvalidArgument, match=r"^subscription: is empty"):
        may_email(hubspot(), " ")
    server = hubspot(definitions=[403])
    decision = may_email(server, "News")
    assert (False, Reason.NO_ANSWER, Forbidden) == (decision.allowed, decision.reason, type(decision.error))
    assert ["definitions"] == server.asked


def test_an_address_that_cannot_be_is_refused() -> None:
    """Nothing is asked about what is no address."""
    server = hubspot()
    session = server.session
    for op in (
        operations.may_email(session, "nobody", "News"),
        operations.subscribe(session, "nobody", "News"),
        operations.every_opt_out(session, "nobody"),
        operations.set_status(session, "nobody", "News", "SUBSCRIBED"),
    ):
        with pytest.raises(InvalidArgument, match=r"^email: "):
            server.run(cast(Op[Any], op))
    assert [] == server.asked


# Opt-outs from all e-mail


def every_opt_out(server: HubSpot, **options: Any) -> list[int | None]:
    """The brands of Jane's opt-out rows."""
    rows = server.run(operations.every_opt_out(server.session, JANE, **options))
    return [row.business_unit_id for row in rows]


BRANDS = [named("News", 7), named("Sales", 8, brand=5), named("Jobs", 9, brand=3)]
OF_EACH = {"opt-outs": [[wide(YES)]], "opt-outs 3": [[wide(brand=3)]], "opt-outs 5": [[wide(brand=5)]]}
NOBODY_LEFT: dict[str, list[Scripted]] = {name: [[]] for name in OF_EACH}


def test_every_brand_of_the_account_is_asked() -> None:
    """The subscription types tell the brands, which are remembered for a while."""
    server = HubSpot({"definitions": [BRANDS], **OF_EACH})
    assert [None, 3, 5] == every_opt_out(server)
    assert ["opt-outs", "definitions", "opt-outs 3", "opt-outs 5"] == server.asked
    server.asked.clear()
    server.now += 29.9
    assert [None, 3, 5] == every_opt_out(server)
    assert ["opt-outs", "opt-outs 3", "opt-outs 5"] == server.asked
    server.asked.clear()
    server.now += 0.1
    every_opt_out(server)
    assert ["opt-outs", "definitions", "opt-outs 3", "opt-outs 5"] == server.asked


def test_a_brand_that_is_named_is_the_only_one() -> None:
    """With a brand, also the default one, nothing else is asked."""
    for brand in (0, 5):
        server = HubSpot({f"opt-outs {brand}": [[wide(brand=brand)]]})
        assert [brand] == every_opt_out(server, business_unit_id=brand, one_is_enough=True)
        assert [f"opt-outs {brand}"] == server.asked


def test_one_opt_out_may_be_enough() -> None:
    """Where only a yes or no is wanted, the first row that says UNSUBSCRIBED ends it; no other does."""
    server = HubSpot({"opt-outs": [[wide()]]})
    assert [None] == every_opt_out(server, one_is_enough=True)
    assert ["opt-outs"] == server.asked
    server = HubSpot({"definitions": [BRANDS], **OF_EACH})
    assert [None, 3] == every_opt_out(server, one_is_enough=True)
    assert ["opt-outs", "definitions", "opt-outs 3"] == server.asked
    server = HubSpot({"definitions": [BRANDS], **OF_EACH, "opt-outs": [[wide()]]})
    assert [None, 3, 5] == every_opt_out(server)
    server = HubSpot({"definitions": [BRANDS], **OF_EACH, "opt-outs 3": [[wide(YES, brand=3)]]})
    assert [None, 3, 5] == every_opt_out(server, one_is_enough=True)


def is_opted_out(server: HubSpot, **options: Any) -> bool:
    """Whether Jane is."""
    return server.run(operations.is_opted_out(server.session, JANE, **options))


def test_whoever_left_any_brand_is_opted_out() -> None:
    """A yes as soon as a row says so, a no when none does, an error where a row says neither."""
    assert is_opted_out(HubSpot({"opt-outs": [[wide()]]}))
    server = HubSpot({"definitions": [BRANDS], **OF_EACH})
    assert is_opted_out(server)
    assert ["opt-outs", "definitions", "opt-outs 3"] == server.asked
    none = {"definitions": [BRANDS], "opt-outs": [[]], "opt-outs 3": [[wide(YES)]], "opt-outs 5": [[]]}
    assert not is_opted_out(HubSpot(none))
    assert is_opted_out(HubSpot({**none, "opt-outs 5": [[wide(brand=5)]]}))
    with pytest.raises(UnreadableReply, match="unknown state ADDED_LATER"):
        is_opted_out(HubSpot({**none, "opt-outs 3": [[wide(NEW, brand=3)]]}))
    server = HubSpot({"opt-outs 5": [[]]})
    assert not is_opted_out(server, business_unit_id=5)
    assert ["opt-outs 5"] == server.asked


@pytest.mark.parametrize(
    "script",
    [
        {"opt-outs": [500]},
        {"opt-outs": [[]], "definitions": [403]},
        {"opt-outs": [[]], "definitions": [[named("News", 7, brand=-1)]]},
        {"opt-outs": [[]], "definitions": [BRANDS], "opt-outs 3": [403]},
        {
            "opt-outs": [[]],
            "definitions": [BRANDS],
            "opt-outs 3": [[]],
            "opt-outs 5": [[wide(brand=5, email=JOE)]],
        },
    ],
)
def test_what_could_not_be_read_is_no_no(script: dict[str, list[Any]]) -> None:
    """Nobody is taken for mailable because a read failed."""
    with pytest.raises(PreferencesError):
        is_opted_out(HubSpot(script))


# Names


def test_a_name_is_looked_up_once_in_a_while() -> None:
    """A name that is known is good for half a minute, one that is not for a second; an id needs no look."""
    server = hubspot(definitions=[[named("News", 7)], [named("News", 7), named("Sales", 8)]])

    def look(subscription: int | str) -> int:
        return server.run(operations.subscription_id(server.session, subscription))

    assert ([7, 8, 9], []) == ([look(7), look("8"), look("009")], server.asked)
    assert ([7, 7], 1) == ([look("News"), look("News")], len(server.asked))
    with pytest.raises(UnknownSubscription, match="'Sales'"):
        look("Sales")
    server.now += 0.9
    with pytest.raises(UnknownSubscription, match="'Sales'"):
        look("Sales")
    assert 1 == len(server.asked)
    server.now += 0.1
    assert (8, 2) == (look("Sales"), len(server.asked))
    server.now += 29.9
    assert (8, 2) == (look("Sales"), len(server.asked))
    server.now += 0.1
    assert (8, 3) == (look("Sales"), len(server.asked))


MOVED = [[named("News", 7)], [named("Old", 7), named("News", 8)]]  # the definitions, before and after


def types_known(server: HubSpot) -> HubSpot:
    """The same, where the names were looked up a little while ago."""
    server.run(operations.subscription_types(server.session, 0))
    server.asked.clear()
    server.now += 5
    return server


@pytest.mark.parametrize("old", ["Old", None, "news"])
def test_a_name_that_moved_is_looked_up_again(old: str | None) -> None:
    """A row that does not have the name makes for another look; the type that has it now decides."""
    rows = [said(YES, 7, subscriptionName=old), said(NO, 8, subscriptionName="News")]
    server = types_known(hubspot(definitions=MOVED, statuses=[rows], opt_outs=[[]]))
    decision = may_email(server, "News")
    assert (Reason.UNSUBSCRIBED, [8]) == (decision.reason, [row.subscription_id for row in decision.statuses])
    both = ["statuses", "opt-outs"]
    assert [*both, "definitions", *both] == server.asked


def test_the_brand_that_wants_to_mail_is_read_again_as_well() -> None:
    """Where the name led elsewhere both reads are those of the brand, again."""
    rows = [said(YES, 7, brand=5, subscriptionName="Old"), said(YES, 8, brand=5, subscriptionName="News")]
    script = {"definitions": MOVED, "statuses 5": [rows], "opt-outs": [[]], "opt-outs 5": [[]]}
    server = types_known(HubSpot(script))
    assert may_email(server, "News", business_unit_id=5)
    assert 2 == server.asked.count("statuses 5")


def test_the_brands_of_the_type_that_has_the_name_now_are_asked() -> None:
    """They are read again with it: it may be another brand's."""
    rows = [said(YES, 7, subscriptionName="Old"), said(YES, 8, brand=5, subscriptionName="News")]
    script = {"definitions": MOVED, "statuses": [rows], "opt-outs": [[]], "opt-outs 5": [[wide(brand=5)]]}
    assert Reason.OPTED_OUT == may_email(types_known(HubSpot(script)), "News").reason


@pytest.mark.parametrize(
    ("statuses", "asked"),
    [
        ([said(YES, subscriptionName="News")], []),
        ([said(YES, subscriptionName="News"), said(YES, OTHER, subscriptionName="Old")], []),
        ([], ["definitions"]),
        ([said(YES)], ["definitions"]),
        ([said(YES, subscriptionName="Old")], ["definitions"]),
        ([said(YES, subscriptionName="News"), said(YES, subscriptionName="Old")], ["definitions"]),
        ([said(YES, OTHER, subscriptionName="News")], ["definitions"]),
    ],
)
def test_a_name_that_the_rows_confirm_is_not_looked_up_again(statuses: list[Any], asked: list[str]) -> None:
    """All rows of the type have to have it; where they do not, and it has not moved, the decision stands."""
    server = types_known(hubspot(definitions=[[named("News", NEWS)]], statuses=[statuses], opt_outs=[[]]))
    decision = may_email(server, "News")
    assert any(row["subscriptionId"] == NEWS for row in statuses) is bool(decision)
    assert ["statuses", "opt-outs", *asked] == server.asked


def test_definitions_that_were_read_for_the_decision_are_not_read_again() -> None:
    """What was looked up after the question was asked is as new as its answer."""
    server = hubspot(definitions=MOVED, statuses=[[said(YES)]], opt_outs=[[]])
    assert may_email(server, "News")
    assert ["definitions", "statuses", "opt-outs"] == server.asked


def test_an_id_is_no_name() -> None:
    """Whatever its rows are called."""
    server = types_known(hubspot(definitions=MOVED, statuses=[[said(YES, subscriptionName="Old")]], opt_outs=[[]]))
    assert may_email(server, 7)
    assert may_email(server, "7")
    assert "definitions" not in server.asked


def test_a_name_that_nobody_has_any_more_is_unknown() -> None:
    """It is the caller's mistake by now; definitions that cannot be read are no answer."""
    rows = [said(YES, subscriptionName="Old")]
    server = types_known(
        hubspot(definitions=[[named("News", 7)], [named("Old", 7)]], statuses=[rows], opt_outs=[[]])
    )
    with pytest.raises(UnknownSubscription, match="no subscription type is named 'News'"):
        may_email(server, "News")
    decision = may_email(
        types_known(hubspot(definitions=[[named("News", 7)], 403], statuses=[rows], opt_outs=[[]])), "News"
    )
    assert (Reason.NO_ANSWER, Forbidden) == (decision.reason, type(decision.error))


def test_the_guard_looks_at_the_type_that_has_the_name_now() -> None:
    """Nobody is subscribed to what they left because its name was another type's a moment ago."""
    rows = [said(NOT_SAID, 7, subscriptionName="Old"), said(NO, 8, subscriptionName="News")]
    server = types_known(hubspot(definitions=MOVED, statuses=[rows], opt_outs=[[]]))
    with pytest.raises(WouldResubscribe, match="unsubscribed from this subscription type"):
        subscribe(server, "News")
    nobody: list[Scripted] = [[], 404]
    for answer in nobody:
        reads = {"statuses": [answer], "opt-outs": [answer]}
        server = types_known(HubSpot({"definitions": MOVED, **reads, YES: [[said(YES, 8)]]}))
        assert 8 == subscribe(server, "News").subscription_id
    rows = [said(NO, 7, subscriptionName="Old"), said(NOT_SAID, 8, subscriptionName="News")]
    script = {"statuses": [rows], "opt-outs": [[]], YES: [[said(YES, 8)]]}
    server = types_known(HubSpot({"definitions": MOVED, **script}))
    assert 8 == subscribe(server, "News").subscription_id
    assert [8] == [body["subscriptionId"] for body in server.bodies]


@pytest.mark.parametrize("after", [MOVED[1], [named("Old", 7)], 403])
def test_a_write_by_a_name_that_moved_is_uncertain(after: Scripted) -> None:
    """Which type was set is in the message; whether it was the one that was meant nobody can say."""
    server = types_known(HubSpot({"definitions": [MOVED[0], after], NO: [[said(NO, 7, subscriptionName="Old")]]}))
    with pytest.raises(
        UnreadableReply, match="another subscription type's by now: the state was set for 7"
    ) as caught:
        set_status(server, NO, "News")
    assert caught.value.uncertain
    assert caught.value.response is not None
    server = types_known(hubspot(definitions=MOVED[:1], UNSUBSCRIBED=[[said(NO, 7, subscriptionName="News")]]))
    assert NO == set_status(server, NO, "News").state
    assert [NO] == server.asked


def test_a_batch_rests_on_names_of_this_moment() -> None:
    """One look for all of its inputs, unless the last one was within a second."""
    server = types_known(hubspot(definitions=MOVED, write=[[said(YES, 8)]]))
    changes = [Change(JANE, "News", "SUBSCRIBED")] * 2
    for asked in (["definitions", "write"], ["write"]):
        result = server.run(batch.write(server.session, changes, chunk_size=100, fallback=True))
        assert ([8, 8], asked) == ([cast(Any, row.value).subscription_id for row in result], server.asked)
        server.asked.clear()


@pytest.mark.parametrize(
    ("subscription", "named_now", "state"),
    [("News", "News", "applied"), ("News", None, "applied"), ("News", "Old", "unknown"), (7, "Old", "applied")],
)
@pytest.mark.parametrize("forbidden", [False, True])
def test_a_row_of_a_batch_that_has_another_name_is_doubt(
    subscription: int | str, named_now: str | None, state: str, forbidden: bool
) -> None:
    """The name moved after it was looked up: which type was set is told, and whether it was meant nobody knows."""
    row = [said(NO, 7, subscriptionName=named_now)]
    server = HubSpot({"definitions": MOVED[:1], "write": [403 if forbidden else row], NO: [row]})
    changes = [Change(JANE, subscription, "UNSUBSCRIBED")]
    outcome = server.run(batch.write(server.session, changes, chunk_size=100, fallback=True))[0]
    assert state == outcome.state
    assert ("another subscription type's by now: the state was set for 7" in str(outcome.error)) is not outcome.ok


# Setting a state


def set_status(server: HubSpot, state: str, subscription: int | str = NEWS, **options: Any) -> Any:
    """The row that came back about Jane."""
    return server.run(operations.set_status(server.session, JANE, subscription, cast(Any, state), **options))


def test_a_state_is_sent_with_all_that_was_given() -> None:
    """State, id, channel and legal basis are in the body; what was not given is not."""
    server = hubspot(SUBSCRIBED=[[said(YES)]], definitions=[[named("News", 7)]])
    assert YES == set_status(server, YES).state
    assert YES == set_status(server, YES, "News", **WISH).state
    plain = {"statusState": YES, "subscriptionId": 7, "channel": "EMAIL"}
    basis = {"legalBasis": "CONSENT_WITH_NOTICE", "legalBasisExplanation": "Asked for it by phone"}
    assert [plain, {**plain, **basis}] == server.bodies
    assert "/communication-preferences/2026-03/statuses/jane%40example.com" == server.paths[0] == server.paths[-1]


def test_what_the_version_lacks_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the operation and the versions that have it."""
    server = hubspot()
    monkeypatch.setattr(versions.load("2026-03"), "set_status", None)
    with pytest.raises(UnsupportedInVersion, match=r"^set_status is missing in API version 2026-03; it is in v4"):
        set_status(server, YES)
    assert [] == server.asked


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("state", "SUBSCRIBD"),
        ("legal_basis", "CONSENT"),
        ("legal_basis_explanation", " "),
        ("channel", "SMS"),
        ("subscription", 0),
    ],
)
def test_what_cannot_be_set_is_refused(name: str, wrong: object) -> None:
    """A mistake in any argument is named, and nothing is sent."""
    server = hubspot()
    values = {"state": YES, "subscription": "News", name: wrong}
    with pytest.raises(InvalidArgument, match=f"^{name}: "):
        set_status(server, **cast(Any, values))
    assert [] == server.asked


@pytest.mark.parametrize(
    ("state", "rows"),
    [
        (YES, [said(YES)]),
        (YES, [said(NO, OTHER), said(YES, email="JANE@example.com"), said(YES)]),
        (NO, [said(NO)]),
        (NOT_SAID, [said(NOT_SAID)]),
        (NOT_SAID, [said(NO)]),  # what un-asking reads as is not documented
    ],
)
def test_the_row_that_was_set_comes_back(state: str, rows: list[Any]) -> None:
    """The first row about this subscription type, whatever the reply holds about others."""
    row = set_status(HubSpot({state: [rows]}), state)
    assert (7, JANE) == (row.subscription_id, row.email.lower())


@pytest.mark.parametrize(
    ("state", "rows", "message"),
    [
        (YES, [], "no row for this subscription type"),
        (YES, [said(YES, OTHER)], "no row for this subscription type"),
        (YES, [said(YES, email=JOE)], "HubSpot answered about another address"),
        (YES, [said(YES), said(YES, email=JOE)], "HubSpot answered about another address"),
        (YES, [said(YES, channel="SMS")], "HubSpot answered about another channel"),
        (NOT_SAID, [said(NOT_SAID, channel="SMS")], "HubSpot answered about another channel"),
        (NO, [said(NO), said(YES)], "HubSpot was told UNSUBSCRIBED and answered SUBSCRIBED"),
        (NO, [said(YES), said(NO)], "HubSpot was told UNSUBSCRIBED and answered SUBSCRIBED"),
        (YES, [said(NO)], "HubSpot was told SUBSCRIBED and answered UNSUBSCRIBED"),
        (YES, [said(NOT_SAID)], "HubSpot was told SUBSCRIBED and answered NOT_SPECIFIED"),
        (NO, [said(YES)], "HubSpot was told UNSUBSCRIBED and answered SUBSCRIBED"),
        (NO, [said("jo@x.com")], "HubSpot was told UNSUBSCRIBED and answered <redacted>"),
    ],
)
def test_a_write_that_is_not_confirmed_raises(state: str, rows: list[Any], message: str) -> None:
    """Success without the row that was asked for is none; the reply goes along."""
    with pytest.raises(UnreadableReply) as caught:
        set_status(HubSpot({state: [rows]}), state)
    assert message in str(caught.value)
    assert caught.value.response is not None


@pytest.mark.parametrize(
    ("verbose", "rows", "message"),
    [
        (True, [], "no row confirms the opt-out"),
        (True, [said(YES)], "after the opt-out a row is SUBSCRIBED"),
        (True, [said(NO), said(YES)], "after the opt-out a row is SUBSCRIBED"),
        (True, [said(NO), said(NOT_SAID, OTHER)], "after the opt-out a row is NOT_SPECIFIED"),
        (True, [said("jo@x.com")], "after the opt-out a row is <redacted>"),
        (True, [said(NO, email=JOE)], "HubSpot answered about another address"),
        (False, [said(YES)], "after the opt-out a row is SUBSCRIBED"),
        (True, [said(NO), {**said(NO, OTHER), "channel": "SMS"}], "HubSpot answered about another channel"),
        (True, [said(NO), said(NO, OTHER)], None),
        (False, [], None),
        (False, [said(NO)], None),
    ],
)
def test_an_opt_out_is_confirmed_by_every_row(verbose: bool, rows: list[Any], message: str | None) -> None:
    """With details there is at least one, without there need be none; each says UNSUBSCRIBED."""
    server = HubSpot({"opt-outs": [rows]})
    op = operations.unsubscribe_all(server.session, JANE, verbose=verbose)
    if message is None:
        assert [NO] * len(rows) == [row.state for row in server.run(op)]
    else:
        with pytest.raises(UnreadableReply, match=message) as caught:
            server.run(op)
        assert caught.value.response is not None


@pytest.mark.parametrize(
    ("asked", "answered", "confirmed"), [(5, 5, True), (5, None, True), (5, 9, False), (None, 9, True)]
)
def test_an_opt_out_of_a_brand_is_confirmed_by_rows_of_it(
    asked: int | None, answered: int | None, confirmed: bool
) -> None:
    """Another brand's say nothing; without a brand any may be there."""
    rows = [{**said(NO), "businessUnitId": answered}]
    server = HubSpot({"opt-outs 5" if asked else "opt-outs": [rows]})
    op = operations.unsubscribe_all(server.session, JANE, business_unit_id=asked, verbose=True)
    if confirmed:
        assert [NO] == [row.state for row in server.run(op)]
    else:
        with pytest.raises(UnreadableReply, match="HubSpot answered about another brand"):
            server.run(op)


@pytest.mark.parametrize(
    ("verbose", "status", "rows", "confirmed"),
    [
        (False, 200, [], True),
        (False, 202, [], False),
        (False, 202, [said(NO)], False),
        (True, 202, [said(NO)], True),
        (True, 202, [], False),
    ],
)
def test_a_status_that_nothing_declares_confirms_no_opt_out_by_itself(
    verbose: bool, status: int, rows: list[Any], confirmed: bool
) -> None:
    """202 without details may mean "later"; rows say what was done, whichever success they come with."""
    server = HubSpot({"opt-outs": [(status, rows)]})
    op = operations.unsubscribe_all(server.session, JANE, verbose=verbose)
    if confirmed:
        assert [NO] * len(rows) == [row.state for row in server.run(op)]
    else:
        with pytest.raises(UnreadableReply):
            server.run(op)


# Subscribing


def subscribe(server: HubSpot, subscription: int | str = NEWS, **options: Any) -> Any:
    """The row that came back about Jane."""
    return server.run(operations.subscribe(server.session, JANE, subscription, **options))


DONE = [said(YES)]
RESUBSCRIBED = [said(YES, setStatusSuccessReason="RESUBSCRIBE_OCCURRED")]


@pytest.mark.parametrize(
    ("statuses", "opt_outs"),
    [
        ([said(YES)], []),
        ([said(NOT_SAID)], []),
        ([said(NOT_SAID)], [wide(YES)]),
        ([said(NOT_SAID), said(NO, OTHER)], []),
    ],
)
def test_who_never_said_no_is_subscribed(statuses: list[Any], opt_outs: list[Any]) -> None:
    """After both reads, with the legal basis that was given."""
    server = hubspot(statuses=[statuses], opt_outs=[opt_outs], SUBSCRIBED=[DONE])
    assert YES == subscribe(server, **WISH).state
    assert ["statuses", "opt-outs", YES] == server.asked
    assert ["CONSENT_WITH_NOTICE", "Asked for it by phone"] == [
        server.bodies[0][name] for name in ("legalBasis", "legalBasisExplanation")
    ]


@pytest.mark.parametrize(
    ("statuses", "opt_outs", "message"),
    [
        ([said(NO)], [], "unsubscribed from this subscription type"),
        ([said(NOT_SAID)], [wide()], "opted out of all e-mail"),
        ([said(NEW)], [], "unknown: HubSpot reports a state this library does not know"),
        ([said(YES, OTHER)], [], "unknown: no row for this subscription type"),
    ],
)
def test_who_may_have_said_no_is_not_subscribed(statuses: list[Any], opt_outs: list[Any], message: str) -> None:
    """Nothing is written, and the refusal says why and what would help."""
    server = hubspot(statuses=[statuses], opt_outs=[opt_outs])
    with pytest.raises(WouldResubscribe) as caught:
        subscribe(server, **WISH)
    advice = (
        "Is the id that of a subscription type of this account?"
        if "no row" in message
        else "To undo an opt-out on the person's own wish, pass resubscribe=True with legal_basis and "
        "legal_basis_explanation."
    )
    assert f"not subscribed: {message}. {advice}" == str(caught.value)
    assert [] == server.bodies


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ({"statuses": [403], "opt-outs": [[]]}, Forbidden),
        ({"statuses": [[said(YES)]], "opt-outs": [403]}, Forbidden),
        ({"statuses": [404], "opt-outs": [[]]}, NotFound),
        ({"statuses": [404], "opt-outs": [[wide()]]}, NotFound),
        ({"statuses": [[said(YES)]], "opt-outs": [404]}, NotFound),
        ({"statuses": [[]], "opt-outs": [403]}, Forbidden),
        ({"statuses": [404], "opt-outs": [500]}, NotFound),
        ({"statuses": [500], "opt-outs": [404]}, ServerError),
        ({"statuses": [[said(YES, brand=5)]], "opt-outs": [[]], "opt-outs 5": [403]}, Forbidden),
        ({"statuses": [[]], "opt-outs": [[]], "definitions": [403]}, Forbidden),
        ({"statuses": [[]], "opt-outs": [[]], "definitions": [BRANDS], "opt-outs 3": [403]}, Forbidden),
    ],
)
def test_nobody_is_subscribed_where_a_read_failed(
    script: dict[str, list[Any]], error: type[PreferencesError]
) -> None:
    """The read's own error is raised, and nothing is written."""
    server = HubSpot(script)
    with pytest.raises(error):
        subscribe(server, **WISH)
    assert [] == server.bodies


def test_an_address_that_hubspot_does_not_know_is_new() -> None:
    """Where both reads say so nobody ever said no."""
    server = hubspot(statuses=[404], opt_outs=[404], SUBSCRIBED=[DONE])
    assert YES == subscribe(server).state
    assert ["statuses", "opt-outs", YES] == server.asked


def test_without_a_row_every_brand_is_asked() -> None:
    """An address without rows may have left a brand all the same; a row of another type tells nothing of it."""
    server = HubSpot({"statuses": [[]], "definitions": [BRANDS], **OF_EACH})
    with pytest.raises(WouldResubscribe, match="opted out of all e-mail"):
        subscribe(server)
    assert ["statuses", "opt-outs", "definitions", "opt-outs 3", "opt-outs 5"] == server.asked
    server = HubSpot({"statuses": [[]], "definitions": [BRANDS], **NOBODY_LEFT, YES: [DONE]})
    assert YES == subscribe(server).state
    server = HubSpot({"statuses": [[]], "definitions": [BRANDS], **NOBODY_LEFT, "opt-outs": [[wide()]]})
    with pytest.raises(WouldResubscribe, match="opted out of all e-mail"):
        subscribe(server)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"resubscribe": "yes"}, "resubscribe"),
        ({"resubscribe": True}, "legal_basis"),
        ({"resubscribe": True, "legal_basis": "CONSENT_WITH_NOTICE"}, "legal_basis_explanation"),
        ({"resubscribe": True, "legal_basis_explanation": "By phone"}, "legal_basis"),
        ({"legal_basis": "CONSENT"}, "legal_basis"),
        ({"legal_basis_explanation": " "}, "legal_basis_explanation"),
    ],
)
def test_undoing_an_opt_out_takes_a_reason(options: dict[str, Any], name: str) -> None:
    """Whoever undoes an opt-out says on what ground; a mistake is named before anything is asked."""
    server = hubspot()
    with pytest.raises(InvalidArgument, match=f"^{name}: "):
        subscribe(server, "News", **options)
    assert [] == server.asked


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("REQUESTED_CHANGE_OCCURRED", None),
        ("RESUBSCRIBE_OCCURRED", WouldResubscribe),
        ("NO_STATUS_CHANGE", UnreadableReply),
        (None, UnreadableReply),
        (NEW, UnreadableReply),
    ],
)
def test_a_second_try_has_to_say_what_it_changed(reason: str | None, error: type[PreferencesError] | None) -> None:
    """Else the first one did, and whether that undid an opt-out of the same moment nobody knows."""
    row = [said(YES, setStatusSuccessReason=reason)]
    reads: dict[str, list[Scripted]] = {"statuses": [[said(NOT_SAID)]], "opt-outs": [[]], NO: [[said(NO)]]}
    second = {**reads, YES: [502, row]}
    if error is None:
        assert YES == subscribe(HubSpot(second, Retry(base=0))).state
    else:
        with pytest.raises(error) as caught:
            subscribe(HubSpot(second, Retry(base=0)))
        assert error is WouldResubscribe or getattr(caught.value, "response", None) is not None
    if error is not WouldResubscribe:
        assert YES == subscribe(HubSpot({**reads, YES: [row]})).state
        assert YES == subscribe(HubSpot({**reads, YES: [429, row]}, Retry(base=0))).state
    # Who undoes an opt-out on purpose, or has no guard, need not know.
    assert YES == subscribe(HubSpot(second, Retry(base=0)), resubscribe=True, **WISH).state
    assert YES == set_status(HubSpot(second, Retry(base=0)), YES).state


def test_a_wish_to_come_back_is_carried_out() -> None:
    """With resubscribe nothing is read, and HubSpot's word that an opt-out was undone is what was wanted."""
    server = hubspot(SUBSCRIBED=[RESUBSCRIBED], definitions=[[named("News", 7)]])
    assert YES == subscribe(server, "News", resubscribe=True, **WISH).state
    assert ["definitions", YES, "opt-outs"] == server.asked


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        ({"opt-outs": [[]]}, None),
        ({"opt-outs": [[wide(YES)]]}, None),
        ({"opt-outs": [[wide()]]}, Reason.OPTED_OUT),
        ({"opt-outs": [[wide(NEW)]]}, Reason.UNKNOWN_STATE),
        ({"opt-outs": [500]}, Reason.NO_ANSWER),
        ({YES: [[said(YES, brand=5)]], "opt-outs": [[]], "opt-outs 5": [[wide(brand=5)]]}, Reason.OPTED_OUT),
        ({YES: [[said(YES, brand=5)]], "opt-outs": [[wide(brand=3)]], "opt-outs 5": [[]]}, None),
    ],
)
def test_who_came_back_and_is_not_mailed_all_the_same_is_told(
    script: dict[str, list[Any]], warning: Reason | None
) -> None:
    """The write is done; what stands against mail after it is the status's warning, in the words of a decision."""
    row = subscribe(HubSpot({YES: [RESUBSCRIBED], **script}), resubscribe=True, **WISH)
    assert (YES, warning) == (row.state, row.warning)


@pytest.mark.parametrize(
    ("answers", "bases", "message"),
    [
        ([[said(NO)]], [None], "the opt-out was put back"),
        ([400, [said(NO)]], [None, "CONSENT_WITH_NOTICE"], "the opt-out was put back"),
        ([422, [said(NO)]], [None, "CONSENT_WITH_NOTICE"], "the opt-out was put back"),
        ([400, 400], [None, "CONSENT_WITH_NOTICE"], "failed (HTTP 400). Unsubscribe them."),
        ([403], [None], "failed (HTTP 403). Unsubscribe them."),
        ([500], [None], "failed (HTTP 500). Unsubscribe them."),
        (
            [[said(YES)]],
            [None],
            "failed (HubSpot was told UNSUBSCRIBED and answered SUBSCRIBED). Unsubscribe them.",
        ),
    ],
)
def test_an_opt_out_at_the_same_moment_is_put_back(
    answers: list[Scripted], bases: list[str | None], message: str
) -> None:
    """Who said no between the reads and the write said so last: it is written again, or the error says so."""
    script = {"definitions": [[named("News", 7)]], "statuses": [[said(NOT_SAID)]], "opt-outs": [[]]}
    server = HubSpot({**script, YES: [RESUBSCRIBED], NO: answers})
    with pytest.raises(WouldResubscribe) as caught:
        subscribe(server, "News", **WISH)
    assert message in str(caught.value)
    put_back = server.bodies[1:]
    assert [(NO, 7)] * len(bases) == [(body["statusState"], body["subscriptionId"]) for body in put_back]
    assert bases == [body.get("legalBasis") for body in put_back]
    assert [basis and WISH["legal_basis_explanation"] for basis in bases] == [
        body.get("legalBasisExplanation") for body in put_back
    ]
    assert ("failed" in message) is isinstance(caught.value.__cause__, PreferencesError)
