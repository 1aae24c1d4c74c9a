"""The last two days of the demo shop, played through the real verbs: some wait, some move, some are late."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db.models import Sum

from customers.models import Customer
from fulfilment.demo.catalogue import RATE, Item
from fulfilment.demo.floor import work_the_floor
from fulfilment.demo.master import Master
from fulfilment.demo.places import LAND_BY_CODE
from fulfilment.demo.stories import LineStory, basket, delivery
from inventory.models import StockLevel
from ordermgmt.money import tax_in
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.actions.holds import place_hold
from orders.actions.placing import place_order
from orders.drafts import DraftAddress, DraftCharge, DraftLine, DraftPayment, OrderDraft
from orders.states import HoldCode, LineKind

# What happens to how many of a hundred.
FATES = {"plain": 79, "held": 5, "no_postcode": 2, "unpaid": 4, "scarce": 6, "large": 2, "cancelled": 2}


@dataclass
class Live:
    rng: Random
    master: Master
    customers: list[Customer]
    now: datetime
    scarce: list[Item]


def play_live(rng: Random, master: Master, customers: list[Customer], count: int, *, now: datetime) -> None:
    """Place `count` orders of the last 46 hours; the floor works them once yesterday and once today."""
    live = Live(rng, master, customers, now, _scarce(master))
    moments = sorted(now - timedelta(minutes=rng.randint(20, 46 * 60)) for _ in range(count))
    fates = rng.choices(list(FATES), list(FATES.values()), k=count)
    first_shift = now - timedelta(hours=23)
    early = sum(moment < first_shift for moment in moments)
    for moment, fate in zip(moments[:early], fates[:early], strict=True):
        _play(live, fate, moment)
    work_the_floor(rng, master, now=first_shift, share=0.97)
    for moment, fate in zip(moments[early:], fates[early:], strict=True):
        _play(live, fate, moment)
    work_the_floor(rng, master, now=now - timedelta(hours=1), share=0.6)


def _scarce(master: Master) -> list[Item]:
    """Items that are sold out, or nearly, everywhere."""
    units = StockLevel.objects.values_list("sku__code").annotate(units=Sum("on_hand")).order_by("units")
    return [master.items[code] for code, _ in units[:12]]


def _play(live: Live, fate: str, moment: datetime) -> None:
    draft = _draft(live, fate, moment)
    order = place_order(draft, by="Web shop", now=moment)
    support = live.master.people[Role.SUPPORT]
    later = moment + timedelta(minutes=live.rng.randint(2, 40))
    if fate == "held":
        code, reason = live.rng.choice(
            (
                (HoldCode.REQUEST, "Customer is away until Monday"),
                (HoldCode.OPERATOR, "Wants to add one more item"),
                (HoldCode.RISK, "Card country and address differ"),
            )
        )
        place_hold(order.pk, code=code, reason=reason, by=support, now=later)
    if fate == "cancelled":
        cancel_order(order.pk, by=support, reason="Ordered twice by mistake", now=later)


def _draft(live: Live, fate: str, moment: datetime) -> OrderDraft:
    rng, customer = live.rng, live.rng.choice(live.customers)
    address = customer.current_address
    assert address  # noqa: S101 - every demo customer has one
    land = LAND_BY_CODE[address.country]
    rate = Decimal(land.tax_rate)
    lines = _adjusted(
        live,
        basket(rng, list(live.master.items.values()), [1.0] * len(live.master.items), land.currency, rate),
        fate,
        rate,
        land.currency,
    )
    goods = sum((line.total for line in lines), Decimal(0))
    fee = delivery(goods, land.currency)
    charges = (
        (DraftCharge(title="Delivery", amount=fee, tax_rate=rate, tax=tax_in(fee, rate, land.currency)),) if fee else ()
    )
    number = rng.randint(100_000, 999_999)
    shipping = DraftAddress(**address.as_postal())
    payment = DraftPayment(
        amount=goods + fee,
        effect_key=f"demo-live:{number}:{moment.timestamp()}",
        provider="shop",
        reference=f"pay_{number}",
        at=moment,
    )
    return OrderDraft(
        channel_id=live.master.channels[rng.choices(("shop", "woo", "phone", "api"), (60, 20, 12, 8))[0]].pk,
        currency=land.currency, lines=tuple(_draft_line(live, line, rate) for line in lines), placed_at=moment, charges=charges,
        payments=() if fate == "unpaid" else (payment,), external_number=f"#{number}", customer_id=customer.pk, email=customer.email,
        phone=customer.phone, shipping=replace(shipping, postcode="") if fate == "no_postcode" else shipping, shipping_method="Parcel",
        is_gift=rng.random() < 0.04, gift_message="Happy birthday!" if rng.random() < 0.02 else "",
    )  # fmt: skip


def _adjusted(live: Live, lines: list[LineStory], fate: str, rate: Decimal, currency: str) -> list[LineStory]:
    """A scarce order wants something that is sold out; a large one wants a dozen of each."""
    if fate == "scarce":
        item = live.rng.choice(live.scarce)
        price = (item.price * RATE[currency]).quantize(Decimal("0.1"))
        return [*lines[1:], _repriced(replace(lines[0], item=item, unit_price=price, quantity=12), rate, currency)]
    if fate == "large":
        return [_repriced(replace(line, quantity=12), rate, currency) for line in lines]
    return lines


def _repriced(line: LineStory, rate: Decimal, currency: str) -> LineStory:
    total = line.unit_price * line.quantity
    return replace(line, discount=Decimal(0), total=total, tax=tax_in(total, rate, currency))


def _draft_line(live: Live, line: LineStory, rate: Decimal) -> DraftLine:
    sku = live.master.skus[line.item.code]
    return DraftLine(
        name=line.item.name, quantity=line.quantity, unit_price=line.unit_price, total=line.total, discount=line.discount, tax_rate=rate,
        tax=line.tax, sku_id=sku.pk, external_code=sku.code, kind=LineKind.BUNDLE if line.item.parts else LineKind.ITEM,
    )  # fmt: skip
