"""Writes the sales of a real shop with every row the live verbs would have written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from customers.models import Address, Customer
from fulfilment.demo.billing import write_invoices
from fulfilment.demo.catalogue import Item
from fulfilment.demo.master import Master, load_master
from fulfilment.demo.past import Past
from fulfilment.demo.places import LANDS
from fulfilment.demo.real_sales import CURRENCY, Row, Sale, leaves_at
from fulfilment.demo.stock import write_stock
from fulfilment.demo.stories import LineStory, Story
from inventory.models import Product, Sku
from ordermgmt.money import ZERO
from ordermgmt.numbering import next_numbers
from orders.models import Channel
from orders.states import ChannelKind

CHANNEL, HOUSE = "past-sales", "LEE"
TRANSIT = 2
NOBODY = "Without a name"


def write_shop(sales: Sequence[Sale], *, now: datetime) -> int:
    """Inside the caller's transaction: warehouses, items, customers, then the orders. Number of orders."""
    rng = Random(7)  # noqa: S311 - believable, not secret
    master = load_master(rng, now=now)
    _add_items(master, sales, now)
    master.channels[CHANNEL] = Channel.objects.create(
        code=CHANNEL, name="Past sales", kind=ChannelKind.CSV, currency=CURRENCY
    )
    customers = _customers(sales, now)
    past = Past(rng, master)
    stories = [_story(sale, master, customers) for sale in sorted(sales, key=lambda one: (one.at, one.number))]
    told = [one for chunk in past.write(stories) for one in chunk]
    write_invoices(told)
    write_stock(rng, master, past, per_order=0.1, now=now)
    return len(told)


def _add_items(master: Master, sales: Sequence[Sale], now: datetime) -> None:
    names: dict[str, Row] = {}
    for sale in sales:
        for row in sale.rows:
            names.setdefault(row.code, row)
    then = now - timedelta(days=300)
    products = Product.objects.bulk_create(
        [Product(code=f"R-{code}", name=row.name[:200], created_at=then) for code, row in names.items()],
        batch_size=1000,
    )
    skus = [
        Sku(code=f"R-{row.code}", product=product, name=row.name[:200], weight_g=200, created_at=then)
        for row, product in zip(names.values(), products, strict=True)
    ]
    for sku, row in zip(Sku.objects.bulk_create(skus, batch_size=1000), names.values(), strict=True):
        master.skus[sku.code] = sku
        item = Item(sku.code, sku.code, sku.name, sku.name, row.price, 200, (200, 150, 60), "", lots=False)
        master.items[sku.code] = item


def _customers(sales: Sequence[Sale], now: datetime) -> dict[str, Customer]:
    """One for each number of the shop; sales without one belong to one customer without a name."""
    first = {sale.customer: sale for sale in sorted(sales, key=lambda one: one.at, reverse=True)}
    numbers = next_numbers("C", len(first))
    made = Customer.objects.bulk_create(
        [
            Customer(number=f"C-{n}", name=f"Customer {key}" if key else NOBODY, created_at=sale.at)
            for n, (key, sale) in zip(numbers, first.items(), strict=True)
        ],
        batch_size=1000,
    )
    addresses = Address.objects.bulk_create(
        [
            Address(
                customer=customer, name=customer.name, line1="1 High Street", city="Town", postcode="AB1 2CD",
                country=sale.country, is_default=True, created_at=sale.at,
            )
            for customer, sale in zip(made, first.values(), strict=True)
        ],
        batch_size=1000,
    )  # fmt: skip
    for customer, address in zip(made, addresses, strict=True):
        vars(customer)["_prefetched_objects_cache"] = {"addresses": [address]}
    return dict(zip(first, made, strict=True))


def _story(sale: Sale, master: Master, customers: dict[str, Customer]) -> Story:
    left = leaves_at(sale)
    lines = [
        LineStory(master.items[f"R-{row.code}"], row.units, row.price, ZERO, row.amount, ZERO) for row in sale.rows
    ]
    return Story(
        customer=customers[sale.customer], land=LANDS[0], warehouse=master.warehouses[HOUSE], channel=CHANNEL,
        currency=CURRENCY, tax_rate=ZERO, placed_at=sale.at, lines=lines, shipping=max(ZERO, sale.charges),
        is_cancelled=False, is_late=False, dispatched_at=left, delivered_at=left + timedelta(days=TRANSIT),
        promised_ship_on=left.date(), promised_on=left.date() + timedelta(days=TRANSIT), transit_days=TRANSIT,
    )  # fmt: skip
