"""Payments and invoices."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from orders.models.orders import Order, OrderLine
from orders.states import InvoiceStatus, PaymentKind, PaymentState


class Payment(models.Model):
    """Money that moved (or should have). `effect_key` names it: the same event twice is one row."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=14, choices=PaymentKind.choices)
    state = models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.SUCCEEDED)
    amount = MoneyField(_("amount"))
    currency = models.CharField(max_length=3)
    provider = models.CharField(_("provider"), max_length=40)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    reason = models.CharField(max_length=200, blank=True)
    effect_key = models.CharField(max_length=160, unique=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.currency}"


class Invoice(models.Model):
    """Written once, never edited: numbers, both parties and amounts as they were.

    `cause` names what it bills (a shipment number): one invoice per cause.
    """

    number = models.CharField(_("number"), max_length=24, unique=True)
    series = models.CharField(max_length=20)
    sequence = models.PositiveIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
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
    tax_total = MoneyField(_("tax"))
    gross_total = MoneyField(_("total"))
    paid = MoneyField(_("paid"), default=0)
    facts_hash = models.CharField(max_length=64)
    document = models.OneToOneField(
        "ordermgmt.StoredDocument", on_delete=models.PROTECT, null=True, blank=True, related_name="invoice"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_sequence"),
            models.CheckConstraint(condition=Q(paid__gte=0), name="invoice_paid_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-issued_at", "-id"], name="invoice_issued"),
            models.Index(fields=["due_on"], name="invoice_due", condition=Q(status=InvoiceStatus.OPEN)),
        ]

    def __str__(self) -> str:
        return self.number


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
