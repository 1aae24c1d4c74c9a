"""A packed order for tests, made with the real steps as far as they belong to this app."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.db import transaction

from customers.factories import CustomerFactory
from fulfilment.actions.labelling import PackedCarton, PackedUnits, make_shipment
from fulfilment.models import BoxType, Carrier, CarrierRate, FulfilmentLine, FulfilmentOrder, Shipment
from fulfilment.states import WorkStatus
from inventory.actions.holding import lock_levels, promise
from inventory.factories import LotFactory, SkuFactory, WarehouseFactory, stock
from inventory.models import Lot, Sku, Warehouse
from inventory.states import BinKind
from orders.models import Allocation, Channel, Order, OrderAddress, OrderCharge, OrderLine, OrderLink, Payment
from orders.states import ChargeKind, OrderStatus, PaymentKind

NOW = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
_count = count(1)


@dataclass(frozen=True)
class Wanted:
    """A line to be made: name, units, gross total and rate (tax included)."""

    name: str
    units: int
    total: str
    rate: str = "0.12"
    code: str = ""
    has_lot: bool = False


OATS = Wanted("Oat drink 1 l", 4, "9.60", code="OAT-1L", has_lot=True)
COFFEE = Wanted("Coffee beans 1 kg", 2, "38.60", code="COF-1KG")


def carrier() -> Carrier:
    made, is_new = Carrier.objects.get_or_create(
        code="house", defaults={"name": "Nordic Parcel", "tracking_url": "https://track.example/{number}"}
    )
    if is_new:
        CarrierRate.objects.bulk_create(
            CarrierRate(carrier=made, service=s, country=c, max_weight_g=w, price=Decimal(p), transit_days=d)
            for s, c, w, p, d in [
                ("Standard", "SE", 2000, "4.90", 2),
                ("Standard", "SE", 20000, "7.90", 2),
                ("Express", "SE", 20000, "14.90", 1),
                ("Standard", "DE", 20000, "11.90", 4),
                ("World", "**", 10000, "24.90", 8),
            ]
        )
    return made


def box() -> BoxType:
    return BoxType.objects.get_or_create(
        code="M",
        defaults={
            "name": "Medium box",
            "length_mm": 400,
            "width_mm": 300,
            "height_mm": 200,
            "tare_g": 250,
            "max_weight_g": 20000,
        },
    )[0]


def make_order(wanted: Sequence[Wanted] = (OATS, COFFEE), *, paid: bool = True, **facts: object) -> Order:
    """An accepted order at prices with tax, delivery 4.90, its goods promised."""
    n = next(_count)
    total = sum((Decimal(w.total) for w in wanted), Decimal("4.90"))
    channel = Channel.objects.get_or_create(code="shop", defaults={"name": "Web shop", "kind": "shopify"})[0]
    values: dict[str, object] = {
        "number": f"SO-{104998 + n}",
        "channel": channel,
        "customer": CustomerFactory(),
        "currency": "EUR",
        "placed_at": NOW - timedelta(days=1),
        "email": "maria@example.se",
        "recipient": "Maria Lindqvist",
        "ship_country": "SE",
        "total": total,
        "promised_ship_on": date(2026, 11, 20),
        "promised_delivery_on": date(2026, 11, 25),
        "status": OrderStatus.ACCEPTED,
        "accepted_at": NOW - timedelta(days=1),
        **facts,
    }
    order = Order.objects.create(**values)
    OrderAddress.objects.create(
        order=order,
        kind="shipping",
        name="Maria Lindqvist",
        line1="Östra Förstadsgatan 12 B",
        postcode="212 12",
        city="Malmö",
        country="SE",
        phone="+46 70 123 45 67",
    )
    OrderLink.objects.create(
        order=order, token=f"tok{n:04d}zKc9w2QpT7vY", created_at=NOW, expires_at=NOW + timedelta(days=400)
    )
    tax = (Decimal("4.90") - Decimal("4.90") / Decimal("1.25")).quantize(Decimal("0.01"))
    OrderCharge.objects.create(
        order=order, kind=ChargeKind.SHIPPING, title="Delivery", amount="4.90", tax_rate="0.25", tax=tax
    )
    for position, w in enumerate(wanted, start=1):
        gross, rate = Decimal(w.total), Decimal(w.rate)
        OrderLine.objects.create(
            order=order,
            position=position,
            sku=Sku.objects.filter(code=w.code).first()
            or SkuFactory(name=w.name, code=w.code or f"T-{n}-{position}", weight_g=500),
            name=w.name,
            ordered=w.units,
            promised=w.units,
            unit_price=gross / w.units,
            total=gross,
            tax_rate=rate,
            tax=(gross - gross / (1 + rate)).quantize(Decimal("0.01")),
        )
    if paid:
        pay(order, total)
    return order


def pay(order: Order, amount: Decimal | str) -> Payment:
    return Payment.objects.create(
        order=order,
        kind=PaymentKind.CAPTURE,
        amount=Decimal(amount),
        currency=order.currency,
        provider="manual",
        effect_key=f"test:{next(_count)}",
        at=NOW,
    )


def stage(order: Order, units: dict[int, int] | None = None, *, warehouse: Warehouse | None = None) -> FulfilmentOrder:
    """Goods on the staging place and counted as packed, as after the bench; `units` by line id (default all)."""
    warehouse = warehouse or Warehouse.objects.first() or WarehouseFactory()
    place = warehouse.bins.get(kind=BinKind.STAGE)
    work = FulfilmentOrder.objects.create(
        number=f"FO-{200000 + next(_count)}",
        order=order,
        warehouse=warehouse,
        status=WorkStatus.PACKED,
        created_at=NOW,
        packed_at=NOW,
    )
    for line in order.lines.all():
        quantity = (units or {}).get(line.pk, 0 if units else line.ordered - line.cancelled)
        if not quantity:
            continue
        stock(line.sku, warehouse, quantity, place, _lot(line))
        with transaction.atomic():
            level = lock_levels([line.sku_id], [warehouse.pk])[warehouse.pk, line.sku_id]
            promise({level.pk: quantity})
        Allocation.objects.create(
            line=line, warehouse=warehouse, sku=line.sku, quantity=quantity, released=quantity, created_at=NOW
        )
        FulfilmentLine.objects.create(
            work=work, order_line=line, sku=line.sku, quantity=quantity, picked=quantity, packed=quantity
        )
        line.promised -= quantity
        line.packed += quantity
        line.save(update_fields=["promised", "packed"])
    return work


def _lot(line: OrderLine) -> Lot | None:
    if line.name != OATS.name:
        return None
    return Lot.objects.filter(sku=line.sku).first() or LotFactory(
        sku=line.sku, code="L2611", expires_on=date(2027, 8, 14)
    )


def pack(work: FulfilmentOrder, *, boxes: int = 1, now: datetime = NOW, by: str = "Ana Packer") -> Shipment:
    """All lines of the work dealt over so many cartons."""
    carrier()
    contents: list[list[PackedUnits]] = [[] for _ in range(boxes)]
    for i, line in enumerate(work.lines.select_related("order_line").order_by("pk")):
        lot = _lot(line.order_line)
        contents[i % boxes].append(
            PackedUnits(
                order_line_id=line.order_line_id,
                sku_id=line.sku_id,
                quantity=line.packed,
                lot_id=lot.pk if lot else None,
            )
        )
    cartons = [PackedCarton(box=box(), weight_g=1240, contents=units) for units in contents]
    with transaction.atomic():
        return make_shipment(work, cartons, by=by, now=now)


def packed(**facts: object) -> Shipment:
    """One order, one work, one carton: labelled and ready to leave."""
    return pack(stage(make_order(**facts)))  # type: ignore[arg-type]
