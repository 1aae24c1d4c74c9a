"""P26: unpaid invoices, what was tried and said, what comes next, and what staff may do about it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count, F, Sum
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_zone
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.templatetags import portal
from orders.actions import dunning
from orders.actions.dunning_end import last_step_of
from orders.actions.invoice_collecting import switch_to_invoice
from orders.actions.writing_off import WriteOffRefused, write_off
from orders.billing_states import LIVE_DUNNING, DunningStatus, LastStep
from orders.collection_filters import DunningFilters
from orders.collection_forms import DayForm, NoteForm
from orders.collection_mails import DUNNING_KINDS
from orders.dunning_rules import StepKind, plan, steps_of
from orders.models import Charge, Dunning
from orders.payments.declines import decline_words

WORDS = {StepKind.RETRY: gettext_lazy("Try the card"), StepKind.MAIL: gettext_lazy("Message"), StepKind.LAST: ""}


def customer_cell(row: Dunning) -> str:
    name = row.invoice.customer or row.invoice.buyer.get("name") or ""
    return format_html('{} <span class="muted">{}</span>', name, row.invoice.subscription or row.invoice.order or "")


def tried_cell(row: Dunning) -> str:
    return _("%(done)s of %(all)s") % {"done": row.tried, "all": len(row.policy.retry_days) + 1}  # type: ignore[attr-defined]


def why_cell(row: Dunning) -> str:
    words = decline_words(row.reason)
    return _("%(why)s; waits for another card") % {"why": words} if row.waits_for_method else words


def next_cell(row: Dunning) -> str:
    steps = steps_of(row.policy)
    if row.status == DunningStatus.PAUSED:
        return format_html(_("paused until {}"), portal.day(row.paused_until))
    if row.status == DunningStatus.PROMISED:
        return format_html(_("promised for {}"), portal.day(row.promised_on))
    if row.next_at is None or row.step >= len(steps):
        return str(row.get_status_display())
    return format_html("{}, {}", _name(row, steps[row.step].kind), portal.when(row.next_at))


def then_cell(row: Dunning) -> str:
    if row.next_at is None or row.status not in LIVE_DUNNING:
        return ""
    _step, on = plan(steps_of(row.policy), row.step, next_at=row.next_at, zone=business_zone())[-1]
    return format_html("{}, {}", LastStep(last_step_of(row)).label, portal.day(on))


def _name(row: Dunning, kind: StepKind) -> str:
    return str(WORDS[kind] or LastStep(last_step_of(row)).label)


class DunningList(ListPage):
    name = "dunning"
    title = gettext_lazy("Dunning")
    counted = ngettext_lazy("%(n)s case", "%(n)s cases", "count")
    filterset = DunningFilters
    columns = (
        Column("invoice__number", gettext_lazy("Invoice"), css="id"),
        Column("customer", gettext_lazy("Customer"), customer_cell, lambda r: str(r.invoice.customer or ""), css="grow"),
        Column("amount", gettext_lazy("Amount"), lambda r: portal.money(r.invoice.balance, r.invoice.currency),
               lambda r: r.invoice.balance, css="num"),
        Column("reason", gettext_lazy("Why it failed"), why_cell, why_cell, css="low"),
        Column("tried", gettext_lazy("Tried"), tried_cell, lambda r: r.tried, css="nowrap wide"),
        Column("next_at", gettext_lazy("Next step"), next_cell, lambda r: r.next_at, "next", "low"),
        Column("then", gettext_lazy("Then"), then_cell, lambda r: LastStep(last_step_of(r)).label, css="wide"),
        Column("status", gettext_lazy("State"), css="nowrap", default=False),
        Column("opened_at", gettext_lazy("Since"), sort="opened", css="nowrap wide", default=False),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"next": ("next_at", "id"), "opened": ("-opened_at", "-id")}
    default_sort = "opened"
    views = (
        View("open", gettext_lazy("Open"), "alive=true"),
        View("card", gettext_lazy("Waits for a card"), "alive=true&waits_for_method=true"),
        View("recovered", gettext_lazy("Recovered"), "status=recovered"),
        View("ended", gettext_lazy("Ended"), "status=exhausted&status=stopped&status=written_off"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(
        gettext_lazy("Everybody has paid"), gettext_lazy("A charge that is declined opens a case here."), icon="bell"
    )
    export_permission = "orders.finance"
    template = "collection/dunning_list.html"

    def row_url(self, row: Dunning) -> str:
        return f"/dunning/{row.invoice.number}/"

    def extra_context(self) -> dict[str, Any]:
        return {"sums": _sums(self.now)}


def _sums(now: datetime) -> dict[str, Any]:
    """Open and recovered money by currency; the rate is of cases opened in the last 30 days that have ended."""
    owed = F("invoice__gross_total") - F("invoice__credited") - F("invoice__written_off") - F("invoice__paid")
    alive = Dunning.objects.filter(status__in=LIVE_DUNNING).values("invoice__currency")
    recovered = Dunning.objects.filter(recovered_at__gte=now - timedelta(days=30)).values("invoice__currency")
    ended = Dunning.objects.filter(opened_at__gte=now - timedelta(days=30)).exclude(status__in=LIVE_DUNNING)
    good = ended.filter(status=DunningStatus.RECOVERED).count()
    return {
        "open": list(alive.annotate(cases=Count("pk"), sum=Sum(owed)).order_by("invoice__currency")),
        "recovered": list(recovered.annotate(sum=Sum("invoice__paid")).order_by("invoice__currency")),
        "rate": good * 100 // ended.count() if ended.count() else None,
    }


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def dunning_list(request: StaffRequest) -> HttpResponseBase:
    related = ("invoice__customer", "invoice__subscription__version", "invoice__order", "policy")
    rows = Dunning.objects.select_related(*related).annotate(tried=Count("invoice__charges__answered_at"))
    return DunningList(request, rows).response()


def _case(number: str) -> Dunning:
    related = ("invoice__customer", "invoice__subscription__version", "invoice__order", "policy")
    return get_object_or_404(Dunning.objects.select_related(*related), invoice__number=number)


@staff_page("orders.finance")
@require_GET
def dunning_case(request: StaffRequest, number: str) -> HttpResponse:
    return _page(request, _case(number))


def _page(
    request: StaffRequest, case: Dunning, *, problem: str = "", forms: Any = None, status: int = 200
) -> HttpResponse:
    invoice = case.invoice
    filled = {deed: DayForm(prefix=deed) for deed in DAYS} | {deed: NoteForm(prefix=deed) for deed in NOTES}
    filled |= forms or {}
    about = [f"{invoice.number} {step}" for step in range(len(steps_of(case.policy)) + 1)]
    context = {
        "page": "dunning-case",
        "case": case,
        "invoice": invoice,
        "why": decline_words(case.reason),
        "is_alive": case.status in LIVE_DUNNING,
        "may_edit": request.user.has_perm("finance.edit"),
        "may_write_off": request.user.has_perm("finance.approve"),
        "problem": problem,
        "steps": _steps(case),
        "charges": [(row, decline_words(row.decline_code)) for row in invoice.charges.order_by("-number")],
        "mails": OutgoingMessage.objects.filter(kind__in=DUNNING_KINDS, about__in=about).order_by("pk"),
        "history": Activity.objects.of(invoice.number)[:20],
        "forms": filled,
        "write_off_form": filled["write-off"],
        "risk": max(0, 4 - Charge.objects.filter(invoice=invoice, answered_at__isnull=False).count()),
    }  # fmt: skip
    return render(request, "collection/dunning_case.html", context, status=status)


def _steps(case: Dunning) -> list[dict[str, Any]]:
    """The line of steps: done, the next one, those to come with their days."""
    steps = steps_of(case.policy)
    rows = [{"label": _name(case, step.kind), "state": "done", "note": ""} for step in steps[: case.step]]
    if case.next_at is None or case.status not in LIVE_DUNNING:
        return rows
    coming = plan(steps, case.step, next_at=case.next_at, zone=business_zone())
    for index, (step, on) in enumerate(coming):
        state = "current" if index == 0 else "todo"
        rows.append({"label": _name(case, step.kind), "state": state, "note": portal.day(on), "tone": "warn"})
    return rows


@staff_page("finance.edit")
@require_POST
def dunning_deed(request: StaffRequest, number: str, deed: str) -> HttpResponse:
    """One act on a case; what stands in its way is said on its page."""
    return _act(request, _case(number), deed, DEEDS.get(deed))


@staff_page("finance.approve")
@require_POST
def dunning_write_off(request: StaffRequest, number: str) -> HttpResponse:
    return _act(request, _case(number), "write-off", _write_off)


def _act(request: StaffRequest, case: Dunning, deed: str, act: "Act | None") -> HttpResponse:
    if act is None:
        raise Http404(deed)
    if deed in DAYS or deed in NOTES:
        form = (DayForm if deed in DAYS else NoteForm)(request.POST, prefix=deed)
        if not form.is_valid():
            return _page(request, case, forms={deed: form}, status=422)
        given = form.cleaned_data
    else:
        given = {}
    try:
        words = act(case, given, {"by": request.user, "now": timezone.now()})
    except REFUSALS as refused:
        return _page(request, case, problem=str(refused), status=409)
    messages.success(request, words)
    return redirect("dunning_case", case.invoice.number)


Act = Callable[[Dunning, dict[str, Any], dict[str, Any]], str]
REFUSALS = (dunning.NotOwed, dunning.CaseClosed, dunning.StillAsked, dunning.BadDay, WriteOffRefused)
DAYS, NOTES = frozenset({"pause", "promise", "move"}), frozenset({"stop", "write-off"})


def _retry(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.retry_now(case.pk, **how)
    return _("The card is tried within a minute.")


def _link(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    return _("Pay link: %(url)s") % {"url": dunning.pay_link(case.pk, **how)}


def _pause(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.pause_case(case.pk, until=given["day"], note=given["note"], **how)
    return _("Paused until %(day)s.") % {"day": portal.day(given["day"])}


def _promise(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.promise_payment(case.pk, on=given["day"], note=given["note"], **how)
    return _("Promised for %(day)s. Nothing is tried or said until then.") % {"day": portal.day(given["day"])}


def _move(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.set_next_date(case.pk, on=given["day"], **how)
    return _("The next step comes on %(day)s.") % {"day": portal.day(given["day"])}


def _stop(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.stop_case(case.pk, note=given["note"], **how)
    return _("Stopped. Nothing more is tried or said.")


def _again(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    dunning.start_again(case.pk, **how)
    return _("It goes on from the beginning.")


def _write_off(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    row = write_off(case.invoice_id, reason=given["note"], **how)
    return _("%(sum)s written off.") % {"sum": portal.money(row.amount, case.invoice.currency)}


def _to_invoice(case: Dunning, given: dict[str, Any], how: dict[str, Any]) -> str:
    switch_to_invoice(case.pk, **how)
    return _("Paid by invoice from now on; the card is not tried any more.")


DEEDS: dict[str, Act] = {
    "retry": _retry,
    "link": _link,
    "pause": _pause,
    "promise": _promise,
    "move": _move,
    "stop": _stop,
    "again": _again,
    "invoice": _to_invoice,
}
