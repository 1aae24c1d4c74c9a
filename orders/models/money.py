"""Payments and invoices."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import PLACES, ZERO, MoneyField
from orders.billing_states import CreditReason, TaxTreatment
from orders.came_by import came_by
from orders.models.orders import Order, OrderLine
from orders.states import InvoiceStatus, PaymentKind, PaymentState
from orders.tax import tax_name


class Receipt(models.Model):
    """Money that came in by bank or cash for a customer; its payments say what it was used for.

    What no payment takes is account credit.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="receipts")
    amount = MoneyField(_("amount"))
    currency = models.CharField(max_length=3)
    provider = models.CharField(_("came by"), max_length=20)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    effect_key = models.CharField(max_length=160, unique=True)
    received_on = models.DateField(_("received"))
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_positive")]

    def __str__(self) -> str:
        return self.number

    @property
    def came_by(self) -> str:
        return came_by(self.provider)


class Payment(models.Model):
    """Money that moved (or should have). `effect_key` names it: the same event twice is one row.

    It is for an order, or for an invoice that bills none (deliveries paid in advance). `returning` is the sum of
    its refunds that are asked for, under way or done.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="payments")
    invoice = models.ForeignKey(
        "orders.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, null=True, blank=True, related_name="payments")
    kind = models.CharField(max_length=14, choices=PaymentKind.choices)
    state = models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.SUCCEEDED)
    amount = MoneyField(_("amount"))
    currency = models.CharField(max_length=3)
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    reason = models.CharField(max_length=200, blank=True)
    effect_key = models.CharField(max_length=160, unique=True)
    returning = MoneyField(_("asked back"), default=0)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(returning__gte=0, returning__lte=F("amount")), name="payment_returned_within"
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(invoice__isnull=False), name="payment_for_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.currency}"

    @property
    def came_by(self) -> str:
        return came_by(self.provider)


class Invoice(models.Model):
    """Written once, never edited: numbers, both parties and amounts as they were.

    `cause` names what it bills (a shipment, a delivery of a subscription): one invoice per cause.
    `order` is empty when it bills deliveries in advance. What is still owed is
    gross_total − credited − written_off − paid.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    series = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    subscription = models.ForeignKey(
        "orders.Subscription", on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    cause = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=12, choices=InvoiceStatus.choices, default=InvoiceStatus.OPEN)
    currency = models.CharField(max_length=3)
    issued_on = models.DateField(_("issued"))
    due_on = models.DateField(_("due"))
    issued_at = models.DateTimeField()
    seller = models.JSONField()
    buyer = models.JSONField()
    deliver_to = models.JSONField()
    net_total = MoneyField(_("net"))
    tax_treatment = models.CharField(
        _("tax"), max_length=14, choices=TaxTreatment.choices, default=TaxTreatment.STANDARD
    )
    tax_total = MoneyField(_("tax"))
    gross_total = MoneyField(_("total"))
    paid = MoneyField(_("paid"), default=0)
    credited = MoneyField(_("credited"), default=0)
    written_off = MoneyField(_("written off"), default=0)
    facts_hash = models.CharField(max_length=64)
    document = models.OneToOneField(
        "ordermgmt.StoredDocument", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_sequence"),
            models.CheckConstraint(condition=Q(paid__gte=0), name="invoice_paid_not_negative"),
            models.CheckConstraint(
                condition=Q(credited__gte=0, credited__lte=Round(F("gross_total") - F("written_off"), PLACES)),
                name="invoice_credited_within",
            ),
            models.CheckConstraint(condition=Q(written_off__gte=0), name="invoice_written_off_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-issued_at", "-id"], name="invoice_issued"),
            models.Index(fields=["due_on"], name="invoice_due", condition=Q(status=InvoiceStatus.OPEN)),
            models.Index(fields=["customer", "-issued_at"], name="invoice_customer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def tax_name(self) -> str:
        """What its tax is called where the goods went."""
        return tax_name(str(self.deliver_to.get("country") or self.buyer.get("country") or ""))

    @property
    def balance(self) -> Any:
        """What is still to be paid on it; never negative."""
        return max(self.gross_total - self.credited - self.written_off - self.paid, ZERO)


class InvoiceLine(models.Model):
    """`cause` names the effect billed (a shipment line or a charge): billed exactly once."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    cause = models.CharField(max_length=60, unique=True)
    description = models.CharField(max_length=300)
    code = models.CharField(max_length=64, blank=True)
    quantity = models.PositiveIntegerField()
    net = MoneyField()
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6)
    tax = MoneyField()
    gross = MoneyField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_position")]

    def __str__(self) -> str:
        return self.description


class CreditNote(models.Model):
    """A correction of an invoice, written once: its own gapless series, both parties and amounts as they were.

    Amounts are positive: they lower the invoice. `cause` names what is credited.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    series = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    cause = models.CharField(max_length=60, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=CreditReason.choices)
    note = models.CharField(_("in words"), max_length=300, blank=True)
    currency = models.CharField(max_length=3)
    issued_on = models.DateField(_("issued"))
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=120)
    seller = models.JSONField()
    buyer = models.JSONField()
    net_total = MoneyField(_("net"))
    tax_total = MoneyField(_("tax"))
    gross_total = MoneyField(_("total"))
    facts_hash = models.CharField(max_length=64)
    document = models.OneToOneField(
        "ordermgmt.StoredDocument", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_note"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "sequence"], name="credit_note_sequence"),
            models.CheckConstraint(condition=Q(gross_total__gt=0), name="credit_note_positive"),
        ]
        indexes: ClassVar = [models.Index(fields=["-issued_at", "-id"], name="credit_note_issued")]

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(models.Model):
    """Units or an amount of one invoice line given back (never more than the line)."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credit_lines")
    description = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField(default=0)
    net = MoneyField()
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6)
    tax = MoneyField()
    gross = MoneyField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["credit_note", "position"], name="credit_note_line_position")
        ]

    def __str__(self) -> str:
        return self.description


class WriteOff(models.Model):
    """An amount given up, with who allowed it and why."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="write_offs")
    amount = MoneyField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField()
    on = models.DateField()
    by = models.CharField(max_length=120)
    reversed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0) & ~Q(reason=""), name="write_off_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount}"
