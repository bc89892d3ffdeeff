"""Which row or error of a batch's reply is about whom: the outcome of every input, from a 2xx reply.

How HubSpot names an input is not documented: everything that could be it is looked at [source: batch-errors].
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Container, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import replies
from .errors import APIError, PreferencesError, UnreadableReply
from .models import address_key
from .outcomes import Outcome, OutcomeState, ended_by
from .privacy import token_of
from .versions import reading

if TYPE_CHECKING:
    from httpx import Response

W = TypeVar("W")  # an input, checked: what is sent about it
V = TypeVar("V")  # what HubSpot says about it


class Attribution(ABC, Generic[W, V]):
    """How one batch operation's inputs are told apart, and what a row of its reply says about one."""

    @property
    def declared(self) -> Container[int]:
        """The statuses that are an answer: of a read those of its contract, of a write any."""
        return replies.ANY_SUCCESS

    @abstractmethod
    def key(self, value: W) -> Hashable:
        """What tells this input from the others of the batch."""

    @abstractmethod
    def address(self, value: W) -> str:
        """Whom it is about."""

    @abstractmethod
    def row_key(self, row: dict[str, str]) -> Hashable:
        """The key of the input that a row is about; any error where it names none."""

    @abstractmethod
    def read(self, row: object) -> V:
        """The value of a row. Raises reading.Unreadable."""

    def judge(self, value: W, answer: V, /) -> tuple[OutcomeState, PreferencesError | None]:  # noqa: ARG002  # a write's
        """What an answer makes of its input, and any doubt about it. What is read is what it is."""
        return OutcomeState.APPLIED, None


def outcomes(of: Attribution[W, V], values: Sequence[W], reply: "Response") -> dict[Hashable, Outcome[W, V]]:
    """The outcome of every input of a request, by its key; one that the reply does not mention is unknown."""
    try:
        envelope = replies.body(reply, of.declared)
        results = envelope.get("results")
        if results is not None and not isinstance(results, list):
            raise UnreadableReply("the reply's results are not a list", reply)
    except UnreadableReply as error:
        return {of.key(value): ended_by(error, value) for value in values}
    answers = _answers(of, results or [], reply)
    errors = list(_errors(envelope, reply))
    about = {
        of.key(value): [error.error for error in errors if error.names(of.address(value))] for value in values
    }
    nameless = replies.error_count(envelope) - len({id(error) for named in about.values() for error in named})
    silent = sum(not named and key not in answers for key, named in about.items())
    # By address: how many of its inputs have no row. Each of its errors is about one of them.
    rowless = Counter(address_key(of.address(value)) for value in values if of.key(value) not in answers)
    by_key: dict[Hashable, Outcome[W, V]] = {}
    for value in values:
        key = of.key(value)
        answer, named = answers.get(key), about[key]
        if answer is None and named:
            # Fewer errors than inputs without a row: nobody knows which of them failed.
            sure = len(named) >= rowless[address_key(of.address(value))]
            by_key[key] = Outcome(value, OutcomeState.FAILED if sure else OutcomeState.UNKNOWN, None, named[0])
        elif answer is None:
            reported = f" (it reports {nameless} error(s) that name no input)" if nameless > 0 else ""
            silence = UnreadableReply(f"the reply says nothing about this input{reported}", reply)
            by_key[key] = ended_by(silence, value)
        elif isinstance(answer, UnreadableReply):
            by_key[key] = ended_by(answer, value)
        elif len(named) > rowless[address_key(of.address(value))]:
            # A row and an error that no other input of this address accounts for: which one holds?
            by_key[key] = Outcome(value, OutcomeState.UNKNOWN, answer, named[0])
        elif nameless > silent or (nameless > 0 and answer == ()):
            # More errors than inputs without a word, or an answer of no rows: one of them may be this input's.
            doubtful = UnreadableReply(f"the reply reports {nameless} error(s) that name no input", reply)
            by_key[key] = Outcome(value, OutcomeState.UNKNOWN, answer, doubtful)
        else:
            state, doubt = of.judge(value, answer)
            by_key[key] = Outcome(value, state, answer, doubt)
    return by_key


def _answers(of: Attribution[W, V], rows: list[Any], reply: "Response") -> dict[Hashable, V | UnreadableReply]:
    """What the rows say, by the key of the input that each is about."""
    answers: dict[Hashable, V | UnreadableReply] = {}
    for row in rows:
        try:
            key = of.row_key(row)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            continue  # it names nobody: whoever it was stays without a row
        answer: V | UnreadableReply
        try:
            if replies.doubt(row) or replies.error_count(row):
                raise reading.Unreadable("it may not be all there is")
            answer = of.read(row)
        except reading.Unreadable as error:
            answer = UnreadableReply(f"the row cannot be read: {error}", reply)
        if key in answers and answers[key] != answer:
            answer = UnreadableReply("two rows for the same input disagree", reply)
        answers[key] = answer
    return answers


class ListedError:
    """An error within a 2xx reply, with all the text in it: it may name an address anywhere."""

    def __init__(self, error: APIError, text: str) -> None:
        self.error = error
        self.text = text

    def names(self, address: str) -> bool:
        """Whether the address stands in the text, whole: `a@x.com` is not named by `aa@x.com` or `a@x.com.au`."""
        wanted = address_key(address)
        # Quotes stand around addresses, but an apostrophe behind a letter is part of one.
        whole = rf"(?<![\w.+%-])(?<!\w'){re.escape(wanted)}(?!\.?[\w-])"
        return wanted in self.text and re.search(whole, self.text) is not None


def _errors(envelope: dict[str, Any], reply: "Response") -> Iterator[ListedError]:
    """Each error that a 2xx reply lists."""
    listed, token = envelope.get("errors"), token_of(reply)
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            error = APIError(
                reply.status_code,
                category=replies.words(entry.get("category"), token),
                message=replies.words(entry.get("message"), token),
                response=reply,
            )
            yield ListedError(error, address_key(" ".join(_texts(entry))))


def _texts(node: object) -> Iterator[str]:
    """Every string within an error: contexts hold addresses as names or values, messages hold them in words."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            nodes += [*node, *node.values()]
