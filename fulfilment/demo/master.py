"""Master data of the demo shop: people, warehouses, range, carriers, channels."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from stdnum import ean

from fulfilment.demo.catalogue import RATE, Item, items
from fulfilment.models import BoxType, Carrier, CarrierRate, Pickup
from inventory.models import (
    Bin,
    BundleComponent,
    Lot,
    Membership,
    Product,
    ServedZone,
    Sku,
    SkuCode,
    SkuPrice,
    Warehouse,
)
from inventory.states import BinKind
from ordermgmt.models import RoleGrant, User
from ordermgmt.roles import Role
from orders.models import Channel
from orders.states import ChannelKind

PASSWORD = "demo-portal-2026"  # noqa: S105 - the demo says its password aloud
PEOPLE = (
    ("support@demo.example", "Ana Petrova", Role.SUPPORT),
    ("operator@demo.example", "Sam Holm", Role.OPERATOR),
    ("lead@demo.example", "Tom Berg", Role.LEAD),
    ("manager@demo.example", "Ines Moreau", Role.MANAGER),
    ("finance@demo.example", "Li Wei", Role.FINANCE),
    ("admin@demo.example", "Noor Haddad", Role.ADMIN),
)
WAREHOUSES = (
    ("MAL", "Malmö", "SE", "Europe/Stockholm", time(15), 900, 1, "Lagergatan 4", "211 24"),
    ("HAM", "Hamburg", "DE", "Europe/Berlin", time(14), 600, 2, "Speicherweg 12", "20457"),
    ("LEE", "Leeds", "GB", "Europe/London", time(13), 300, 3, "Canal Wharf 8", "LS11 5PS"),
)
# warehouse, country, transit days, rank of distance
ZONES = (
    ("MAL", "SE", 1, 1),
    ("MAL", "DK", 1, 1),
    ("MAL", "FI", 2, 1),
    ("MAL", "NO", 2, 1),
    ("MAL", "DE", 2, 2),
    ("MAL", "NL", 3, 3),
    ("MAL", "FR", 4, 3),
    ("MAL", "GB", 4, 3),
    ("HAM", "DE", 1, 1),
    ("HAM", "NL", 1, 1),
    ("HAM", "FR", 2, 1),
    ("HAM", "DK", 2, 2),
    ("HAM", "SE", 3, 2),
    ("HAM", "FI", 4, 3),
    ("HAM", "NO", 4, 3),
    ("HAM", "GB", 4, 2),
    ("LEE", "GB", 1, 1),
    ("LEE", "FR", 4, 4),
    ("LEE", "US", 6, 5),
    ("LEE", "CA", 6, 5),
    ("MAL", "US", 7, 6),
    ("MAL", "CA", 7, 6),
    ("HAM", "US", 7, 6),
    ("HAM", "IN", 9, 7),
    ("MAL", "IN", 9, 7),
    ("MAL", "BR", 9, 7),
)
BOXES = (
    ("S", "Small", 220, 160, 120, 90, 3000),
    ("M", "Medium", 320, 240, 160, 180, 8000),
    ("L", "Large", 420, 320, 260, 320, 15000),
    ("XL", "Extra large", 580, 380, 380, 560, 25000),
    ("BAG", "Padded bag", 250, 180, 40, 30, 1200),
)
CHANNELS = (
    ("phone", "Phone", ChannelKind.FORM),
    ("shop", "Web shop", ChannelKind.SHOPIFY),
    ("shop-export", "Web shop export", ChannelKind.SHOPIFY_CSV),
    ("woo", "Second shop", ChannelKind.WOOCOMMERCE),
    ("api", "REST API", ChannelKind.API),
    ("file", "Order file", ChannelKind.CSV),
    ("subscriptions", "Subscriptions", ChannelKind.SUBSCRIPTION),
)


@dataclass
class Master:
    warehouses: dict[str, Warehouse]
    stage: dict[int, Bin]
    pick_bins: dict[int, list[Bin]]
    items: dict[str, Item]
    skus: dict[str, Sku]
    lots: dict[int, Lot]
    carriers: dict[str, Carrier]
    boxes: list[BoxType]
    channels: dict[str, Channel]
    people: dict[str, User]


def load_master(rng: Random, *, now: datetime) -> Master:
    warehouses = _warehouses()
    bins = _bins(warehouses)
    catalogue = items(rng)
    skus = _skus(catalogue, now)
    return Master(
        warehouses=warehouses,
        stage={b.warehouse_id: b for b in bins if b.kind == BinKind.STAGE},
        pick_bins={
            w.pk: [b for b in bins if b.warehouse_id == w.pk and b.kind == BinKind.PICK] for w in warehouses.values()
        },
        items={item.code: item for item in catalogue},
        skus=skus,
        lots=_lots(catalogue, skus, rng, now),
        carriers=_carriers(warehouses),
        boxes=BoxType.objects.bulk_create([BoxType(**dict(zip(_BOX, row, strict=True))) for row in BOXES]),
        channels={
            c.code: c for c in Channel.objects.bulk_create([Channel(code=c, name=n, kind=k) for c, n, k in CHANNELS])
        },
        people=_people(warehouses, now),
    )


_BOX = ("code", "name", "length_mm", "width_mm", "height_mm", "tare_g", "max_weight_g")


def _people(warehouses: dict[str, Warehouse], now: datetime) -> dict[str, User]:
    made: dict[str, User] = {}
    for email, name, role in PEOPLE:
        user = User.objects.create_user(email, PASSWORD, name=name, joined_at=now - timedelta(days=400))
        RoleGrant.objects.create(user=user, role=role)
        made[role] = user
    floor = [made[Role.OPERATOR], made[Role.LEAD]]
    Membership.objects.bulk_create([Membership(user=user, warehouse=w) for user in floor for w in warehouses.values()])
    return made


def _warehouses() -> dict[str, Warehouse]:
    made = Warehouse.objects.bulk_create(
        [
            Warehouse(
                code=code,
                title=title,
                country=country,
                time_zone=zone,
                cut_off=cut_off,
                daily_capacity=capacity,
                priority=priority,
                line1=line1,
                postcode=postcode,
                city=title,
                company="Nordic Pantry",
            )
            for code, title, country, zone, cut_off, capacity, priority, line1, postcode in WAREHOUSES
        ]
    )
    by_code = {w.code: w for w in made}
    ServedZone.objects.bulk_create(
        [
            ServedZone(warehouse=by_code[w], country=c, transit_days=days, distance_rank=rank)
            for w, c, days, rank in ZONES
        ]
    )
    return by_code


def _bins(warehouses: dict[str, Warehouse]) -> list[Bin]:
    rows = []
    for warehouse in warehouses.values():
        shelves = [
            f"{aisle}{bay:02d}-{level:02d}" for aisle in "ABCDE" for bay in range(1, 13) for level in range(1, 7)
        ]
        rows += [
            Bin(warehouse=warehouse, code=code, kind=BinKind.PICK, pick_sequence=i * 10)
            for i, code in enumerate(shelves)
        ]
        rows += [
            Bin(warehouse=warehouse, code=code, kind=kind, pick_sequence=90_000)
            for code, kind in (
                ("STAGE", BinKind.STAGE),
                ("RECEIVE", BinKind.RECEIVING),
                ("QUAR", BinKind.QUARANTINE),
                ("DAMAGED", BinKind.DAMAGED),
            )
        ]
    return Bin.objects.bulk_create(rows)


def _skus(catalogue: list[Item], now: datetime) -> dict[str, Sku]:
    then = now - timedelta(days=700)
    products = {
        item.product_code: Product(
            code=item.product_code, name=item.product, tax_class="food", brand="Nordic Pantry", created_at=then
        )
        for item in catalogue
    }
    Product.objects.bulk_create(products.values())
    made = Sku.objects.bulk_create(
        [
            Sku(
                code=item.code,
                product=products[item.product_code],
                name=item.name,
                barcode=item.barcode,
                weight_g=item.weight_g,
                length_mm=item.size[0],
                width_mm=item.size[1],
                height_mm=item.size[2],
                is_bundle=bool(item.parts),
                tracks_lots=item.lots,
                origin_country="SE",
                created_at=then,
                max_per_order=60,
            )
            for item in catalogue
        ]
    )
    skus = {sku.code: sku for sku in made}
    SkuPrice.objects.bulk_create(
        [
            SkuPrice(sku=skus[item.code], currency=currency, amount=(item.price * rate).quantize(Decimal("0.1")))
            for item in catalogue
            for currency, rate in RATE.items()
        ]
    )
    BundleComponent.objects.bulk_create(
        [
            BundleComponent(bundle=skus[item.code], component=skus[part], quantity=1)
            for item in catalogue
            for part in item.parts
        ]
    )
    SkuCode.objects.bulk_create(
        [SkuCode(sku=skus[i.code], code=_case_code(i.barcode), quantity=12) for i in catalogue[:20]]
    )
    return skus


def _case_code(barcode: str) -> str:
    body = "1" + barcode[:-1]
    return body + ean.calc_check_digit(body)


def _lots(catalogue: list[Item], skus: dict[str, Sku], rng: Random, now: datetime) -> dict[int, Lot]:
    today = now.date()
    made = Lot.objects.bulk_create(
        [
            Lot(
                sku=skus[item.code],
                code=f"L{today:%y}{rng.randint(100, 999)}",
                received_on=today - timedelta(days=100),
                expires_on=today + timedelta(days=rng.randint(240, 700)),
            )
            for item in catalogue
            if item.lots
        ]
    )
    return {lot.sku_id: lot for lot in made}


def _carriers(warehouses: dict[str, Warehouse]) -> dict[str, Carrier]:
    made = Carrier.objects.bulk_create(
        [
            Carrier(
                code="house",
                name="Nordic Parcel",
                gateway="house",
                tracking_url="https://track.nordicparcel.example/{number}",
            ),
            Carrier(
                code="express",
                name="Nordic Express",
                gateway="house",
                tracking_url="https://track.nordicparcel.example/{number}",
            ),
        ]
    )
    carriers = {carrier.code: carrier for carrier in made}
    express = [Pickup(warehouse=w, carrier=carriers["express"], leaves_at=time(17, 30)) for w in warehouses.values()]
    Pickup.objects.bulk_create(express)
    near, days = (
        {"SE": 4, "DK": 4, "NO": 6, "FI": 6, "DE": 5, "NL": 5, "FR": 7, "GB": 8, "**": 14},
        {"SE": 1, "DK": 1, "DE": 2, "NL": 2},
    )
    rows = []
    for country, base in near.items():
        for step, weight in enumerate((1000, 3000, 8000, 15000, 30000)):
            price = Decimal(base) + Decimal(step) * Decimal("1.4")
            rows.append(
                CarrierRate(
                    carrier=carriers["house"],
                    service="Parcel",
                    country=country,
                    max_weight_g=weight,
                    price=price,
                    transit_days=days.get(country, 3),
                )
            )
            rows.append(
                CarrierRate(
                    carrier=carriers["express"],
                    service="Express",
                    country=country,
                    max_weight_g=weight,
                    price=price * 2,
                    transit_days=1,
                )
            )
    CarrierRate.objects.bulk_create(rows)
    return carriers
