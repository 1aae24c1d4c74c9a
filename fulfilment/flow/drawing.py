"""The map as shapes for one inline SVG: boxes, arrows as thick as what goes through them, and bars of three patterns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.flow.nodes import LOOPS, Loop, Node
from fulfilment.flow.reading import Figure, FlowMap
from fulfilment.flow.words import short, spoken
from ordermgmt.kpis import Filters
from ordermgmt.templatetags import portal

# In units of the drawing; a box is as wide as its longest name in 13 of them.
BOX_W, BOX_H, PITCH, LANES = 112, 122, 140, (12, 176, 340)
WIDTH, HEIGHT, MARGIN = 7 * PITCH + BOX_W + 8, 474, 4
BAR = BOX_W - 24
DOWN = {
    "flag": -9,
    "flag_words": 4,
    "stripe": 10,
    "mark": 32,
    "name": 21,
    "count": 48,
    "time": 67,
    "target": 82,
    "bar": 91,
    "n": 113,
}
THIN, THICK = 1.5, 9.0


@dataclass(frozen=True)
class Bar:
    """A part of the bar under a number; `css` names its pattern."""

    x: float
    width: float
    css: str
    n: str
    words: str


@dataclass(frozen=True)
class Box:
    """One step as drawn, and what its row in the table says."""

    figure: Figure
    x: float
    y: float
    bars: Sequence[Bar]
    spoken: str
    url: str
    past_url: str
    slow_url: str
    median: str
    target: str
    p90: str
    longest: str
    before: Figure | None = None
    is_bottleneck: bool = False

    @property
    def node(self) -> Node:
        return self.figure.node

    @property
    def middle(self) -> float:
        return self.x + BOX_W / 2

    @property
    def left(self) -> float:
        """Where the words of the box begin."""
        return self.x + 12

    @property
    def down(self) -> dict[str, float]:
        """Heights of what is inside the box."""
        return {name: self.y + dy for name, dy in DOWN.items()}

    @property
    def x_mark(self) -> float:
        return self.x + BOX_W - 23

    @property
    def before_median(self) -> str:
        return short(self.before.median) if self.before else "–"

    @property
    def share_past(self) -> str:
        return str(portal.percent(self.figure.parts.share_past, 0))

    @property
    def change(self) -> int:
        """Minutes the median rose (falling: negative) against the period before."""
        if self.before is None or self.before.median is None or self.figure.median is None:
            return 0
        return int(self.figure.median - self.before.median)

    @property
    def change_words(self) -> str:
        if self.before is None or self.before.median is None or self.figure.median is None:
            return _("nothing to compare")
        if not self.change:
            return _("as before")
        return (_("%(time)s longer") if self.change > 0 else _("%(time)s shorter")) % {"time": short(abs(self.change))}


@dataclass(frozen=True)
class Arrow:
    path: str
    head: str
    width: float
    n: str
    words: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Return:
    """A return arrow: work that was done twice."""

    path: str
    head: str
    words: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Drawing:
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    returns: Sequence[Return]
    width: int = WIDTH
    height: int = HEIGHT
    box_w: int = BOX_W
    box_h: int = BOX_H


def draw(flow: FlowMap, filters: Filters) -> Drawing:
    worst = flow.bottleneck
    boxes = [_box(figure, flow, filters, is_worst=figure is worst) for figure in flow.figures]
    nodes = {figure.node.code: figure.node for figure in flow.figures}
    places = {code: _place(node) for code, node in nodes.items()}
    edges = [edge for edge in flow.edges if {edge.start, edge.end} <= nodes.keys()]
    most = max((flow.through(edge) for edge in edges), default=0)
    arrows = [_arrow(nodes[edge.start], nodes[edge.end], flow.through(edge), most, places) for edge in edges]
    returns = [_return(loop, flow.loops[loop.code], places) for loop in LOOPS if flow.loops.get(loop.code)]
    return Drawing(boxes, arrows, returns)


def _place(node: Node) -> tuple[float, float]:
    return MARGIN + node.column * PITCH, LANES[node.lane]


# Boxes ----------------------------------------------------------------------------------------------
def _box(figure: Figure, flow: FlowMap, filters: Filters, *, is_worst: bool) -> Box:
    x, y = _place(figure.node)
    return Box(
        figure=figure, x=x, y=y, bars=list(_bars(figure, x + 12)), spoken=spoken(figure, flow),
        url=_url(figure, flow, filters), past_url=_url(figure, flow, filters, age="past", over=figure.target),
        slow_url=_url(figure, flow, filters, age="slow", over=int(figure.usual or 0)),
        median=short(figure.median), target=short(figure.target), p90=short(figure.p90), longest=short(figure.longest),
        before=flow.before.get(figure.node.code), is_bottleneck=is_worst,
    )  # fmt: skip


def _url(figure: Figure, flow: FlowMap, filters: Filters, *, age: str = "", over: int | None = None) -> str:
    """The list of exactly the counted orders."""
    code = figure.node.code
    if flow.is_now:
        asked = {"step": code, **({"age": age} if age else {}), **filters}
        return f"{reverse(flow.rows_page)}?{urlencode(asked)}"
    assert flow.period  # noqa: S101 - a map of the past has one
    days = {"first": flow.period.first.isoformat(), "last": flow.period.last.isoformat()}
    longer = {"over": str(over)} if age else {}
    return f"{reverse('flow_passed', args=[code])}?{urlencode({**days, **longer, **filters})}"


PARTS = (("within", "in-time"), ("near", "near"), ("past", "past"))


def _bars(figure: Figure, x: float) -> Iterator[Bar]:
    """Widths follow the numbers, but nothing that is there is too thin to be seen."""
    parts = figure.parts
    counts = [(name, css, getattr(parts, name)) for name, css in PARTS]
    least = 14.0
    shown = [(name, css, n) for name, css, n in counts if n]
    room = BAR - 2 * (len(shown) - 1)
    free = room - least * len(shown)
    for name, css, n in shown:
        width = round(least + free * n / parts.total, 1)
        yield Bar(round(x, 1), width, css, _short_number(n), _part_words(name, n))
        x += width + 2


def _short_number(n: int) -> str:
    return str(portal.number(n)) if n < 10_000 else f"{portal.number(n // 1000)}k"


def _part_words(name: str, n: int) -> str:
    words = {"within": _("%(n)s in time"), "near": _("%(n)s near the target"), "past": _("%(n)s past the target")}
    return words[name] % {"n": portal.number(n)}


# Arrows ---------------------------------------------------------------------------------------------
def _arrow(start: Node, end: Node, n: int, most: int, places: dict[str, tuple[float, float]]) -> Arrow:
    width = THIN if not n or not most else round(THIN + (THICK - THIN) * sqrt(n / most), 1)
    path, tip, at = _route(start, end, places)
    facts = {"from": start.label, "to": end.label, "n": portal.number(n)}
    words = ngettext("%(from)s to %(to)s: %(n)s order", "%(from)s to %(to)s: %(n)s orders", n) % facts
    anchor = "middle" if start.lane == end.lane else "end" if start.lane == 1 else "start"
    return Arrow(path, _head(*tip, width), width, _short_number(n), words, *at, anchor)


Point = tuple[float, float]


def _route(start: Node, end: Node, places: dict[str, Point]) -> tuple[str, tuple[float, float, str], Point]:
    """Path, tip with its direction, and where the number stands."""
    (x0, y0), (x1, y1) = places[start.code], places[end.code]
    if start.lane == end.lane:
        y = y0 + BOX_H / 2
        a, b = x0 + BOX_W + 2, x1 - 7
        return f"M{a} {y}H{b}", (x1 - 1, y, "right"), ((a + b) / 2 + 1, y - 9)
    up = y1 < y0
    if start.lane == 1:
        return _aside(x0, y0, x1, y1, up=up)
    return _onward(x0, y0, x1, y1, up=up)


def _aside(x0: float, y0: float, x1: float, y1: float, *, up: bool) -> tuple[str, tuple[float, float, str], Point]:
    """From the main lane to a box above or below it."""
    x = max(x0 + 26, x1 + 16) if x1 != x0 else x0 + BOX_W / 2
    a, b = (y0 - 2, y1 + BOX_H + 7) if up else (y0 + BOX_H + 2, y1 - 7)
    return f"M{x} {a}V{b}", (x, b - 6 if up else b + 6, "up" if up else "down"), (x - 8, (a + b) / 2 + 4)


def _onward(x0: float, y0: float, x1: float, y1: float, *, up: bool) -> tuple[str, tuple[float, float, str], Point]:
    """From a box above or below back to the main lane, further to the right."""
    x = min(x0 + BOX_W - 16, x1 + BOX_W - 26)
    a, b = (y0 - 2, y1 + BOX_H + 7) if up else (y0 + BOX_H + 2, y1 - 7)
    return f"M{x} {a}V{b}", (x, b - 6 if up else b + 6, "up" if up else "down"), (x + 8, (a + b) / 2 + 4)


def _head(x: float, y: float, direction: str, width: float) -> str:
    """A triangle whose point is at x, y."""
    half, long = round(4 + width / 2, 1), 7
    steps = {
        "right": (-long, -half, -long, half),
        "up": (-half, long, half, long),
        "down": (-half, -long, half, -long),
        "left": (long, -half, long, half),
    }
    dx1, dy1, dx2, dy2 = steps[direction]
    return f"{x},{y} {x + dx1},{y + dy1} {x + dx2},{y + dy2}"


def _return(loop: Loop, n: int, places: dict[str, Point]) -> Return:
    """From the bottom of a step back under the one before; a step that is repeated turns on itself."""
    (x0, y0), (x1, _y1) = places[loop.start], places[loop.end]
    words, bottom = f"{portal.number(n)} {loop.label}", y0 + BOX_H
    if loop.start != loop.end:
        a, b = x0 + 26, x1 + BOX_W - 26
        return Return(
            f"M{a} {bottom + 2}v16H{b}v-9", _head(b, bottom + 2, "up", 0), words, (a + b) / 2, bottom + 32, "middle"
        )
    if y0 == LANES[0]:
        x, y = x0 + BOX_W + 2, y0 + 34
        return Return(f"M{x} {y + 40}h14v-40h-8", _head(x, y, "left", 0), words, x + 22, y + 24, "start")
    x = x0 + BOX_W - 14
    return Return(
        f"M{x} {bottom + 2}v16h-26v-9", _head(x - 26, bottom + 2, "up", 0), words, x + 4, bottom + 32, "middle"
    )
