"""No change of a true reply makes a yes of a no, but one that makes it say another thing in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Any, cast

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_preferences import (
    Decision,
    Preferences,
    Reason,
    UnknownSubscription,
    batch,
    operations,
    versions,
)
from hubspot_preferences.engine import Enter, Exchange, drive
from hubspot_preferences.operations import Session
from hubspot_preferences.sandbox import Sandbox

pytestmark = pytest.mark.slow
property_test = settings(max_examples=150, deadline=None, derandomize=True)

NEWS, SERVICE, UPDATES = 7001, 7002, 7004
PEOPLE = [
    f"{name}@example.com"
    for name in (
        "subscribed",
        "unsubscribed",
        "mixed",
        "withdrawn",
        "opted-out",
        "returned",
        "never-asked",
        "jane",
    )
]
TYPES = {NEWS: "Marketing Information", SERVICE: "Customer Service Communication", UPDATES: "Product Updates"}
Json = Any
Path = tuple[int | str, ...]


class Server:
    """What a sandbox truly answers, remembered; the reply to one read can be another."""

    concurrency = 1

    def __init__(self, prefs: Preferences) -> None:
        self._prefs = prefs
        self._true: dict[str, bytes] = {}
        self.last: dict[str, bytes] = {}  # by read: the true answer to the last question
        self.instead: dict[str, tuple[int, bytes]] = {}  # by read: status and body

    def enter(self, step: Enter) -> bool:
        """There is room."""
        return True

    def send(self, kwargs: dict[str, Any], until: float = inf) -> httpx.Response:  # there is no wait
        """The reply to one request."""
        request = {name: kwargs[name] for name in ("params", "json") if name in kwargs}
        key = json.dumps([kwargs["url"], request])
        if key not in self._true:
            self._true[key] = self._prefs.request(kwargs["method"].upper(), kwargs["url"], **request).content
        url = kwargs["url"]
        read = (
            "definitions"
            if url.endswith("/definitions")
            else "opt-outs"
            if "unsubscribe-all" in url
            else "statuses"
        )
        self.last[read] = self._true[key]
        status, content = self.instead.get(read, (200, self._true[key]))
        return httpx.Response(status, content=content)

    def may_email(self, email: str, subscription: int | str, unspecified: Any) -> Decision:
        """The decision by single calls, by a client that remembers nothing."""
        session = Session(versions.version("2026-03"), Exchange(None, None))
        op = operations.may_email(session, email, subscription, unspecified=unspecified)
        try:
            return drive(op, cast(Any, self))
        except UnknownSubscription as error:  # a name that is not there any more is a no as well
            return Decision(allowed=False, reason=Reason.NO_ANSWER, error=error)

    def may_email_all(self, _: str, subscription: int | str, unspecified: Any) -> list[Decision]:
        """The decision about each of the people by batches."""
        session = Session(versions.version("2026-03"), Exchange(None, None))
        asked: dict[str, Any] = {
            "subscription": subscription,
            "unspecified": unspecified,
            "business_unit_id": None,
        }
        op = batch.may_email(session, PEOPLE, **asked, chunk_size=100, fallback=True)
        try:
            return [cast(Decision, outcome.value) for outcome in drive(op, cast(Any, self))]
        except UnknownSubscription as error:
            return [Decision(allowed=False, reason=Reason.NO_ANSWER, error=error)] * len(PEOPLE)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of its own, so that what it answers is the same in every order of tests."""
    with Sandbox(seed="demo") as box, Preferences(box.token, base_url=box.url, limiter=None) as prefs:
        yield Server(prefs)


# Changes of a body


class Twice:
    """An object that has a key two times; `spelled` is how JSON writes it the second time."""

    def __init__(self, fields: dict[str, Json], spelled: str, value: Json, *, first: bool) -> None:
        again = [(spelled, value)]
        once = [(json.dumps(key), value) for key, value in fields.items()]
        self.pairs = again + once if first else once + again


def dumped(node: Json) -> str:
    """The JSON text of it."""
    if isinstance(node, list):
        return f"[{', '.join(map(dumped, node))}]"
    if isinstance(node, dict | Twice):
        pairs = node.pairs if isinstance(node, Twice) else [(json.dumps(key), node[key]) for key in node]
        return f"{{{', '.join(f'{key}: {dumped(value)}' for key, value in pairs)}}}"
    return json.dumps(node)


def paths(node: Json, path: Path = ()) -> Iterator[Path]:
    """The way to every node below this one, and to itself."""
    yield path
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield from paths(value, (*path, key))


def chosen(data: st.DataObject, body: Json, wanted: Callable[[Path, Json], bool]) -> Path | None:
    """The way to one of the nodes that are wanted, or None where there is none."""
    ways = [path for path in paths(body) if wanted(path, at(body, path))]
    return ways[data.draw(st.integers(0, len(ways) - 1))] if ways else None


def at(body: Json, path: Path) -> Json:
    """The node there."""
    for key in path:
        body = body[key]
    return body


def put(body: Json, path: Path, value: Json) -> Json:
    """The body with another node there."""
    if not path:
        return value
    at(body, path[:-1])[path[-1]] = value
    return body


scalars = st.none() | st.booleans() | st.integers(-1, 9000) | st.floats(allow_nan=False) | st.text(max_size=5)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
# What HubSpot is known to say in plain words: who puts these in says something else, and is believed.
WORDS = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED", "PORTAL_WIDE", "BUSINESS_UNIT_WIDE", "EMAIL")


def a_field(path: Path, _: Json) -> bool:
    """Whether it stands in an object."""
    return bool(path) and isinstance(path[-1], str)


def a_row(path: Path, node: Json) -> bool:
    """Whether it is an object in a list."""
    return bool(path) and isinstance(path[-1], int) and isinstance(node, dict)


def an_object(_: Path, node: Json) -> bool:
    """Whether it has fields."""
    return isinstance(node, dict) and bool(node)


def drop_a_field(data: st.DataObject, body: Json) -> Json:
    """A field of any object is gone."""
    if path := chosen(data, body, a_field):
        del at(body, path[:-1])[path[-1]]
    return body


def drop_a_row(data: st.DataObject, body: Json) -> Json:
    """A row is gone, but none that says no: nobody can tell an opt-out that is not told from none."""
    if path := chosen(data, body, lambda path, row: a_row(path, row) and "UNSUBSCRIBED" not in json.dumps(row)):
        del at(body, path[:-1])[path[-1]]
    return body


def null(data: st.DataObject, body: Json) -> Json:
    """Anything is null."""
    path = chosen(data, body, lambda path, node: True)
    return put(body, path or (), None)


def retype(data: st.DataObject, body: Json) -> Json:
    """Anything is something else; no list is an empty one, which would say that there are no rows."""
    path = chosen(data, body, lambda path, node: True) or ()
    node = at(body, path)
    forms: list[Json] = [str(node), [node], {"value": node}, {"0": node}, [[node]], 5.5, True, {}, "", -1]
    forms += [] if isinstance(node, list) else [[]]
    return put(body, path, data.draw(st.sampled_from(forms)))


def garble(data: st.DataObject, body: Json) -> Json:
    """A text has another case, space around it, or letters that it had not."""
    if path := chosen(data, body, lambda path, node: isinstance(node, str)):
        text = at(body, path)
        forms = [text.lower(), text.title(), f" {text}", f"{text}\n", f"{text}X", text[1:], "", f"\ufeff{text}"]
        put(body, path, data.draw(st.sampled_from([form for form in forms if form not in WORDS])))
    return body


def rename(data: st.DataObject, body: Json) -> Json:
    """A field has another name."""
    if path := chosen(data, body, a_field):
        fields, key = at(body, path[:-1]), str(path[-1])
        names = [key.upper(), f"{key.lower()}_", f" {key}", key[:-1]]
        fields[data.draw(st.sampled_from(names))] = fields.pop(key)
    return body


def nest(data: st.DataObject, body: Json) -> Json:
    """A row, a list or all of it is one level deeper."""
    path = chosen(data, body, lambda path, node: isinstance(node, dict | list)) or ()
    node = at(body, path)
    return put(
        body, path, data.draw(st.sampled_from([[node], {"results": node}, {"data": node}, {"statuses": node}]))
    )


def repeat(data: st.DataObject, body: Json) -> Json:
    """A row stands there again, with another state or channel."""
    if path := chosen(data, body, a_row):
        row = at(body, path)
        states = ["UNSUBSCRIBED", "NOT_SPECIFIED", "PAUSED"]
        states += [] if row.get("status") == "NOT_SPECIFIED" else ["SUBSCRIBED"]  # that would be news
        row = {
            **row,
            "status": data.draw(st.sampled_from(states)),
            "channel": data.draw(st.sampled_from(["EMAIL", "SMS", None])),
        }
        at(body, path[:-1]).insert(data.draw(st.integers(0, 3)), row)
    return body


def move(data: st.DataObject, body: Json) -> Json:
    """A row stands in another list as well."""
    path = chosen(data, body, a_row)
    to = chosen(data, body, lambda way, node: isinstance(node, list) and way != (path or ())[:-1])
    if path and to is not None:
        at(body, to).append(json.loads(json.dumps(at(body, path))))
    return body


SPOILING = (drop_a_row, drop_a_field, null, retype, garble, rename, nest, repeat, move)


def reorder(data: st.DataObject, body: Json) -> Json:
    """Rows and fields stand in another order."""
    path = chosen(data, body, lambda path, node: isinstance(node, dict | list) and bool(node)) or ()
    node = at(body, path)
    order = data.draw(st.permutations(range(len(node))))
    if isinstance(node, list):
        return put(body, path, [node[place] for place in order])
    return put(body, path, dict([list(node.items())[place] for place in order]))


def add_a_field(data: st.DataObject, body: Json) -> Json:
    """Any object has a field that nobody knows."""
    path = chosen(data, body, an_object) or ()
    at(body, path)[f"x{data.draw(st.text(max_size=5))}"] = data.draw(values)
    return body


def repeat_whole(data: st.DataObject, body: Json) -> Json:
    """A row stands there again, as it is."""
    if path := chosen(data, body, a_row):
        at(body, path[:-1]).insert(data.draw(st.integers(0, 3)), json.loads(json.dumps(at(body, path))))
    return body


def spell(data: st.DataObject, body: Json) -> Json:
    """Ids are texts, addresses are in another case, the envelope says SUCCESS or nothing."""
    ids = data.draw(
        st.sampled_from([("subscriptionId",), ("businessUnitId",), ("subscriptionId", "businessUnitId")])
    )
    for path in list(paths(body)):
        if path and path[-1] in ids:
            put(body, path, str(at(body, path)))
        if path and path[-1] == "subscriberIdString":
            put(body, path, at(body, path).upper())
    body["status"] = data.draw(st.sampled_from(["SUCCESS", "COMPLETE", None]))
    return body


KEEPING = (reorder, add_a_field, spell, repeat_whole)


def twice(data: st.DataObject, body: Json) -> Json:
    """A key is there two times in one object, with the same value or another, spelled alike or not."""
    path = chosen(data, body, an_object) or ()
    fields = at(body, path)
    key = data.draw(st.sampled_from(sorted(fields)))
    place = data.draw(st.integers(0, len(key) - 1))
    escaped = f'"{key[:place]}\\u{ord(key[place]):04x}{key[place + 1 :]}"'
    value = data.draw(st.sampled_from([fields[key], *WORDS, [], None]))
    spelled = data.draw(st.sampled_from([json.dumps(key), escaped]))
    return put(body, path, Twice(fields, spelled, value, first=data.draw(st.booleans())))


def cut(data: st.DataObject, body: Json) -> Json:
    """The end is missing, with or without something else in its place."""
    text = dumped(body)
    end = data.draw(st.sampled_from(["", " ", "]", "\0"]))
    return (text[: data.draw(st.integers(0, len(text) - 1))] + end).encode()


def page(data: st.DataObject, body: Json) -> Json:
    """It says that there is more, that something failed, or what may mean that."""
    signs: list[Json] = [
        {"paging": {"next": {"after": "5"}}},
        {"hasMore": True},
        {"total": 99},
        {"numErrors": -1, "results": body["results"][:1]},
        {"status": "PENDING"},
        {"category": "VALIDATION_ERROR"},
    ]
    return {**body, **data.draw(st.sampled_from(signs))}


def encode(data: st.DataObject, body: Json) -> Json:
    """It is in no encoding of JSON's."""
    return dumped(body).encode(data.draw(st.sampled_from(["utf-16", "utf-16-le", "utf-32"])))


IN_DOUBT = (twice, cut, page, encode)
Change = Callable[[st.DataObject, Json], Json]


def changed(data: st.DataObject, true: bytes, changes: Sequence[Change], most: int) -> bytes:
    """The body after some changes, in their order, as far as there is something left to change."""
    body = json.loads(true)
    some = data.draw(st.lists(st.sampled_from(changes), min_size=1, max_size=most, unique=True))
    for change in sorted(some, key=changes.index):
        if body and isinstance(body, dict | list):
            body = change(data, body)
    return body if isinstance(body, bytes) else dumped(body).encode()


people = st.sampled_from(PEOPLE)
types = st.sampled_from([*TYPES, *TYPES.values()])
unspecified = st.sampled_from(["deny", "allow"])
singly = st.tuples(st.just(Server.may_email), people, types, unspecified)
together = st.tuples(st.just(Server.may_email_all), st.just(""), types, unspecified)


def decisions(server: Server, question: tuple[Any, ...], **instead: tuple[int, bytes]) -> list[Decision]:
    """What is decided about one of the people, or about each, where a read is answered otherwise."""
    ask, *arguments = question
    server.instead = {name.replace("_", "-"): reply for name, reply in instead.items()}
    answer = ask(server, *arguments)
    return answer if isinstance(answer, list) else [answer]


reads = st.sampled_from(["statuses", "opt_outs", "definitions"])


def the_true(server: Server, read: str) -> bytes:
    """What was answered last."""
    return server.last.get(read.replace("_", "-"), b"{}")


@property_test
@given(singly | together, reads, st.data())
def test_no_change_of_a_reply_makes_a_yes_of_a_no(
    server: Server, question: tuple[Any, ...], read: str, data: st.DataObject
) -> None:
    """Whatever is lost, turned or garbled in a read: who may not be mailed still may not."""
    truth = decisions(server, question)
    body = changed(data, the_true(server, read), SPOILING, 3)
    answers = decisions(server, question, **{read: (200, body)})
    assert [] == [now for was, now in zip(truth, answers, strict=True) if now and not was]


@property_test
@given(singly | together, reads, st.data())
def test_what_says_the_same_is_decided_alike(
    server: Server, question: tuple[Any, ...], read: str, data: st.DataObject
) -> None:
    """Another order or spelling, what nobody knows, the same row again: the same decision for the same reason."""
    truth = decisions(server, question)
    body = changed(data, the_true(server, read), KEEPING, 4)
    answers = decisions(server, question, **{read: (200, body)})
    assert [(was.allowed, was.reason) for was in truth] == [(now.allowed, now.reason) for now in answers]


@property_test
@given(singly | together, st.data())
def test_a_reply_in_doubt_is_nobodys_yes(server: Server, question: tuple[Any, ...], data: st.DataObject) -> None:
    """What says a thing twice, is cut, has another page or an undeclared status: not even who may be mailed is."""
    decisions(server, question)
    read = data.draw(st.sampled_from(["statuses", "opt_outs"]))
    body = changed(data, the_true(server, read), IN_DOUBT, 1)
    assert not any(decisions(server, question, **{read: (200, body)}))
    declared = (200,) if question[0] is Server.may_email else (200, 207)
    undeclared = data.draw(st.sampled_from([status for status in range(200, 300) if status not in declared]))
    assert not any(decisions(server, question, **{read: (undeclared, the_true(server, read))}))
