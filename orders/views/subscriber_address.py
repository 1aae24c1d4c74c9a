"""Where a subscription goes to, and its papers: for who proved that it is theirs."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ordermgmt.access import customer_page
from ordermgmt.documents import UnknownDocument, content_of
from ordermgmt.typesetting import CannotTypeset
from orders import identity
from orders.actions.particulars import NewAddress
from orders.customer_forms import CustomerAddressForm
from orders.models import CreditNote, Invoice, Subscription, SubscriptionLink
from orders.standing import load_standing
from orders.views.status import served_countries
from orders.views.subscriber import by_link, frame, make, page_url
from orders.views.subscriber_proofs import ask_for_proof

MOST_PAPERS = 60


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def subscriber_address(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """Another place, from the next delivery that can still change on."""
    now, s = timezone.now(), link.subscription
    if not identity.is_proven(request, s, now):
        return ask_for_proof(link, "address")
    st = load_standing(s, now=now)
    if st.is_over:
        return redirect(page_url(link))
    form = _form(link, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return make(request, link, NewAddress(form.cleaned_data))
    context = frame(link, st) | {"form": form}
    return render(request, "customer/plan_address.html", context, status=422 if form.is_bound else 200)


def _form(link: SubscriptionLink, data: Any) -> CustomerAddressForm:
    """Filled with the address as it is; the country stays, since tax and carrier hang on it."""
    address = link.subscription.address
    country = address.country if address else ""
    known = address.as_postal() if address else {}
    return CustomerAddressForm(data, initial=known, country=country, countries=() if country else served_countries())


@customer_page
@require_safe
@by_link
def subscriber_papers(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """Past deliveries and what was billed for them."""
    now, s = timezone.now(), link.subscription
    if not identity.is_proven(request, s, now):
        return ask_for_proof(link, "papers")
    own = _own(s)
    invoices = own.order_by("-issued_at", "-pk")[:MOST_PAPERS]
    notes = CreditNote.objects.filter(invoice__in=own).select_related("invoice").order_by("-pk")[:MOST_PAPERS]
    context = frame(link, load_standing(s, now=now)) | {"invoices": invoices, "credit_notes": notes}
    return render(request, "customer/plan_papers.html", context)


def _own(s: Subscription) -> QuerySet[Invoice]:
    """Not those of somebody who had the subscription before."""
    return Invoice.objects.filter(subscription=s, customer=s.customer_id)


@customer_page
@require_safe
@by_link
def subscriber_paper(request: HttpRequest, link: SubscriptionLink, kind: str, number: str) -> HttpResponse:
    """The PDF of an invoice or credit note of this subscription."""
    if not identity.is_proven(request, link.subscription, timezone.now()):
        return ask_for_proof(link, "papers")
    own = {
        "invoice": _own(link.subscription),
        "credit_note": CreditNote.objects.filter(invoice__in=_own(link.subscription)),
    }
    if kind not in own:
        raise Http404(kind)
    get_object_or_404(own[kind], number=number)
    return _pdf(kind, number, now=timezone.now())


def _pdf(kind: str, number: str, *, now: datetime) -> HttpResponse:
    try:
        content = content_of(kind, number, now=now)
    except UnknownDocument:
        raise Http404(number) from None
    except CannotTypeset:
        return HttpResponse(_("The paper cannot be made at the moment. Please try again later."), status=503)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    return answer
