"""The geometry of a sequence diagram: where each lane, arrow and label of a timeline stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.timeline import Row

LANES = ("browser", "shop", "pg")
LANE_WIDTH, ROW_HEIGHT, HEAD_HEIGHT, TIME_WIDTH, MARGIN = 300, 34, 56, 84, 16
LONGEST_LABEL = 44
"""Characters of a label. The whole name is the title of its arrow."""

ID = re.compile(r"\b(imp_|order_|inv_|cu_)(\w{5})\w{4,}")
"""An id of shop or service. Its beginning tells two of them apart."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One column: its name and the middle of it."""

    name: str
    x: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of the drawing: an arrow from `x` to `to_x`, or a dot where both are the same."""

    lane: str
    x: int
    to_x: int
    y: int
    time: str
    label: str
    title: str
    is_jump: bool = False

    @property
    def middle(self) -> int:
        """Where the label of an arrow stands."""
        return (self.x + self.to_x) // 2

    @property
    def tip(self) -> int:
        """Where the line of an arrow ends, short of the head that is drawn there."""
        return self.to_x - 8 if self.to_x > self.x else self.to_x + 8


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A whole drawing."""

    width: int
    height: int
    lanes: Sequence[Lane]
    steps: Sequence[Step]


def drawn(rows: Sequence[Row], *, titles: Mapping[str, str], jumps: Mapping[str, str]) -> Figure:
    """Return the drawing of these rows. `titles` are their sentences, and `jumps` what stands before a row, by id."""
    middle = {lane: TIME_WIDTH + LANE_WIDTH * n + LANE_WIDTH // 2 for n, lane in enumerate(LANES)}
    steps: list[Step] = []
    for row in rows:
        if row.id in jumps:
            steps.append(_jump(jumps[row.id], y=_y(steps)))
        x = middle[row.lane]
        steps.append(
            Step(
                lane=row.lane,
                x=x,
                to_x=middle[row.to] if row.to else x,
                y=_y(steps),
                time=f"{(row.at - rows[0].at).total_seconds():.3f}",
                label=_label(row),
                title=titles[row.id],
            )
        )
    width = TIME_WIDTH + LANE_WIDTH * len(LANES) + MARGIN
    lanes = [Lane(name=name, x=x) for name, x in middle.items()]
    return Figure(width=width, height=_y(steps) + MARGIN, lanes=lanes, steps=steps)


def _y(steps: Sequence[Step]) -> int:
    return HEAD_HEIGHT + ROW_HEIGHT * (len(steps) + 1)


def _jump(text: str, *, y: int) -> Step:
    end = TIME_WIDTH + LANE_WIDTH * len(LANES)
    return Step(lane="", x=TIME_WIDTH, to_x=end, y=y, time="", label=text, title=text, is_jump=True)


def _label(row: Row) -> str:
    took = f"{round(row.ms)} ms" if row.ms is not None else ""
    short = ID.sub(r"\1\2…", row.name)
    name = short if len(short) <= LONGEST_LABEL else f"{short[: LONGEST_LABEL - 1]}…"
    return " · ".join(filter(None, (name, row.status, took)))
