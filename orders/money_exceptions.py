"""What about money a person must decide: unpaid invoices, refunds, disputes, lost answers, paid and not shipped."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Min
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ordermgmt.blocking import Fix
from ordermgmt.clock import business_day, local_time
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders.ageing import OPEN_BALANCE
from orders.billing_states import ASKED_CHARGES, LIVE_DUNNING, DunningStatus, RefundStatus, WaitReason
from orders.exception_rows import order_rows
from orders.models import Charge, Dispute, Dunning, Invoice, Order, Refund
from orders.out_of_time import undecided
from orders.unshipped import paid_not_shipped

LOST = timedelta(hours=1)


class OfFinance(CountedRule):
    """What finance decides about."""

    owner_role = Role.FINANCE
    permission = "orders.finance"
    tone = "bad"

    def link(self, name: str, **asked: str) -> str:
        return f"{reverse(name)}?{urlencode({'view': 'all', **asked})}"


@exception_rule
class Unpaid(OfFinance):
    """Invoices whose charge failed and that are still worked on; it walks by itself, a person may step in."""

    name = "dunning.open"
    title = gettext_lazy("Payments failed")
    target = timedelta(days=3)
    counted = ngettext_lazy("%(n)s payment failed and is worked on", "%(n)s payments failed and are worked on", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = Invoice.objects.filter(dunning__status__in=LIVE_DUNNING).annotate(
            since=F("dunning__opened_at"), owed=OPEN_BALANCE
        )
        facts = Dunning.objects.filter(status=DunningStatus.OPEN).aggregate(next=Min("next_at"))
        for group in grouped(rows, amount="owed"):
            yield group.cause(facts={"next": facts["next"].isoformat() if facts["next"] else ""})

    def why(self, item: ExceptionItem) -> str:
        after = item.facts.get("next")
        if not after:
            return _("No further try is planned.")
        at = datetime.fromisoformat(after)
        return _("Next step by itself: %(day)s %(time)s.") % {"day": portal.day_words(at), "time": local_time(at)}

    def rows_url(self, item: ExceptionItem) -> str:
        return self.link("dunning_list", alive="true")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Try now, agree on a day, ask for another card, or write off")
        return [Fix(_("Open the cases"), self.rows_url(item), permission="orders.finance", effect=effect)]


@exception_rule
class RefundsWait(OfFinance):
    """Refunds above the limit of who asked for them: somebody must approve or refuse."""

    name = "refund.requested"
    title = gettext_lazy("Refunds wait for approval")
    target = timedelta(hours=8)
    tone = "warn"
    counted = ngettext_lazy("%(n)s refund waits for approval", "%(n)s refunds wait for approval", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = Refund.objects.filter(status=RefundStatus.REQUESTED)
        return [group.cause() for group in grouped(rows, since="requested_at", amount="amount")]

    def rows_url(self, item: ExceptionItem) -> str:
        return self.link("refund_list", status=RefundStatus.REQUESTED)

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Decide about them"), self.rows_url(item), permission="orders.finance", effect=_("Approved, the money leaves at once"))]  # fmt: skip


@exception_rule
class RefundsFailed(OfFinance):
    """Money that should be with the customer and is not."""

    name = "refund.failed"
    title = gettext_lazy("Refunds failed")
    counted = ngettext_lazy("%(n)s refund did not arrive", "%(n)s refunds did not arrive", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = Refund.objects.filter(status=RefundStatus.FAILED).annotate(since=Coalesce("failed_at", "requested_at"))
        return [group.cause() for group in grouped(rows, amount="amount")]

    def rows_url(self, item: ExceptionItem) -> str:
        return self.link("refund_list", status=RefundStatus.FAILED)

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Try again or pay by hand"), self.rows_url(item), permission="orders.finance")]


@exception_rule
class Disputed(OfFinance):
    """A customer asked their bank for the money: each has its own day for evidence."""

    name = "payment.disputed"
    title = gettext_lazy("Disputes")
    target = timedelta(days=5)

    def causes(self, now: datetime) -> Iterable[Cause]:
        for row in Dispute.objects.filter(closed_at=None).order_by("pk"):
            facts = {"reference": row.reference, "payment": row.payment_id, "reason": row.reason}
            yield Cause(
                key=row.reference, since=row.opened_at, subjects=[row.reference], amounts={row.currency: row.amount},
                facts=facts, target_at=row.evidence_due_at,
            )  # fmt: skip

    def sentence(self, item: ExceptionItem) -> str:
        return _("Dispute %(reference)s: %(reason)s") % {**item.facts, "reason": item.facts["reason"].replace("_", " ")}

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        page = reverse("payment", args=[item.facts["payment"]])
        effect = _("Give the provider the proof of delivery before the target, or accept it")
        return [Fix(_("Open the payment"), page, permission="orders.finance", effect=effect)]


class OfCharges(OfFinance):
    """Attempts to collect, by provider, with their invoices."""

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        numbers = item.subjects.order_by("pk").values_list("number", flat=True)[:10]
        charges = Charge.objects.filter(idempotency_key__in=list(numbers)).select_related("invoice").order_by("pk")
        return [
            Row(str(one.invoice), reverse("invoice", args=[one.invoice.number]), one.last_error[:120], portal.money(one.amount, one.currency))
            for one in charges
        ]  # fmt: skip


@exception_rule
class AnswersLost(OfCharges):
    """The provider may have moved money and does not say so: nothing else is tried until it is known."""

    name = "charge.unknown"
    title = gettext_lazy("Charges with unknown outcome")
    target = timedelta(hours=4)
    counted = ngettext_lazy(
        "%(n)s charge has no answer from %(who)s", "%(n)s charges have no answer from %(who)s", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = Charge.objects.filter(status__in=ASKED_CHARGES, sent_at__lt=now - LOST, page_url="")
        found = grouped(rows, by=("provider",), number="idempotency_key", since="sent_at", amount="amount")
        return [group.cause() for group in found]

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        return {"who": item.facts["provider"]}

    def why(self, item: ExceptionItem) -> str:
        return _("The provider is asked again with the same key; nobody is charged twice.")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Is the provider reachable? Then it solves itself within minutes")
        return [Fix(_("Look at the jobs"), reverse("job_list"), permission="jobs.view", effect=effect)]


@exception_rule
class ChargesWait(OfCharges):
    """Attempts that are due and were put off: no provider, a stop, or missing goods. They leave by themselves."""

    name = "charge.waits"
    title = gettext_lazy("Charges wait")
    target = timedelta(days=1)
    tone = "warn"
    counted = ngettext_lazy("%(n)s charge waits: %(why)s", "%(n)s charges wait: %(why)s", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = Charge.objects.put_off()
        found = grouped(rows, by=("put_off_code",), number="idempotency_key", since="put_off_at", amount="amount")
        return [group.cause() for group in found]

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        return {"why": WaitReason(item.facts["put_off_code"]).label}

    def rows_url(self, item: ExceptionItem) -> str:
        return self.link("charges_waiting", put_off_code=item.facts["put_off_code"])

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("They leave by themselves when the reason is gone")
        return [
            Fix(_("Open the charges"), self.rows_url(item), permission="orders.finance", effect=effect),
            Fix(_("Look at stops and renewals"), reverse("renewals"), permission="renewals.run"),
        ]


@exception_rule
class PartlyAsked(OfFinance):
    """Sent a link to pay, and not ended by the timer: part of the money came, or more was ordered since."""

    name = "order.part_asked"
    title = gettext_lazy("Paid or asked for in part")
    tone = "warn"
    target = timedelta(days=1)
    counted = ngettext_lazy(
        "%(n)s order waits for the rest of its money", "%(n)s orders wait for the rest of their money", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = undecided(Order.objects.all(), now)
        return [group.cause() for group in grouped(rows, amount="total")]

    def why(self, item: ExceptionItem) -> str:
        return _(
            "The customer paid a part of it, or was asked for less than it costs now. It is not cancelled by itself."
        )

    def rows_url(self, item: ExceptionItem) -> str:
        return self.link("order_list", timer="stopped")

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, "hold.payment")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Ask for the rest, let it go, or cancel it")
        return [Fix(_("Open the orders"), self.rows_url(item), permission="orders.view", effect=effect)]


@exception_rule
class PaidNotShipped(CountedRule):
    """Paid in full, and nothing has left a day after it should have."""

    name = "order.paid_not_shipped"
    title = gettext_lazy("Paid, not shipped")
    owner_role = Role.MANAGER
    tone = "bad"
    target = timedelta(days=1)
    counted = ngettext_lazy("%(n)s order is paid and has not left", "%(n)s orders are paid and have not left", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        rows = paid_not_shipped(Order.objects.all(), business_day(now))
        rows = rows.annotate(since=Coalesce("accepted_at", "placed_at"))
        return [group.cause() for group in grouped(rows, amount="paid_total")]

    def rows_url(self, item: ExceptionItem) -> str:
        return reverse("not_shipped")

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        return order_rows(item, now, "late")

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Open the orders"), self.rows_url(item), permission="orders.view", effect=_("Each says why it waits"))]  # fmt: skip
