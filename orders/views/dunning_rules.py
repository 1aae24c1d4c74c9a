"""P26, settings: the rules of dunning, with a preview on a real case."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_zone
from ordermgmt.models import Activity
from ordermgmt.templatetags import portal
from orders.actions.dunning_cases import current_rules
from orders.actions.dunning_end import last_step_of
from orders.actions.dunning_policies import change_rules
from orders.billing_states import LastStep
from orders.collection_forms import DunningRulesForm
from orders.dunning_rules import StepKind, next_moment, plan, steps_of
from orders.models import Dunning, DunningPolicy
from orders.views.dunning import WORDS

FIELDS = ("retry_days", "mail_days", "last_day", "last_step")


@staff_page("orders.finance")
@require_GET
def dunning_rules(request: StaffRequest) -> HttpResponse:
    rules = current_rules()
    return _page(request, DunningRulesForm(initial={name: getattr(rules, name) for name in FIELDS}), rules)


@staff_page("finance.edit")
@require_POST
def dunning_rules_save(request: StaffRequest) -> HttpResponse:
    """Show what they would do, or let new cases follow them."""
    form = DunningRulesForm(request.POST)
    if not form.is_valid():
        return _page(request, form, current_rules(), status=422)
    if request.POST.get("do") != "save":
        return _page(request, form, DunningPolicy(**form.cleaned_data))
    change_rules(by=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("New cases follow these rules. Open cases keep theirs."))
    return redirect("dunning_rules")


def _page(request: StaffRequest, form: DunningRulesForm, rules: DunningPolicy, *, status: int = 200) -> HttpResponse:
    related = ("invoice__customer", "invoice__subscription__version", "policy")
    case = Dunning.objects.select_related(*related).order_by("-opened_at", "-pk").first()
    context = {
        "page": "dunning-rules",
        "form": form,
        "may_edit": request.user.has_perm("finance.edit"),
        "case": case,
        "steps": _steps(rules, case, case.opened_at if case else timezone.now()),
        "history": Activity.objects.of("dunning-rules")[:20],
    }
    return render(request, "collection/dunning_rules.html", context, status=status)


def _steps(rules: DunningPolicy, case: Dunning | None, opened_at: datetime) -> list[dict[str, Any]]:
    """What the rules would have done with the case."""
    steps = steps_of(rules)
    first = next_moment(steps, 0, at=opened_at, zone=business_zone()) or opened_at
    end = LastStep(last_step_of(case) if case and case.invoice.subscription else rules.last_step).label
    return [
        {"label": end if step.kind == StepKind.LAST else WORDS[step.kind], "state": "todo", "note": portal.day(on)}
        for step, on in plan(steps, 0, next_at=first, zone=business_zone())
    ]
