"""Credit notes: the list and one of them with its stored paper."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View
from ordermgmt.models import OutgoingMessage
from ordermgmt.templatetags import portal
from orders.billing_states import CreditReason
from orders.documents.credit_note import credit_facts
from orders.models import CreditNote


class CreditNoteFilters(ListFilters):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")
    reason = django_filters.MultipleChoiceFilter(label=gettext_lazy("Reason"), choices=CreditReason.choices)
    issued_on = django_filters.DateFromToRangeFilter(label=gettext_lazy("Issued"))

    class Meta:
        model = CreditNote
        fields: Any = ()

    def search(self, rows: QuerySet[CreditNote], name: str, value: str) -> QuerySet[CreditNote]:
        """Number of the note, of its invoice or its order."""
        word = value.strip()
        return rows.filter(
            Q(number__iexact=word) | Q(invoice__number__iexact=word) | Q(invoice__order__number__iexact=word)
        )


def _invoice(row: CreditNote) -> str:
    return format_html('<a href="{}">{}</a>', reverse("invoice", args=[row.invoice.number]), row.invoice.number)


def _buyer(row: CreditNote) -> str:
    return row.buyer.get("company") or row.buyer.get("name") or str(portal.number(None))


class CreditNoteList(ListPage):
    name = "credit_notes"
    title = gettext_lazy("Credit notes")
    counted = ngettext_lazy("%(n)s credit note", "%(n)s credit notes", "count")
    filterset = CreditNoteFilters
    columns = (
        Column("number", gettext_lazy("Credit note"), sort="issued", css="id"),
        Column("buyer", gettext_lazy("Customer"), cell=_buyer, css="grow"),
        Column("invoice", gettext_lazy("Invoice"), cell=_invoice, css="nowrap"),
        Column("reason", gettext_lazy("Reason"), cell=lambda row: row.get_reason_display(), css="nowrap low"),
        Column("issued_on", gettext_lazy("Date"), css="nowrap"),
        Column(
            "gross_total",
            gettext_lazy("Credited"),
            cell=lambda row: portal.money(row.gross_total, row.currency),
            css="num",
        ),
        Column("issued_by", gettext_lazy("By"), default=False),
        Column("currency", gettext_lazy("Currency"), default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"issued": ("-issued_at", "-id")}
    default_sort = "issued"
    views = (
        View("all", gettext_lazy("All")),
        View("returns", gettext_lazy("Returns"), "reason=return"),
        View("goodwill", gettext_lazy("Goodwill"), "reason=goodwill"),
    )
    empty = Empty(
        gettext_lazy("No credit notes yet"), gettext_lazy("One is written from the page of its invoice."), icon="file"
    )
    export_permission = "orders.finance"

    def row_url(self, row: CreditNote) -> str:
        return reverse("credit_note", args=[row.number])


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def credit_note_list(request: StaffRequest) -> HttpResponseBase:
    return CreditNoteList(request, CreditNote.objects.select_related("invoice")).response()


@staff_page("orders.view")
@require_GET
def credit_note(request: StaffRequest, number: str) -> HttpResponse:
    rows = CreditNote.objects.select_related("invoice__order", "invoice__subscription", "document")
    row = get_object_or_404(rows, number=number)
    context = credit_facts(row) | {
        "page": "credit_note",
        "buyer_name": _buyer(row),
        "page_title": row.number,
        "pdf_url": reverse("paper", args=["credit_note", row.number]),
        "replacement": getattr(row.invoice, "replaced_by", None) if row.reason == CreditReason.CORRECTION else None,
        "refunds": row.refunds.order_by("pk"),
        "mails": OutgoingMessage.objects.filter(about=row.number).order_by("-pk")[:20],
        "shows_list": request.user.has_perm("orders.finance"),
    }
    return render(request, "invoices/credit_note.html", context)
