"""Invoices: the list and one invoice with its stored paper (P25)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.templatetags import portal
from orders.actions.returning_money import money_beside
from orders.billing_states import LIVE_DUNNING
from orders.documents.invoice import invoice_facts
from orders.invoice_filters import InvoiceFilters
from orders.models import Dunning, Invoice
from orders.states import InvoiceStatus, PaymentState


def invoice_url(row: Invoice) -> str:
    return reverse("invoice", args=[row.number])


def _order(row: Invoice) -> str:
    if row.order is None:
        return ""
    return format_html('<a href="/orders/{}/">{}</a>', row.order.number, row.order.number)


def buyer_name(row: Invoice) -> str:
    """Whom it was written for, as written."""
    return row.buyer.get("company") or row.buyer.get("name") or (row.order.recipient if row.order else "")


def next_step(row: Invoice) -> str:
    """What happens next about money that is owed: a step of dunning, a charge, or its due day."""
    case = getattr(row, "dunning", None)
    if case is not None and case.status in LIVE_DUNNING:
        return format_html(_("Dunning {}"), portal.day(case.next_at)) if case.next_at else case.get_status_display()
    if row.status != InvoiceStatus.OPEN:
        return ""
    charge = next((each for each in row.charges.all() if each.due_at), None)
    if charge is not None:
        return format_html(_("Charge {}"), portal.day(charge.due_at))
    return _("Remind") if is_overdue(row) else format_html(_("Due {}"), portal.day(row.due_on))


def is_overdue(row: Invoice) -> bool:
    return row.status == InvoiceStatus.OPEN and row.due_on < business_day(timezone.now())


def _state(row: Invoice) -> str:
    return portal.tag(_("Overdue"), "warn") if is_overdue(row) else portal.state_tag(row, "status", False)


def _credited(row: Invoice) -> str:
    return portal.money(row.credited, row.currency)


class InvoiceList(ListPage):
    name = "invoices"
    title = gettext_lazy("Invoices")
    counted = ngettext_lazy("%(n)s invoice", "%(n)s invoices", "count")
    filterset = InvoiceFilters
    columns = (
        Column("number", gettext_lazy("Invoice"), sort="issued", css="id"),
        Column("buyer", gettext_lazy("Customer"), cell=buyer_name, css="grow"),
        Column("order__number", gettext_lazy("Order"), cell=_order, css="nowrap"),
        Column("status", gettext_lazy("State"), cell=_state, css="nowrap"),
        Column("issued_on", gettext_lazy("Date"), css="nowrap"),
        Column("due_on", gettext_lazy("Due"), sort="due", css="nowrap"),
        Column(
            "gross_total",
            gettext_lazy("Total"),
            cell=lambda row: portal.money(row.gross_total, row.currency),
            css="num",
        ),
        Column(
            "paid", gettext_lazy("Paid"), cell=lambda row: portal.money(row.paid, row.currency), css="num low named"
        ),
        Column("next", gettext_lazy("Next step"), cell=next_step, css="nowrap low"),
        Column("credited", gettext_lazy("Credited"), cell=_credited, css="num", default=False),
        Column("currency", gettext_lazy("Currency"), default=False),
        Column("cause", gettext_lazy("Shipment"), default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"issued": ("-issued_at", "-id"), "due": ("due_on", "id")}
    default_sort = "issued"
    views = (
        View("all", gettext_lazy("All")),
        View("open", gettext_lazy("Open"), "status=open"),
        View("overdue", gettext_lazy("Overdue"), "due=overdue&sort=due"),
        View("paid", gettext_lazy("Paid"), "status=paid"),
        View("credited", gettext_lazy("Credited"), "status=credited"),
    )
    empty = Empty(
        gettext_lazy("No invoices yet"), gettext_lazy("An invoice is made when a parcel is handed over."), icon="file"
    )
    export_permission = "orders.finance"

    def row_url(self, row: Invoice) -> str:
        return invoice_url(row)


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def invoice_list(request: StaffRequest) -> HttpResponseBase:
    rows = Invoice.objects.select_related("order", "dunning").prefetch_related("charges")
    return InvoiceList(request, rows).response()


@staff_page("orders.view")
@require_GET
def invoice(request: StaffRequest, number: str) -> HttpResponse:
    found = Invoice.objects.select_related("order", "document", "subscription", "customer", "replaces", "replaced_by")
    row = get_object_or_404(found, number=number)
    context = invoice_facts(row) | {
        "page": "invoice",
        "page_title": row.number,
        "buyer_name": buyer_name(row),
        "is_overdue": is_overdue(row),
        "shows_list": request.user.has_perm("orders.finance"),
        "may_approve": request.user.has_perm("finance.approve"),
        "pdf_url": reverse("paper", args=["invoice", row.number]),
        "subscription_url": _address("subscription_detail", str(row.subscription)) if row.subscription else "",
        "pay_url": _pay_url(request, row),
        "deeds": _deeds(request, row),
        "facts": _facts(row),
        "payments": money_beside(row).filter(state=PaymentState.SUCCEEDED).order_by("at", "pk"),
        "notes": row.credit_notes.order_by("pk"),
        "write_offs": row.write_offs.order_by("pk"),
        "dunning": Dunning.objects.filter(invoice=row, status__in=LIVE_DUNNING).first(),
        "others": Invoice.objects.filter(order__isnull=False, order=row.order).exclude(pk=row.pk).order_by("pk"),
        "mails": OutgoingMessage.objects.filter(_mails_of(row)).order_by("-pk")[:20],
        "history": Activity.objects.filter(subject=row.number).order_by("-at", "-id")[:20],
    }
    return render(request, "invoices/detail.html", context)


def _mails_of(row: Invoice) -> Q:
    """Of itself, of steps of its dunning and charges, and of its shipment."""
    return Q(about__in=[row.number, row.cause]) | Q(about__startswith=f"{row.number} ")


def _address(name: str, number: str) -> str:
    try:
        return reverse(name, args=[number])
    except NoReverseMatch:
        return ""


def _pay_url(request: StaffRequest, row: Invoice) -> str:
    """Where money by bank or cash is written down for it: its customer's receipt, else its order's payment."""
    if not row.balance:
        return ""
    if row.customer is not None and request.user.has_perm("finance.edit"):
        return f"{reverse('customer_receipt', args=[row.customer.number])}?invoice={row.number}"
    if row.order is not None and request.user.has_perm("orders.finance"):
        return reverse("order_payment", args=[row.order.number])
    return ""


def _deeds(request: StaffRequest, row: Invoice) -> list[dict[str, Any]]:
    """What may be done to it by this person now."""
    may_edit = request.user.has_perm("finance.edit")
    stands = row.gross_total > row.credited + row.written_off
    wanted = (
        (may_edit and stands, "invoice_credit", _("Make a credit note"), "file", False),
        (may_edit and stands and not row.credited, "invoice_replace", _("Correct and replace"), "edit", False),
        (
            request.user.has_perm("finance.approve") and bool(row.balance),
            "invoice_write_off", _("Write off"), "pause", True,
        ),
    )  # fmt: skip
    return [
        {"url": reverse(name, args=[row.number]), "label": label, "icon": icon, "danger": danger}
        for may, name, label, icon, danger in wanted
        if may
    ]


def _facts(row: Invoice) -> list[dict[str, Any]]:
    order = {"term": _("Order"), "value": str(row.order), "url": f"/orders/{row.order}/"}
    shipment = {"term": _("Shipment"), "value": row.cause, "url": f"/shipments/{row.cause}/"}
    customer = {"term": _("Customer"), "value": str(row.customer), "url": _account_url(row)}
    replaces = {"term": _("Replaces"), "value": str(row.replaces), "url": _address("invoice", str(row.replaces))}
    return [
        *([customer] if row.customer else []),
        *([replaces] if row.replaces else []),
        *([order] if row.order else []),
        *([shipment] if row.cause.startswith("SH-") else []),
        {"term": _("Date"), "value": portal.day(row.issued_on, "j M Y")},
        {"term": _("Due"), "value": portal.day(row.due_on, "j M Y")},
        {
            "term": _("Bill to"),
            "value": ", ".join(filter(None, (row.buyer.get(k) for k in ("name", "company", "city")))),
        },
        {"term": _("VAT id"), "value": row.buyer.get("vat_id") or portal.number(None)},
    ]


def _account_url(row: Invoice) -> str:
    return _address("customer_statement", row.customer.number) if row.customer else ""
