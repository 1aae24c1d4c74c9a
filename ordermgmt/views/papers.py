"""Papers shown in the browser: the stored bytes, or made now."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.documents import UnknownDocument, content_of, kinds
from ordermgmt.facturx import data_inside
from ordermgmt.typesetting import CannotTypeset


@staff_page("fulfilment.view", "orders.view")
@require_GET
def paper(request: StaffRequest, kind: str, number: str) -> HttpResponse:
    """Inline; who may see a kind, and which papers of it, is declared where the kind is."""
    try:
        content = _content(request, kind, number)
    except CannotTypeset as problem:
        return _impossible(problem)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{kind}-{number}.pdf"'
    answer["Cache-Control"] = "private, max-age=0, must-revalidate"
    return answer


@staff_page("fulfilment.view", "orders.view")
@require_GET
def paper_data(request: StaffRequest, kind: str, number: str) -> HttpResponse:
    """The data that a paper carries inside (an e-invoice), taken out of its stored bytes so that both are the same."""
    try:
        data = data_inside(_content(request, kind, number))
    except CannotTypeset as problem:
        return _impossible(problem)
    if data is None:
        raise Http404(number)
    answer = HttpResponse(data, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{number}.xml"'
    return answer


def _content(request: StaffRequest, kind: str, number: str) -> bytes:
    """The bytes of a paper this person may see. Raises Http404, CannotTypeset."""
    known = kinds().get(kind)
    if known is None or not known.is_open_to(number, request.user):
        raise Http404(kind)
    try:
        return content_of(kind, number, now=timezone.now())
    except UnknownDocument:
        raise Http404(number) from None


def _impossible(problem: CannotTypeset) -> HttpResponse:
    return HttpResponse(_("The document could not be made: %(why)s") % {"why": problem}, status=503)
