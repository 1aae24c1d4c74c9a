"""P28: figures with their period, comparison, targets and charts; each opens exactly its rows."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from openpyxl import Workbook

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.kpis import add_note, place_tiles, remove_note, set_target, want_digest
from ordermgmt.clock import business_day, business_zone
from ordermgmt.history import record
from ordermgmt.kpi_facts import rows_url
from ordermgmt.kpi_places import USUAL, placed
from ordermgmt.kpi_rows import KpiRows, asked_filters, asked_period
from ordermgmt.kpis import SPLITS, Kpi, Period, UnknownKpi, find, in_order
from ordermgmt.measuring import read_period
from ordermgmt.models import KpiDigest, KpiTarget, User
from ordermgmt.report_charts import movements, trend
from ordermgmt.report_forms import NoteForm, PlacesForm, Question, ReportForm, TargetForm
from ordermgmt.report_papers import figure_paper, report_paper
from ordermgmt.report_sections import sections
from ordermgmt.spreadsheets import guarded
from ordermgmt.tiles import Tile, fresh_at, tiles
from ordermgmt.typesetting import CannotTypeset, Paper, typeset_apart

GROUPS = [
    ("orders", gettext_lazy("Orders")),
    ("revenue", gettext_lazy("Subscriptions")),
    ("stock", gettext_lazy("Stock")),
    ("customers", gettext_lazy("Customers")),
]
# Figures are brought up to date every minute.
STALE_AFTER = timedelta(minutes=15)
CHARTS = ("on_time_dispatch", "order_cycle_time")
HEADS = (
    "name",
    "title",
    "version",
    "from",
    "to",
    "value",
    "unit",
    "numerator",
    "denominator",
    "rows",
    "before",
    "target",
)


def _asked(request: StaffRequest) -> tuple[ReportForm, Question]:
    form = ReportForm(request.GET, today=business_day(timezone.now()))
    return form, form.question()


def _known(name: str) -> Kpi:
    try:
        return find(name)
    except UnknownKpi as unknown:
        raise Http404(str(unknown)) from None


@require_safe
@staff_page("reports.view")
def report_list(request: StaffRequest) -> HttpResponse:
    form, question = _asked(request)
    context = {"page": "report-list", "page_title": _("Reports"), "form": form, **_dashboard(request.user, question)}
    context["has_mail"] = KpiDigest.objects.filter(user=request.user).exists()
    return render(request, "reports/list.html", context)


def _dashboard(user: User, question: Question) -> dict[str, Any]:
    """Tiles, charts and parts of what is asked, for the page and for paper."""
    found = tiles([one for one in in_order() if one.is_tile], question)
    by_name = {tile.kpi.name: tile for tile in found}
    top = [name for name in placed(user) or USUAL if name in by_name]
    return {
        "question": question,
        "top": [by_name[name] for name in top],
        "groups": [
            (title, [tile for tile in found if tile.kpi.group == group and tile.kpi.name not in top])
            for group, title in GROUPS
        ],
        "charts": [_chart(by_name[name], question) for name in CHARTS if name in by_name],
        "movements": movements(question, rows_url) if "mrr_new" in by_name else None,
        "sections": sections(question),
        **_facts(question),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def report_places(request: StaffRequest) -> HttpResponse:
    """Which figures stand at the top of the person's reports, and in which order."""
    kpis = [one for one in in_order() if one.is_tile]
    data = request.POST if request.method == "POST" else None
    form = PlacesForm(data, kpis=kpis, placed=placed(request.user) or USUAL)
    if form.is_bound and form.is_valid():
        place_tiles(names=form.names, by=request.user, now=timezone.now())
        messages.success(request, _("Your tiles are placed."))
        return redirect("report_list")
    groups = [(title, [form[one.name] for one in kpis if one.group == group]) for group, title in GROUPS]
    context = {"page": "report-places", "page_title": _("Your tiles"), "form": form, "groups": groups}
    return render(request, "reports/places.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_page("reports.view")
def report_mail(request: StaffRequest) -> HttpResponse:
    """The figures of the week by mail: yes or no."""
    wanted = request.POST.get("wanted") == "yes"
    want_digest(wanted=wanted, by=request.user, now=timezone.now())
    words = (
        _("The figures of each week come by mail on Monday morning.") if wanted else _("No more mails with figures.")
    )
    messages.success(request, words)
    return redirect("report_list")


def _facts(question: Question) -> dict[str, Any]:
    fresh = fresh_at()
    return {
        "fresh_at": fresh,
        "is_stale": fresh is not None and timezone.now() - fresh > STALE_AFTER,
        "zone": str(business_zone()),
        "narrowed": [(SPLITS[name].label, value) for name, value in question.filters.items()],
    }


def _chart(tile: Tile, question: Question) -> dict[str, Any]:
    def url_of(first: date, last: date) -> str:
        return rows_url(tile.kpi, Period(first, last), question.filters)

    return {"tile": tile, "trend": trend(tile, question, url_of)}


@require_safe
@staff_page("reports.view")
def kpi_detail(request: StaffRequest, name: str) -> HttpResponse:
    return _detail(request, _known(name), TargetForm(initial={"starts_on": business_day(timezone.now())}))


def _detail(request: StaffRequest, kpi: Kpi, form: TargetForm, status: int = 200) -> HttpResponse:
    asked, question = _asked(request)
    (tile,) = tiles([kpi], question)
    context = {
        "page": "report-figure",
        "page_title": kpi.title,
        "asked": asked,
        "question": question,
        "tile": tile,
        "chart": _chart(tile, question) if tile.found.days else None,
        "statistics": list(tile.found.statistics.items()),
        "history": KpiTarget.objects.filter(kpi=kpi.name).order_by("-starts_on"),
        "form": form,
        "note_form": NoteForm(initial={"on": question.today}),
        "may_aim": request.user.has_perm("books.view"),
        **_facts(question),
    }
    return render(request, "reports/figure.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def kpi_rows(request: StaffRequest, name: str) -> HttpResponseBase:
    """The exact rows: as many as the figure counts."""
    kpi, today = _known(name), business_day(timezone.now())
    period = read_period(kpi, kpi.settled(asked_period(request.GET, today), today))
    return KpiRows(request, kpi, period=period, filters=asked_filters(request.GET)).response()


@require_POST
@staff_page("reports.view")
def kpi_target(request: StaffRequest, name: str) -> HttpResponse:
    kpi, form = _known(name), TargetForm(request.POST)
    if not form.is_valid():
        return _detail(request, kpi, form, status=422)
    facts = {field: form.cleaned_data[field] for field in ("value", "starts_on", "ends_on", "owner")}
    set_target(kpi=kpi.name, by=request.user, now=timezone.now(), **facts)
    messages.success(request, _("The target is set."))
    return redirect("kpi_detail", name=kpi.name)


@require_POST
@staff_page("reports.view")
def note_add(request: StaffRequest, name: str) -> HttpResponse:
    kpi, form = _known(name), NoteForm(request.POST)
    if form.is_valid():
        add_note(on=form.cleaned_data["on"], words=form.cleaned_data["words"], by=request.user, now=timezone.now())
        messages.success(request, _("The note stands on every chart."))
    else:
        messages.error(request, _("A note needs a day and words."))
    return redirect("kpi_detail", name=kpi.name)


@require_POST
@staff_page("reports.view")
def note_remove(request: StaffRequest, name: str, pk: int) -> HttpResponse:
    remove_note(pk=pk, by=request.user, now=timezone.now())
    messages.success(request, _("The note is gone."))
    return redirect("kpi_detail", name=_known(name).name)


# Files ------------------------------------------------------------------------------------------
@require_safe
@staff_page("reports.view")
def report_file(request: StaffRequest, kind: str) -> HttpResponse:
    """All figures of the asked period."""
    _form, question = _asked(request)
    if kind == "pdf":
        return _pdf(request, "reports", _report_paper(request.user, question))
    return _file(request, "reports", kind, HEADS, [_line(tile) for tile in tiles(in_order(), question)])


@require_safe
@staff_page("reports.view")
def kpi_file(request: StaffRequest, name: str, kind: str) -> HttpResponse:
    """One figure by day."""
    kpi = _known(name)
    _form, question = _asked(request)
    (tile,) = tiles([kpi], question)
    if kind == "pdf":
        trend_of = _chart(tile, question)["trend"] if tile.found.days else None
        facts = {"question": question, **_facts(question)}
        return _pdf(request, kpi.name, figure_paper(tile=tile, trend=trend_of, facts=facts, now=timezone.now()))
    lines = [[day.isoformat(), value] for day, value in sorted(tile.found.days.items())]
    return _file(request, kpi.name, kind, ("day", kpi.name), [*lines, ["total", tile.found.value]])


def _line(tile: Tile) -> list[Any]:
    found = tile.found
    return [
        tile.kpi.name, str(tile.kpi.title), tile.kpi.version, found.period.first.isoformat(), found.period.last.isoformat(),
        found.value, tile.kpi.unit, found.numerator, found.denominator, found.count,
        tile.earlier.value if tile.earlier else None, tile.target,
    ]  # fmt: skip


def _report_paper(user: User, question: Question) -> Paper:
    found = _dashboard(user, question)
    facts = {name: found[name] for name in ("question", "fresh_at", "zone", "narrowed")}
    return report_paper(
        title=_("Reports"), top=found["top"], groups=found["groups"], charts=found["charts"],
        movements=found["movements"], sections=found["sections"], facts=facts, now=timezone.now(),
    )  # fmt: skip


def _pdf(request: StaffRequest, name: str, made: Paper) -> HttpResponse:
    now = timezone.now()
    try:
        body = typeset_apart(made)
    except CannotTypeset as problem:
        return HttpResponse(_("The document could not be made: %(why)s") % {"why": problem}, status=503)
    _record_export(request, name, now)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}-{now:%Y-%m-%d-%H%M}.pdf"'
    return answer


def _record_export(request: StaffRequest, name: str, now: datetime) -> None:
    record(
        "report.exported", "Figures exported: {name}", subject=f"report {name}"[:40], by=request.user, now=now, name=name
    )  # fmt: skip


def _file(request: StaffRequest, name: str, kind: str, heads: Iterable[str], lines: list[list[Any]]) -> HttpResponse:
    if kind not in ("csv", "xlsx"):
        raise Http404(kind)
    now = timezone.now()
    _record_export(request, name, now)
    rows = [list(heads), *([guarded(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)]
    body, media = (_csv(rows), "text/csv; charset=utf-8") if kind == "csv" else (_xlsx(rows), XLSX)
    answer = HttpResponse(body, content_type=media)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{now:%Y-%m-%d-%H%M}.{kind}"'
    return answer


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _csv(rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("Figures")
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()
