"""The map in figures: what stands at each step, how long, what went through, and where it piles up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from fulfilment.flow.nodes import EDGES, NEAR, NODES, Edge, Node
from fulfilment.flow.standing import minutes_now
from fulfilment.flow.visits import FIGURES, Passed, passed_since
from fulfilment.models import Label
from ordermgmt.clock import business_day
from ordermgmt.kpis import Filters, Period
from ordermgmt.measuring import added, percentile, stored_days
from ordermgmt.models import Activity, KpiTarget
from orders.models import Hold, Order
from orders.states import HoldCode

HOURS_24 = timedelta(hours=24)
# Slow is what took longer than nine of ten did in so many days.
USUAL = 28
READDRESSED = (HoldCode.ADDRESS, HoldCode.UNDELIVERABLE)
RECORDED_LOOPS = {"repick": "pick.short", "repack": "pack.opened"}


@dataclass(frozen=True)
class Parts:
    """Orders in time, near the target (three quarters of it gone), and past it."""

    within: int = 0
    near: int = 0
    past: int = 0

    @property
    def total(self) -> int:
        return self.within + self.near + self.past

    @property
    def share_past(self) -> float:
        return self.past / self.total if self.total else 0.0


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One step. Times are minutes. `came` and `left` are of the last 24 hours; `usual` is the p90 of four weeks."""

    node: Node
    spread: Counter[int]
    target: int
    came: int = 0
    left: int = 0
    usual: Decimal | None = None
    has_history: bool = True

    @property
    def count(self) -> int:
        return sum(self.spread.values())

    @property
    def median(self) -> Decimal | None:
        return percentile(self.spread, 50)

    @property
    def p90(self) -> Decimal | None:
        return percentile(self.spread, 90)

    @property
    def longest(self) -> int | None:
        return max(self.spread, default=None)

    @property
    def parts(self) -> Parts:
        past = sum(n for minutes, n in self.spread.items() if minutes > self.target)
        near = sum(n for minutes, n in self.spread.items() if self.target * NEAR < minutes <= self.target)
        return Parts(self.count - near - past, near, past)

    @property
    def slow(self) -> int:
        """Longer than nine of ten usually stay."""
        return sum(n for minutes, n in self.spread.items() if self.usual is not None and minutes > self.usual)


@dataclass(frozen=True, kw_only=True)
class FlowMap:
    """`is_now`: what stands there. Otherwise what went through in `period`, with `before` for a comparison."""

    figures: Sequence[Figure]
    is_now: bool
    now: datetime
    delivered: int = 0
    cancelled: int = 0
    loops: Mapping[str, int] = field(default_factory=dict)
    period: Period | None = None
    before: Mapping[str, Figure] = field(default_factory=dict)
    earlier: Period | None = None
    edges: Sequence[Edge] = EDGES
    # The list behind a step of now, and what stands there.
    rows_page: str = "flow_orders"
    of_subscriptions: bool = False

    @property
    def total(self) -> int:
        return sum(figure.count for figure in self.figures)

    @property
    def past(self) -> int:
        return sum(figure.parts.past for figure in self.figures)

    def figure(self, code: str) -> Figure:
        return next(figure for figure in self.figures if figure.node.code == code)

    def through(self, edge: Edge) -> int:
        figure = self.figure(edge.counts)
        return figure.came if edge.comes else figure.left if self.is_now else figure.count

    @property
    def bottleneck(self) -> Figure | None:
        """The largest share past its target where more came than left; where it shrinks everywhere, the largest."""
        late = [figure for figure in self.figures if figure.parts.past]
        growing = [figure for figure in late if figure.came > figure.left]
        return max(growing or late, key=lambda f: (f.parts.share_past, f.parts.past), default=None)


def targets(now: datetime) -> dict[str, int]:
    """Minutes by step: what a manager set last, else what the step says."""
    found = {node.code: int(node.target.total_seconds()) // 60 for node in NODES}
    codes = {node.figure: node.code for node in NODES}
    rows = KpiTarget.objects.filter(kpi__in=codes, starts_on__lte=business_day(now)).order_by("starts_on")
    for kpi, value in rows.values_list("kpi", "value"):
        found[codes[kpi]] = int(value)
    return found


def now_map(filters: Filters, *, now: datetime) -> FlowMap:
    """As it stands at this moment."""
    standing, limits, usual = minutes_now(filters, now=now), targets(now), usual_minutes(filters, now=now)
    passed = passed_since(now - HOURS_24, filters)
    figures = []
    for node in NODES:
        spread = standing.get(node.code, Counter())
        went = passed.get(node.code, Passed())
        fresh = sum(n for minutes, n in spread.items() if minutes < HOURS_24.total_seconds() / 60)
        figures.append(
            Figure(
                node=node, spread=spread, target=limits[node.code], came=fresh + went.fresh, left=went.left,
                usual=usual.get(node.code), has_history=node.code in FIGURES,
            )
        )  # fmt: skip
    return FlowMap(
        figures=figures, is_now=True, now=now, delivered=passed["way"].left,
        cancelled=Order.objects.filter(cancelled_at__gte=now - HOURS_24).count(), loops=_loops(now),
    )  # fmt: skip


def past_map(period: Period, filters: Filters, *, now: datetime, earlier: Period | None = None) -> FlowMap:
    """What went through in a period of whole days, from the stored days."""
    limits = targets(now)
    whole = Period(earlier.first, period.last) if earlier else period
    days = stored_days(FIGURES.values(), whole, filters)

    def figures(of: Period) -> list[Figure]:
        return [_passed(node, days, of, limits) for node in NODES if node.code in FIGURES]

    before = {figure.node.code: figure for figure in figures(earlier)} if earlier else {}
    return FlowMap(figures=figures(period), is_now=False, now=now, period=period, before=before, earlier=earlier)


def _passed(node: Node, days: Mapping[str, Mapping[Any, Any]], period: Period, limits: Mapping[str, int]) -> Figure:
    own = days.get(node.figure, {})
    sums = added(sums for day, sums in own.items() if period.first <= day <= period.last)
    return Figure(
        node=node, spread=sums.spread, target=limits[node.code], left=sums.count, usual=percentile(sums.spread, 90)
    )


def usual_minutes(filters: Filters, *, now: datetime) -> dict[str, Decimal | None]:
    """How long nine of ten orders stay at each step at most, by the last four weeks."""
    period = last_days(now, USUAL)
    days = stored_days(FIGURES.values(), period, filters)
    return {code: percentile(added(days.get(figure.name, {}).values()).spread, 90) for code, figure in FIGURES.items()}


def last_days(now: datetime, days: int) -> Period:
    """The last business days that are over."""
    today = business_day(now)
    return Period(today - timedelta(days=days), today - timedelta(days=1))


def _loops(now: datetime) -> dict[str, int]:
    since = now - HOURS_24
    verbs = {code: Count("pk", filter=Q(verb=verb)) for code, verb in RECORDED_LOOPS.items()}
    found: dict[str, int] = Activity.objects.filter(at__gte=since).aggregate(**verbs)
    found["relabel"] = Label.objects.filter(voided_at__gte=since).count()
    found["readdress"] = Hold.objects.filter(released_at__gte=since, code__in=READDRESSED).count()
    return found
