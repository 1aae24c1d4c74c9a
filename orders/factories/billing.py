"""Test records of money: rows for their own sake; real ones come from the verbs."""

from datetime import date, timedelta
from decimal import Decimal

import factory

from customers.factories import CustomerFactory
from orders import models
from orders.billing_states import CreditReason, DiscountKind, RecognitionRule
from orders.factories.orders import NOW, RATE, InvoiceFactory, InvoiceLineFactory, PaymentFactory
from orders.factories.subscriptions import SubscriptionFactory


class ReceiptFactory(factory.django.DjangoModelFactory[models.Receipt]):
    class Meta:
        model = models.Receipt

    number = factory.Sequence(lambda n: f"RC-{n + 100}")
    customer = factory.SubFactory(CustomerFactory)
    amount = Decimal("100.00")
    currency = "EUR"
    provider = "bank"
    effect_key = factory.Sequence(lambda n: f"receipt-{n}")
    received_on = NOW.date()
    at = NOW
    by = "Test"


class CreditNoteFactory(factory.django.DjangoModelFactory[models.CreditNote]):
    class Meta:
        model = models.CreditNote

    invoice = factory.SubFactory(InvoiceFactory)
    series = "CN-2026"
    sequence = factory.Sequence(lambda n: n + 1)
    number = factory.LazyAttribute(lambda c: f"{c.series}-{c.sequence:05d}")
    cause = factory.Sequence(lambda n: f"credit:{n}")
    reason = CreditReason.GOODWILL
    currency = "EUR"
    issued_on = NOW.date()
    issued_at = NOW
    issued_by = "Test"
    seller = factory.LazyFunction(dict)
    buyer = factory.LazyFunction(dict)
    net_total = Decimal("8.93")
    tax_total = Decimal("1.07")
    gross_total = Decimal("10.00")
    facts_hash = "0" * 64


class CreditNoteLineFactory(factory.django.DjangoModelFactory[models.CreditNoteLine]):
    class Meta:
        model = models.CreditNoteLine

    credit_note = factory.SubFactory(CreditNoteFactory)
    position = factory.Sequence(lambda n: n + 1)
    invoice_line = factory.SubFactory(InvoiceLineFactory, invoice=factory.SelfAttribute("..credit_note.invoice"))
    description = "Item"
    quantity = 1
    net = Decimal("8.93")
    tax_rate = RATE
    tax = Decimal("1.07")
    gross = Decimal("10.00")


class WriteOffFactory(factory.django.DjangoModelFactory[models.WriteOff]):
    class Meta:
        model = models.WriteOff

    invoice = factory.SubFactory(InvoiceFactory)
    amount = Decimal("1.00")
    reason = "Too small to collect"
    at = NOW
    on = NOW.date()
    by = "Test"


class PaymentMethodFactory(factory.django.DjangoModelFactory[models.PaymentMethod]):
    class Meta:
        model = models.PaymentMethod

    customer = factory.SubFactory(CustomerFactory)
    provider = "stripe"
    reference = factory.Sequence(lambda n: f"pm_{n}")
    brand = "Visa"
    last4 = "4242"
    created_at = NOW


class ChargeFactory(factory.django.DjangoModelFactory[models.Charge]):
    class Meta:
        model = models.Charge

    invoice = factory.SubFactory(InvoiceFactory)
    number = 1
    provider = "stripe"
    amount = Decimal("10.00")
    currency = "EUR"
    idempotency_key = factory.Sequence(lambda n: f"charge-{n}")
    planned_at = NOW


class ProviderEventFactory(factory.django.DjangoModelFactory[models.ProviderEvent]):
    class Meta:
        model = models.ProviderEvent

    provider = "stripe"
    event_id = factory.Sequence(lambda n: f"evt_{n}")
    kind = "payment_intent.succeeded"
    payload = factory.LazyFunction(dict)
    received_at = NOW


class DunningPolicyFactory(factory.django.DjangoModelFactory[models.DunningPolicy]):
    class Meta:
        model = models.DunningPolicy

    code = factory.Sequence(lambda n: f"policy-{n}")
    name = "Cards"
    retry_days = factory.LazyFunction(lambda: [1, 3, 7, 14])
    mail_days = factory.LazyFunction(lambda: [0, 3, 10])


class DunningFactory(factory.django.DjangoModelFactory[models.Dunning]):
    class Meta:
        model = models.Dunning

    invoice = factory.SubFactory(InvoiceFactory)
    policy = factory.SubFactory(DunningPolicyFactory)
    opened_at = NOW


class RefundFactory(factory.django.DjangoModelFactory[models.Refund]):
    class Meta:
        model = models.Refund

    number = factory.Sequence(lambda n: f"RF-{n + 100}")
    payment = factory.SubFactory(PaymentFactory)
    amount = Decimal("5.00")
    currency = "EUR"
    reason = "Damaged"
    idempotency_key = factory.Sequence(lambda n: f"refund-{n}")
    requested_at = NOW
    requested_by = "Test"


class PayoutFactory(factory.django.DjangoModelFactory[models.Payout]):
    class Meta:
        model = models.Payout

    provider = "stripe"
    reference = factory.Sequence(lambda n: f"po_{n}")
    currency = "EUR"
    amount = Decimal("95.00")
    arrives_on = NOW.date()
    created_at = NOW


class PayoutLineFactory(factory.django.DjangoModelFactory[models.PayoutLine]):
    class Meta:
        model = models.PayoutLine

    payout = factory.SubFactory(PayoutFactory)
    reference = factory.Sequence(lambda n: f"txn_{n}")
    kind = "charge"
    amount = Decimal("95.00")


class DisputeFactory(factory.django.DjangoModelFactory[models.Dispute]):
    class Meta:
        model = models.Dispute

    payment = factory.SubFactory(PaymentFactory)
    reference = factory.Sequence(lambda n: f"dp_{n}")
    amount = Decimal("10.00")
    currency = "EUR"
    status = "needs_response"
    opened_at = NOW


class PayLinkFactory(factory.django.DjangoModelFactory[models.PayLink]):
    class Meta:
        model = models.PayLink

    customer = factory.SubFactory(CustomerFactory)
    token = factory.Sequence(lambda n: f"pay-token-{n:032d}")
    created_at = NOW
    expires_at = NOW + timedelta(days=60)


class AccountEntryFactory(factory.django.DjangoModelFactory[models.AccountEntry]):
    class Meta:
        model = models.AccountEntry

    customer = factory.SubFactory(CustomerFactory)
    currency = "EUR"
    amount = Decimal("5.00")
    cause = factory.Sequence(lambda n: f"goodwill:{n}")
    reason = "Goodwill"
    at = NOW
    by = "Test"


class PromotionFactory(factory.django.DjangoModelFactory[models.Promotion]):
    class Meta:
        model = models.Promotion

    code = factory.Sequence(lambda n: f"WELCOME{n}")
    name = "Welcome"
    kind = DiscountKind.PERCENT
    percent = Decimal(10)
    created_at = NOW


class RedemptionFactory(factory.django.DjangoModelFactory[models.Redemption]):
    class Meta:
        model = models.Redemption

    promotion = factory.SubFactory(PromotionFactory)
    subscription = factory.SubFactory(SubscriptionFactory)
    customer = factory.SelfAttribute("subscription.customer")
    at = NOW


class TaxRateFactory(factory.django.DjangoModelFactory[models.TaxRate]):
    class Meta:
        model = models.TaxRate

    country = "AT"
    rate = Decimal("0.20")
    starts_on = factory.Sequence(lambda n: date(2024, 1, 1) + timedelta(days=n))


class RevenueEntryFactory(factory.django.DjangoModelFactory[models.RevenueEntry]):
    class Meta:
        model = models.RevenueEntry

    invoice_line = factory.SubFactory(InvoiceLineFactory)
    invoice = factory.SelfAttribute("invoice_line.invoice")
    rule = RecognitionRule.AT_ONCE
    amount = Decimal("8.93")
    currency = "EUR"
    booked_on = NOW.date()
    cause = factory.Sequence(lambda n: f"revenue:{n}")


class CustomerValueFactory(factory.django.DjangoModelFactory[models.CustomerValue]):
    """A row for its own sake; real ones come from the job."""

    class Meta:
        model = models.CustomerValue

    customer = factory.SubFactory(CustomerFactory)
    currency = "EUR"
    began_on = last_on = date(2026, 8, 3)
    quarter = "2026-Q3"
    purchases = 1
    to_date = Decimal("25.00")
    worked_on = NOW.date()


class ValueFitFactory(factory.django.DjangoModelFactory[models.ValueFit]):
    class Meta:
        model = models.ValueFit

    currency = "EUR"
    customers = 1
    repeaters = 0
    worked_on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
