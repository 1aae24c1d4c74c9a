"""The dates an order is promised for: kept when they move, told to the customer when they move back."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.each import Tally, each
from ordermgmt.history import SYSTEM, activity
from ordermgmt.models import Activity, User
from orders.emails import late_message
from orders.models import Allocation, Hold, Order, OrderLine
from orders.models.orders import OrderQuerySet
from orders.network import Destination, Network, load_network
from orders.promising import Promise
from orders.states import FulfilmentStatus

CHUNK = 200
PROMISED = (
    "promised_ship_on",
    "promised_delivery_on",
    "ship_from",
    "first_promised_ship_on",
    "first_promised_delivery_on",
)


def destination(order: Order) -> Destination:
    return Destination(order.ship_country, order.ship_postcode, order.requested_delivery_on, order.promised_delivery_on)


def renew_promises(orders: Sequence[Order], network: Network, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: promise locked orders anew from where their units are now.

    A promise that moves leaves a line of history; one that moves back also a message.
    """
    places = _warehouses(orders)
    short = set(OrderLine.objects.filter(order__in=orders, backordered__gt=0).values_list("order_id", flat=True))
    moved: list[tuple[Order, date | None]] = []
    for order in orders:
        old = order.promised_delivery_on
        own = places.get(order.pk, ())
        made = network.promise(destination(order), own, is_short=order.pk in short)
        if _keep(order, made, own):
            moved.append((order, old))
    Order.objects.bulk_update([order for order, _ in moved], PROMISED)
    Activity.objects.bulk_create([_line(order, old, by, now) for order, old in moved])
    for order, old in moved:
        if old and order.promised_delivery_on and order.promised_delivery_on > old:
            late_message(order, old=old, is_short=order.pk in short, now=now)


def renew_missed(*, now: datetime) -> Tally:
    """The run: orders that should have left before today are promised for a new day; the customer is told.

    Held orders are left out: their clock stands, and they are promised anew when the hold is released.
    """
    numbers = dict(_missed(now).order_by("pk").values_list("pk", "number"))
    ids, tally = list(numbers), Tally()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        try:
            _renew_chunk(chunk, now=now)
            tally.done += len(chunk)
        except Exception:
            _renew_singly(chunk, numbers, tally, now=now)
    return tally


def _renew_singly(ids: Sequence[int], numbers: Mapping[int, str], tally: Tally, *, now: datetime) -> None:
    def renew(pk: int) -> bool:
        _renew_chunk([pk], now=now)
        return True

    alone = each(ids, renew, number=numbers.__getitem__)
    tally.done += alone.done
    tally.failed.update(alone.failed)


def _missed(now: datetime) -> OrderQuerySet:
    held = Hold.objects.open().values("order_id")
    late: OrderQuerySet = Order.objects.open().filter(
        promised_ship_on__lt=business_day(now),
        fulfilment_status__in=[
            FulfilmentStatus.UNFULFILLED,
            FulfilmentStatus.WAITING,
            FulfilmentStatus.IN_PROGRESS,
        ],
    )
    return late.exclude(pk__in=held)


def renew_if_missed(order: Order, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: promise a locked order anew when its day to leave has passed."""
    if order.promised_ship_on and order.promised_ship_on < business_day(now):
        renew_promises([order], load_network(now=now, countries=[order.ship_country]), by=by, now=now)


@transaction.atomic(durable=True)
def _renew_chunk(ids: Sequence[int], *, now: datetime) -> None:
    # Locked against the verbs that move units, then asked again: closes the race of a promise and a dispatch.
    locked = list(Order.objects.locked().filter(pk__in=ids).values_list("pk", flat=True))
    orders = list(_missed(now).filter(pk__in=locked).order_by("pk"))
    if orders:
        network = load_network(now=now, countries={order.ship_country for order in orders})
        renew_promises(orders, network, by=SYSTEM, now=now)


def _warehouses(orders: Sequence[Order]) -> Mapping[int, Collection[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    rows = Allocation.objects.filter(line__order__in=orders).order_by("-quantity", "pk")
    for order_id, warehouse_id in rows.values_list("line__order_id", "warehouse_id"):
        found[order_id].append(warehouse_id)
    return found


def _keep(order: Order, made: Promise | None, places: Collection[int]) -> bool:
    """Set the promise; says whether the day of arrival moved or the leaving place changed."""
    if made is None:
        return False
    before = (order.promised_ship_on, order.promised_delivery_on, order.ship_from_id)
    order.promised_ship_on, order.promised_delivery_on = made.ship_on, made.delivery_on
    order.ship_from_id = next(iter(places), order.ship_from_id)
    order.first_promised_ship_on = order.first_promised_ship_on or made.ship_on
    order.first_promised_delivery_on = order.first_promised_delivery_on or made.delivery_on
    return before != (order.promised_ship_on, order.promised_delivery_on, order.ship_from_id)


def _line(order: Order, old: date | None, by: User | str, now: datetime) -> Activity:
    return activity(
        "promise.moved",
        gettext_noop("Promised for {new} (before: {old})"),
        subject=order.number,
        by=by,
        now=now,
        old=old.isoformat() if old else None,
        new=order.promised_delivery_on.isoformat() if order.promised_delivery_on else None,
    )
