"""The ten operations: each takes a request that fits the contract, keeps the state and answers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from .state import PORTAL, Account, Definition
from .store import Store


@frozen
class Call:
    """A request as an operation sees it."""

    operation: Operation
    address: str | None
    query: dict[str, Any]
    body: Any
    now: int
    refused: frozenset[str] = frozenset()
    """Subscribers a fault wants left alone."""

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
    """The operations over one account and its store. The clock returns seconds since 1970."""

    account: Account
    store: Store
    clock: Callable[[], float] = field(repr=False)

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def answer(self, call: Call) -> Reply:
        """Carry a request out, and answer as far as its version knows what there is."""
        if flaws := list(self._flaws(call)):
            return responses.invalid(flaws)
        reply = _OPERATIONS[call.operation.name](self, call)
        return evolve(reply, payload=call.operation.shown(reply.status, reply.payload))

    def _flaws(self, call: Call) -> Iterable[Flaw]:
        if self.account.lenient:
            return
        if call.brand is None:
            # In an account with brands one opts out of one brand, which has to be named [source: leaving-a-brand].
            if self.account.has_brands and _OPERATIONS[call.operation.name] is Endpoints.unsubscribe_all:
                yield Flaw("businessUnitId", "is required in an account with brands")
        elif call.brand not in self.account.brands:
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
                for definition in definitions.values()
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
                known = {None, *self.store.definitions()}
            if subscription_id not in known:
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

    def read_statuses(self, call: Call) -> Reply:
        """One row for each subscription type."""
        addresses, errors = self._sorted_out(call)
        with self.store.reading():
            definitions = self.store.definitions().values()
            filed = self.store.statuses(map(address_key, addresses))
        rows = {
            address: status_rows(definitions, filed[address_key(address)], address, call.brand)
            for address in addresses
        }
        return self._by_subscriber(call, "statuses", rows, errors)

    def read_opt_outs(self, call: Call) -> Reply:
        """One row for each opt-out."""
        missing = None if call.address is None else self.account.missing_brand
        brand = missing if call.brand is None else call.brand
        verbose = call.query.get("verbose", False)
        addresses, errors = self._sorted_out(call)
        with self.store.reading():
            filed = self.store.opt_outs(map(address_key, addresses))
        rows = {
            address: wide_rows(filed[address_key(address)], address, brand, call.now, verbose=verbose)
            for address in addresses
        }
        return self._by_subscriber(call, "wideStatuses", rows, errors)

    def write(self, call: Call) -> Reply:
        """Set one state; or many, in the order given: what cannot be set is reported, the rest is set."""
        one = [] if call.address is None else [{**call.body, "subscriberIdString": call.address}]
        rows: list[Row] = []
        flaws: list[tuple[str, Flaw]] = []
        changes = [
            Change(
                item["subscriberIdString"],
                int(item["subscriptionId"]),  # JSON Schema takes 7001.0 for an integer too
                item["statusState"],
                item.get("legalBasis"),
                item.get("legalBasisExplanation"),
            )
            for item in one or call.body["inputs"]
            if address_key(item["subscriberIdString"]) not in call.refused
        ]
        with self.store.writing():
            definitions = self.store.definitions()
            filed = self.store.statuses({address_key(change.address) for change in changes})
            for change in changes:
                definition = definitions.get(change.subscription_id)
                why = objection(change, definition, self.account)
                if why is not None:
                    flaws.append((change.address, Flaw(*why)))
                    continue
                if definition is None:  # a lenient sandbox has every subscription type that somebody names
                    name = f"Subscription {change.subscription_id}"
                    definition = Definition(change.subscription_id, name, created_at=call.now, updated_at=call.now)
                    self.store.define(definition)
                subscriber = address_key(change.address)
                status, reason = set_state(filed[subscriber].get(definition.id), change, call.now)
                filed[subscriber][definition.id] = status
                self.store.put([status])
                if reason == RESUBSCRIBE_OCCURRED and choices.RESUBSCRIBING_LIFTS_OPT_OUT:
                    self.store.lift(subscriber)
                rows.append(status_row(definition, status, change.address, reason))
        if one and flaws:
            return responses.invalid(flaw for _, flaw in flaws)
        return self._done(
            call,
            rows,
            [responses.input_error(f"{flaw.name} {flaw.message}", address) for address, flaw in flaws],
        )

    def unsubscribe_all(self, call: Call) -> Reply:
        """Opt out of a brand, or of the account. Recorded: without `verbose` no rows [source: opting-out]."""
        brand = PORTAL if call.brand is None or not (self.account.has_brands or call.brand) else call.brand
        addresses, errors = self._sorted_out(call)
        with self.store.writing():
            definitions = self.store.definitions()
            done = {address: opt_out(address, brand, definitions.values(), call.now) for address in addresses}
            for filed, statuses in done.values():
                self.store.put(statuses, [filed])
        if not call.query.get("verbose"):
            named = call.address is None and choices.batch_opt_out_names_its_subscribers()
            return self._done(call, [{"subscriberIdString": address} for address in addresses if named], errors)
        rows = {
            address: [
                status_row(definitions[status.subscription_id], status, address, UNSUBSCRIBE_FROM_ALL_OCCURRED)
                for status in statuses
            ]
            for address, (_, statuses) in done.items()
        }
        return self._by_subscriber(call, "statuses", rows, errors)

    def _sorted_out(self, call: Call) -> tuple[list[str], list[Any]]:
        """The addresses a request is about, and the errors for those of a batch that are none."""
        inputs = choices.distinct(call.body["inputs"] if call.address is None else [call.address])
        asked = [address for address in inputs if address_key(address) not in call.refused]
        wrong = {address for address in asked if not (self.account.lenient or choices.is_address(address))}
        why = "subscriberIdString is not an e-mail address"
        errors = [responses.input_error(why, address) for address in asked if address in wrong]
        return [address for address in asked if address not in wrong], errors

    def _by_subscriber(self, call: Call, name: str, rows: Mapping[str, list[Row]], errors: list[Any]) -> Reply:
        """The rows about the address in the path; or for each address of a batch a row with them under `name`."""
        if call.address is not None:
            return self._done(call, [row for listed in rows.values() for row in listed])
        return self._done(
            call, [{"subscriberIdString": address, name: listed} for address, listed in rows.items()], errors
        )

    def _done(self, call: Call, results: list[Row], errors: Sequence[Any] = ()) -> Reply:
        # The contract declares 207 for the batch reads only; elsewhere errors come with a 200.
        status = 207 if errors and "207" in call.operation.shows else 200
        return Reply(status, responses.envelope(results, iso(call.now), iso(self.now()), errors))


_OPERATIONS: dict[str, Callable[[Endpoints, Call], Reply]] = {
    "list_definitions": Endpoints.list_definitions,
    "generate_links": Endpoints.generate_links,
    "get_statuses": Endpoints.read_statuses,
    "set_status": Endpoints.write,
    "get_opt_outs": Endpoints.read_opt_outs,
    "unsubscribe_all": Endpoints.unsubscribe_all,
    "batch_read_statuses": Endpoints.read_statuses,
    "batch_read_opt_outs": Endpoints.read_opt_outs,
    "batch_unsubscribe_all": Endpoints.unsubscribe_all,
    "batch_write_statuses": Endpoints.write,
}
