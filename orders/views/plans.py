"""P14: the plans there are, and one of them with its versions, subscribers and history."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.timelines import history_of
from orders.actions.plans import PlanRefused, archive_plan, discard_draft, draft_of, guards, live_of, restore_plan
from orders.billing_states import PlanStatus, SubscriptionStatus, VersionStatus
from orders.models import Plan, PlanVersion, Subscription
from orders.plan_facts import prices_of
from orders.plan_forms import cadence_words
from orders.starter_plans import starters

LIVING = (SubscriptionStatus.PENDING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


@staff_page("subscriptions.view")
def plan_list(request: StaffRequest) -> HttpResponse:
    """Every plan with its price, cadence and subscribers; archived ones on demand."""
    archived = request.GET.get("archived") == "1"
    shown = (VersionStatus.LIVE, VersionStatus.DRAFT)
    versions = PlanVersion.objects.filter(status__in=shown).prefetch_related("prices").order_by("number")
    living = Count("versions__subscriptions", filter=Q(versions__subscriptions__status__in=LIVING))
    plans = Plan.objects.filter(status=PlanStatus.ARCHIVED if archived else PlanStatus.ACTIVE)
    rows = [_row(plan) for plan in plans.annotate(living=living).prefetch_related(
        Prefetch("versions", versions, to_attr="shown")).order_by("name", "pk")]  # fmt: skip
    context = {
        "page": "plan-list", "page_title": _("Plans"), "rows": rows, "archived": archived, "tabs": _tabs(archived=archived),
        "starters": starters().items() if not rows and not archived else (),
        "may_edit": request.user.has_perm("plans.edit"),
    }  # fmt: skip
    return render(request, "plans/list.html", context)


def _tabs(*, archived: bool) -> list[dict[str, Any]]:
    url = reverse("plan_list")
    return [
        {"label": _("Offered"), "href": url, "current": not archived},
        {"label": _("Archived"), "href": f"{url}?archived=1", "current": archived},
    ]


def _row(plan: Any) -> dict[str, Any]:
    live = next((version for version in plan.shown if version.status == VersionStatus.LIVE), None)
    draft = next((version for version in plan.shown if version.status == VersionStatus.DRAFT), None)
    return {"plan": plan, "live": live, "draft": draft, **_words(live or draft)}


def _words(version: PlanVersion | None) -> dict[str, Any]:
    if version is None:
        return {"prices": [], "cadence": ""}
    return {"prices": list(version.prices.all()), "cadence": cadence_words(version.deliver_every, version.deliver_unit)}


@staff_page("subscriptions.view")
def plan_detail(request: StaffRequest, number: str) -> HttpResponse:
    """What is offered now, the draft that waits, who has which version."""
    plan = get_object_or_404(Plan, number=number)
    live, draft = live_of(plan), draft_of(plan)
    version = live or draft or plan.versions.order_by("-number").first()
    context = {
        "page": "plan", "page_title": plan.name, "plan": plan, "live": live, "draft": draft, "version": version,
        "prices": prices_of(version) if version else [], "items": _contents(version),
        "findings": guards(version) if version else [], "versions": _versions(plan), **_words(version),
        "charged": cadence_words(version.bill_every, version.bill_unit) if version else "",
        "changes": plan.price_changes.order_by("-pk")[:5],
        "history": history_of(plan.number, now=timezone.now()),
        "may_edit": request.user.has_perm("plans.edit"), "may_publish": request.user.has_perm("plans.publish"),
    }  # fmt: skip
    return render(request, "plans/detail.html", context)


def _contents(version: PlanVersion | None) -> list[Any]:
    return list(version.items.select_related("sku").order_by("pk")) if version else []


def _versions(plan: Plan) -> list[Any]:
    living = Q(subscriptions__status__in=LIVING)
    rows = plan.versions.annotate(
        living=Count("subscriptions", filter=living), mrr=Sum("subscriptions__mrr", filter=living)
    )
    return list(rows.order_by("-number"))


def _plan(number: str) -> Plan:
    return get_object_or_404(Plan, number=number)


@require_POST
@staff_page("plans.edit")
def plan_discard(request: StaffRequest, number: str) -> HttpResponse:
    """Throw the draft away."""
    draft = draft_of(_plan(number))
    if draft is None:
        return redirect("plan_detail", number=number)
    try:
        discard_draft(draft=draft, by=request.user, now=timezone.now())
    except PlanRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The draft is gone. What is offered stays as it is."))
    return redirect("plan_detail", number=number)


@staff_page("plans.publish")
def plan_archive(request: StaffRequest, number: str) -> HttpResponse:
    """Who is still on it and where they could go, before it is not offered any more."""
    plan = _plan(number)
    if request.method == "POST":
        archive_plan(plan=plan, by=request.user, now=timezone.now())
        messages.success(request, _("%(plan)s is not offered any more.") % {"plan": plan})
        return redirect("plan_detail", number=number)
    count = Subscription.objects.filter(version__plan=plan, status__in=LIVING).count()
    others = Plan.objects.filter(status=PlanStatus.ACTIVE, versions__status=VersionStatus.LIVE).exclude(pk=plan.pk)
    words = ngettext("%(n)d subscriber stays on it", "%(n)d subscribers stay on it", count) % {"n": count}
    context = {"page": "plan-archive", "page_title": _("Archive %(plan)s") % {"plan": plan}, "plan": plan,
               "count": count, "words": words, "others": others.distinct().order_by("name")[:20]}  # fmt: skip
    return render(request, "plans/archive.html", context)


@require_POST
@staff_page("plans.publish")
def plan_restore(request: StaffRequest, number: str) -> HttpResponse:
    """Offer it again."""
    restore_plan(plan=_plan(number), by=request.user, now=timezone.now())
    messages.success(request, _("It is offered again."))
    return redirect("plan_detail", number=number)
