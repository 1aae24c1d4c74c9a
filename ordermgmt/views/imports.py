"""Pages of imports and exports: choose, upload, preview, apply, watch."""

import csv
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.history import record
from ordermgmt.importing.exporting import csv_file, xlsx_file
from ordermgmt.importing.kinds import KINDS, ImportKind
from ordermgmt.importing.reading import Unreadable
from ordermgmt.importing.runs import ImportRefused, apply_run, take_file
from ordermgmt.models import ImportRun, ImportState, User

ANY = ("customers.import", "inventory.import", "customers.export", "inventory.export")
IMPORTING = ("customers.import", "inventory.import")


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        error_messages={
            "required": gettext_lazy("Choose a file"),
            "empty": gettext_lazy("The file is empty. Export it again and check that it has rows."),
        },
    )


def _kind(slug: str, user: User, permission: str) -> ImportKind:
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404(slug)
    if not user.has_perm(getattr(kind, permission)):
        raise PermissionDenied(getattr(kind, permission))
    return kind


@staff_page(*ANY)
def import_list(request: StaffRequest) -> HttpResponse:
    """Every kind of file this person may bring in or take out, and the latest files."""
    user = request.user
    kinds: list[dict[str, Any]] = [
        {
            "kind": kind,
            "may_import": user.has_perm(kind.permission),
            "may_export": user.has_perm(kind.export_permission),
        }
        for kind in KINDS.values()
        if user.has_perm(kind.permission) or user.has_perm(kind.export_permission)
    ]
    mine = [entry["kind"].slug for entry in kinds if entry["may_import"]]
    runs = list(ImportRun.objects.filter(kind__in=mine).select_related("by").order_by("-pk")[:25])
    context = {"page": "imports", "kinds": kinds, "runs": _worded(runs)}
    return render(request, "imports/list.html", context)


def _worded(runs: list[ImportRun]) -> list[Any]:
    for run in runs:
        run.kind_words = KINDS[run.kind].title  # type: ignore[attr-defined]
    return runs


@staff_page(*IMPORTING)
def import_new(request: StaffRequest, slug: str) -> HttpResponse:
    """Upload a file of one kind; what its columns mean stands beside the form."""
    kind = _kind(slug, request.user, "permission")
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = take_file(kind=slug, file=form.cleaned_data["file"], by=request.user, now=timezone.now())
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("import_detail", pk=run.pk)
    context = {
        "page": "import-new",
        "kind": kind,
        "form": form,
        "may_export": request.user.has_perm(kind.export_permission),
    }
    return render(request, "imports/new.html", context, status=422 if request.method == "POST" else 200)


def _run(request: StaffRequest, pk: int) -> ImportRun:
    run = get_object_or_404(ImportRun.objects.select_related("by"), pk=pk)
    _kind(run.kind, request.user, "permission")
    return run


@staff_page(*IMPORTING)
def import_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Progress, then what will change, then what has changed. Polled while it works."""
    run = _run(request, pk)
    is_working = run.state in (ImportState.UPLOADED, ImportState.CHECKING, ImportState.APPLYING)
    context = {
        "page": "import",
        "run": run,
        "kind": KINDS[run.kind],
        "is_working": is_working,
        "right": run.to_create + run.to_change,
        "more_errors": max(run.error_count - len({error["row"] for error in run.errors}), 0),
    }
    fragment = request.headers.get("HX-Target") == "import-run"
    response = render(request, "imports/run.html" if fragment else "imports/detail.html", context)
    if fragment and not is_working:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_page(*IMPORTING)
def import_apply(request: StaffRequest, pk: int) -> HttpResponse:
    """Write what the preview showed."""
    run = _run(request, pk)
    try:
        apply_run(run=run, by=request.user, now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("import_detail", pk=pk)


@staff_page(*IMPORTING)
def import_errors(request: StaffRequest, pk: int) -> HttpResponse:
    """The errors as a CSV file: row, column, what is wrong."""
    run = _run(request, pk)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="errors-{pk}.csv"'
    writer = csv.writer(response)
    writer.writerow([_("Row"), _("Column"), _("What is wrong")])
    writer.writerows([error["row"], error["column"], error["words"]] for error in run.errors)
    return response


@staff_page(*ANY)
def import_form(request: HttpRequest, slug: str) -> HttpResponseBase:
    """An empty file with the names of the columns."""
    if slug not in KINDS:
        raise Http404(slug)
    return csv_file(KINDS[slug], timezone.now(), rows=False)


@require_POST
@staff_page("customers.export", "inventory.export")
def export_file(request: StaffRequest, slug: str) -> HttpResponseBase:
    """Everything of a kind as a file that can be imported again; who took it is in the history."""
    kind = _kind(slug, request.user, "export_permission")
    now = timezone.now()
    is_excel = request.POST.get("format") == "xlsx"
    record("export_file", "{kind} exported as {format}", subject=f"export {slug}", by=request.user, now=now,
           kind=str(kind.title), format="XLSX" if is_excel else "CSV")  # fmt: skip
    return xlsx_file(kind, now) if is_excel else csv_file(kind, now)
