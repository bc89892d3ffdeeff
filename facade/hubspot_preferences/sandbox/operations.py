"""The ten operations: each takes a request that fits the contract, keeps the state and answers."""

from collections.abc import Callable, Iterable
from hashlib import blake2s
from typing import Any
from urllib.parse import urlencode

from attrs import field, frozen

from . import choices, replies, rules
from .contracts import Flaw, Operation
from .replies import Reply
from .rules import Change, Row, iso
from .state import PORTAL, Account, Definition, Status, key
from .store import Store


@frozen
class Ask:
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

    @property
    def addresses(self) -> list[str]:
        """Every address the request names."""
        return addresses_in(self.address, self.body)


def addresses_in(address: str | None, body: Any) -> list[str]:
    """Every address a request names: in its path, and in a body of whatever shape."""
    found = [] if address is None else [address]
    if isinstance(body, dict):
        inputs = body.get("inputs")
        for each in [body, *(inputs if isinstance(inputs, list) else ())]:
            named = each.get("subscriberIdString") if isinstance(each, dict) else each
            if isinstance(named, str):
                found.append(named)
    return found


@frozen
class Rulebook:
    """The operations by name, over one account and its store."""

    account: Account
    store: Store
    clock: Callable[[], int] = field(repr=False)

    def answer(self, ask: Ask) -> Reply:
        """Carry a request out."""
        carry_out = _OPERATIONS.get(ask.operation.name)
        if carry_out is None:  # a contract may be newer than the sandbox
            return replies.error(501, "NOT_IMPLEMENTED", f"The sandbox does not know {ask.operation.name}.")
        if flaws := list(self._flaws(ask)):
            return replies.invalid(flaws)
        return carry_out(self, ask)

    def _flaws(self, ask: Ask) -> Iterable[Flaw]:
        if self.account.lenient:
            return
        if ask.brand is not None and ask.brand not in self.account.brands:
            yield Flaw("businessUnitId", "is not a brand of this account")
        if ask.address is not None and not choices.is_address(ask.address):
            yield Flaw("subscriberIdString", "is not an e-mail address")
        if isinstance(ask.body, dict) and len(ask.body.get("inputs", ())) > choices.LARGEST_BATCH:
            yield Flaw("inputs", f"has more than {choices.LARGEST_BATCH} entries")

    def list_definitions(self, ask: Ask) -> Reply:
        """Subscription types, archived ones included."""
        translations = ask.query.get("includeTranslations", False)
        with self.store.reading():
            definitions = self.store.definitions(translations=translations)
        return self._done(
            ask,
            [
                rules.definition_row(definition, translations=translations)
                for definition in definitions
                if choices.concerns_brand(ask.brand, definition.business_unit_id)
            ],
        )

    def generate_links(self, ask: Ask) -> Reply:
        """Links that tell whom they are for only to whoever knows the address already."""
        address: str = ask.body["subscriberIdString"]
        subscription_id: int | None = ask.body.get("subscriptionId")
        if not self.account.lenient:
            if not choices.is_address(address):
                return replies.invalid([Flaw("subscriberIdString", "is not an e-mail address")])
            with self.store.reading():
                known = {definition.id for definition in self.store.definitions()}
            if subscription_id is not None and subscription_id not in known:
                return replies.invalid([Flaw("subscriptionId", "is not a subscription type of this account")])
        brand = ask.brand or 0  # documented: the default is 0
        person = blake2s(f"{brand} {key(address)}".encode(), digest_size=12).hexdigest()
        language = ask.body.get("language")

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

    def get_statuses(self, ask: Ask) -> Reply:
        """One row for each subscription type."""
        assert ask.address is not None
        return self._done(ask, self._read_statuses(ask, [ask.address])[0]["statuses"])

    def batch_read_statuses(self, ask: Ask) -> Reply:
        """One row for each address that is one, with a row for each subscription type in it."""
        addresses, errors = self._sorted_out(ask)
        return self._done(ask, self._read_statuses(ask, addresses), errors)

    def get_opt_outs(self, ask: Ask) -> Reply:
        """One row for each opt-out."""
        assert ask.address is not None
        brand = self.account.missing_brand if ask.brand is None else ask.brand
        return self._done(ask, self._read_opt_outs(ask, [ask.address], brand)[0]["wideStatuses"])

    def batch_read_opt_outs(self, ask: Ask) -> Reply:
        """One row for each address that is one, with a row for each opt-out in it."""
        addresses, errors = self._sorted_out(ask)
        return self._done(ask, self._read_opt_outs(ask, addresses, ask.brand), errors)

    def set_status(self, ask: Ask) -> Reply:
        """Set one state."""
        assert ask.address is not None
        rows, flaws = self._write(ask, [{**ask.body, "subscriberIdString": ask.address}])
        return replies.invalid([Flaw(*flaws[0][1])]) if flaws else self._done(ask, rows)

    def batch_write_statuses(self, ask: Ask) -> Reply:
        """Set many states, in the order given; what cannot be set is reported, the rest is set."""
        refused = {key(address) for address in ask.refused}
        inputs = [each for each in ask.body["inputs"] if key(each["subscriberIdString"]) not in refused]
        rows, flaws = self._write(ask, inputs)
        return self._done(
            ask,
            rows,
            [
                replies.input_error(f"{field_} {why}", {choices.ERROR_CONTEXT_KEY: [address]})
                for address, (field_, why) in flaws
            ],
        )

    def unsubscribe_all(self, ask: Ask) -> Reply:
        """Opt one address out. Recorded: without `verbose` no rows."""
        assert ask.address is not None
        brand = self._brand_to_leave(ask)
        if isinstance(brand, Reply):
            return brand
        rows = self._opt_out(ask, brand, [ask.address])
        return self._done(ask, rows[0]["statuses"] if ask.query.get("verbose") else [])

    def batch_unsubscribe_all(self, ask: Ask) -> Reply:
        """Opt many addresses out."""
        brand = self._brand_to_leave(ask)
        if isinstance(brand, Reply):
            return brand
        addresses, errors = self._sorted_out(ask)
        rows = self._opt_out(ask, brand, addresses)
        if not ask.query.get("verbose"):
            named = [{"subscriberIdString": row["subscriberIdString"]} for row in rows]
            rows = named if choices.batch_opt_out_names_its_subscribers() else []
        return self._done(ask, rows, errors)

    def _done(self, ask: Ask, results: list[Row], errors: Iterable[Any] = ()) -> Reply:
        errors = list(errors)
        # The contract declares 207 for the batch reads only; elsewhere errors come with a 200.
        status = 207 if errors and "207" in ask.operation.statuses else 200
        return Reply(status, replies.envelope(results, iso(ask.now), iso(self.clock()), errors))

    def _sorted_out(self, ask: Ask) -> tuple[list[str], list[Any]]:
        refused = {key(address) for address in ask.refused}
        addresses = [each for each in choices.distinct(ask.body["inputs"]) if key(each) not in refused]
        if self.account.lenient:
            return addresses, []
        return [address for address in addresses if choices.is_address(address)], [
            replies.input_error(
                "subscriberIdString is not an e-mail address", {choices.ERROR_CONTEXT_KEY: [address]}
            )
            for address in addresses
            if not choices.is_address(address)
        ]

    def _read_statuses(self, ask: Ask, addresses: list[str]) -> list[Row]:
        with self.store.reading():
            definitions = self.store.definitions()
            filed = self.store.statuses(map(key, addresses))
        return [
            {
                "subscriberIdString": address,
                "statuses": rules.status_rows(definitions, filed.get(key(address), {}), address, ask.brand),
            }
            for address in addresses
        ]

    def _read_opt_outs(self, ask: Ask, addresses: list[str], brand: int | None) -> list[Row]:
        with self.store.reading():
            filed = self.store.opt_outs(map(key, addresses))
        return [
            {
                "subscriberIdString": address,
                "wideStatuses": rules.wide_rows(
                    filed.get(key(address), {}),
                    address,
                    brand,
                    ask.now,
                    verbose=ask.query.get("verbose", False),
                ),
            }
            for address in addresses
        ]

    def _write(
        self, ask: Ask, inputs: list[dict[str, Any]]
    ) -> tuple[list[Row], list[tuple[str, tuple[str, str]]]]:
        rows: list[Row] = []
        flaws: list[tuple[str, tuple[str, str]]] = []
        changes = [
            Change(
                each["subscriberIdString"],
                int(each["subscriptionId"]),  # JSON Schema takes 7001.0 for an integer too
                each["statusState"],
                each.get("legalBasis"),
                each.get("legalBasisExplanation"),
            )
            for each in inputs
        ]
        with self.store.writing():
            definitions = {definition.id: definition for definition in self.store.definitions()}
            filed = self.store.statuses({key(each.address) for each in changes})
            changed: dict[tuple[str, int], Status] = {}
            for change in changes:
                definition = definitions.get(change.subscription_id)
                why = rules.objection(
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
                        change.subscription_id, ask.now
                    )
                place = key(change.address), change.subscription_id
                before = changed.get(place) or filed.get(place[0], {}).get(place[1])
                status, reason = rules.set_state(before, change, ask.now)
                changed[place] = status
                if reason == rules.RESUBSCRIBE_OCCURRED and choices.RESUBSCRIBING_LIFTS_OPT_OUT:
                    self.store.lift(key(change.address))
                rows.append(rules.status_row(definition, status, change.address, reason))
            self.store.put(changed.values())
        return rows, flaws

    def _make_up(self, subscription_id: int, now: int) -> Definition:
        """A lenient sandbox has every subscription type somebody names."""
        definition = Definition(subscription_id, f"Subscription {subscription_id}", created_at=now, updated_at=now)
        self.store.define(definition)
        return definition

    def _brand_to_leave(self, ask: Ask) -> int | Reply:
        """Documented: an account with brands opts out of one brand, which has to be named."""
        if ask.brand is None:
            if self.account.has_brands and not self.account.lenient:
                return replies.invalid([Flaw("businessUnitId", "is required in an account with brands")])
            return PORTAL
        return ask.brand if self.account.has_brands or ask.brand else PORTAL

    def _opt_out(self, ask: Ask, brand: int, addresses: list[str]) -> list[Row]:
        with self.store.writing():
            definitions = {definition.id: definition for definition in self.store.definitions()}
            done = [
                (address, *rules.opt_out(address, brand, definitions.values(), ask.now)) for address in addresses
            ]
            self.store.put(
                [status for _, _, statuses in done for status in statuses], [opt_out for _, opt_out, _ in done]
            )
        return [
            {
                "subscriberIdString": address,
                "statuses": [
                    rules.status_row(
                        definitions[status.subscription_id], status, address, rules.UNSUBSCRIBE_FROM_ALL_OCCURRED
                    )
                    for status in statuses
                ],
            }
            for address, _, statuses in done
        ]


_OPERATIONS: dict[str, Callable[[Rulebook, Ask], Reply]] = {
    "list_definitions": Rulebook.list_definitions,
    "generate_links": Rulebook.generate_links,
    "get_statuses": Rulebook.get_statuses,
    "set_status": Rulebook.set_status,
    "get_opt_outs": Rulebook.get_opt_outs,
    "unsubscribe_all": Rulebook.unsubscribe_all,
    "batch_read_statuses": Rulebook.batch_read_statuses,
    "batch_read_opt_outs": Rulebook.batch_read_opt_outs,
    "batch_unsubscribe_all": Rulebook.batch_unsubscribe_all,
    "batch_write_statuses": Rulebook.batch_write_statuses,
}
