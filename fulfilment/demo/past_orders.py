"""Orders of the past: head, address, link, delivery charge, payment."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from fulfilment.demo.master import Master
from fulfilment.demo.stories import Story
from fulfilment.demo.told import Told, save
from ordermgmt.money import tax_in
from ordermgmt.numbering import next_numbers
from orders.models import AddressKind, Order, OrderAddress, OrderCharge, OrderLink, Payment
from orders.states import ChargeKind, FulfilmentStatus, OrderStatus, PaymentKind, PaymentStatus


def write_orders(stories: Sequence[Story], rng: Random, master: Master) -> list[Told]:
    numbers = next_numbers("SO", len(stories))
    told = [
        Told(story, _order(story, f"SO-{number}", rng, master)) for story, number in zip(stories, numbers, strict=True)
    ]
    save(Order, [one.order for one in told])
    save(OrderAddress, [_address(one) for one in told])
    save(OrderLink, [_link(one, rng) for one in told])
    save(OrderCharge, [charge for one in told if (charge := _charge(one))])
    save(Payment, [_payment(one) for one in told if not one.story.is_unpaid])
    return told


def _order(story: Story, number: str, rng: Random, master: Master) -> Order:
    address = story.customer.current_address
    assert address  # noqa: S101 - every demo customer has one
    left, arrived = story.dispatched_at, story.delivered_at
    return Order(
        number=number,
        channel=master.channels[story.channel],
        customer=story.customer,
        currency=story.currency,
        external_number=f"#{rng.randint(10_000, 99_999)}" if story.channel in ("shop", "woo") else "",
        status=OrderStatus.CANCELLED if story.is_cancelled else OrderStatus.CLOSED if arrived else OrderStatus.ACCEPTED,
        payment_status=PaymentStatus.UNPAID if story.is_unpaid else PaymentStatus.PAID,
        fulfilment_status=FulfilmentStatus.UNFULFILLED
        if story.is_cancelled
        else FulfilmentStatus.DELIVERED
        if arrived
        else FulfilmentStatus.SHIPPED,
        items_total=sum(line.total for line in story.lines),
        discount_total=sum(line.discount for line in story.lines),
        shipping_total=story.shipping,
        tax_total=story.tax,
        total=story.total,
        paid_total=0 if story.is_unpaid else story.total,
        email=story.customer.email,
        phone=story.customer.phone,
        recipient=story.customer.name,
        ship_city=address.city,
        ship_postcode=address.postcode,
        ship_country=address.country,
        units=0 if story.is_cancelled else sum(line.quantity * max(1, len(line.item.parts)) for line in story.lines),
        shipping_method="Parcel",
        is_renewal=story.subscription is not None,
        placed_at=story.placed_at,
        accepted_at=story.placed_at,
        closed_at=None if story.is_cancelled else arrived,
        cancelled_at=story.placed_at + timedelta(hours=3) if story.is_cancelled else None,
        cancel_reason="Customer changed their mind" if story.is_cancelled else "",
        first_promised_ship_on=story.promised_ship_on,
        first_promised_delivery_on=story.promised_on,
        promised_ship_on=max(story.promised_ship_on, left.date()) if story.is_late else story.promised_ship_on,
        promised_delivery_on=story.promised_on + timedelta(days=2) if story.is_late else story.promised_on,
    )


def _link(one: Told, rng: Random) -> OrderLink:
    placed = one.story.placed_at
    token = f"{rng.getrandbits(192):048x}"
    return OrderLink(order=one.order, token=token, created_at=placed, expires_at=placed + timedelta(days=400))


def _address(one: Told) -> OrderAddress:
    address = one.story.customer.current_address
    assert address  # noqa: S101
    return OrderAddress(order=one.order, kind=AddressKind.SHIPPING, **address.as_postal())


def _charge(one: Told) -> OrderCharge | None:
    story = one.story
    if not story.shipping:
        return None
    tax = tax_in(story.shipping, story.tax_rate, story.currency)
    return OrderCharge(
        order=one.order,
        kind=ChargeKind.SHIPPING,
        title="Delivery",
        amount=story.shipping,
        tax_rate=story.tax_rate,
        tax=tax,
    )


def _payment(one: Told) -> Payment:
    number = one.order.number
    return Payment(
        order=one.order,
        kind=PaymentKind.CAPTURE,
        amount=one.story.total,
        currency=one.story.currency,
        provider="demo" if one.story.by_card else "shop",
        reference=f"{'ch_demo' if one.story.by_card else 'pay'}_{number[3:]}",
        effect_key=f"demo:{number}",
        at=one.story.placed_at,
    )
