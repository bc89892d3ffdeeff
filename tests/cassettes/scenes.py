"""What is recorded: calls of both clients, and what each one answers."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from attrs import field, frozen

from hubspot_preferences import (
    APIError,
    AsyncPreferences,
    BatchResult,
    Change,
    Channel,
    Definition,
    LegalBasis,
    Links,
    Preferences,
    PreferencesError,
    SetStatusSuccessReason,
    Status,
    SubscriptionState,
    Translation,
    WideStatus,
    WideStatusType,
)
from hubspot_preferences.sandbox import Fault
from hubspot_preferences.versions import declared

from .recording import ANN, BEN

TOPIC = "Marketing Information"  # a subscription type that HubSpot gives to every account
SAID_SO: Any = {"legal_basis": "CONSENT_WITH_NOTICE", "legal_basis_explanation": "Said so on the telephone"}


@frozen
class Raised:
    """An exception as a value, without HubSpot's words: they are not part of its contract."""

    name: str
    status: int | None = None
    category: str | None = None
    policy: str | None = None
    retry_after: float | None = None
    missing_scopes: tuple[str, ...] = ()
    correlation_id: str | None = None


# The operation that a method calls, by its name in the contract.
OPERATIONS = {
    "definitions": "list_definitions",
    "links": "generate_links",
    "statuses": "get_statuses",
    "set_status": "set_status",
    "opt_outs": "get_opt_outs",
    "unsubscribe_all": "unsubscribe_all",
    "batch.statuses": "batch_read_statuses",
    "batch.opt_outs": "batch_read_opt_outs",
    "batch.unsubscribe_all": "batch_unsubscribe_all",
    "batch.write": "batch_write_statuses",
}


@frozen
class Call:
    """One call, and its answer where the sandbox gives it."""

    operation: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: Any


def call(operation: str, *args: Any, answer: Any, **kwargs: Any) -> Call:
    """The call of `operation`, such as "statuses" or "batch.write"."""
    return Call(operation, args, kwargs, answer)


@frozen
class Scene:
    """A few calls by one client, recorded into one cassette for each version.

    `account` are settings of the sandbox and `faults` what it is told to do wrong: HubSpot cannot be
    told, so a scene with either is recorded from the sandbox only.
    """

    name: str
    calls: tuple[Call, ...]
    token: str | None = None
    account: dict[str, Any] = field(factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def anywhere(self) -> bool:
        """Whether it can be recorded from HubSpot too."""
        return not self.account and not self.faults

    def on(self, version: str) -> bool:
        """Whether the version has every operation that it needs, names of subscription types included."""
        needed = {OPERATIONS[call.operation] for call in self.calls}
        needed |= {"list_definitions"} if TOPIC in repr(self.calls) else set()
        return not needed & {*declared.of(version).lacks}


def play(scene: Scene, prefs: Preferences, meant: Any = lambda value: value) -> list[Any]:
    """The answers of the blocking client. `meant` turns arguments into what is really sent."""
    answers = []
    for step in scene.calls:
        try:
            answers.append(comparable(attrgetter(step.operation)(prefs)(*meant(step.args), **meant(step.kwargs))))
        except PreferencesError as error:
            answers.append(comparable(error))
    return answers


async def aplay(scene: Scene, prefs: AsyncPreferences) -> list[Any]:
    """The answers of the other one."""
    answers = []
    for step in scene.calls:
        try:
            answers.append(comparable(await attrgetter(step.operation)(prefs)(*step.args, **step.kwargs)))
        except PreferencesError as error:
            answers.append(comparable(error))
    return answers


def comparable(answer: Any) -> Any:
    """An answer as a value that can be compared: exceptions compare by identity only."""
    if isinstance(answer, BatchResult):
        return [
            (outcome.state.value, comparable(outcome.error if outcome.value is None else outcome.value))
            for outcome in answer
        ]
    if isinstance(answer, APIError):
        return Raised(
            type(answer).__name__,
            answer.status,
            answer.category,
            answer.policy,
            answer.retry_after,
            answer.missing_scopes,
            answer.correlation_id,
        )
    return Raised(type(answer).__name__) if isinstance(answer, PreferencesError) else answer


# What the sandbox answers (recording.py says who said what before). Every version answers the same.


NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)  # when the types were made
MADE = {
    7001: JANUARY + timedelta(milliseconds=319),
    7002: JANUARY + timedelta(milliseconds=669),
    7003: JANUARY + timedelta(milliseconds=223),
    7004: JANUARY + timedelta(hours=1),
    7005: JANUARY + timedelta(hours=1, seconds=100),
}
NAMES = {
    7001: TOPIC,
    7002: "Customer Service Communication",
    7003: "One to One",
    7004: "Product Updates",
    7005: "Printed Catalogue",
    8001: TOPIC,  # that of the second brand
}
BRAND = 42


def definition(identifier: int, description: str, purpose: str = "Marketing", **more: Any) -> Definition:
    """A subscription type."""
    fields: dict[str, Any] = {
        "communication_method": "Email",
        "is_active": True,
        "is_default": identifier in (7001, 7002, 7003),
        "is_internal": identifier in (7002, 7003),
        "business_unit_id": 0,
        "created_at": MADE[identifier],
        "updated_at": MADE[identifier],
        **more,
    }
    return Definition(identifier, NAMES[identifier], description, purpose, **fields)


def definitions(*translations: Translation) -> tuple[Definition, ...]:
    """All subscription types."""
    return (
        definition(7001, "What is new and on offer."),
        definition(7002, "Answers to requests, and questions about them.", "Service"),
        definition(7003, "Mail from one person to another.", "Sales"),
        definition(
            7004,
            "What changed in the product, once a month.",
            updated_at=JANUARY + timedelta(hours=2),
            translations=translations,
        ),
        definition(
            7005,
            "Notes on the catalogue, which is no longer printed.",
            is_active=False,
            updated_at=JANUARY + timedelta(hours=2.5),
        ),
    )


def row(email: str, identifier: int, state: str, **more: Any) -> Status:
    """A state set by this API, now."""
    fields: dict[str, Any] = {
        "subscription_name": NAMES[identifier],
        "channel": Channel.EMAIL,
        "source": "Public status API",
        "business_unit_id": 0,
        "updated_at": NOW,
        **more,
    }
    return Status(email, identifier, SubscriptionState(state), **fields)


def never(email: str, identifier: int) -> Status:
    """A state that nobody ever set."""
    return row(email, identifier, "NOT_SPECIFIED", source="Not specified", updated_at=MADE[identifier])


def changed(email: str, state: str, reason: str, **more: Any) -> Status:
    """What came of setting the state of the topic."""
    return row(email, 7001, state, reason=SetStatusSuccessReason(reason), **more)


def left(email: str, *identifiers: int, **more: Any) -> tuple[Status, ...]:
    """What came of opting out of everything."""
    reason = SetStatusSuccessReason.UNSUBSCRIBE_FROM_ALL_OCCURRED
    return tuple(row(email, identifier, "UNSUBSCRIBED", reason=reason, **more) for identifier in identifiers)


def opted_out(email: str, brand: int | None = None, *, when: datetime = NOW) -> tuple[WideStatus, ...]:
    """An opt-out from everything."""
    reach = WideStatusType.PORTAL_WIDE if brand is None else WideStatusType.BUSINESS_UNIT_WIDE
    return (WideStatus(email, SubscriptionState.UNSUBSCRIBED, reach, Channel.EMAIL, brand, when),)


def links(email: str, *, single: bool) -> Links:
    """Placeholders, for links are personal."""
    return Links(
        email,
        "https://links.example.com/managePreferencesUrl",
        "https://links.example.com/unsubscribeAllUrl",
        "https://links.example.com/unsubscribeSingleUrl" if single else None,
    )


def refusal(name: str, status: int, category: str, request: int = 1, **more: Any) -> Raised:
    """An error reply; `request` numbers those of a scene that have an id."""
    return Raised(name, status, category, correlation_id=f"00000000-0000-4000-8000-{request:012}", **more)


YESTERDAY = NOW - timedelta(days=1)
ALL = (7001, 7002, 7003, 7004, 7005)
ANN_SAID = (
    row(
        ANN,
        7001,
        "SUBSCRIBED",
        legal_basis=LegalBasis.CONSENT_WITH_NOTICE,
        legal_basis_explanation="Ticked the box on the order form",
        updated_at=YESTERDAY,
    ),
    never(ANN, 7002),
    never(ANN, 7003),
    row(ANN, 7004, "UNSUBSCRIBED", source=f"Set by {BEN}.", updated_at=YESTERDAY + timedelta(seconds=1)),
    never(ANN, 7005),
)
BEN_LEFT = YESTERDAY + timedelta(seconds=2)
BEN_SAID = (
    row(BEN, 7001, "UNSUBSCRIBED", updated_at=BEN_LEFT),
    *(never(BEN, identifier) for identifier in ALL[1:]),
)
SAID = {"legal_basis": LegalBasis.CONSENT_WITH_NOTICE, "legal_basis_explanation": "Said so on the telephone"}
GERMAN = Translation(
    "de",
    "Neues vom Produkt",
    "Einmal im Monat, was sich geändert hat.",
    JANUARY + timedelta(hours=1),
    JANUARY,
)
FRENCH = Translation("fr", "Nouveautés du produit", "Une fois par mois, ce qui a changé.")
FAILED = ("failed", Raised("APIError", 207, "VALIDATION_ERROR"))
FAILED_WRITE = ("failed", Raised("APIError", 200, "VALIDATION_ERROR"))

SCENES = (
    Scene(
        "definitions",
        (
            call("definitions", include_translations=True, answer=definitions(GERMAN, FRENCH)),
            call("definitions", business_unit_id=0, answer=definitions()),
        ),
    ),
    Scene(
        "links",
        (
            call("links", ANN, subscription=TOPIC, language="de", answer=links(ANN, single=True)),
            call("links", BEN, answer=links(BEN, single=False)),
        ),
    ),
    Scene("statuses", (call("statuses", ANN, answer=ANN_SAID), call("statuses", BEN, answer=BEN_SAID))),
    Scene(
        "set_status",
        (
            call(
                "set_status",
                ANN,
                TOPIC,
                "UNSUBSCRIBED",
                **SAID_SO,
                answer=changed(ANN, "UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED", **SAID),
            ),
            # The same request again: a recording keeps the order.
            call(
                "set_status",
                ANN,
                TOPIC,
                "UNSUBSCRIBED",
                **SAID_SO,
                answer=changed(ANN, "UNSUBSCRIBED", "NO_STATUS_CHANGE", **SAID),
            ),
            call(
                "set_status",
                ANN,
                TOPIC,
                "SUBSCRIBED",
                **SAID_SO,
                answer=changed(ANN, "SUBSCRIBED", "RESUBSCRIBE_OCCURRED", **SAID),
            ),
        ),
    ),
    Scene(
        "opt_outs", (call("opt_outs", ANN, answer=()), call("opt_outs", BEN, answer=opted_out(BEN, when=BEN_LEFT)))
    ),
    Scene(
        "unsubscribe_all",
        (
            call("opt_outs", ANN, answer=()),
            call("unsubscribe_all", ANN, answer=()),
            call("opt_outs", ANN, answer=opted_out(ANN)),
        ),
    ),
    Scene("unsubscribe_all_verbose", (call("unsubscribe_all", ANN, verbose=True, answer=left(ANN, *ALL)),)),
    Scene(
        "batch_statuses",
        (call("batch.statuses", [ANN, BEN], answer=[("applied", ANN_SAID), ("applied", BEN_SAID)]),),
    ),
    Scene(
        "batch_opt_outs",
        (
            call(
                "batch.opt_outs",
                [ANN, BEN],
                answer=[("applied", ()), ("applied", opted_out(BEN, when=BEN_LEFT))],
            ),
            # Only the body tells these two apart.
            call("batch.opt_outs", [ANN], answer=[("applied", ())]),
        ),
    ),
    Scene(
        "batch_write",
        (
            call(
                "batch.write",
                [Change(ANN, TOPIC, "UNSUBSCRIBED"), Change(BEN, TOPIC, "UNSUBSCRIBED")],
                answer=[
                    ("applied", changed(ANN, "UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED")),
                    ("no_change", changed(BEN, "UNSUBSCRIBED", "NO_STATUS_CHANGE")),
                ],
            ),
            call(
                "batch.write",
                [Change(ANN, TOPIC, "SUBSCRIBED", **SAID_SO)],
                answer=[("applied", changed(ANN, "SUBSCRIBED", "RESUBSCRIBE_OCCURRED", **SAID))],
            ),
        ),
    ),
    Scene(
        "batch_unsubscribe_all",
        (
            call(
                "batch.unsubscribe_all",
                [ANN, BEN],
                answer=[("applied", left(ANN, *ALL)), ("applied", left(BEN, *ALL))],
            ),
        ),
    ),
    Scene(
        "batch_some_failed",
        (
            call("batch.statuses", [ANN, BEN], answer=[("applied", ANN_SAID), FAILED]),
            call("batch.opt_outs", [ANN, BEN], answer=[("applied", ()), FAILED]),
            call(
                "batch.write",
                [Change(ANN, 7001, "UNSUBSCRIBED"), Change(BEN, 7001, "UNSUBSCRIBED")],
                answer=[("applied", changed(ANN, "UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED")), FAILED_WRITE],
            ),
            call("batch.unsubscribe_all", [ANN, BEN], answer=[("applied", left(ANN, *ALL)), FAILED_WRITE]),
        ),
        faults=(Fault(addresses=(BEN,), errors="context", times=None),),
    ),
    Scene(
        "batch_in_capitals",
        (
            call(
                "batch.opt_outs",
                [ANN, BEN],
                answer=[("applied", ()), ("applied", opted_out("Subscriber-2@example.com", when=BEN_LEFT))],
            ),
        ),
        faults=(Fault(rows="upper"),),
    ),
    Scene(
        "unauthorized",
        (call("statuses", ANN, answer=refusal("Unauthorized", 401, "INVALID_AUTHENTICATION")),),
        token="pat-na1-nobodys-at-all",
    ),
    Scene(
        "expired",
        (call("statuses", ANN, answer=refusal("Unauthorized", 401, "EXPIRED_AUTHENTICATION")),),
        faults=(Fault(status=401, category="EXPIRED_AUTHENTICATION"),),
    ),
    Scene(
        "forbidden",
        (
            call("opt_outs", ANN, answer=()),
            call(
                "set_status",
                ANN,
                7001,
                "UNSUBSCRIBED",
                answer=refusal(
                    "Forbidden", 403, "MISSING_SCOPES", missing_scopes=("communication_preferences.write",)
                ),
            ),
            call(
                "batch.statuses",
                [ANN],
                fallback=False,
                answer=refusal(
                    "Forbidden",
                    403,
                    "MISSING_SCOPES",
                    2,
                    missing_scopes=("communication_preferences.statuses.batch.read",),
                ),
            ),
        ),
        account={"scopes": ("communication_preferences.read",)},
    ),
    Scene(
        "refused",
        (
            call("set_status", ANN, 7001, "SUBSCRIBED", answer=refusal("BadRequest", 400, "VALIDATION_ERROR")),
            call(
                "set_status",
                ANN,
                1,
                "SUBSCRIBED",
                **SAID_SO,
                answer=refusal("BadRequest", 400, "VALIDATION_ERROR", 2),
            ),
        ),
        account={"data_privacy": True},
    ),
    Scene(
        "brands",
        (
            call("unsubscribe_all", ANN, answer=refusal("BadRequest", 400, "VALIDATION_ERROR")),
            call(
                "unsubscribe_all",
                ANN,
                business_unit_id=BRAND,
                verbose=True,
                answer=left(ANN, 8001, business_unit_id=BRAND),
            ),
            call("opt_outs", ANN, business_unit_id=BRAND, answer=opted_out(ANN, BRAND)),
            call("opt_outs", ANN, business_unit_id=0, answer=()),
        ),
        account={"brands": (0, BRAND)},
    ),
    Scene(
        "rate_limited",
        (
            call("opt_outs", ANN, answer=()),
            call("opt_outs", ANN, answer=refusal("RateLimited", 429, "RATE_LIMIT", policy="TEN_SECONDLY_ROLLING")),
            call(
                "opt_outs",
                ANN,
                answer=refusal("RateLimited", 429, "RATE_LIMIT", 3, policy="SECONDLY", retry_after=1.0),
            ),
            call("opt_outs", ANN, answer=refusal("DailyLimitReached", 429, "RATE_LIMIT", 5, policy="DAILY")),
        ),
        account={"rate_limit": (1, 10_000)},
        faults=(
            Fault(status=429, policy="SECONDLY", retry_after=1, skip=2),
            Fault(status=429, policy="DAILY", skip=2),
        ),
    ),
    Scene(
        "locked",
        (
            call("opt_outs", ANN, answer=refusal("AccountLocked", 423, "LOCKED")),
            call(
                "opt_outs",
                ANN,
                answer=refusal("AccountLocked", 477, "MIGRATION_IN_PROGRESS", 2, retry_after=3600.0),
            ),
        ),
        faults=(Fault(status=423), Fault(status=477, retry_after=3600)),
    ),
    Scene(
        "broken",
        (
            call("opt_outs", ANN, answer=Raised("ServerError", 502)),
            call("opt_outs", ANN, answer=Raised("ServerError", 521, retry_after=5.0)),
        ),
        faults=(Fault(status=502), Fault(status=521, retry_after=5)),
    ),
)
