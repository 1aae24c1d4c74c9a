"""Invoices: the list and one invoice with its stored paper (P25)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
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
from orders.documents.invoice import invoice_facts
from orders.invoice_filters import InvoiceFilters
from orders.models import Invoice, Payment
from orders.states import InvoiceStatus, PaymentState


def invoice_url(row: Invoice) -> str:
    return reverse("invoice", args=[row.number])


def _order(row: Invoice) -> str:
    if row.order is None:
        return ""
    return format_html('<a href="/orders/{}/">{}</a>', row.order.number, row.order.number)


def is_overdue(row: Invoice) -> bool:
    return row.status == InvoiceStatus.OPEN and row.due_on < business_day(timezone.now())


def _state(row: Invoice) -> str:
    return portal.tag(_("Overdue"), "warn") if is_overdue(row) else portal.state_tag(row, "status", False)


class InvoiceList(ListPage):
    name = "invoices"
    title = gettext_lazy("Invoices")
    counted = ngettext_lazy("%(n)s invoice", "%(n)s invoices", "count")
    filterset = InvoiceFilters
    columns = (
        Column("number", gettext_lazy("Invoice"), sort="issued", css="id"),
        Column("order__recipient", gettext_lazy("Customer"), css="grow"),
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
        Column("paid", gettext_lazy("Paid"), cell=lambda row: portal.money(row.paid, row.currency), css="num low"),
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
    return InvoiceList(request, Invoice.objects.select_related("order")).response()


@staff_page("orders.view")
@require_GET
def invoice(request: StaffRequest, number: str) -> HttpResponse:
    row = get_object_or_404(Invoice.objects.select_related("order", "document"), number=number)
    context = invoice_facts(row) | {
        "page": "invoice",
        "page_title": row.number,
        "is_overdue": is_overdue(row),
        "shows_list": request.user.has_perm("orders.finance"),
        "pdf_url": reverse("paper", args=["invoice", row.number]),
        "facts": _facts(row),
        "payments": _payments(row).filter(state=PaymentState.SUCCEEDED).order_by("at", "pk"),
        "others": Invoice.objects.filter(order__isnull=False, order=row.order).exclude(pk=row.pk).order_by("pk"),
        "mails": OutgoingMessage.objects.filter(about__in=[row.number, row.cause]).order_by("-pk")[:20],
        "history": Activity.objects.filter(subject=row.number).order_by("-at", "-id")[:20],
    }
    return render(request, "invoices/detail.html", context)


def _payments(row: Invoice) -> QuerySet[Payment]:
    """Money of its order, or of itself when it bills none."""
    return Payment.objects.filter(order=row.order) if row.order else Payment.objects.filter(invoice=row)


def _facts(row: Invoice) -> list[dict[str, Any]]:
    order = {"term": _("Order"), "value": str(row.order), "url": f"/orders/{row.order}/"}
    shipment = {"term": _("Shipment"), "value": row.cause, "url": f"/shipments/{row.cause}/"}
    return [
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
