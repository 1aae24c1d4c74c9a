"""P14: the editor of a plan with its live preview, and the review before publishing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.changes import ChangedMeanwhile, field_title
from ordermgmt.templatetags.portal import money
from orders.actions.plans import (
    Drafted,
    PlanRefused,
    change_draft,
    create_plan,
    draft_of,
    guards,
    live_of,
    publish,
    start_draft,
)
from orders.models import Plan, PlanPrice, PlanVersion, Subscription
from orders.plan_facts import TERMS, fingerprint, items_of, plan_facts, prices_of
from orders.plan_forms import (
    ItemForms,
    PlanForm,
    PriceForms,
    cadence_words,
    item_initial,
    plan_initial,
    price_initial,
)
from orders.plan_preview import first_deliveries, first_price
from orders.plan_pricing import TIERED_MODELS
from orders.plan_rules import PlanFinding, findings_of, interval_words, read_interval
from orders.starter_plans import starters
from orders.views.plans import LIVING


@dataclass
class Editor:
    """The three parts of the form: terms, prices, items."""

    form: PlanForm
    prices: Any
    items: Any

    @classmethod
    def shown(cls, plan: Plan | None, version: PlanVersion) -> "Editor":
        return cls(
            PlanForm(initial=plan_initial(plan, version)),
            PriceForms(prefix="prices", initial=[price_initial(price) for price in prices_of(version)]),
            ItemForms(prefix="items", initial=[item_initial(item) for item in items_of(version)]),
        )

    @classmethod
    def begun(cls, drafted: Drafted) -> "Editor":
        version = PlanVersion(**drafted.terms)
        initial = {**plan_initial(None, version), "name": drafted.name, "description": drafted.description}
        prices = [price_initial(price) for price in drafted.prices]
        return cls(PlanForm(initial=initial), PriceForms(prefix="prices", initial=prices), ItemForms(prefix="items"))

    @classmethod
    def typed(cls, data: QueryDict) -> "Editor":
        return cls(PlanForm(data), PriceForms(data, prefix="prices"), ItemForms(data, prefix="items"))

    def is_valid(self) -> bool:
        return all([self.form.is_valid(), self.prices.is_valid(), self.items.is_valid()])

    def drafted(self) -> Drafted:
        return Drafted(
            name=self.form.cleaned_data["name"],
            description=self.form.cleaned_data["description"],
            terms=self.form.terms(),
            prices=[facts for form in self.prices if (facts := form.facts())],
            items=self.items.facts(),
        )


@staff_page("plans.edit")
def plan_new(request: StaffRequest) -> HttpResponse:
    """A new plan, from nothing or from one of the starter templates."""
    if request.method == "POST":
        editor = Editor.typed(request.POST)
        if editor.is_valid():
            plan = create_plan(editor.drafted(), by=request.user, now=timezone.now())
            messages.success(request, _("%(plan)s is drafted. Review and publish it next.") % {"plan": plan})
            return redirect("plan_edit", number=plan.number)
        return _page(request, editor, None, status=422)
    starter = starters().get(request.GET.get("from", ""), Drafted(name=""))
    return _page(request, Editor.begun(starter), None)


@staff_page("plans.edit")
def plan_edit(request: StaffRequest, number: str) -> HttpResponse:
    """The draft of a plan; saving begins one when there is none."""
    plan = get_object_or_404(Plan, number=number)
    version = draft_of(plan) or live_of(plan)
    if version is None:
        return redirect("plan_detail", number=number)
    if request.method != "POST":
        return _page(request, Editor.shown(plan, version), plan, seen=fingerprint(version))
    editor = Editor.typed(request.POST)
    if not editor.is_valid():
        return _page(request, editor, plan, seen=request.POST.get("seen", ""), status=422)
    try:
        _save(request, plan, editor.drafted())
    except ChangedMeanwhile as error:
        messages.error(request, str(error))
        return _page(request, editor, plan, seen=fingerprint(draft_of(plan) or version), status=409)
    except PlanRefused as refused:
        messages.error(request, str(refused))
        return redirect("plan_detail", number=number)
    if request.POST.get("do") == "review":
        return redirect("plan_publish", number=number)
    messages.success(request, _("Draft saved. Nothing changes for anybody before it is published."))
    return redirect("plan_edit", number=number)


def _save(request: StaffRequest, plan: Plan, drafted: Drafted) -> None:
    """A new draft equals the live version it begins with, so what was seen of that holds for it."""
    draft = start_draft(plan=plan, by=request.user, now=timezone.now())
    change_draft(drafted, draft=draft, seen=request.POST.get("seen", ""), by=request.user, now=timezone.now())


def _page(
    request: StaffRequest, editor: Editor, plan: Plan | None, *, seen: str = "", status: int = 200
) -> HttpResponse:
    draft = draft_of(plan) if plan else None
    context = {
        "page": "plan-editor", "page_title": plan.name if plan else _("New plan"), "plan": plan, "draft": draft,
        "live": live_of(plan) if plan else None, "editor": editor, "form": editor.form, "seen": seen,
        "may_publish": request.user.has_perm("plans.publish"), **_preview(editor, now=timezone.now()),
    }  # fmt: skip
    return render(request, "plans/editor.html", context, status=status)


@require_POST
@staff_page("plans.edit")
def plan_preview(request: StaffRequest) -> HttpResponse:
    """What is typed, as customers would meet it; nothing is kept."""
    return render(request, "plans/_preview.html", _preview(Editor.typed(request.POST), now=timezone.now()))


def _preview(editor: Editor, *, now: datetime) -> dict[str, Any]:
    bound = editor if editor.form.is_bound else Editor.typed(_as_typed(editor))
    if not bound.is_valid():
        return {"preview": None}
    drafted = bound.drafted()
    terms = {**{name: getattr(PlanVersion(), name) for name in TERMS}, **drafted.terms}
    price = first_price(drafted.prices)
    findings: list[PlanFinding] = findings_of(plan_facts(terms, list(drafted.prices), list(drafted.items)))
    return {
        "preview": drafted, "price": price, "findings": findings,
        "cadence": cadence_words(terms["deliver_every"], terms["deliver_unit"]),
        "coming": first_deliveries(terms, price, now=now),
    }  # fmt: skip


def _as_typed(editor: Editor) -> QueryDict:
    """What the page would send back as it was opened."""
    data = QueryDict(mutable=True)
    forms = [editor.form, editor.prices.management_form, *editor.prices, editor.items.management_form, *editor.items]
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False and value != "":
                data[field.html_name] = "on" if value is True else str(value)
    return data


@staff_page("plans.publish")
def plan_publish(request: StaffRequest, number: str) -> HttpResponse:
    """Side by side: what changes, for whom; then the draft is what new subscribers get."""
    plan = get_object_or_404(Plan, number=number)
    draft = draft_of(plan)
    if draft is None:
        return redirect("plan_detail", number=number)
    status = 200
    if request.method == "POST":
        try:
            publish(draft=draft, seen=request.POST.get("seen", ""), by=request.user, now=timezone.now())
        except (PlanRefused, ChangedMeanwhile) as refused:
            messages.error(request, str(refused))
            status = 409
        else:
            messages.success(request, _("Version %(number)d is live.") % {"number": draft.number})
            return redirect("plan_detail", number=number)
    live = live_of(plan)
    context = {
        "page": "plan-publish", "page_title": _("Publish %(plan)s") % {"plan": plan}, "plan": plan, "draft": draft,
        "live": live, "heading": _("What changes") if live else _("What is offered"), "rows": _differences(live, draft), "findings": guards(draft), "seen": fingerprint(draft),
        "count": Subscription.objects.filter(version__plan=plan, status__in=LIVING).count(),
    }  # fmt: skip
    return render(request, "plans/publish.html", context, status=status)


_INTERVALS = ("deliver_every", "deliver_unit", "bill_every", "bill_unit", "allowed_intervals")


def _differences(live: PlanVersion | None, draft: PlanVersion) -> list[dict[str, Any]]:
    """Every term with the value it has and will have; changed ones are marked."""
    rows = [
        {"title": _("Prices"), "old": _price_words(live), "new": _price_words(draft)},
        {"title": _("In the box"), "old": _item_words(live), "new": _item_words(draft)},
        *_cadences(live, draft),
    ]
    rows += [
        {"title": field_title(PlanVersion, name), "old": _shown(live, name), "new": _shown(draft, name)}
        for name in TERMS
        if name not in _INTERVALS
    ]
    return [{**row, "is_changed": row["old"] != row["new"]} for row in rows]


def _cadences(live: PlanVersion | None, draft: PlanVersion) -> list[dict[str, str]]:
    def words(version: PlanVersion | None) -> list[str]:
        if version is None:
            return ["", "", ""]
        chosen = [read_interval(text) for text in version.allowed_intervals]
        return [
            cadence_words(version.deliver_every, version.deliver_unit),
            cadence_words(version.bill_every, version.bill_unit),
            ", ".join(map(interval_words, chosen)) or "–",
        ]

    titles = (_("Sent"), _("Charged"), _("Customers may choose every"))
    return [
        {"title": title, "old": old, "new": new}
        for title, old, new in zip(titles, words(live), words(draft), strict=True)
    ]


def _shown(version: PlanVersion | None, name: str) -> str:
    if version is None:
        return ""
    display = getattr(version, f"get_{name}_display", None)
    value = display() if display else getattr(version, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value if value is not None else "–") or "–"


def _price_words(version: PlanVersion | None) -> str:
    rows = version.prices.order_by("currency") if version else []
    return "; ".join(_one_price(row) for row in rows)


def _one_price(price: PlanPrice) -> str:
    amount = _("in tiers") if price.model in TIERED_MODELS else money(price.amount, price.currency)
    fee = _(", set-up fee %(fee)s") % {"fee": money(price.set_up_fee, price.currency)} if price.set_up_fee else ""
    return f"{price.currency}: {amount}, {price.get_model_display()}{fee}"


def _item_words(version: PlanVersion | None) -> str:
    rows = version.items.select_related("sku").order_by("pk") if version else []
    return "; ".join(f"{row.quantity} × {row.sku.code}" + (f" ({row.group})" if row.group else "") for row in rows)
