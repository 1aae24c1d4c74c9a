"""Papers shown in the browser: the stored bytes, or made now."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.documents import UnknownDocument, content_of, kinds
from ordermgmt.typesetting import CannotTypeset


@staff_page("fulfilment.view", "orders.view")
@require_GET
def paper(request: StaffRequest, kind: str, number: str) -> HttpResponse:
    """Inline; who may see a kind, and which papers of it, is declared where the kind is."""
    known = kinds().get(kind)
    if known is None or not known.is_open_to(number, request.user):
        raise Http404(kind)
    try:
        content = content_of(kind, number, now=timezone.now())
    except UnknownDocument:
        raise Http404(number) from None
    except CannotTypeset as problem:
        return HttpResponse(_("The document could not be made: %(why)s") % {"why": problem}, status=503)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{kind}-{number}.pdf"'
    answer["Cache-Control"] = "private, max-age=0, must-revalidate"
    return answer
