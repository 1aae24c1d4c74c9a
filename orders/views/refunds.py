"""P27: refunds that were asked for, their approval, and what became of them."""

from collections.abc import Mapping
from typing import ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.models import Activity
from ordermgmt.templatetags import portal
from orders.actions.refund_work import note_paid_back
from orders.actions.refunding import RefundRefused, approve_refund, refund_again, refuse_refund
from orders.billing_states import RefundStatus
from orders.collection_filters import RefundFilters
from orders.models import Refund
from orders.payments.registry import provider_of
from orders.views.payments import about_cell, money_cell


class RefundList(ListPage):
    name = "refunds"
    title = gettext_lazy("Refunds")
    counted = ngettext_lazy("%(n)s refund", "%(n)s refunds", "count")
    filterset = RefundFilters
    columns = (
        Column("number", gettext_lazy("Refund"), sort="asked", css="id"),
        Column("about", gettext_lazy("For"), lambda r: about_cell(r.payment), lambda r: str(r.payment.order or r.payment.invoice)),
        Column("reason", gettext_lazy("Why"), css="grow"),
        Column("status", gettext_lazy("State"), lambda r: portal.state_tag(r, "status", False), css="nowrap"),
        Column("requested_by", gettext_lazy("Asked by"), css="nowrap low wide"),
        Column("requested_at", gettext_lazy("When"), css="nowrap low"),
        Column("amount", gettext_lazy("Amount"), money_cell, lambda r: r.amount, css="num"),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"asked": ("-requested_at", "-id")}
    default_sort = "asked"
    views = (
        View("waiting", gettext_lazy("Wait for approval"), "status=requested"),
        View("under-way", gettext_lazy("Under way"), "status=approved&status=sent&status=unknown"),
        View("failed", gettext_lazy("Failed"), "status=failed"),
        View("done", gettext_lazy("Paid back"), "status=succeeded"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(gettext_lazy("No refunds"), gettext_lazy("Ask for one on the page of a payment."), icon="return")
    export_permission = "orders.finance"

    def row_url(self, row: Refund) -> str:
        return f"/refunds/{row.number}/"


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def refund_list(request: StaffRequest) -> HttpResponseBase:
    return RefundList(request, Refund.objects.select_related("payment__order", "payment__invoice")).response()


@staff_page("orders.finance")
@require_GET
def refund(request: StaffRequest, number: str) -> HttpResponse:
    """A review page: what goes back, to whom, why."""
    return _page(request, _refund(number))


@staff_page("finance.approve")
@require_POST
def refund_decide(request: StaffRequest, number: str) -> HttpResponse:
    """Approve or refuse it, try it again, or write down that it was paid; refusals are said on its page."""
    row = _refund(number)
    try:
        messages.success(request, _decide(request, row))
    except RefundRefused as refused:
        return _page(request, row, problem=str(refused), status=409)
    return redirect("refund", number)


def _refund(number: str) -> Refund:
    related = ("payment__order", "payment__invoice", "credit_note")
    return get_object_or_404(Refund.objects.select_related(*related), number=number)


def _page(request: StaffRequest, row: Refund, *, problem: str = "", status: int = 200) -> HttpResponse:
    is_online = provider_of(row.payment.provider).is_online
    context = {
        "page": "refund",
        "refund": row,
        "problem": problem,
        "may_approve": request.user.has_perm("finance.approve"),
        "waits": row.status == RefundStatus.REQUESTED,
        "has_failed": row.status == RefundStatus.FAILED,
        "by_hand": row.status == RefundStatus.APPROVED and not is_online,
        "is_online": is_online,
        "history": Activity.objects.of(row.number)[:20],
    }
    return render(request, "collection/refund.html", context, status=status)


def _decide(request: StaffRequest, row: Refund) -> str:
    do, now = request.POST.get("do", ""), timezone.now()
    words = request.POST.get("reason", "").strip()
    if do == "approve":
        approve_refund(row.pk, by=request.user, now=now)
        return _("Approved.")
    if do == "again":
        refund_again(row.pk, by=request.user, now=now)
        return _("It is tried again.")
    if do == "paid":
        note_paid_back(row.pk, reference=words, by=request.user, now=now)
        return _("Written down as paid back.")
    if not words:
        raise RefundRefused(_("Enter why it is refused."))
    refuse_refund(row.pk, reason=words, by=request.user, now=now)
    return _("Refused. The money stays.")
