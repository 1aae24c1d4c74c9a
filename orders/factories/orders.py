"""Test records of orders. `order` takes one in with the real verb; the rest are single rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import factory

from customers.factories import CustomerFactory
from customers.models import Customer
from inventory.factories import SkuFactory, WarehouseFactory
from inventory.models import Sku, Warehouse
from ordermgmt.models import User
from orders import models
from orders.actions.placing import place
from orders.drafts import DraftAddress, DraftLine, DraftPayment, OrderDraft
from orders.pricing import price_line
from orders.states import ChannelKind, HoldCode, PaymentKind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RATE = Decimal("0.12")
_payments = count(1)


class ChannelFactory(factory.django.DjangoModelFactory[models.Channel]):
    class Meta:
        model = models.Channel

    code = factory.Sequence(lambda n: f"channel-{n}")
    name = "Phone"
    kind = ChannelKind.FORM
    currency = "EUR"
    requires_payment = False


def draft_line(sku: Sku, units: int = 1, price: str = "10.00", **facts: Any) -> DraftLine:
    """A priced line, tax included."""
    money = price_line(units, Decimal(price), rate=RATE, includes_tax=True, currency="EUR")
    line = DraftLine(
        name=sku.name,
        quantity=units,
        sku_id=sku.pk,
        unit_price=Decimal(price),
        discount=money.discount,
        total=money.total,
        tax_rate=RATE,
        tax=money.tax,
        external_code=sku.code,
    )
    return replace(line, **facts)


ADDRESS = DraftAddress(name="Maria Lindqvist", line1="Storgatan 12", city="Stockholm", postcode="114 55", country="SE")


def draft(
    units: Mapping[Sku, int], *, customer: Customer | None = None, is_paid: bool = True, **facts: Any
) -> OrderDraft:
    """A complete draft of these SKUs, delivered to Stockholm, paid in full unless told otherwise."""
    channel = facts.pop("channel", None) or ChannelFactory()
    customer = customer or CustomerFactory()
    made = OrderDraft(
        channel_id=channel.pk,
        currency="EUR",
        lines=tuple(draft_line(sku, count) for sku, count in units.items()),
        placed_at=facts.pop("placed_at", NOW),
        customer_id=customer.pk,
        email=customer.email,
        phone=customer.phone,
        shipping=facts.pop("shipping", ADDRESS),
        shipping_method="Standard",
    )
    made = replace(made, **facts)
    if not is_paid:
        return made
    return replace(made, payments=(DraftPayment(amount=made.totals.total, effect_key=f"test:{next(_payments)}"),))


def order(
    units: Mapping[Sku, int] | None = None, *, by: User | str = "Test", now: datetime = NOW, **facts: Any
) -> models.Order:
    """An order taken in at `now` with the real step (inside the test's transaction), from a warehouse."""
    if not Warehouse.objects.exists():
        WarehouseFactory()
    return place(draft(units or {SkuFactory(): 1}, **facts), by=by, now=now)


class OrderFactory(factory.django.DjangoModelFactory[models.Order]):
    """An accepted order; `units` is SKU to units, other facts are those of `draft`."""

    class Meta:
        model = models.Order

    @classmethod
    def _create(cls, model_class: type[models.Order], *args: Any, **kwargs: Any) -> models.Order:
        return order(kwargs.pop("units", None), **kwargs)


class OrderLineFactory(factory.django.DjangoModelFactory[models.OrderLine]):
    """The first line of a new order."""

    class Meta:
        model = models.OrderLine

    @classmethod
    def _create(cls, model_class: type[models.OrderLine], *args: Any, **kwargs: Any) -> models.OrderLine:
        return order(kwargs.pop("units", None), **kwargs).lines.get(position=1)


class OrderAddressFactory(factory.django.DjangoModelFactory[models.OrderAddress]):
    class Meta:
        model = models.OrderAddress

    order = factory.SubFactory(OrderFactory)
    kind = models.AddressKind.BILLING
    name = "Maria Lindqvist"
    line1 = "Storgatan 12"
    city = "Stockholm"
    postcode = "114 55"
    country = "SE"


class OrderChargeFactory(factory.django.DjangoModelFactory[models.OrderCharge]):
    """A row for its own sake: the order's totals do not follow."""

    class Meta:
        model = models.OrderCharge

    order = factory.SubFactory(OrderFactory)
    kind = "shipping"
    title = "Delivery"
    amount = Decimal("0.00")


class OrderLinkFactory(factory.django.DjangoModelFactory[models.OrderLink]):
    class Meta:
        model = models.OrderLink

    order = factory.SubFactory(OrderFactory)
    token = factory.Sequence(lambda n: f"token-{n:032d}")
    created_at = NOW
    expires_at = NOW + timedelta(days=90)


class HoldFactory(factory.django.DjangoModelFactory[models.Hold]):
    class Meta:
        model = models.Hold

    order = factory.SubFactory(OrderFactory)
    code = HoldCode.OPERATOR
    handle = factory.Sequence(lambda n: f"hold-{n}")
    reason = "Ask the customer"
    opened_at = NOW
    opened_by = "Test"


class AllocationFactory(factory.django.DjangoModelFactory[models.Allocation]):
    """A row for its own sake: the level's sum does not follow."""

    class Meta:
        model = models.Allocation

    line = factory.SubFactory(OrderLineFactory)
    warehouse = factory.SubFactory(WarehouseFactory)
    sku = factory.LazyAttribute(lambda a: a.line.sku)
    quantity = 1
    created_at = NOW


class SourcingDecisionFactory(factory.django.DjangoModelFactory[models.SourcingDecision]):
    class Meta:
        model = models.SourcingDecision

    order = factory.SubFactory(OrderFactory)
    at = NOW


class OrderChangeFactory(factory.django.DjangoModelFactory[models.OrderChange]):
    class Meta:
        model = models.OrderChange

    order = factory.SubFactory(OrderFactory)
    order_version = 0
    by = "Test"
    created_at = NOW


class OrderInWorkFactory(factory.django.DjangoModelFactory[models.OrderInWork]):
    """A row for its own sake; real ones come from save_draft."""

    class Meta:
        model = models.OrderInWork

    token = factory.Sequence(lambda n: f"form-{n}")
    started_at = NOW


class PaymentFactory(factory.django.DjangoModelFactory[models.Payment]):
    """A row for its own sake: the order's paid sum does not follow."""

    class Meta:
        model = models.Payment

    order = factory.SubFactory(OrderFactory, is_paid=False)
    kind = PaymentKind.CAPTURE
    amount = Decimal("10.00")
    currency = "EUR"
    provider = "card"
    effect_key = factory.Sequence(lambda n: f"payment-{n}")
    at = NOW


class InvoiceFactory(factory.django.DjangoModelFactory[models.Invoice]):
    """A row for its own sake; real ones come from issue_invoice."""

    class Meta:
        model = models.Invoice

    order = factory.SubFactory(OrderFactory)
    series = "INV-2026"
    sequence = factory.Sequence(lambda n: n + 1)
    number = factory.LazyAttribute(lambda i: f"{i.series}-{i.sequence:05d}")
    cause = factory.Sequence(lambda n: f"SH-{n}")
    currency = "EUR"
    issued_on = date(2026, 11, 23)
    due_on = date(2026, 12, 7)
    issued_at = NOW
    seller = factory.LazyFunction(dict)
    buyer = factory.LazyFunction(dict)
    deliver_to = factory.LazyFunction(dict)
    net_total = Decimal("8.93")
    tax_total = Decimal("1.07")
    gross_total = Decimal("10.00")
    facts_hash = "0" * 64


class InvoiceLineFactory(factory.django.DjangoModelFactory[models.InvoiceLine]):
    class Meta:
        model = models.InvoiceLine

    invoice = factory.SubFactory(InvoiceFactory)
    position = factory.Sequence(lambda n: n + 1)
    cause = factory.Sequence(lambda n: f"shipment-line:{n}")
    description = "Item"
    quantity = 1
    net = Decimal("8.93")
    tax_rate = RATE
    tax = Decimal("1.07")
    gross = Decimal("10.00")


class InboundOrderFactory(factory.django.DjangoModelFactory[models.InboundOrder]):
    class Meta:
        model = models.InboundOrder

    channel = factory.SubFactory(ChannelFactory)
    external_id = factory.Sequence(lambda n: str(450_789_469 + n))
    payload = "{}"
    payload_hash = "0" * 64
    received_at = NOW


class InboundRevisionFactory(factory.django.DjangoModelFactory[models.InboundRevision]):
    class Meta:
        model = models.InboundRevision

    inbound = factory.SubFactory(InboundOrderFactory)
    payload = "{}"
    payload_hash = "1" * 64
    received_at = NOW


class SkuAliasFactory(factory.django.DjangoModelFactory[models.SkuAlias]):
    class Meta:
        model = models.SkuAlias

    channel = factory.SubFactory(ChannelFactory)
    external_code = factory.Sequence(lambda n: f"theirs-{n}")
    sku = factory.SubFactory(SkuFactory)
