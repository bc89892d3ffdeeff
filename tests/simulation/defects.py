"""Mistakes that were there once, each put back in one place: the simulation has to find every one of them."""

import inspect
import textwrap
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from attrs import frozen

from hubspot_preferences import (
    attribution,
    batch,
    chunks,
    consent,
    engine,
    limits,
    operations,
    privacy,
    replies,
    streams,
)


@frozen
class Defect:
    """A function with one thing in it said as it was before the fix."""

    name: str
    function: Callable[..., Any]
    fixed: str
    before: str

    def code(self) -> CodeType:
        """The function's code, with the fix taken out."""
        assert isinstance(self.function, FunctionType)
        source = textwrap.dedent(inspect.getsource(self.function))
        assert self.fixed in source, f"the fix is not told so any more: {self.fixed}"
        space: dict[str, FunctionType] = {}
        code = compile(source.replace(self.fixed, self.before), f"<{self.name}>", "exec")
        exec(code, self.function.__globals__, space)  # noqa: S102  # it is our own
        return space[self.function.__name__].__code__


DEFECTS = (
    # A reply says what it says, or it is doubt
    Defect("a key that is there twice", replies._unique, "len(fields) != len(pairs)", "False"),
    Defect("a 2xx that is not declared", replies.body, "reply.status_code not in declared", "False"),
    Defect(
        "links of an error with the status of a success",
        operations.links,
        "replies.body(reply, replies.ANY_SUCCESS)",
        "reply.json()",
    ),
    Defect("a further page", replies.doubt, 'pages.get("next") is not None', "False"),
    Defect("more than there are", replies.doubt, "0 <= total <= len(rows)", "True"),
    Defect("errors that cannot be counted", replies.doubt, "count >= 0", "True"),
    Defect("work that is not finished", replies.body, "status is not None and", "False and"),
    Defect("a no on another channel", consent.decide, "for row in rows):", "for row in asked):"),
    Defect("an error that names nobody", attribution.outcomes, "elif nameless > silent or", "elif False and"),
    Defect(
        "two rows that disagree, of a write",
        operations.set_status,
        "for row in of_type:",
        "for row in of_type[:0]:",
    ),
    Defect(
        "an opt-out that a row denies", operations.not_all_opted_out, "if left else None", "if False else None"
    ),
    Defect("an opt-out that no row confirms", operations.not_all_opted_out, "if not rows", "if False"),
    Defect("halves that forget their doubt", chunks.chunk, "doubt = reply\n", "doubt = None\n"),
    Defect("a name that moved", operations.confirmed_id, "names != {wanted} and", "False and"),
    Defect(
        "a name that moved a moment ago", batch._WriteStatuses.judge, "value.name is not None and", "False and"
    ),
    Defect("an address with a wide @", privacy.redact, "_personal().sub", 're.compile(r"\\S+(@|%40)\\S+").sub'),
    Defect("a token that is encoded", privacy.without_token, "len(text) < len(token)", "token not in text"),
    # The guard
    Defect("a no that is overwritten unseen", replies.repeated, "bool(reply.extensions.get(REPEATED))", "False"),
    Defect(
        "a no between reads and write", operations.subscribe, "RESUBSCRIBE_OCCURRED", "NO_STATUS_CHANGE and False"
    ),
    Defect("the same of a batch", batch._resubscribed, "outcome.value is not None and", "False and"),
    Defect("no guard", operations.refusal, "if why is None", "if True"),
    Defect(
        "a yes that is not one, in silence",
        operations.with_warning,
        "return row if decision else",
        "return row or",
    ),
    # Nothing waits for ever
    Defect("no deadline", engine.Exchange.of_call, "self.deadline is None", "True"),
    Defect(
        "a reply that trickles",
        engine.Exchange.__call__,
        "started + ((self.retry and self.retry.total) or LONGEST_EXCHANGE)",
        "inf",
    ),
    Defect("a slot that is not given back", limits.Limiter.leave, "self._window.leave(place)", "pass"),
    Defect(
        "a cancellation that the operation does not see", engine.adrive, "except BaseException", "except Exception"
    ),
    Defect("half of a nonsense limit", limits.Limiter.learn, "if period is None and", "if False and"),
    Defect(
        "a slot that grows old",
        engine.Exchange.__call__,
        "(yield enter) and (yield from self.slot(latest))",
        "(yield from self.slot(latest)) and (yield enter)",
    ),
    Defect("room that is never left", engine.Exchange.__call__, "enter.leave()", "pass"),
    Defect("a limit for an hour", limits.interval, "1000 * LONGEST_WINDOW", "1000 * 3600"),
    Defect("a slot that is used late", limits.Window.wait, "self._used.append(now)", "self._used.append(now - 2)"),
    # What was done outlives who did it
    Defect("outcomes that are lost", chunks.Account.end, "error.partial = result", "pass"),
    Defect("what was under way has failed", chunks.Account.watch, "self._under_way.update(keys)", "pass"),
    Defect("a deadline without outcomes", chunks.run, "bool(account.end(late).unknown)", "True"),
    Defect("outcomes that nobody is told of", chunks.Account._settle, "self._on_outcome(outcome)", "pass"),
    Defect(
        "a stream that forgets what was under way",
        streams._Stream._left,
        "[*self._parts,",
        "[*list(self._parts)[1:],",
    ),
)
