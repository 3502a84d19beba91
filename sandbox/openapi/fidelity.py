"""Compare the official API with what the sandbox serves of it: every call and each of its fields, with its certainty.

Nothing here is written by hand twice: `official.toml` has the names of the official API, `operations.toml` what the
sandbox takes and gives, `tests.toml` the tests that hold each call. This module compares them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..facts.nulls import NULLS
from .description import OBJECTS, SERVICE, Operation, table

State = Literal["served", "ignored", "empty", "not_served"]
Certainty = Literal["documented", "recorded", "assumed"]

STATES: tuple[State, ...] = ("served", "ignored", "empty", "not_served")

FIELD_TESTS = {
    "takes": "tests/sandbox/openapi/test_fidelity.py::test_a_field_is_read_unless_it_is_listed_as_ignored",
    "gives": "tests/sandbox/openapi/test_fuzz.py::test_the_service_answers_as_described",
}
"""The tests that hold every field of a request and of an answer, for each call that is served."""

UNSERVED_TEST = "tests/sandbox/openapi/test_fidelity.py::test_what_is_not_served_is_not_found"
"""The test that holds every call that is not served."""

PAGE = "list"
"""The field of a page that holds the objects of a list."""

_OFFICIAL = table("official")
_TESTS: Mapping[str, list[str]] = table("tests")


@dataclass(frozen=True, kw_only=True)
class Name:
    """One field. `a.b` is the field `b` inside `a`, an object or a list of objects."""

    name: str
    state: State
    """`ignored`: a call may contain it, and it has no effect. `empty`: an answer has it, and it is never filled."""
    certainty: Certainty | None
    """How certain it is that the real service has the field; None for one that the sandbox does not serve."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the official API, or one that only the sandbox still serves."""

    call: str
    group: str
    """A key of `GROUPS`; '' for a call that is not served."""
    title_ko: str
    title_en: str
    state: State
    certainty: Certainty | None
    takes: tuple[Name, ...]
    gives: tuple[Name, ...]
    """The fields of `response`, or of each object in it if it is a list or a page."""
    tests: tuple[str, ...]

    @property
    def id(self) -> str:
        """The call as an id: `GET /payments/{imp_uid}` → `get-payments-imp_uid`."""
        return re.sub(r"[^\w]+", "-", self.call).strip("-").lower()

    def named(self, side: str, state: str, certainty: str | None) -> list[str]:
        """Return the names of the fields of one side, `takes` or `gives`, in this state and of this certainty."""
        fields: tuple[Name, ...] = getattr(self, side)
        return [one.name for one in fields if (one.state, one.certainty) == (state, certainty)]


def calls() -> tuple[Call, ...]:
    """Return every call: those that the sandbox serves in the order of its description, then the others."""
    return _CALLS


def summary() -> dict[str, dict[str, int]]:
    """Return how many calls, fields of requests and fields of answers there are in each state."""
    return {
        "calls": _counted(call.state for call in _CALLS),
        "takes": _counted(one.state for call in _CALLS for one in call.takes),
        "gives": _counted(one.state for call in _CALLS for one in call.gives),
    }


def as_json() -> list[dict[str, Any]]:
    """Return the calls as `GET /control/fidelity` serves them."""
    return [{"id": call.id, **asdict(call)} for call in _CALLS]


def _counted(states: Iterable[State]) -> dict[str, int]:
    found = Counter(states)
    return {state: found[state] for state in STATES}


# Comparing ------------------------------------------------------------------------------------------------


def _all_calls() -> Iterator[Call]:
    left = dict(_OFFICIAL["calls"])
    for operation in SERVICE:
        name = _official_name(operation)
        left.pop(name, None)
        yield _served(operation, name)
    for name, official in left.items():
        yield _unserved(name, official)


def _official_name(operation: Operation) -> str:
    """Return the official name of a call. Its parts in braces may have other names than ours."""
    wanted = _shape(operation.official or operation.call)
    return next((name for name in _OFFICIAL["calls"] if _shape(name) == wanted), "")


def _shape(call: str) -> str:
    return re.sub(r"{\w+}", "{}", call)


def _served(operation: Operation, official_name: str) -> Call:
    official = _OFFICIAL["calls"].get(official_name)
    fields = (*operation.path_fields, *operation.query, *operation.body)
    ignored = {field.dotted for field in fields if field.ignored}
    read = {name for field in fields if not field.ignored for name in (field.dotted, *field.dotted_inside)}
    given, empty = set(_inside_ours(operation.gives)), set(_inside_ours(operation.gives, only_empty=True))
    takes, gives = (_taken(official), _given(official)) if official else (set(), set())
    if official:  # the parts of a path may have other names
        takes = takes - _braced(official_name) | _braced(operation.path)
    return Call(
        call=operation.call,
        group=operation.group,
        title_ko=operation.ko,
        title_en=operation.en,
        state="served",
        certainty="documented" if official else "recorded",
        takes=_names({"served": read, "ignored": ignored | (takes - read)}, takes, operation.assumed),
        gives=_names({"served": given - empty, "empty": empty}, gives, operation.assumed),
        tests=tuple(_TESTS[operation.call]),
    )


def _unserved(name: str, official: Mapping[str, Any]) -> Call:
    sides = {"takes": _taken(official), "gives": _given(official)}
    return Call(
        call=name,
        group="",
        title_ko="",
        title_en="",
        state="not_served",
        certainty=None,
        **{
            side: tuple(Name(name=one, state="not_served", certainty=None) for one in sorted(names))
            for side, names in sides.items()
        },
        tests=(UNSERVED_TEST,),
    )


def _names(found: Mapping[State, set[str]], official: set[str], assumed: tuple[str, ...]) -> tuple[Name, ...]:
    def certainty(name: str) -> Certainty:
        return "documented" if name in official else "assumed" if name in assumed else "recorded"

    names = [
        Name(name=name, state=state, certainty=certainty(name))
        for state, some in found.items()
        for name in sorted(some)
    ]
    unserved = official.difference(*found.values())
    return (*names, *(Name(name=name, state="not_served", certainty=None) for name in sorted(unserved)))


def _taken(official: Mapping[str, Any]) -> set[str]:
    return set(official["takes"])


def _given(official: Mapping[str, Any]) -> set[str]:
    return {field for name in official["gives"] for field in _inside_official(name)}


def _inside_official(name: str) -> Iterator[str]:
    """Yield the names of the fields of an official object; those of the objects on a page without the page's name."""
    for field, inner in _OFFICIAL["objects"][name].items():
        yield field
        if inner:
            yield from (one if field == PAGE else f"{field}.{one}" for one in _inside_official(inner))


def _inside_ours(kind: str, *, only_empty: bool = False) -> Iterator[str]:
    """Yield the names of the fields of one of our objects, or of those in a list, in the same way.

    `only_empty`: only of those that are never filled.
    """
    name = kind.strip("[]?")
    for field, inner in OBJECTS.get(name, {}).items():
        if not only_empty or field in NULLS.get(name, ()):
            yield field
        for one in _inside_ours(inner, only_empty=only_empty):
            yield one if field == PAGE else f"{field}.{one}"


def _braced(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path))


_CALLS = tuple(_all_calls())
