"""The second map: where every live subscription stands between two deliveries, and what happened in the last 24 hours."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncMinute
from django.utils.translation import gettext_lazy as _

from fulfilment.flow.nodes import BAD, DAY, HELD, HOUR, MOVES, WAITS, WARN, WORKS, Edge, Node
from fulfilment.flow.reading import HOURS_24, Figure, FlowMap
from ordermgmt.looks import Look
from ordermgmt.models import Activity
from orders.billing_states import LIVE_CHARGES, LIVE_DUNNING, DeliveryStatus, SubscriptionStatus
from orders.models import Charge, Delivery, Dunning, Order, Subscription

LIVE = (SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)
OF_SUBSCRIPTION: dict[str, Any] = {"subscription": OuterRef("pk")}
GOOD = Look("good", "tick")
# Nobody is late between two deliveries: the longest interval there is.
A_YEAR = 366 * DAY

STEPS: tuple[Node, ...] = (
    Node(
        code="pending", label=_("Not started"), column=0, look=WAITS, target=14 * DAY,
        meaning=_("Made, and its first delivery is to come."),
    ),
    Node(
        code="active", label=_("Active"), column=1.4, look=GOOD, target=A_YEAR,
        meaning=_("Between two deliveries; its next reminder is to come."),
    ),
    Node(
        code="paused", label=_("Paused"), column=1.4, lane=0, look=HELD, target=90 * DAY,
        meaning=_("The customer or we paused it."),
    ),
    Node(
        code="reminded", label=_("Reminded"), column=2.8, look=MOVES, target=14 * DAY,
        meaning=_("The reminder of the next delivery was sent; it can still be changed."),
    ),
    Node(
        code="due", label=_("Due"), column=4.2, look=WORKS, target=2 * HOUR,
        meaning=_("Its order is to be written by the next run."),
    ),
    Node(
        code="parked", label=_("Parked"), column=4.2, lane=2, look=WARN, target=DAY,
        meaning=_("The run could not write its order; a person decides."),
    ),
    Node(
        code="charge", label=_("Charge"), column=5.6, look=WORKS, target=2 * DAY,
        meaning=_("Ordered, and its money is being collected."),
    ),
    Node(
        code="unpaid", label=_("Failed"), column=5.6, lane=2, look=BAD, target=7 * DAY,
        meaning=_("A payment failed and is tried again, or waits for another way to pay."),
    ),
)  # fmt: skip
STEP_BY_CODE: Mapping[str, Node] = {node.code: node for node in STEPS}
WAYS = (
    Edge("pending", "active", "started"),
    Edge("active", "paused", "paused"),
    Edge("active", "reminded", "reminded"),
    Edge("reminded", "due", "ordered"),
    Edge("due", "charge", "ordered"),
    Edge("due", "parked", "parked"),
    Edge("charge", "unpaid", "failed"),
)
# What the history tells of the last day.
TOLD = {
    "started": "subscription.started", "paused": "subscription.paused", "parked": "delivery.parked", "failed": "dunning.opened",
    "skipped": "subscription.skipped", "cancelled": "subscription.cancelled",
}  # fmt: skip


class SubscriptionMap(FlowMap):
    """Arrows carry what was counted for them, not what left a step."""

    def __init__(self, *, told: Mapping[str, int], **facts: Any) -> None:
        super().__init__(is_now=True, edges=WAYS, rows_page="flow_subscriptions", of_subscriptions=True, **facts)
        object.__setattr__(self, "told", told)

    told: Mapping[str, int]

    def through(self, edge: Edge) -> int:
        return self.told[edge.counts]

    @property
    def bottleneck(self) -> Figure | None:
        late = [figure for figure in self.figures if figure.parts.past]
        return max(late, key=lambda f: (f.parts.share_past, f.parts.past), default=None)


def standing_subscriptions(now: datetime) -> QuerySet[Any]:
    """Live subscriptions with `flow_node` and `flow_since`."""
    nexts = Delivery.objects.filter(**OF_SUBSCRIPTION, is_next=True)
    unpaid = Dunning.objects.filter(invoice__subscription=OuterRef("pk"), status__in=LIVE_DUNNING)
    charges = Charge.objects.filter(invoice__subscription=OuterRef("pk"), status__in=LIVE_CHARGES)
    ordered = Delivery.objects.filter(**OF_SUBSCRIPTION, status=DeliveryStatus.ORDERED)
    rows: QuerySet[Any] = Subscription.objects.filter(status__in=LIVE).annotate(
        flow_unpaid=_first(unpaid, "invoice__subscription", Min("opened_at")),
        flow_parked=_first(nexts, "subscription", Max("parked_at")),
        flow_due=_first(nexts.filter(order_at__lte=now), "subscription", Max("order_at")),
        flow_charge=_first(charges, "invoice__subscription", Min("planned_at")),
        flow_reminded=_first(nexts, "subscription", Max("reminded_at")),
        flow_last=_first(ordered, "subscription", Max("ordered_at")),
    )
    rules: list[tuple[str, Any, Any]] = [
        ("paused", Q(status=SubscriptionStatus.PAUSED), F("paused_at")),
        ("pending", Q(status=SubscriptionStatus.PENDING), F("created_at")),
        ("unpaid", Q(flow_unpaid__isnull=False), F("flow_unpaid")),
        ("parked", Q(flow_parked__isnull=False), F("flow_parked")),
        ("due", Q(flow_due__isnull=False), F("flow_due")),
        ("charge", Q(flow_charge__isnull=False), F("flow_charge")),
        ("reminded", Q(flow_reminded__isnull=False), F("flow_reminded")),
    ]
    since = Coalesce(F("flow_last"), F("started_at"), F("created_at"))
    placed: QuerySet[Any] = rows.annotate(
        flow_node=Case(
            *(When(is_it, then=Value(code)) for code, is_it, _at in rules),
            default=Value("active"),
            output_field=CharField(),
        ),
        flow_since=Case(
            *(When(is_it, then=at) for _code, is_it, at in rules), default=since, output_field=DateTimeField()
        ),
    )
    return placed


def _first(rows: QuerySet[Any], owner: str, moment: Any) -> Subquery:
    return Subquery(rows.order_by().values(owner).annotate(at_=moment).values("at_"), output_field=DateTimeField())


def subscription_map(*, now: datetime) -> SubscriptionMap:
    grouped = (
        standing_subscriptions(now)
        .order_by()
        .values("flow_node", minute=TruncMinute("flow_since"))
        .annotate(n=Count("pk"))
    )
    spreads: dict[str, Counter[int]] = defaultdict(Counter)
    for code, minute, n in grouped.values_list("flow_node", "minute", "n"):
        spreads[code][max(0, int((now - minute).total_seconds()) // 60)] += n
    figures = [
        Figure(node=node, spread=spreads.get(node.code, Counter()), target=minutes_of(node.target), has_history=False)
        for node in STEPS
    ]
    return SubscriptionMap(figures=figures, now=now, told=_told(now))


def minutes_of(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


def _told(now: datetime) -> dict[str, int]:
    """Orders of renewals and reminders, and what the history tells, of the last 24 hours."""
    since = now - HOURS_24
    verbs = {name: Count("pk", filter=Q(verb=verb)) for name, verb in TOLD.items()}
    found: dict[str, int] = Activity.objects.filter(at__gte=since).aggregate(**verbs)
    found["ordered"] = Order.objects.filter(accepted_at__gte=since, is_renewal=True).count()
    found["reminded"] = Delivery.objects.filter(is_next=True, reminded_at__gte=since).count()
    return found
