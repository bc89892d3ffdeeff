"""Brands: whoever opted out of one is found, whether or not no brand means every brand. HubSpot does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from hubspot_preferences import (
    Forbidden,
    Preferences,
    PreferencesError,
    Reason,
    UnreadableReply,
    WouldResubscribe,
)
from hubspot_preferences.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from tests.conftest import Connect, Listen

NEWS, OF_FIVE = 7001, 8001
JANE, JOE = "jane@example.com", "joe@example.com"
WIDE = {"subscriberIdString": JANE, "status": "UNSUBSCRIBED", "wideStatusType": "BUSINESS_UNIT_WIDE"}


@pytest.fixture(params=["every", "default"])
def brands(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """An account with three brands, whose opt-outs without a brand are every brand's, then the default one's.

    Jane left brand 5, Joe none.
    """
    with Sandbox(token="demo", brands=(0, 5, 9), missing_brand=request.param) as box:
        with Preferences(box.token, base_url=box.url, limiter=None) as prefs:
            prefs.unsubscribe_all(JANE, business_unit_id=5)
            for email in (JANE, JOE):
                for subscription in (NEWS, OF_FIVE):
                    prefs.set_status(email, subscription, "SUBSCRIBED")
        box.clear_log()
        yield box


def asked(box: Sandbox) -> list[str]:
    """The operations that were called, with the brand of each where there is one."""
    return [f"{entry.operation} {entry.query.get('businessUnitId', '')}".rstrip() for entry in box.log]


def test_a_missing_brand_is_a_choice_of_the_sandbox(brands: Sandbox, connect: Connect) -> None:
    """Without a brand one reading knows of Jane's opt-out, the other does not; by brand both do."""
    client = connect(base_url=brands.url)
    every = brands.account.missing_brand is None
    assert every is bool(client.opt_outs(JANE))
    assert {5} == {row.business_unit_id for row in client.opt_outs(JANE, business_unit_id=5)}
    assert () == client.opt_outs(JANE, business_unit_id=9)
    assert 1 == len(client.batch.opt_outs([JANE])[0].value or ())


def test_whoever_left_any_brand_is_opted_out(brands: Sandbox, connect: Connect) -> None:
    """is_opted_out without a brand means any brand, and with one that brand."""
    client = connect(base_url=brands.url)
    assert [True, False] == [client.is_opted_out(email) for email in (JANE, JOE)]
    assert [True, False] == [client.is_opted_out(JANE, business_unit_id=brand) for brand in (5, 9)]


def test_a_yes_needs_no_further_read(brands: Sandbox, connect: Connect) -> None:
    """Once a row says UNSUBSCRIBED, nothing more is asked."""
    client = connect(base_url=brands.url)
    client.unsubscribe_all(JOE, business_unit_id=0)
    brands.clear_log()
    assert client.is_opted_out(JOE)
    assert ["get_opt_outs"] == asked(brands)
    client.unsubscribe_all(JANE, business_unit_id=9)
    brands.clear_log()
    assert client.is_opted_out(JANE)
    further = [] if brands.account.missing_brand is None else ["list_definitions", "get_opt_outs 5"]
    assert ["get_opt_outs", *further] == asked(brands)


def test_a_no_asks_every_brand_and_remembers_which_there_are(brands: Sandbox, connect: Connect) -> None:
    """The subscription types tell the brands, and are read once for many people."""
    client = connect(base_url=brands.url)
    each = ["get_opt_outs 5", "get_opt_outs 9"]
    assert [False, False] == [client.is_opted_out(JOE), client.is_opted_out(JOE)]
    assert ["get_opt_outs", "list_definitions", *each, "get_opt_outs", *each] == asked(brands)


def test_an_account_without_brands_is_asked_once(box: Sandbox, connect: Connect) -> None:
    """Where the default brand is the only one, what was said without a brand is all there is."""
    assert not connect().is_opted_out(JANE)
    assert ["get_opt_outs", "list_definitions"] == asked(box)


def test_brands_that_cannot_be_read_make_no_no(brands: Sandbox, connect: Connect) -> None:
    """Where the brands are not known, or one cannot be read, the call raises: nobody is taken for mailable."""
    for fault in (
        Fault(operation="list_definitions", status=403),
        Fault(operation="list_definitions", fields={"businessUnitId": -1}),
        Fault(operation="list_definitions", fields={"businessUnitId": 2**63}),
        Fault(operation="get_opt_outs", status=500, skip=2),
    ):
        with brands.faults(fault), pytest.raises(PreferencesError):
            connect(base_url=brands.url).is_opted_out(JOE)


def test_a_decision_asks_the_brand_of_the_type(brands: Sandbox, connect: Connect) -> None:
    """Who left a brand is not mailed by it, and may be by the others."""
    client = connect(base_url=brands.url)
    assert Reason.OPTED_OUT == client.may_email(JANE, OF_FIVE).reason
    assert [Reason.SUBSCRIBED] * 3 == [
        client.may_email(email, subscription).reason
        for email, subscription in ((JANE, NEWS), (JOE, NEWS), (JOE, OF_FIVE))
    ]
    with pytest.raises(WouldResubscribe, match="opted out of all e-mail"):
        client.subscribe(JANE, OF_FIVE)


def test_forbidden_batches_read_every_brand(brands: Sandbox, connect: Connect) -> None:
    """Single calls in place of a batch say what the batch would have said."""
    client = connect(base_url=brands.url)
    together = client.batch.opt_outs([JANE, JOE])
    with brands.faults(Fault(operation="batch_read_opt_outs", status=403, times=None)):
        assert list(together) == list(client.batch.opt_outs([JANE, JOE]))
        assert [1, 0] == [len(outcome.value or ()) for outcome in together]
        brands.clear_log()
        one = connect(base_url=brands.url).batch.opt_outs([JOE], business_unit_id=9)
        assert [()] == [outcome.value for outcome in one]
        assert ["batch_read_opt_outs 9", "get_opt_outs 9"] == asked(brands)


@pytest.mark.parametrize("brand", [-1, 2**63])
def test_a_brand_that_cannot_be_is_no_yes(connect: Connect, listen: Listen, brand: int) -> None:
    """A row of a brand that cannot be asked for leaves the decision open, and open is a no."""
    row = {"subscriberIdString": JANE, "subscriptionId": 8, "status": "SUBSCRIBED", "businessUnitId": brand}

    def answer(request: bytes) -> tuple[Any, ...]:
        return 200, {"results": [] if b"unsubscribe-all" in request.split(b"\r\n")[0] else [row]}

    client = connect(base_url=listen(answer).url)
    decision = client.may_email(JANE, 8)
    assert (False, Reason.NO_ANSWER) == (bool(decision), decision.reason)
    assert isinstance(decision.error, UnreadableReply)
    with pytest.raises(UnreadableReply, match="a brand that cannot be"):
        client.subscribe(JANE, 8)


def test_a_brand_that_does_not_answer_is_no_yes(brands: Sandbox, connect: Connect) -> None:
    """The read without a brand succeeded, the brand's own failed: nobody knows, so it is a no and no write."""
    client = connect(base_url=brands.url)
    with brands.faults(Fault(operation="get_opt_outs", status=403, skip=1, times=None)):
        decision = client.may_email(JOE, OF_FIVE)
    assert (False, Reason.NO_ANSWER) == (bool(decision), decision.reason)
    assert isinstance(decision.error, Forbidden)
    brands.clear_log()
    with brands.faults(Fault(operation="get_opt_outs", status=403, skip=1)), pytest.raises(Forbidden):
        client.subscribe(JOE, OF_FIVE)
    assert "set_status" not in asked(brands)


def test_subscribe_asks_every_brand_where_no_row_tells_one(connect: Connect, listen: Listen) -> None:
    """An address without any row may have left a brand all the same: the account's types tell the brands."""
    types = [{"id": "8", "name": "News", "businessUnitId": 5}]

    def answer(request: bytes) -> tuple[Any, ...]:
        line = request.split(b"\r\n")[0]
        if b"/definitions" in line:
            return 200, {"results": types}
        return 200, {"results": [{**WIDE, "businessUnitId": 5}] if b"businessUnitId=5" in line else []}

    server = listen(answer)
    with pytest.raises(WouldResubscribe, match="opted out of all e-mail"):
        connect(base_url=server.url).subscribe(JANE, 8)
    assert not any(request.startswith(b"POST") for request in server.requests)
