"""Geometry of the charts that pages draw as inline SVG: no script, no inline style, numbers beside them in a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ordermgmt.kpis import Period
from ordermgmt.money import ZERO
from ordermgmt.templatetags.portal import day_words

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 56, 12, 12, 26
Values = dict[date, Decimal | None]
Words = Callable[[Decimal], str]


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class LineChart:
    """Lines as lists of pieces ("x,y x,y"): a day without value breaks the line. `dots`: points that stand alone."""

    lines: Sequence[str]
    dots: Sequence[tuple[float, float]]
    before: Sequence[str]
    target: float | None
    marks: Sequence[Tick]
    across: Sequence[Tick]
    up: Sequence[Tick]
    starts_at_zero: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Scale:
    low: Decimal
    high: Decimal

    def y(self, value: Decimal) -> float:
        part = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - float(part) * (HEIGHT - TOP - BOTTOM), 1)


def _x(period: Period, day: date) -> float:
    part = (day - period.first).days / max(1, period.days - 1)
    return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def line_chart(
    period: Period, values: Values, *, words: Words, step: int = 1, earlier: tuple[Period, Values] | None = None,
    target: Decimal | None = None, notes: Sequence[tuple[date, str]] = (),
) -> LineChart:  # fmt: skip
    """`earlier` (the period compared with) is drawn over the same days; `step` is days between points."""
    shown = [value for value in values.values() if value is not None]
    past = [value for value in earlier[1].values() if value is not None] if earlier else []
    scale = _scale([*shown, *past, *([target] if target is not None else [])])
    pieces = _pieces(period, values, scale, step)
    shifted = {period.first + (day - earlier[0].first): value for day, value in earlier[1].items()} if earlier else {}
    return LineChart(
        lines=[_points(piece) for piece in pieces if len(piece) > 1],
        dots=[piece[0] for piece in pieces if len(piece) == 1],
        before=[_points(piece) for piece in _pieces(period, shifted, scale, step) if len(piece) > 1],
        target=scale.y(target) if target is not None else None,
        marks=[Tick(_x(period, day), str(n)) for n, (day, _note) in enumerate(notes, start=1)],
        across=_days(period),
        up=[Tick(scale.y(at), words(at)) for at in _levels(scale)],
        starts_at_zero=scale.low == 0,
    )


def _scale(values: Sequence[Decimal]) -> Scale:
    """From zero unless all values lie close together far above it; the page then says so."""
    low, high = min(values, default=ZERO), max(values, default=Decimal(1))
    if (low >= 0 and low < high / 2) or low == high:
        low = min(ZERO, low)
    if low == high:
        high = low + 1
    room = (high - low) / 10
    # Nothing is above 100 %.
    top = Decimal(1) if Decimal("0.8") < high <= 1 else high + room
    return Scale(low if low == 0 else low - room, top)


def _pieces(period: Period, values: Values, scale: Scale, step: int) -> list[list[tuple[float, float]]]:
    pieces: list[list[tuple[float, float]]] = []
    last: date | None = None
    for day in sorted(values):
        value = values[day]
        if value is None or not period.first <= day <= period.last:
            continue
        if last is None or (day - last).days > max(step, 4):
            pieces.append([])
        pieces[-1].append((_x(period, day), scale.y(value)))
        last = day
    return pieces


def _points(piece: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in piece)


def _days(period: Period) -> list[Tick]:
    places = sorted({0, (period.days - 1) // 2, period.days - 1})
    return [Tick(_x(period, period.each[n]), day_words(period.each[n])) for n in places]


def _levels(scale: Scale) -> list[Decimal]:
    return [scale.low + (scale.high - scale.low) * part / 4 for part in (0, 2, 4)]


def spark(values: Values) -> str:
    """At most twelve points in a box of 100 by 32 for components/sparkline.html."""
    known = [value for _day, value in sorted(values.items()) if value is not None]
    if len(known) < 2:
        return ""
    size = -(-len(known) // 12)
    shown = [sum(known[n : n + size], ZERO) / len(known[n : n + size]) for n in range(0, len(known), size)]
    low, high = min(shown), max(shown)
    span = high - low or Decimal(1)
    return " ".join(
        f"{100 * n / max(1, len(shown) - 1):.0f},{29 - 26 * (value - low) / span:.0f}" for n, value in enumerate(shown)
    )


@dataclass(frozen=True)
class Block:
    """A piece of a column; `css` names its series, by pattern and place as well as by colour."""

    x: float
    y: float
    width: float
    height: float
    css: str
    words: str


@dataclass(frozen=True)
class Columns:
    """Columns up and down from a zero line, with the net as a line."""

    blocks: Sequence[Block]
    zero: float
    net: str
    across: Sequence[Tick]
    up: Sequence[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


@dataclass
class Column:
    """One month: what goes up and what goes down, by series."""

    label: str
    up: Sequence[tuple[str, str, Decimal]]
    down: Sequence[tuple[str, str, Decimal]]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        return sum((v for *_w, v in self.up), ZERO) - sum((v for *_w, v in self.down), ZERO)


def columns_chart(columns: Sequence[Column], *, words: Words) -> Columns:
    high = max((sum((v for *_w, v in c.up), ZERO) for c in columns), default=ZERO)
    low = -max((sum((v for *_w, v in c.down), ZERO) for c in columns), default=ZERO)
    scale = Scale(low * Decimal("1.1"), (high or Decimal(1)) * Decimal("1.1"))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    blocks: list[Block] = []
    net = []
    for n, column in enumerate(columns):
        x, width = round(LEFT + n * room + room * 0.2, 1), round(room * 0.6, 1)
        blocks += _stacked(column.up, scale, x, width, column.label, sign=1)
        blocks += _stacked(column.down, scale, x, width, column.label, sign=-1)
        net.append((x + width / 2, scale.y(column.net)))
    ticks = [Tick(round(LEFT + n * room + room / 2, 1), column.label) for n, column in enumerate(columns)]
    up = [Tick(scale.y(at), words(at)) for at in (scale.low, ZERO, scale.high) if at or scale.low]
    return Columns(blocks, scale.y(ZERO), _points(net), ticks, up or [Tick(scale.y(ZERO), words(ZERO))])


def _stacked(
    parts: Sequence[tuple[str, str, Decimal]], scale: Scale, x: float, width: float, label: str, *, sign: int
) -> list[Block]:
    blocks, height = [], ZERO
    for css, words, value in parts:
        if not value:
            continue
        one, other = scale.y(sign * height), scale.y(sign * (height + value))
        blocks.append(Block(x, min(one, other), width, round(abs(one - other), 1), css, f"{label}: {words}"))
        height += value
    return blocks
