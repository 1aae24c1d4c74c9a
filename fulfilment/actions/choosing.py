"""Choosing what may go to the floor: ready orders, the shelves they are taken from, why others wait."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.shelving import Demand, Missing, Shelf, Shelves, Take
from inventory.models import Bin, BinStock, Sku, Warehouse
from inventory.states import PICKABLE_BINS
from orders.models import Allocation, Hold, Order, OrderLine
from orders.states import Stage

# How long the goods of a delivery are used before the next one comes (days), until a subscription says so.
USED_UP_IN_DAYS = 30


@dataclass(frozen=True)
class Excluded:
    """An order that is not released, and why."""

    order_id: int
    number: str
    code: str
    reason: str


@dataclass(frozen=True)
class Part:
    """The unreleased units of one order in one warehouse, by order line."""

    order: Order
    demands: tuple[Demand, ...]
    lines: Mapping[int, OrderLine]

    @property
    def units(self) -> int:
        return sum(demand.quantity for demand in self.demands)

    @property
    def is_single(self) -> bool:
        return self.units == 1


@dataclass
class Chosen:
    """What can be released now: parts with the shelves they are taken from, and what cannot."""

    parts: list[Part] = field(default_factory=list)
    takes: dict[int, list[Take]] = field(default_factory=dict)
    excluded: list[Excluded] = field(default_factory=list)


def waiting_for_release(warehouse: Warehouse) -> QuerySet[Order]:
    """Open orders with promised units here that the floor does not have yet; most urgent first."""
    return (
        Order.objects.open()
        .filter(Exists(_unreleased(warehouse)))
        .order_by(F("promised_ship_on").asc(nulls_last=True), "-priority", "accepted_at", "pk")
    )


def ready_to_release(warehouse: Warehouse) -> QuerySet[Order]:
    """Orders waiting for release that nothing stops: no hold, and nothing of them waits for stock."""
    return waiting_for_release(warehouse).exclude(_is_held()).exclude(_is_short())


def not_ready(warehouse: Warehouse, most: int | None = None) -> list[Excluded]:
    """Orders with promised units here that are held or wait for the rest, with the reason of each; of each, at most so many."""
    held, short = (orders[:most] for orders in _stopped(warehouse).values())
    holds = _first_holds(list(held))
    words = [_why_not(order, holds.get(order.pk)) for order in held]
    return words + [_why_not(order, None) for order in short.annotate(lacks=Sum("lines__backordered"))]


def count_not_ready(warehouse: Warehouse) -> Counter[str]:
    """How many are held and how many wait for stock."""
    return Counter({code: orders.count() for code, orders in _stopped(warehouse).items()})


def _stopped(warehouse: Warehouse) -> dict[str, QuerySet[Order]]:
    waiting = waiting_for_release(warehouse)
    return {"held": waiting.filter(_is_held()), "short": waiting.filter(_is_short()).exclude(_is_held())}


def _unreleased(warehouse: Warehouse) -> QuerySet[Allocation]:
    return Allocation.objects.filter(line__order=OuterRef("pk"), warehouse=warehouse, quantity__gt=F("released"))


def _is_held() -> Exists:
    return Exists(Hold.objects.stopping(Stage.RELEASE).filter(order=OuterRef("pk")))


def _is_short() -> Exists:
    """Orders go out whole unless they ship in parts; what is already on the floor does not wait."""
    whole = OrderLine.objects.filter(order=OuterRef("pk"), order__ships_in_parts=False)
    return Exists(whole.filter(backordered__gt=0))


def _first_holds(orders: Sequence[Order]) -> dict[int, Hold]:
    holds = Hold.objects.stopping(Stage.RELEASE).filter(order__in=orders).order_by("-opened_at", "-pk")
    return {hold.order_id: hold for hold in holds}


def _why_not(order: Order, hold: Hold | None) -> Excluded:
    if hold:
        return Excluded(order.pk, order.number, "held", _("On hold: %(reason)s") % {"reason": hold.reason})
    lacks = getattr(order, "lacks", 0)
    words = ngettext("Waits for stock: %(units)s unit", "Waits for stock: %(units)s units", lacks) % {"units": lacks}
    return Excluded(order.pk, order.number, "short", words)


def choose(warehouse: Warehouse, orders: Iterable[Order], *, lock: bool = False) -> Chosen:
    """The parts of these orders (in their order) that can be picked now, and from where.

    With `lock`, inside the caller's transaction: the bin balances are locked in primary-key order,
    which closes the race of two releases for the same bin.
    """
    chosen = Chosen()
    parts = _parts(warehouse, list(orders))
    rows = _bin_rows(warehouse, {d.sku_id for part in parts for d in part.demands}, lock=lock)
    shelves = Shelves(shelf_of(row) for row in rows if is_pickable(row.bin))
    gaps: list[tuple[Part, list[Missing]]] = []
    for part in parts:
        takes, missing = shelves.take_all(part.demands)
        if missing:
            gaps.append((part, missing))
        else:
            chosen.parts.append(part)
            chosen.takes[part.order.pk] = takes
    chosen.excluded = _explain(gaps, rows)
    return chosen


def _parts(warehouse: Warehouse, orders: Sequence[Order]) -> list[Part]:
    rows = (
        Allocation.objects.filter(line__order__in=orders, warehouse=warehouse, quantity__gt=F("released"))
        .select_related("line")
        .order_by("line__position")
    )
    by_order: dict[int, list[Allocation]] = defaultdict(list)
    for row in rows:
        by_order[row.line.order_id].append(row)
    return [_part(order, by_order[order.pk]) for order in orders if by_order[order.pk]]


def _part(order: Order, rows: Sequence[Allocation]) -> Part:
    until = outlives(order)
    return Part(
        order=order,
        demands=tuple(Demand(row.line_id, row.sku_id, row.quantity - row.released, until) for row in rows),
        lines={row.line_id: row.line for row in rows},
    )


def outlives(order: Order) -> date | None:
    """The day until which goods must last: the promised delivery, and until the next one for subscribers."""
    if order.promised_delivery_on is None:
        return None
    return order.promised_delivery_on + timedelta(days=USED_UP_IN_DAYS if order.is_renewal else 0)


def _bin_rows(warehouse: Warehouse, sku_ids: set[int], *, lock: bool) -> list[BinStock]:
    rows = (
        BinStock.objects.filter(bin__warehouse=warehouse, sku__in=sku_ids, quantity__gt=F("allocated"))
        .select_related("bin", "lot")
        .order_by("pk")
    )
    return list(rows.select_for_update(of=("self",)) if lock else rows)


def is_pickable(place: Bin) -> bool:
    """Whether new picks may take from this place."""
    return place.is_active and not place.is_suspect and place.kind in PICKABLE_BINS


def shelf_of(row: BinStock) -> Shelf:
    """What is free to pick of a balance (bin and lot joined)."""
    return Shelf(
        stock_id=row.pk,
        bin_id=row.bin_id,
        sku_id=row.sku_id,
        free=row.quantity - row.allocated,
        lot_id=row.lot_id,
        expires_on=row.lot.expires_on if row.lot else None,
        received_on=row.lot.received_on if row.lot else None,
        sequence=row.bin.pick_sequence,
        place=row.bin.code,
    )


def _explain(gaps: Sequence[tuple[Part, list[Missing]]], rows: Sequence[BinStock]) -> list[Excluded]:
    """Why promised units cannot be picked: the lot, the place, or a bin that must be counted."""
    codes = dict(Sku.objects.filter(pk__in={m.sku_id for _p, ms in gaps for m in ms}).values_list("pk", "code"))
    excluded = []
    for part, missing in gaps:
        gap = missing[0]
        elsewhere = [row.bin for row in rows if row.sku_id == gap.sku_id and not is_pickable(row.bin)]
        code, reason = _why_gap(gap, codes[gap.sku_id], elsewhere)
        excluded.append(Excluded(part.order.pk, part.order.number, code, reason))
    return excluded


def _why_gap(gap: Missing, code: str, elsewhere: Sequence[Bin]) -> tuple[str, str]:
    if gap.expiring:
        return "expiry", _("%(item)s expires before the customer has used it") % {"item": code}
    suspect = next((place for place in elsewhere if place.is_suspect), None)
    if suspect:
        return "count", _("%(item)s: %(bin)s must be counted first") % {"item": code, "bin": suspect}
    if elsewhere:
        return "place", _("%(item)s is on %(bin)s, not on a shelf yet") % {"item": code, "bin": elsewhere[0]}
    return "place", _("%(item)s is on no shelf free to pick from") % {"item": code}
