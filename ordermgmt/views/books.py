"""The books: every invariant, when it was proved last, the rows that break it, who was told, and its history."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import operations
from ordermgmt.book_history import history, lines_of_all
from ordermgmt.proof_rounds import round_in_work
from ordermgmt.proofs import REGISTRY


@require_safe
@staff_page("books.view")
def books(request: HttpRequest) -> HttpResponse:
    lines = lines_of_all()
    context = {
        "lines": lines,
        "broken": sum(line.is_broken for line in lines),
        "in_work": round_in_work(),
        "page": "books",
        "page_title": _("Books"),
    }
    return render(request, "operations/books.html", context)


@require_safe
@staff_page("books.view")
def books_rule(request: HttpRequest, code: str) -> HttpResponse:
    """One invariant with its proofs, newest first."""
    rule = REGISTRY.get(code)
    if rule is None:
        raise Http404(code)
    context = {"line": history(rule), "page": "books-rule", "page_title": f"{rule.code} {rule.title}"}
    return render(request, "operations/books_rule.html", context)


@require_POST
@staff_page("books.view")
def books_prove(request: StaffRequest) -> HttpResponseRedirect:
    """Prove the books now."""
    now = timezone.now()
    operations.run_job("check_books", as_of=now, by=request.user, now=now)
    messages.success(request, _("The books are being proved. Reload in a moment."))
    return redirect("books")
