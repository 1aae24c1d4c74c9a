"""What orders, subscriptions and money hold about a person, and why some of it stays."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import CharField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.privacy import Holding, Person, erasure_lock, erasure_obstacle, holds, impersonal
from ordermgmt.forgetting import WithoutPersonal
from ordermgmt.money import exact
from ordermgmt.templatetags.portal import money
from orders import models
from orders.ageing import OPEN_BALANCE
from orders.billing_states import LIVE_CHARGES, LIVE_REFUNDS, MethodStatus, SubscriptionStatus
from orders.states import InvoiceStatus, OrderStatus

GONE = "(erased)"
BOOKS = gettext_lazy("Stays: the law asks for invoices and what was booked, for seven years")
LIVE = (SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


def _of(model: Any, path: str) -> Any:
    return lambda person: model._default_manager.filter(**{f"{path}__in": person.pks})


def _end_links(rows: QuerySet[Any], now: datetime) -> None:
    rows.filter(revoked_at=None).update(revoked_at=now)


def _payments(person: Person) -> QuerySet[Any]:
    return models.Payment.objects.filter(Q(order__customer__in=person.pks) | Q(invoice__customer__in=person.pks))


def _events(person: Person) -> QuerySet[Any]:
    """By the references that only these payments and cards have."""
    cards = models.PaymentMethod.objects.filter(customer__in=person.pks)
    charges = models.Charge.objects.filter(invoice__customer__in=person.pks).exclude(provider_reference="")
    named = {*cards.values_list("reference", flat=True), *cards.values_list("provider_customer", flat=True)}
    named |= set(charges.values_list("provider_reference", flat=True))
    found = Q(pk__in=[])
    for reference in sorted(filter(None, named))[:200]:
        found |= Q(payload__icontains=reference)
    return models.ProviderEvent.objects.filter(found)


holds(
    Holding(
        model=models.ProviderEvent, title=gettext_lazy("What payment providers told"), find=_events,
        personal=("payload",), hidden=("payload",), replaced={"payload": {}},
    ),
    Holding(
        model=models.Order,
        plain=("ship_country",), title=gettext_lazy("Orders"), find=_of(models.Order, "customer"),
        personal=("email", "phone", "recipient", "ship_city", "ship_postcode", "gift_message", "note", "tags", "cancel_reason"),
        replaced={
            "email": "", "phone": "", "recipient": "", "ship_city": "", "ship_postcode": "", "gift_message": "", "note": "",
            "tags": [],
        },
        kept=gettext_lazy("Number, items, sums, days and country stay for the books"),
    ),
    Holding(
        model=models.OrderAddress, title=gettext_lazy("Addresses of orders"), find=_of(models.OrderAddress, "order__customer"),
        personal=("name", "company", "line1", "line2", "city", "region", "postcode", "phone"),
        replaced=dict.fromkeys(("name", "company", "line1", "line2", "city", "region", "postcode", "phone"), ""),
    ),
    Holding(
        model=models.OrderLine,
        plain=("name",), title=gettext_lazy("Lines of orders"), find=_of(models.OrderLine, "order__customer"),
        personal=("properties",), replaced={"properties": {}},
    ),
    Holding(
        model=models.OrderLink, title=gettext_lazy("Links to orders"), find=_of(models.OrderLink, "order__customer"),
        personal=("token",), hidden=("token",), kept=gettext_lazy("Ended, open nothing any more"), after=_end_links,
    ),
    Holding(
        model=models.OrderInWork, title=gettext_lazy("Forms of orders"), find=_of(models.OrderInWork, "order__customer"),
        personal=("state", "token"), hidden=("token",), replaced={"state": {}},
    ),
    Holding(
        model=models.OrderChange, title=gettext_lazy("Changes of orders"), find=_of(models.OrderChange, "order__customer"),
        personal=("wanted", "preview", "before"), replaced={"wanted": {}, "preview": {}, "before": {}},
    ),
    Holding(
        model=models.Hold, title=gettext_lazy("Holds"), find=_of(models.Hold, "order__customer"),
        personal=("reason", "note"), replaced={"reason": GONE, "note": ""},
    ),
    Holding(
        model=models.SourcingDecision, title=gettext_lazy("Why a warehouse"), find=_of(models.SourcingDecision, "order__customer"),
        personal=("explanation",), replaced={"explanation": {}},
    ),
    Holding(
        model=models.InboundRevision, title=gettext_lazy("Versions of documents from shops"),
        find=_of(models.InboundRevision, "inbound__order__customer"), personal=("payload", "source_rows", "difference", "error"),
        replaced={"payload": "", "source_rows": [], "difference": [{"erased": True}], "error": ""},
    ),
    Holding(
        model=models.InboundOrder, title=gettext_lazy("Documents from shops"), find=_of(models.InboundOrder, "order__customer"),
        personal=("payload", "source_rows", "findings", "error"),
        replaced={"payload": "", "source_rows": [], "findings": [], "error": ""},
    ),
    Holding(
        model=models.Subscription, title=gettext_lazy("Subscriptions"), find=_of(models.Subscription, "customer"),
        personal=("note", "cancel_note"), replaced={"note": "", "cancel_note": ""},
        kept=gettext_lazy("Number, plan, days and sums stay for the books"),
    ),
    Holding(
        model=models.SubscriptionLink, title=gettext_lazy("Links to subscriptions"),
        find=_of(models.SubscriptionLink, "subscription__customer"), personal=("token",), hidden=("token",),
        kept=gettext_lazy("Ended, open nothing any more"), after=_end_links,
    ),
    Holding(
        model=models.SubscriptionEvent, title=gettext_lazy("History of subscriptions"),
        find=_of(models.SubscriptionEvent, "subscription__customer"), personal=("facts", "before"), hidden=("before",),
        replaced={"facts": WithoutPersonal("facts"), "before": {}},
    ),
    Holding(
        model=models.PaymentMethod, title=gettext_lazy("Saved cards"), find=_of(models.PaymentMethod, "customer"),
        personal=("reference", "provider_customer", "brand", "last4"), hidden=("reference", "provider_customer"),
        replaced={
            "reference": Concat(Value("erased-"), Cast("pk", CharField())), "provider_customer": "", "last4": "",
            "status": MethodStatus.REMOVED, "is_default": False,
        },
    ),
    Holding(
        model=models.PayLink, title=gettext_lazy("Links to pay"), find=_of(models.PayLink, "customer"), personal=("token",),
        hidden=("token",), kept=gettext_lazy("Ended, open nothing any more"), after=_end_links,
    ),
    Holding(
        model=models.Dunning, title=gettext_lazy("Unpaid invoices"), find=_of(models.Dunning, "invoice__customer"),
        personal=("note",), replaced={"note": ""},
    ),
    Holding(
        model=models.Charge, title=gettext_lazy("Charges"), find=_of(models.Charge, "invoice__customer"),
        personal=("page_url",), hidden=("idempotency_key", "page_url", "fence"), replaced={"page_url": ""}, kept=BOOKS,
    ),
    Holding(
        model=models.Invoice,
        plain=("seller",), title=gettext_lazy("Invoices"), find=_of(models.Invoice, "customer"),
        personal=("buyer", "deliver_to"), kept=BOOKS,
    ),
    Holding(
        model=models.CreditNote,
        plain=("seller",), title=gettext_lazy("Credit notes"), find=_of(models.CreditNote, "invoice__customer"),
        personal=("buyer", "note"), kept=BOOKS,
    ),
    Holding(model=models.Payment, title=gettext_lazy("Payments"), find=_payments, personal=("reference", "reason"), kept=BOOKS),
    Holding(
        model=models.Receipt, title=gettext_lazy("Receipts"), find=_of(models.Receipt, "customer"), personal=("reference",), kept=BOOKS
    ),
    Holding(
        model=models.AccountEntry, title=gettext_lazy("Account credit"), find=_of(models.AccountEntry, "customer"),
        personal=("reason",), kept=BOOKS,
    ),
    Holding(
        model=models.WriteOff, title=gettext_lazy("Written off"), find=_of(models.WriteOff, "invoice__customer"),
        personal=("reason",), kept=BOOKS,
    ),
    Holding(
        model=models.Refund, title=gettext_lazy("Refunds"), find=lambda p: models.Refund.objects.filter(payment__in=_payments(p)),
        personal=("reason",), hidden=("idempotency_key",), kept=BOOKS,
    ),
    Holding(
        model=models.Redemption, title=gettext_lazy("Codes used"), find=_of(models.Redemption, "customer"), personal=(), kept=BOOKS
    ),
    Holding(
        model=models.MrrMovement, title=gettext_lazy("Recurring revenue"), find=_of(models.MrrMovement, "customer"), personal=(),
        kept=BOOKS,
    ),
    Holding(
        model=models.CustomerValue,
        plain=("plan", "quarter"),
        title=gettext_lazy("Worked-out value"),
        find=_of(models.CustomerValue, "customer"),
        personal=(),
        kept=gettext_lazy("Sums and days, for figures"),
    ),
    Holding(
        model=models.RenewalStop, title=gettext_lazy("Renewals stopped"),
        find=lambda p: models.RenewalStop.objects.filter(scope="customer", reference__in=p.numbers),
        personal=("reason",), replaced={"reason": GONE},
    ),
)  # fmt: skip

impersonal(
    BulkChange="numbers of subscriptions", Channel="a source", SkuAlias="goods", OrderCharge="money", InvoiceLine="goods",
    CreditNoteLine="goods", DunningPolicy="settings", Payout="the provider's", PayoutLine="the provider's",
    Dispute="the bank's case, kept for the books", Plan="goods", PlanVersion="goods", PlanPrice="goods", PlanItem="goods",
    PriceChange="goods", PriceChangeItem="which price, not whose", SubscriptionLine="goods", CalendarSegment="days",
    BillingCycle="days", Delivery="a day; why it waits is about the order", DeliveryItem="goods", Promotion="goods",
    TaxRate="law", RevenueEntry="money", Allocation="goods", ReckoningFinding="numbers and days",
    ValueFit="sums",
)  # fmt: skip


@erasure_lock(10)
def lock_billing(person: Person) -> None:
    """Inside the caller's transaction: subscriptions, orders, invoices; closes the race with a renewal or an order."""
    list(models.Subscription.objects.locked().filter(customer__in=person.pks).values_list("pk", flat=True))
    list(models.Order.objects.locked().filter(customer__in=person.pks).values_list("pk", flat=True))
    own = models.Invoice.objects.filter(customer__in=person.pks)
    list(own.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


@erasure_obstacle
def unfinished(person: Person) -> Iterable[str]:
    """What runs, is on its way, or is owed by either side."""
    mine = {"customer__in": person.pks}
    for s in models.Subscription.objects.filter(status__in=LIVE, **mine).order_by("pk")[:5]:
        yield _("%(number)s still runs. Cancel it first.") % {"number": s}
    for order in models.Order.objects.filter(status__in=(OrderStatus.DRAFT, OrderStatus.ACCEPTED), **mine).order_by(
        "pk"
    )[:5]:
        yield _("%(number)s is open. Finish or cancel it first.") % {"number": order}
    owing = models.Invoice.objects.filter(status=InvoiceStatus.OPEN, **mine).annotate(open=OPEN_BALANCE)
    for invoice in owing.filter(open__gt=0).order_by("pk")[:5]:
        facts = {"number": invoice, "sum": money(invoice.open, invoice.currency)}
        yield _("%(sum)s is owed on %(number)s. Collect it or write it off first.") % facts
    yield from _money_under_way(person)


def _money_under_way(person: Person) -> Iterable[str]:
    credit = models.AccountEntry.objects.filter(customer__in=person.pks).order_by().values_list("currency")
    for currency, total in credit.annotate(sum=Sum("amount")):
        if exact(total):
            yield _("%(sum)s is on the account. Pay it back or use it first.") % {"sum": money(total, currency)}
    charges = models.Charge.objects.filter(invoice__customer__in=person.pks, status__in=LIVE_CHARGES)
    refunds = models.Refund.objects.filter(payment__in=_payments(person), status__in=LIVE_REFUNDS)
    if charges.exists() or refunds.exists():
        yield _("Money is under way. Wait until it has arrived.")
