"""Merging two records of one person: a search, a review with field choice, and no way back."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions.customers import CustomerRefused
from customers.actions.merging import MERGED_FIELDS
from customers.filters import look_alikes
from customers.models import Customer
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.changes import field_title
from orders.actions.customers import merge_customers


@staff_page("customers.merge")
def customer_merge(request: StaffRequest, number: str) -> HttpResponse:
    """Choose the other record, choose field by field, merge."""
    kept = get_object_or_404(Customer.objects.prefetch_related("addresses"), number=number)
    wanted = request.GET.get("with", "").strip()
    if not wanted:
        return _choose(request, kept)
    gone = Customer.objects.prefetch_related("addresses").filter(number__iexact=wanted).first()
    if gone is None or gone.pk == kept.pk:
        return _choose(request, kept, unknown=wanted)
    if request.method == "POST":
        return _merge(request, kept, gone)
    return _review(request, kept, gone)


def _choose(request: StaffRequest, kept: Customer, unknown: str = "") -> HttpResponse:
    words = request.GET.get("q", "").strip()
    found = look_alikes(kept)
    if words:
        hit = (
            Q(name__icontains=words) | Q(email__icontains=words) | Q(number__iexact=words) | Q(company__icontains=words)
        )
        found = Customer.objects.live().filter(hit).exclude(pk=kept.pk).order_by("pk")
    context = {"page": "customer-merge", "customer": kept, "found": found.prefetch_related("addresses")[:20],
               "words": words, "unknown": unknown}  # fmt: skip
    return render(request, "customers/merge_choose.html", context, status=404 if unknown else 200)


def _merge(request: StaffRequest, kept: Customer, gone: Customer) -> HttpResponse:
    choices = {name: request.POST.get(name, "kept") for name in MERGED_FIELDS}
    try:
        merge_customers(kept=kept, gone=gone, choices=choices, by=request.user, now=timezone.now())
    except CustomerRefused as error:
        messages.error(request, str(error))
        return _review(request, kept, gone, status=409)
    words = _("%(gone)s is part of %(kept)s now.") % {"gone": gone.number, "kept": kept.number}
    messages.success(request, words)
    return redirect("customer_detail", number=kept.number)


def _review(request: StaffRequest, kept: Customer, gone: Customer, status: int = 200) -> HttpResponse:
    rows = [
        {"name": name, "label": field_title(Customer, name), "kept": getattr(kept, name),
         "gone": getattr(gone, name), "same": getattr(kept, name) == getattr(gone, name),
         "take_gone": not getattr(kept, name) and bool(getattr(gone, name))}
        for name in MERGED_FIELDS
    ]  # fmt: skip
    context: dict[str, Any] = {
        "page": "customer-merge-review",
        "customer": kept,
        "gone": gone,
        "rows": rows,
        "orders": gone.orders.count(),
        "open_orders": gone.orders.filter(status="accepted").count(),
        "addresses": gone.addresses.filter(replaced_at=None).count(),
    }
    return render(request, "customers/merge_review.html", context, status=status)
