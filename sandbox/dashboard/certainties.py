"""Choose what the page *Fidelity* shows of the official API: by state, by certainty, and by a part of a name."""

from collections.abc import Iterable
from typing import NamedTuple

from ..facts.fidelity import BEHAVIOURS, Behaviour
from ..openapi.description import GROUPS
from ..openapi.fidelity import Call, calls

SIDES = ("takes", "gives")


class Line(NamedTuple):
    """The fields of a call that are alike: of one side (`takes` or `gives`), in one state, of one certainty."""

    side: str
    state: str
    certainty: str | None
    names: list[str]


class Entry(NamedTuple):
    """A call and those of its lines that are shown."""

    call: Call
    lines: list[Line]


def entries(only: str, part: str) -> dict[str, list[Entry]]:
    """Return the calls by group, '' for those that are not served.

    `only` is a state or a certainty, '' for all. `part` is a part of the name of a call or of a field.
    """
    shown: dict[str, list[Entry]] = {group: [] for group in (*GROUPS, "")}
    for call in calls():
        lines = [line for line in _lines(call) if only in ("", line.state, line.certainty)]
        if part not in call.call:
            lines = [line._replace(names=[name for name in line.names if part in name]) for line in lines]
        entry = Entry(call, [line for line in lines if line.names])
        if entry.lines or (part in call.call and only in ("", call.state)):
            shown[call.group].append(entry)
    return {group: found for group, found in shown.items() if found}


def behaviours(only: str, part: str) -> list[Behaviour]:
    """Return the behaviours of this certainty that contain `part`."""
    return [
        one
        for one in BEHAVIOURS
        if only in ("", one.certainty) and any(part in text for text in (one.id, one.title_ko, one.title_en))
    ]


def _lines(call: Call) -> Iterable[Line]:
    for side in SIDES:
        kinds = dict.fromkeys((one.state, one.certainty) for one in getattr(call, side))
        for state, certainty in kinds:
            yield Line(side, state, certainty, call.named(side, state, certainty))
