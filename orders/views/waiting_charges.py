"""P27: charges that are due and may not leave yet, with why and since when."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.templatetags import portal
from orders.billing_states import WaitReason
from orders.collection_filters import WaitingChargeFilters
from orders.models import Charge
from orders.waiting_charges import waiting_by_reason


def why_cell(row: Charge) -> str:
    label = str(row.get_put_off_code_display())
    return label if row.last_error in ("", label) else f"{label}: {row.last_error}"


class WaitingChargeList(ListPage):
    name = "charges-waiting"
    title = gettext_lazy("Charges that wait")
    counted = ngettext_lazy("%(n)s charge", "%(n)s charges", "count")
    filterset = WaitingChargeFilters
    columns = (
        Column("invoice", gettext_lazy("Invoice"), lambda r: str(r.invoice), css="id"),
        Column("customer", gettext_lazy("Customer"), lambda r: str(r.invoice.customer or ""), css="grow"),
        Column("why", gettext_lazy("Waits because"), why_cell, css="grow"),
        Column("put_off_at", gettext_lazy("Since"), sort="since", css="nowrap"),
        Column("number", gettext_lazy("Attempt"), css="num low"),
        Column("amount", gettext_lazy("Amount"), lambda r: portal.money(r.amount, r.currency), lambda r: r.amount, css="num"),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"since": ("put_off_at", "id")}
    default_sort = "since"
    views = (View("all", gettext_lazy("All")),)
    empty = Empty(
        gettext_lazy("No charge waits"),
        gettext_lazy("What is due and may not be charged yet appears here, with the reason."),
        icon="card",
    )
    export_permission = "orders.finance"

    def row_url(self, row: Charge) -> str:
        return f"/invoices/{row.invoice}/"


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def charges_waiting(request: StaffRequest) -> HttpResponseBase:
    return WaitingChargeList(request, Charge.objects.put_off().select_related("invoice__customer")).response()


def waiting_banner() -> dict[str, Any] | None:
    """What the page of payments says of them; None while none waits."""
    waiting = waiting_by_reason()
    if not waiting:
        return None
    count = sum(waiting.values())
    reasons = [f"{WaitReason(code).label} ({n})" for code, n in waiting.items()]
    title = ngettext("%(n)d charge waits.", "%(n)d charges wait.", count) % {"n": count}
    return {"title": title, "text": _("Why: %(reasons)s.") % {"reasons": ", ".join(reasons)}, "url": reverse("charges_waiting")}  # fmt: skip
