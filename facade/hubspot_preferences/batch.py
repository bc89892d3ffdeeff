"""Batches: chunks, halving and the fallback to single calls, with one outcome per input whatever happens.

An address is one input however often and in whatever case it is given: it is sent once, as it was
first spelled, and each of its places gets the outcome. What HubSpot's reply mentions neither in a
row nor in an error is *unknown*, not fine.
"""

from collections.abc import Container, Hashable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar

from attrs import field, frozen

from . import arguments, chunks, consent, operations, subscriptions
from .attribution import V
from .chunks import Account, BatchOperation, Outcomes, Work
from .consent import Decision, Reason, Unspecified
from .engine import Op
from .errors import InvalidArgument, PreferencesError, UnknownSubscription, UnreadableReply
from .models import (
    Change,
    Channel,
    LegalBasis,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    WideStatus,
    address_key,
)
from .operations import Session
from .outcomes import BatchResult, Outcome, OutcomeState, ended_by, unsent
from .versions import reading

if TYPE_CHECKING:
    from typing import Unpack

    from .chunks import Build
    from .versions.wire import Kwargs

T = TypeVar("T")


class How(TypedDict):
    """How a batch is carried out."""

    chunk_size: int
    fallback: bool


def statuses(
    session: Session,
    emails: Iterable[str],
    *,
    business_unit_id: int | None,
    account: "Account[str, tuple[Status, ...]] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/read."""
    return (yield from _by_address(_read_statuses(session, business_unit_id), emails, account, how))


def opt_outs(
    session: Session,
    emails: Iterable[str],
    *,
    business_unit_id: int | None,
    account: "Account[str, tuple[WideStatus, ...]] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[str, tuple[WideStatus, ...]]]:
    """POST /statuses/batch/unsubscribe-all/read."""
    return (yield from _by_address(_read_opt_outs(session, business_unit_id), emails, account, how))


def unsubscribe_all(
    session: Session,
    emails: Iterable[str],
    *,
    business_unit_id: int | None,
    account: "Account[str, tuple[Status, ...]] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[str, tuple[Status, ...]]]:
    """POST /statuses/batch/unsubscribe-all."""
    build = session.wire.batch_unsubscribe_all or operations.missing(session.wire, "batch_unsubscribe_all")
    return (yield from _by_address(_OptOut(session, build, business_unit_id), emails, account, how))


def may_email(
    session: Session,
    emails: Iterable[str],
    *,
    subscription: int | str,
    unspecified: Unspecified,
    business_unit_id: int | None,
    account: "Account[str, Decision] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[str, Decision]]:
    """Both batch reads, and the rules of consent.py."""
    chunks.check(**how)
    operations.check_unspecified(unspecified)
    brand = arguments.business_unit_id(business_unit_id)
    account = account or Account()
    inputs, checked = arguments.emails(emails, account.first)
    account.open(inputs)
    with account.ending():
        identifier = yield from operations.attempt(operations.subscription_id(session, subscription))
    if isinstance(identifier, InvalidArgument | UnknownSubscription):
        raise identifier
    if isinstance(identifier, PreferencesError):
        checked = [value if isinstance(value, PreferencesError) else identifier for value in checked]
        identifier = 0  # nothing is sent
    work = _Decide(session, subscription, identifier, unspecified, brand)
    return (yield from chunks.run(work, checked, account, **how))


def write(
    session: Session,
    changes: Iterable[Change],
    *,
    account: "Account[Change, Status] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[Change, Status]]:
    """POST /statuses/batch/write."""
    return (yield from _of_changes(_WriteStatuses(session, _build_write(session)), changes, account, how))


def subscribe(
    session: Session,
    changes: Iterable[Change],
    *,
    account: "Account[Change, Status] | None" = None,
    **how: "Unpack[How]",
) -> Op[BatchResult[Change, Status]]:
    """Both batch reads, then write for those who never said no."""
    return (yield from _of_changes(_Subscribe(session, _build_write(session)), changes, account, how))


def _build_write(session: Session) -> "Build":
    return session.wire.batch_write_statuses or operations.missing(session.wire, "batch_write_statuses")


def _by_address(
    operation: BatchOperation[str, V], emails: Iterable[str], account: Account[str, V] | None, how: How
) -> Op[BatchResult[str, V]]:
    chunks.check(**how)
    account = account or Account()
    inputs, checked = arguments.emails(emails, account.first)
    account.open(inputs)
    return (yield from chunks.run(operation, checked, account, **how))


def _of_changes(
    operation: "_WriteStatuses", changes: Iterable[Change], account: Account[Change, Status] | None, how: How
) -> Op[BatchResult[Change, Status]]:
    chunks.check(**how)  # before names are looked up
    inputs = arguments.several(changes, "changes")
    account = account or Account()
    account.open(inputs)
    with account.ending():
        checked = _contradictions((yield from _writes(operation, inputs, account.first)), account.first)
    return (yield from chunks.run(operation, checked, account, **how))


# What each has of its own


class _ByAddress(BatchOperation[str, V]):
    """What the three operations share whose inputs are addresses."""

    query: ClassVar[dict[str, bool]] = {}

    def __init__(self, session: Session, build: "Build", business_unit_id: int | None) -> None:
        super().__init__(session, build)
        self.brand = arguments.business_unit_id(business_unit_id)

    def key(self, value: str) -> Hashable:
        return address_key(value)

    def address(self, value: str) -> str:
        return value

    def request(self, values: list[str]) -> "Kwargs":
        return self.build(
            body=self.wire.BatchSubscriberInput(inputs=values),
            channel=self.wire.Channel(Channel.EMAIL),
            business_unit_id=operations.or_unset(self.wire, self.brand),
            **self.query,
        )

    def row_key(self, row: dict[str, str]) -> Hashable:
        return address_key(row["subscriberIdString"])


class _ReadStatuses(_ByAddress[tuple[Status, ...]]):
    @property
    def declared(self) -> Container[int]:
        return self.wire.success["batch_read_statuses"]

    def read(self, row: object) -> tuple[Status, ...]:
        return reading.subscriber_statuses(self.wire, row)

    def single(self, value: str) -> Op[tuple[Status, ...]]:
        return operations.statuses(self.session, value, business_unit_id=self.brand)


class _ReadOptOuts(_ByAddress[tuple[WideStatus, ...]]):
    @property
    def declared(self) -> Container[int]:
        return self.wire.success["batch_read_opt_outs"]

    def read(self, row: object) -> tuple[WideStatus, ...]:
        return reading.subscriber_wide_statuses(self.wire, row)

    def single(self, value: str) -> Op[tuple[WideStatus, ...]]:
        return operations.every_opt_out(self.session, value, business_unit_id=self.brand)

    def prepare(self) -> Op[object]:
        if self.brand is None:  # the brands, once for all that run side by side
            yield from operations.subscription_types(self.session, subscriptions.KEPT)
        return None


class _OptOut(_ByAddress[tuple[Status, ...]]):
    query: ClassVar = {"verbose": True}  # without details no input could be confirmed
    writes = True

    def read(self, row: object) -> tuple[Status, ...]:
        return reading.subscriber_opt_out(self.wire, row)

    def single(self, value: str) -> Op[tuple[Status, ...]]:
        return operations.unsubscribe_all(self.session, value, business_unit_id=self.brand, verbose=True)

    def judge(self, _: str, answer: tuple[Status, ...], /) -> tuple[OutcomeState, PreferencesError | None]:
        if doubt := operations.not_all_opted_out(answer, self.brand):
            return OutcomeState.UNKNOWN, UnreadableReply(doubt)
        if all(row.reason == SetStatusSuccessReason.NO_STATUS_CHANGE for row in answer):
            return OutcomeState.NO_CHANGE, None
        return OutcomeState.APPLIED, None


def _read_statuses(session: Session, brand: int | None) -> _ReadStatuses:
    build = session.wire.batch_read_statuses or operations.missing(session.wire, "batch_read_statuses")
    return _ReadStatuses(session, build, brand)


def _read_opt_outs(session: Session, brand: int | None) -> _ReadOptOuts:
    build = session.wire.batch_read_opt_outs or operations.missing(session.wire, "batch_read_opt_outs")
    return _ReadOptOuts(session, build, brand)


class _Decide(Work[str, Decision]):
    """Two operations of HubSpot's, and what follows from both."""

    def __init__(
        self,
        session: Session,
        subscription: int | str,
        identifier: int,
        unspecified: Unspecified,
        brand: int | None,
    ) -> None:
        self.session = session
        self.subscription = subscription
        self.identifier = identifier
        self.asked: dict[str, Any] = {"unspecified": unspecified, "business_unit_id": brand}
        self.statuses = _read_statuses(session, brand)
        self.opt_outs = _read_opt_outs(session, None)

    def key(self, value: str) -> Hashable:
        return address_key(value)

    def together(self, values: list[str], account: Account[Any, Decision]) -> Op[Outcomes[str, Decision]]:
        started = self.session.exchange.clock()
        reads = _both_reads(self.statuses, self.opt_outs, values, account)
        rows, wide = yield from account.watch([self.key(value) for value in values], reads)
        everything = [row for read in rows.values() for row in read.value or ()]
        identifier = yield from operations.attempt(
            operations.confirmed_id(self.session, self.subscription, self.identifier, everything, started)
        )
        outcomes: Outcomes[str, Decision] = {}
        for value in values:
            key = self.key(value)
            if key in rows and key in wide:
                outcomes[key] = self.outcome(value, identifier, rows[key], wide[key])
        account.settle(outcomes)
        return outcomes

    def outcome(
        self,
        value: str,
        identifier: int | PreferencesError,
        rows: Outcome[str, tuple[Status, ...]],
        wide: Outcome[str, tuple[WideStatus, ...]],
    ) -> Outcome[str, Decision]:
        """The decision, where both reads have an answer."""
        for read in (wide, rows):
            if read.error is not None:
                return Outcome(value, read.state, None, read.error)
        if isinstance(identifier, PreferencesError):
            return ended_by(identifier, value)
        decision = consent.decide(value, identifier, rows.value or (), wide.value or (), **self.asked)
        return Outcome(value, OutcomeState.APPLIED, decision)

    def single(self, value: str) -> Op[Decision]:
        return operations.may_email(self.session, value, self.subscription, **self.asked)

    def prepare(self) -> Op[object]:
        return self.opt_outs.prepare()

    def judge(self, _: str, answer: Decision, /) -> tuple[OutcomeState, PreferencesError | None]:
        if answer.error is None:
            return OutcomeState.APPLIED, None
        return ended_by(answer.error, _).state, answer.error

    def without_answer(self, error: PreferencesError) -> Decision:
        return Decision(allowed=False, reason=Reason.NO_ANSWER, error=error)


def _both_reads(
    statuses: _ReadStatuses, opt_outs: _ReadOptOuts, emails: list[str], account: Account[Any, Any]
) -> Op[tuple[Outcomes[str, tuple[Status, ...]], Outcomes[str, tuple[WideStatus, ...]]]]:
    """What decisions about these addresses rest on."""
    rows = yield from chunks.chunk(statuses, emails, Account(learnt=account.learnt))
    return rows, (yield from chunks.chunk(opt_outs, emails, Account(learnt=account.learnt)))


@frozen
class _Write:
    """A change, checked, its subscription type resolved."""

    email: str = field(repr=False)
    subscription_id: int
    state: SubscriptionState
    legal_basis: LegalBasis | None
    legal_basis_explanation: str | None = field(repr=False)
    channel: Channel
    name: str | None = None  # what led to the subscription type, where it was no id

    @property
    def key(self) -> Hashable:
        """What tells it from other changes of a batch."""
        return address_key(self.email), self.subscription_id


class _WriteStatuses(BatchOperation[_Write, Status]):
    writes = True

    def state(self, value: object, name: str) -> SubscriptionState:
        """The state that a change asks for, checked."""
        return arguments.state(value, name)

    def key(self, value: _Write) -> Hashable:
        return value.key

    def address(self, value: _Write) -> str:
        return value.email

    def request(self, values: list[_Write]) -> "Kwargs":
        wire = self.wire
        requests = [
            wire.SubscriberStatusRequest(
                channel=wire.Channel(change.channel),
                status_state=wire.SubscriptionState(change.state),
                subscriber_id_string=change.email,
                subscription_id=change.subscription_id,
                legal_basis=operations.or_unset(wire, change.legal_basis and wire.LegalBasis(change.legal_basis)),
                legal_basis_explanation=operations.or_unset(wire, change.legal_basis_explanation),
            )
            for change in values
        ]
        return self.build(body=wire.BatchWriteInput(inputs=requests))

    def row_key(self, row: dict[str, str]) -> Hashable:
        return address_key(row["subscriberIdString"]), int(row["subscriptionId"])

    def read(self, row: object) -> Status:
        return reading.status(self.wire, row)

    def single(self, value: _Write) -> Op[Status]:
        return operations.set_status(
            self.session,
            value.email,
            value.subscription_id,
            value.state,
            legal_basis=value.legal_basis,
            legal_basis_explanation=value.legal_basis_explanation,
            channel=value.channel,
        )

    def judge(self, value: _Write, answer: Status, /) -> tuple[OutcomeState, PreferencesError | None]:
        if doubt := operations.unconfirmed(answer, value.state):
            return OutcomeState.UNKNOWN, UnreadableReply(doubt)
        if value.name is not None and answer.subscription_name not in (None, value.name):
            return OutcomeState.UNKNOWN, UnreadableReply(operations.MOVED.format(value.subscription_id))
        if answer.reason == SetStatusSuccessReason.NO_STATUS_CHANGE:
            return OutcomeState.NO_CHANGE, None
        return OutcomeState.APPLIED, None


class _Subscribe(_WriteStatuses):
    """Not an operation of HubSpot's: both reads, the guard, and a write of what it lets through."""

    def __init__(self, session: Session, build: "Build") -> None:
        super().__init__(session, build)
        self.statuses = _read_statuses(session, None)
        self.opt_outs = _read_opt_outs(session, None)

    def together(self, values: list[_Write], account: Account[Any, Status]) -> Op[Outcomes[_Write, Status]]:
        emails = list({address_key(value.email): value.email for value in values}.values())
        rows, wide = yield from _both_reads(self.statuses, self.opt_outs, emails, account)
        outcomes: Outcomes[_Write, Status] = {}
        allowed: list[_Write] = []
        for value in values:
            who = address_key(value.email)
            if who not in rows or who not in wide:
                continue  # left to a single call
            if refusal := operations.refusal(
                value.email, value.subscription_id, _answer(rows[who]), _answer(wide[who])
            ):
                outcomes[value.key] = unsent(value, refusal)
            else:
                allowed.append(value)
        account.settle(outcomes)
        if allowed:
            sent = chunks.chunk(self, allowed, Account(learnt=account.learnt))
            written = yield from account.watch([value.key for value in allowed], sent)
            account.settle({key: outcome for key, outcome in written.items() if not _resubscribed(outcome)})
            for key, outcome in written.items():
                if _resubscribed(outcome):
                    written[key] = yield from self._kept(outcome.input)
                    account.settle({key: written[key]})
            outcomes |= written
        return outcomes

    def state(self, value: object, name: str) -> SubscriptionState:
        if (state := super().state(value, name)) != SubscriptionState.SUBSCRIBED:
            raise InvalidArgument(f"{name}: must be SUBSCRIBED; batch.write sets other states")
        return state

    def doubted(self, outcome: Outcome[_Write, Status], doubt: PreferencesError) -> Outcome[_Write, Status]:
        if outcome.value is None or outcome.value.reason in operations.KNOWN_CHANGES:
            return super().doubted(outcome, doubt)
        unknown = UnreadableReply(f"the state is {outcome.value.state}, {operations.UNKNOWN_CHANGE}")
        return Outcome(outcome.input, OutcomeState.UNKNOWN, outcome.value, unknown)

    def _kept(self, change: _Write) -> Op[Outcome[_Write, Status]]:
        """The person opted out between the reads and the write: their no came last, and is put back."""
        basis = {
            "legal_basis": change.legal_basis,
            "legal_basis_explanation": change.legal_basis_explanation,
        }
        put_back = operations.put_back(self.session, change.email, change.subscription_id, basis)
        return ended_by((yield from chunks.attempt(put_back)), change)

    def single(self, value: _Write) -> Op[Status]:
        return operations.subscribe(
            self.session,
            value.email,
            value.subscription_id,
            legal_basis=value.legal_basis,
            legal_basis_explanation=value.legal_basis_explanation,
        )


def _resubscribed(outcome: Outcome[_Write, Status]) -> bool:
    return outcome.value is not None and outcome.value.reason == SetStatusSuccessReason.RESUBSCRIBE_OCCURRED


def _answer(read: Outcome[str, tuple[T, ...]]) -> tuple[T, ...] | PreferencesError:
    return read.error or read.value or ()


# Inputs: what cannot be sent fails alone


def _writes(operation: _WriteStatuses, changes: list[Change], first: int) -> Op[list[_Write | PreferencesError]]:
    checked: list[_Write | PreferencesError] = []
    identifiers: dict[int | str, int | PreferencesError] = {}
    unread: PreferencesError | None = None  # what kept the names from being read: asking again is no use
    for place, change in enumerate(changes, first):
        name = f"changes[{place}]"
        try:
            if not isinstance(change, Change):
                raise InvalidArgument(f"{name}: must be a Change, not {type(change).__name__}")
            state = operation.state(change.state, f"{name}.state")
            wanted = arguments.subscription(change.subscription, f"{name}.subscription")
            if wanted not in identifiers:
                identifier = (isinstance(wanted, str) and unread) or (
                    yield from chunks.attempt(
                        operations.subscription_id(operation.session, wanted, subscriptions.LOOKED_AGAIN)
                    )
                )
                if isinstance(identifier, PreferencesError) and not isinstance(identifier, UnknownSubscription):
                    unread = identifier
                identifiers[wanted] = identifier
            identifier = identifiers[wanted]
            if isinstance(identifier, PreferencesError):
                checked.append(identifier)
                continue
            checked.append(
                _Write(
                    email=arguments.email(change.email, f"{name}.email"),
                    subscription_id=identifier,
                    state=state,
                    legal_basis=arguments.legal_basis(change.legal_basis, f"{name}.legal_basis"),
                    legal_basis_explanation=arguments.text(
                        change.legal_basis_explanation, f"{name}.legal_basis_explanation"
                    ),
                    channel=arguments.channel(change.channel, f"{name}.channel"),
                    name=wanted if isinstance(wanted, str) else None,
                )
            )
        except InvalidArgument as error:
            checked.append(error)
    return checked


def _contradictions(checked: list[_Write | PreferencesError], start: int) -> list[_Write | PreferencesError]:
    """Two changes for one subscriber and type that differ are not sent: which would win? [source: batch-errors]"""
    places: dict[Hashable, dict[Hashable, int]] = {}  # by input and what is wanted of it: the first to want it
    for place, change in enumerate(checked, start):
        if isinstance(change, _Write):
            what = (change.state, change.legal_basis, change.legal_basis_explanation)
            places.setdefault(change.key, {}).setdefault(what, place)

    def consistent(place: int, change: _Write | PreferencesError) -> _Write | PreferencesError:
        if isinstance(change, PreferencesError) or len(places[change.key]) == 1:
            return change
        first, second, *_ = places[change.key].values()
        return InvalidArgument(
            f"changes[{place}]: changes for its subscriber and subscription type contradict each other "
            f"(changes[{first}] and changes[{second}])"
        )

    return [consistent(place, change) for place, change in enumerate(checked, start)]
