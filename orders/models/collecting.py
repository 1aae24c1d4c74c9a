"""Getting paid: saved methods, charges, what providers tell us, dunning, refunds, payouts."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased
from ordermgmt.money import MoneyField
from ordermgmt.states import Stateful
from orders.billing_states import (
    CHARGE_MOVES,
    DUNNING_MOVES,
    LIVE_CHARGES,
    REFUND_MOVES,
    ChargeStatus,
    DunningStatus,
    LastStep,
    MethodStatus,
    RefundStatus,
    WaitReason,
)
from orders.came_by import came_by
from orders.models.money import CreditNote, Invoice, Payment
from orders.models.orders import LINK_BYTES


class PaymentMethod(models.Model):
    """A way to pay as the provider knows it: its token, and what may be shown of it. Never card data."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="payment_methods")
    provider = models.CharField(_("provider"), max_length=20)
    reference = models.CharField(max_length=120)
    provider_customer = models.CharField(max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=20, default="card")
    brand = models.CharField(_("brand"), max_length=20, blank=True)
    last4 = models.CharField(_("last digits"), max_length=4, blank=True)
    expires_on = models.DateField(_("expires"), null=True, blank=True, help_text=_("Last day it can be used"))
    status = models.CharField(_("state"), max_length=8, choices=MethodStatus.choices, default=MethodStatus.ACTIVE)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "reference"], name="payment_method_once"),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_default=True, status=MethodStatus.ACTIVE),
                name="one_default_payment_method",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand or self.kind} ••{self.last4}" if self.last4 else self.brand or self.kind


class ChargeQuerySet(models.QuerySet["Charge"]):
    def put_off(self) -> "ChargeQuerySet":
        """Due, and may not leave yet."""
        return self.filter(status=ChargeStatus.PLANNED, put_off_at__isnull=False)


class Charge(Leased, Stateful):
    """One attempt to collect an invoice. `idempotency_key` is stored before the provider is called and is
    the same however often the attempt is repeated, so that it charges once.

    `put_off_at`: it was due and may not leave, for `put_off_code` (`last_error` says more); it is looked at again.
    An attempt on the provider's page (`page_url`) is live while the customer may pay there: nothing else is
    charged meanwhile.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="charges")
    number = models.PositiveSmallIntegerField(_("attempt"))
    method = models.ForeignKey(PaymentMethod, on_delete=models.PROTECT, null=True, blank=True, related_name="charges")
    provider = models.CharField(_("provider"), max_length=20)
    status = models.CharField(_("state"), max_length=9, choices=ChargeStatus.choices, default=ChargeStatus.PLANNED)
    amount = MoneyField(_("amount"))
    currency = models.CharField(max_length=3)
    idempotency_key = models.CharField(max_length=80, unique=True)
    provider_reference = models.CharField(_("reference"), max_length=120, blank=True)
    decline_code = models.CharField(max_length=60, blank=True)
    is_hard_decline = models.BooleanField(default=False, help_text=_("Trying again will not help"))
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="charge")
    planned_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    put_off_at = models.DateTimeField(_("waits since"), null=True, blank=True)
    put_off_code = models.CharField(_("waits because"), max_length=11, choices=WaitReason.choices, blank=True)
    by = models.CharField(max_length=120, blank=True)
    page_url = models.TextField(blank=True, help_text=_("The provider's page where the customer pays this attempt"))
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text=_("A planned attempt made way for this one: when it was due")
    )

    # The provider is asked for two days before a person has to look (about an hour between the last questions).
    MAX_ATTEMPTS: ClassVar[int] = 50
    moves: ClassVar = CHARGE_MOVES
    stamps: ClassVar = {
        ChargeStatus.SENT: "sent_at",
        ChargeStatus.SUCCEEDED: "answered_at",
        ChargeStatus.DECLINED: "answered_at",
    }

    objects: ClassVar = ChargeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "number"], name="charge_attempt_once"),
            models.UniqueConstraint(fields=["invoice"], condition=Q(status__in=LIVE_CHARGES), name="one_live_charge"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="charge_positive"),
            models.CheckConstraint(
                condition=(Q(status=ChargeStatus.SUCCEEDED) & Q(payment__isnull=False))
                | (~Q(status=ChargeStatus.SUCCEEDED) & Q(payment__isnull=True)),
                name="charge_payment_pair",
            ),
            models.CheckConstraint(
                condition=Q(put_off_at__isnull=True, put_off_code="")
                | (Q(put_off_at__isnull=False) & ~Q(put_off_code="")),
                name="charge_put_off_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="charge_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["put_off_at", "id"], name="charge_put_off", condition=Q(put_off_at__isnull=False)),
            models.Index(fields=["provider_reference"], name="charge_reference", condition=~Q(provider_reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} attempt {self.number}"


class ProviderEvent(Leased):
    """What a payment provider told us, kept before it is understood; the same event twice is one row."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="provider_event_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["-received_at", "-id"], name="provider_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


class DunningPolicy(models.Model):
    """When a declined invoice is tried again and what is said, in days after the first decline.

    `retry_days` such as [1, 3, 7, 14]; `mail_days` such as [0, 3, 10]; then `last_step` on `last_day`.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    retry_days = models.JSONField(_("tries, days after"), default=list)
    mail_days = models.JSONField(_("messages, days after"), default=list)
    last_day = models.PositiveSmallIntegerField(_("last step, days after"), default=21)
    last_step = models.CharField(_("last step"), max_length=6, choices=LastStep.choices, default=LastStep.PAUSE)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name_plural = _("dunning policies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_dunning_policy"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Dunning(Stateful):
    """The case of one invoice that was not paid. `step` counts what was done of the policy."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="dunning")
    policy = models.ForeignKey(DunningPolicy, on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(_("state"), max_length=11, choices=DunningStatus.choices, default=DunningStatus.OPEN)
    step = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(_("next step"), null=True, blank=True)
    reason = models.CharField(_("why it failed"), max_length=60, blank=True)
    waits_for_method = models.BooleanField(_("waits for another card"), default=False)
    paused_until = models.DateField(_("paused until"), null=True, blank=True)
    promised_on = models.DateField(_("promised for"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    opened_at = models.DateTimeField()
    recovered_at = models.DateTimeField(null=True, blank=True)
    exhausted_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    written_off_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = DUNNING_MOVES
    stamps: ClassVar = {
        DunningStatus.RECOVERED: "recovered_at",
        DunningStatus.EXHAUSTED: "exhausted_at",
        DunningStatus.STOPPED: "stopped_at",
        DunningStatus.WRITTEN_OFF: "written_off_at",
    }

    class Meta:
        verbose_name_plural = _("dunning cases")
        indexes: ClassVar = [
            models.Index(fields=["status", "-opened_at", "-id"], name="dunning_status"),
            models.Index(fields=["next_at"], name="dunning_due", condition=Q(status=DunningStatus.OPEN)),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}"


class Refund(Leased, Stateful):
    """Money going back: of one payment, for a credit note or a written reason. Never more than was captured."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refund_requests")
    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds")
    status = models.CharField(_("state"), max_length=9, choices=RefundStatus.choices, default=RefundStatus.REQUESTED)
    amount = MoneyField(_("amount"))
    currency = models.CharField(max_length=3)
    reason = models.CharField(_("reason"), max_length=300)
    idempotency_key = models.CharField(max_length=80, unique=True)
    provider_reference = models.CharField(_("reference"), max_length=120, blank=True)
    money_back = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="refund")
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=120)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = REFUND_MOVES
    stamps: ClassVar = {
        RefundStatus.APPROVED: "approved_at",
        RefundStatus.SENT: "sent_at",
        RefundStatus.SUCCEEDED: "succeeded_at",
        RefundStatus.FAILED: "failed_at",
        RefundStatus.REFUSED: "refused_at",
    }

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_has_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="refund_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["status", "-requested_at", "-id"], name="refund_status"),
        ]

    def __str__(self) -> str:
        return self.number


class Payout(models.Model):
    """A provider's transfer to our bank account: charges − refunds − fees of its lines."""

    provider = models.CharField(_("provider"), max_length=20)
    reference = models.CharField(_("reference"), max_length=120)
    currency = models.CharField(max_length=3)
    amount = MoneyField(_("amount"))
    arrives_on = models.DateField(_("at the bank"))
    bank_reference = models.CharField(_("bank reference"), max_length=120, blank=True)
    matched_at = models.DateTimeField(null=True, blank=True)
    matched_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "reference"], name="payout_once")]

    def __str__(self) -> str:
        return self.reference

    @property
    def came_by(self) -> str:
        return came_by(self.provider)


class PayoutLine(models.Model):
    """One charge, refund or fee in a payout; `amount` as it counts for us. Without `payment` it is unmatched."""

    payout = models.ForeignKey(Payout, on_delete=models.CASCADE, related_name="lines")
    reference = models.CharField(_("reference"), max_length=120)
    kind = models.CharField(max_length=20)
    amount = MoneyField()
    fee = MoneyField(default=0)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="payout_lines")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["payout", "reference"], name="payout_line_once")]

    def __str__(self) -> str:
        return f"{self.payout} {self.reference}"


class Dispute(models.Model):
    """A customer asked their bank for the money; evidence is due by a day."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=120, unique=True)
    changed_at = models.DateTimeField(null=True, blank=True, help_text=_("By the provider's clock"))
    reason = models.CharField(max_length=60, blank=True)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=40)
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.reference


PAY_LINK_LIFE = timedelta(days=60)


class PayLinkQuerySet(models.QuerySet["PayLink"]):
    def live(self, now: datetime) -> "PayLinkQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)

    def lasting(self, *, customer_id: int, invoice: Invoice | None, now: datetime) -> "PayLink":
        """The link that lives longest; a new one when none lives long enough for a message read weeks later."""
        rows = self.filter(customer=customer_id, invoice=invoice).live(now + PAY_LINK_LIFE / 3)
        return rows.order_by("-expires_at", "-pk").first() or self.create(
            customer_id=customer_id,
            invoice=invoice,
            token=secrets.token_urlsafe(LINK_BYTES),
            created_at=now,
            expires_at=now + PAY_LINK_LIFE,
        )


class PayLink(models.Model):
    """An unguessable, revocable link to pay one invoice or to renew a card (P42)."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="pay_links")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="pay_links")
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = PayLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"…{self.token[-4:]}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now
