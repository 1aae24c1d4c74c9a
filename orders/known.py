"""What must be known to check and place an order: read once, before anything is locked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import FilteredRelation, OuterRef, Q, Subquery

from customers.models import Customer
from inventory.models import BundleComponent, Sku
from ordermgmt.prepared import Prepared
from orders.drafts import OrderDraft
from orders.models import Channel, Order
from orders.states import PaymentStatus

DUPLICATE_WINDOW = timedelta(hours=24)


class KnownChannel(NamedTuple):
    """What an order's channel asks for."""

    name: str
    currency: str
    checks_prices: bool
    requires_payment: bool


class KnownSku(NamedTuple):
    """What is checked about an item; `listed` is its list price in the draft's currency."""

    pk: int
    code: str
    status: str
    is_bundle: bool
    max_per_order: int | None
    listed: Decimal | None


class Buyer(NamedTuple):
    """`overdue` is an order with an invoice that was not paid in time; None when there is none."""

    number: str
    name: str
    status: str
    blocked_reason: str
    overdue: str | None


class Recent(NamedTuple):
    """An order of the same customer for the same money, placed just before."""

    number: str
    units: int


@dataclass(frozen=True, slots=True)
class Known:
    channel: KnownChannel
    customer: Buyer | None
    skus: Mapping[int, KnownSku]
    components: Mapping[int, tuple[BundleComponent, ...]]
    recent: tuple[Recent, ...] = ()


def learn(draft: OrderDraft) -> Known:
    """At most four statements, whatever the number of lines."""
    (channel,) = _CHANNEL(draft.channel_id)
    customer, recent = _buyer(draft) if draft.customer_id else (None, ())
    ids = sorted({line.sku_id for line in draft.lines if line.sku_id})
    skus = {row[0]: KnownSku(*row) for row in _SKUS(ids, draft.currency)} if ids else {}
    bundles = [sku.pk for sku in skus.values() if sku.is_bundle]
    return Known(KnownChannel(*channel), customer, skus, components_of(bundles), recent)


def _buyer(draft: OrderDraft) -> tuple[Buyer | None, tuple[Recent, ...]]:
    """The customer, with their orders of the same total within a day that are not cancelled."""
    since, until = draft.placed_at - DUPLICATE_WINDOW, draft.placed_at
    rows = _BUYER(draft.customer_id, since, until, draft.currency, draft.balanced().totals.total)
    found = tuple(Recent(row[5], row[6]) for row in rows if row[5])
    return (Buyer(*rows[0][:5]) if rows else None), found


def learn_all(drafts: Sequence[OrderDraft]) -> list[Known]:
    """As `learn` for each draft, a few statements for all. They are not compared with each other."""
    channels = {pk: KnownChannel(*_CHANNEL(pk)[0]) for pk in {draft.channel_id for draft in drafts}}
    buyers = _buyers({draft.customer_id for draft in drafts if draft.customer_id})
    recent = _recent(drafts)
    skus = _skus(drafts)
    parts = components_of({pk for by_id in skus.values() for pk, sku in by_id.items() if sku.is_bundle})
    known = []
    for draft in drafts:
        same = _same(draft, recent)
        buyer = buyers.get(draft.customer_id or 0)
        known.append(Known(channels[draft.channel_id], buyer, skus[draft.currency], parts, same))
    return known


class _Placed(NamedTuple):
    """An order of a customer, as it is compared with a new one."""

    number: str
    units: int
    currency: str
    total: Decimal
    placed_at: datetime


def _buyers(ids: set[int]) -> dict[int, Buyer]:
    rows = Customer.objects.filter(pk__in=ids).annotate(overdue=Subquery(_OVERDUE.values("number")[:1]))
    return {row[0]: Buyer(*row[1:]) for row in rows.values_list("pk", *Buyer._fields)}


def _recent(drafts: Sequence[OrderDraft]) -> dict[int, list[_Placed]]:
    found: dict[int, list[_Placed]] = defaultdict(list)
    times = [draft.placed_at for draft in drafts if draft.customer_id]
    if not times:
        return found
    rows = Order.objects.filter(
        customer__in={draft.customer_id for draft in drafts if draft.customer_id},
        placed_at__range=(min(times) - DUPLICATE_WINDOW, max(times)),
        cancelled_at=None,
        accepted_at__isnull=False,
    )
    for customer, *facts in rows.order_by("pk").values_list("customer", *_Placed._fields):
        found[customer].append(_Placed(*facts))
    return found


def _same(draft: OrderDraft, recent: Mapping[int, list[_Placed]]) -> tuple[Recent, ...]:
    since, total = draft.placed_at - DUPLICATE_WINDOW, draft.balanced().totals.total
    return tuple(
        Recent(one.number, one.units)
        for one in recent.get(draft.customer_id or 0, ())
        if one.currency == draft.currency and one.total == total and since <= one.placed_at <= draft.placed_at
    )


def _skus(drafts: Sequence[OrderDraft]) -> dict[str, dict[int, KnownSku]]:
    """By currency."""
    wanted: dict[str, set[int]] = {draft.currency: set() for draft in drafts}
    for draft in drafts:
        wanted[draft.currency].update(line.sku_id for line in draft.lines if line.sku_id)
    return {
        currency: {row[0]: KnownSku(*row) for row in _SKUS(sorted(ids), currency)} if ids else {}
        for currency, ids in wanted.items()
    }


_CHANNEL = Prepared(lambda pk: Channel.objects.filter(pk=pk).values_list(*KnownChannel._fields))
_SKUS = Prepared(
    lambda ids, currency: (
        Sku.objects.filter(pk__in=ids)
        .annotate(priced=FilteredRelation("prices", condition=Q(prices__currency=currency)))
        .order_by()
        .values_list("pk", "code", "status", "is_bundle", "max_per_order", "priced__amount")
    )
)
_SAME = ("number", "name", "status", "blocked_reason", "overdue", "same__number", "same__units")
_OVERDUE = Order.objects.filter(customer=OuterRef("pk"), payment_status=PaymentStatus.OVERDUE).order_by("placed_at")
_BUYER = Prepared(
    lambda pk, since, until, currency, total: (
        Customer.objects.filter(pk=pk)
        .annotate(
            overdue=Subquery(_OVERDUE.values("number")[:1]),
            same=FilteredRelation(
                "orders",
                condition=Q(
                    orders__placed_at__range=(since, until),
                    orders__currency=currency,
                    orders__total=total,
                    orders__cancelled_at=None,
                    orders__accepted_at__isnull=False,
                ),
            ),
        )
        .values_list(*_SAME)
    )
)


def components_of(bundle_ids: Iterable[int]) -> dict[int, tuple[BundleComponent, ...]]:
    """The parts of bundles, by bundle SKU id."""
    found: dict[int, list[BundleComponent]] = defaultdict(list)
    ids = list(bundle_ids)
    if ids:
        for part in BundleComponent.objects.filter(bundle__in=ids).select_related("component").order_by("pk"):
            found[part.bundle_id].append(part)
    return {bundle: tuple(parts) for bundle, parts in found.items()}
