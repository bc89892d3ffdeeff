"""The ten operations: each takes a request that fits the contract, keeps the state and answers."""

from collections.abc import Callable, Iterable
from hashlib import blake2s
from typing import Any
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from ..models import address_key
from ..versions import declared
from . import choices, responses
from .consent_rules import (
    RESUBSCRIBE_OCCURRED,
    UNSUBSCRIBE_FROM_ALL_OCCURRED,
    Change,
    Row,
    definition_row,
    iso,
    objection,
    opt_out,
    set_state,
    status_row,
    status_rows,
    wide_rows,
)
from .responses import Reply
from .routes import Flaw, Operation
from .state import PORTAL, Account, Definition, Status
from .store import Store


@frozen
class Call:
    """A request as an operation sees it."""

    operation: Operation
    address: str | None
    query: dict[str, Any]
    body: Any
    now: int
    refused: tuple[str, ...] = ()
    """Addresses a fault wants left alone."""

    @property
    def brand(self) -> int | None:
        """The brand asked for."""
        return self.query.get("businessUnitId")


def beyond(operation: Operation) -> Reply | None:
    """501 for an operation that the sandbox has no rules for: a contract may be newer than the sandbox."""
    name, version = operation.name, operation.version
    if name in _OPERATIONS:
        return None
    news = "" if name in declared.of(version).adds else f" It is not declared in {declared.PLACE} either."
    return responses.error(501, "NOT_IMPLEMENTED", f"The sandbox cannot carry out {name} of {version}.{news}")


def addresses_in(address: str | None, body: Any) -> list[str]:
    """Every address a request names: in its path, and in a body of whatever shape."""
    addresses = [] if address is None else [address]
    if isinstance(body, dict):
        inputs = body.get("inputs")
        for item in [body, *(inputs if isinstance(inputs, list) else ())]:
            named = item.get("subscriberIdString") if isinstance(item, dict) else item
            if isinstance(named, str):
                addresses.append(named)
    return addresses


@frozen
class Endpoints:
    """The operations by name, over one account and its store."""

    account: Account
    store: Store
    clock: Callable[[], int] = field(repr=False)

    def answer(self, call: Call) -> Reply:
        """Carry a request out, and answer as far as its version knows what there is."""
        if flaws := list(self._flaws(call)):
            return responses.invalid(flaws)
        reply = _OPERATIONS[call.operation.name](self, call)
        return evolve(reply, payload=call.operation.shown(reply.status, reply.payload))

    def _flaws(self, call: Call) -> Iterable[Flaw]:
        if self.account.lenient:
            return
        if call.brand is not None and call.brand not in self.account.brands:
            yield Flaw("businessUnitId", "is not a brand of this account")
        if call.address is not None and not choices.is_address(call.address):
            yield Flaw("subscriberIdString", "is not an e-mail address")
        if isinstance(call.body, dict) and len(call.body.get("inputs", ())) > choices.LARGEST_BATCH:
            yield Flaw("inputs", f"has more than {choices.LARGEST_BATCH} entries")

    def list_definitions(self, call: Call) -> Reply:
        """Subscription types, archived ones included."""
        translations = call.query.get("includeTranslations", False)
        with self.store.reading():
            definitions = self.store.definitions(translations=translations)
        return self._done(
            call,
            [
                definition_row(definition, translations=translations)
                for definition in definitions
                if choices.concerns_brand(call.brand, definition.business_unit_id)
            ],
        )

    def generate_links(self, call: Call) -> Reply:
        """Links that tell whom they are for only to whoever knows the address already."""
        address: str = call.body["subscriberIdString"]
        subscription_id: int | None = call.body.get("subscriptionId")
        if not self.account.lenient:
            if not choices.is_address(address):
                return responses.invalid([Flaw("subscriberIdString", "is not an e-mail address")])
            with self.store.reading():
                known = {definition.id for definition in self.store.definitions()}
            if subscription_id is not None and subscription_id not in known:
                return responses.invalid([Flaw("subscriptionId", "is not a subscription type of this account")])
        brand = call.brand or 0  # [source: brand-of-links]
        person = blake2s(f"{brand} {address_key(address)}".encode(), digest_size=12).hexdigest()
        language = call.body.get("language")

        def link(page: str, **more: object) -> str:
            query = {**({"language": language} if language else {}), **more}
            return f"{choices.LINKS_BASE}/{page}/{person}" + (f"?{urlencode(query)}" if query else "")

        payload = {
            "subscriberIdString": address,
            "managePreferencesUrl": link("manage"),
            "unsubscribeAllUrl": link("unsubscribe-all"),
        }
        if subscription_id is not None:
            payload["unsubscribeSingleUrl"] = link("unsubscribe", subscription=subscription_id)
        return Reply(200, payload)

    def get_statuses(self, call: Call) -> Reply:
        """One row for each subscription type."""
        assert call.address is not None
        return self._done(call, self._read_statuses(call, [call.address])[0]["statuses"])

    def batch_read_statuses(self, call: Call) -> Reply:
        """One row for each address that is one, with a row for each subscription type in it."""
        addresses, errors = self._sorted_out(call)
        return self._done(call, self._read_statuses(call, addresses), errors)

    def get_opt_outs(self, call: Call) -> Reply:
        """One row for each opt-out."""
        assert call.address is not None
        brand = self.account.missing_brand if call.brand is None else call.brand
        return self._done(call, self._read_opt_outs(call, [call.address], brand)[0]["wideStatuses"])

    def batch_read_opt_outs(self, call: Call) -> Reply:
        """One row for each address that is one, with a row for each opt-out in it."""
        addresses, errors = self._sorted_out(call)
        return self._done(call, self._read_opt_outs(call, addresses, call.brand), errors)

    def set_status(self, call: Call) -> Reply:
        """Set one state."""
        assert call.address is not None
        rows, flaws = self._write(call, [{**call.body, "subscriberIdString": call.address}])
        return responses.invalid([Flaw(*flaws[0][1])]) if flaws else self._done(call, rows)

    def batch_write_statuses(self, call: Call) -> Reply:
        """Set many states, in the order given; what cannot be set is reported, the rest is set."""
        refused = {address_key(address) for address in call.refused}
        inputs = [item for item in call.body["inputs"] if address_key(item["subscriberIdString"]) not in refused]
        rows, flaws = self._write(call, inputs)
        return self._done(
            call,
            rows,
            [
                responses.input_error(f"{field_} {why}", {choices.ERROR_CONTEXT_KEY: [address]})
                for address, (field_, why) in flaws
            ],
        )

    def unsubscribe_all(self, call: Call) -> Reply:
        """Opt one address out. Recorded: without `verbose` no rows [source: opting-out]."""
        assert call.address is not None
        brand = self._brand_to_leave(call)
        if isinstance(brand, Reply):
            return brand
        rows = self._opt_out(call, brand, [call.address])
        return self._done(call, rows[0]["statuses"] if call.query.get("verbose") else [])

    def batch_unsubscribe_all(self, call: Call) -> Reply:
        """Opt many addresses out."""
        brand = self._brand_to_leave(call)
        if isinstance(brand, Reply):
            return brand
        addresses, errors = self._sorted_out(call)
        rows = self._opt_out(call, brand, addresses)
        if not call.query.get("verbose"):
            named = [{"subscriberIdString": row["subscriberIdString"]} for row in rows]
            rows = named if choices.batch_opt_out_names_its_subscribers() else []
        return self._done(call, rows, errors)

    def _done(self, call: Call, results: list[Row], errors: Iterable[Any] = ()) -> Reply:
        errors = list(errors)
        # The contract declares 207 for the batch reads only; elsewhere errors come with a 200.
        status = 207 if errors and "207" in call.operation.shows else 200
        return Reply(status, responses.envelope(results, iso(call.now), iso(self.clock()), errors))

    def _sorted_out(self, call: Call) -> tuple[list[str], list[Any]]:
        refused = {address_key(address) for address in call.refused}
        addresses = [name for name in choices.distinct(call.body["inputs"]) if address_key(name) not in refused]
        if self.account.lenient:
            return addresses, []
        return [address for address in addresses if choices.is_address(address)], [
            responses.input_error(
                "subscriberIdString is not an e-mail address", {choices.ERROR_CONTEXT_KEY: [address]}
            )
            for address in addresses
            if not choices.is_address(address)
        ]

    def _read_statuses(self, call: Call, addresses: list[str]) -> list[Row]:
        with self.store.reading():
            definitions = self.store.definitions()
            filed = self.store.statuses(map(address_key, addresses))
        return [
            {
                "subscriberIdString": address,
                "statuses": status_rows(definitions, filed.get(address_key(address), {}), address, call.brand),
            }
            for address in addresses
        ]

    def _read_opt_outs(self, call: Call, addresses: list[str], brand: int | None) -> list[Row]:
        with self.store.reading():
            filed = self.store.opt_outs(map(address_key, addresses))
        return [
            {
                "subscriberIdString": address,
                "wideStatuses": wide_rows(
                    filed.get(address_key(address), {}),
                    address,
                    brand,
                    call.now,
                    verbose=call.query.get("verbose", False),
                ),
            }
            for address in addresses
        ]

    def _write(
        self, call: Call, inputs: list[dict[str, Any]]
    ) -> tuple[list[Row], list[tuple[str, tuple[str, str]]]]:
        rows: list[Row] = []
        flaws: list[tuple[str, tuple[str, str]]] = []
        changes = [
            Change(
                item["subscriberIdString"],
                int(item["subscriptionId"]),  # JSON Schema takes 7001.0 for an integer too
                item["statusState"],
                item.get("legalBasis"),
                item.get("legalBasisExplanation"),
            )
            for item in inputs
        ]
        with self.store.writing():
            definitions = {definition.id: definition for definition in self.store.definitions()}
            filed = self.store.statuses({address_key(change.address) for change in changes})
            changed: dict[tuple[str, int], Status] = {}
            for change in changes:
                definition = definitions.get(change.subscription_id)
                why = objection(
                    change,
                    definition,
                    data_privacy=self.account.data_privacy,
                    lenient=self.account.lenient,
                )
                if why is not None:
                    flaws.append((change.address, why))
                    continue
                if definition is None:
                    definition = definitions[change.subscription_id] = self._make_up(
                        change.subscription_id, call.now
                    )
                place = address_key(change.address), change.subscription_id
                before = changed.get(place) or filed.get(place[0], {}).get(place[1])
                status, reason = set_state(before, change, call.now)
                changed[place] = status
                if reason == RESUBSCRIBE_OCCURRED and choices.RESUBSCRIBING_LIFTS_OPT_OUT:
                    self.store.lift(address_key(change.address))
                rows.append(status_row(definition, status, change.address, reason))
            self.store.put(changed.values())
        return rows, flaws

    def _make_up(self, subscription_id: int, now: int) -> Definition:
        """A lenient sandbox has every subscription type somebody names."""
        definition = Definition(subscription_id, f"Subscription {subscription_id}", created_at=now, updated_at=now)
        self.store.define(definition)
        return definition

    def _brand_to_leave(self, call: Call) -> int | Reply:
        """In an account with brands one opts out of one brand, which has to be named [source: leaving-a-brand]."""
        if call.brand is None:
            if self.account.has_brands and not self.account.lenient:
                return responses.invalid([Flaw("businessUnitId", "is required in an account with brands")])
            return PORTAL
        return call.brand if self.account.has_brands or call.brand else PORTAL

    def _opt_out(self, call: Call, brand: int, addresses: list[str]) -> list[Row]:
        with self.store.writing():
            definitions = {definition.id: definition for definition in self.store.definitions()}
            done = [(address, *opt_out(address, brand, definitions.values(), call.now)) for address in addresses]
            self.store.put(
                [status for _, _, statuses in done for status in statuses], [opt_out for _, opt_out, _ in done]
            )
        return [
            {
                "subscriberIdString": address,
                "statuses": [
                    status_row(
                        definitions[status.subscription_id],
                        status,
                        address,
                        UNSUBSCRIBE_FROM_ALL_OCCURRED,
                    )
                    for status in statuses
                ],
            }
            for address, _, statuses in done
        ]


_OPERATIONS: dict[str, Callable[[Endpoints, Call], Reply]] = {
    "list_definitions": Endpoints.list_definitions,
    "generate_links": Endpoints.generate_links,
    "get_statuses": Endpoints.get_statuses,
    "set_status": Endpoints.set_status,
    "get_opt_outs": Endpoints.get_opt_outs,
    "unsubscribe_all": Endpoints.unsubscribe_all,
    "batch_read_statuses": Endpoints.batch_read_statuses,
    "batch_read_opt_outs": Endpoints.batch_read_opt_outs,
    "batch_unsubscribe_all": Endpoints.batch_unsubscribe_all,
    "batch_write_statuses": Endpoints.batch_write_statuses,
}
