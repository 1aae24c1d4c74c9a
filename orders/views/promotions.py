"""Promotion codes: which there are, how often they were used; a new one, stopping one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from orders.actions.promotions import PromotionRefused, offer_promotion, resume_promotion, stop_promotion
from orders.models import Promotion
from orders.plan_forms import PromotionForm

PER_PAGE = 50


@staff_page("subscriptions.view")
def promotion_list(request: StaffRequest) -> HttpResponse:
    """The newest first."""
    rows = Promotion.objects.prefetch_related("plans").order_by("-pk")
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": "promotion-list", "page_title": _("Promotion codes"), "found": found,
               "may_edit": request.user.has_perm("plans.edit")}  # fmt: skip
    return render(request, "plans/promotions.html", context)


@staff_page("plans.edit")
def promotion_new(request: StaffRequest) -> HttpResponse:
    """Offer a code."""
    form = PromotionForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            promotion = offer_promotion(by=request.user, now=timezone.now(), **form.facts())
        except PromotionRefused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("%(code)s may be used now.") % {"code": promotion.code})
            return redirect("promotion_list")
    context = {"page": "promotion-form", "page_title": _("New promotion code"), "form": form}
    return render(request, "plans/promotion_form.html", context, status=status)


@require_POST
@staff_page("plans.edit")
def promotion_switch(request: StaffRequest, code: str) -> HttpResponse:
    """Stop a code, or offer it again: each is the undo of the other."""
    promotion = get_object_or_404(Promotion, code=code)
    verb = stop_promotion if request.POST.get("do") == "stop" else resume_promotion
    promotion = verb(promotion=promotion, by=request.user, now=timezone.now())
    words = _("%(code)s may be used again.") if promotion.is_active else _("%(code)s cannot be used any more.")
    messages.success(request, words % {"code": promotion.code})
    return redirect("promotion_list")
