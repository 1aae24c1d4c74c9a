"""P37, P38: "Something is wrong? Write to us": a ticket from the page of an order or a plan. Only sending changes anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from customers.actions.ticket_files import Stored, store
from customers.actions.ticket_opening import Wish, open_ticket, write_again
from customers.actions.ticket_work import TicketRefused
from customers.models import Customer, Ticket
from customers.ticket_states import TicketChannel, TicketTopic
from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from orders.actions.links import CUSTOMER
from orders.models import OrderLink, SubscriptionLink
from orders.views import status, subscriber
from orders.views.status_proofs import TOO_OFTEN, wait_words
from orders.writing_forms import WritingForm

MOST_AN_HOUR, MOST_FROM_ONE_PLACE = 6, 30


@dataclass(frozen=True)
class About:
    """The record whose page it is, as far as writing needs it."""

    number: str
    customer: Customer | None
    name: str
    email: str
    language: str
    page: str
    write: str


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@status.by_link
def status_write(request: HttpRequest, link: OrderLink) -> HttpResponse:
    order = link.order
    email = order.email or (order.customer.email if order.customer else "")
    page, write = reverse("order_status", args=[link.token]), reverse("status_write", args=[link.token])
    return _write(request, About(order.number, order.customer, order.recipient, email, order.language, page, write))


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@subscriber.by_link
def subscriber_write(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    s = link.subscription
    page, write = reverse("subscriber_page", args=[link.token]), reverse("subscriber_write", args=[link.token])
    return _write(request, About(s.number, s.customer, s.customer.name, s.customer.email, s.language, page, write))


def _write(request: HttpRequest, about: About) -> HttpResponse:
    if request.method != "POST":
        initial = {"form_key": token_hex(12), "topic": _asked_topic(request)}
        return _page(request, about, WritingForm(initial=initial, asks_email=not about.email))
    form, now = WritingForm(request.POST, request.FILES, asks_email=not about.email), timezone.now()
    if not form.is_valid():
        return _page(request, about, form, 422)
    if not _may_write(request, about, now):
        form.add_error(None, wait_words())
        return _page(request, about, form, TOO_OFTEN)
    try:
        files = [store(one.name, one.read()) for one in form.cleaned_data["pictures"]]
        _send(about, form, files, now)
    except TicketRefused as refusal:
        form.add_error("pictures" if refusal.field == "files" else refusal.field or None, str(refusal))
        return _page(request, about, form, 422)
    return redirect(f"{about.page}?written=1#written")


def _asked_topic(request: HttpRequest) -> str:
    topic = request.GET.get("about", "")
    return topic if topic in TicketTopic.values else ""


def _send(about: About, form: WritingForm, files: Sequence[Stored], now: datetime) -> None:
    """Into the ticket that is open about this already, else a new one."""
    data = form.cleaned_data
    known = Ticket.objects.living().about(about.number).filter(channel=TicketChannel.STATUS_PAGE).first()
    if known is not None and known.form_key != data["form_key"]:
        write_again(known.pk, text=data["text"], by=CUSTOMER, now=now, form_key=data["form_key"], files=files)
        return
    wish = Wish(
        subject=f"{TicketTopic(data['topic']).label} · {about.number}", text=data["text"], topic=data["topic"],
        channel=TicketChannel.STATUS_PAGE, customer=about.customer, name=about.name,
        email=data.get("email") or about.email, language=about.language, about=about.number,
        form_key=data["form_key"], page_url=f"{settings.BASE_URL}{about.page}",
    )  # fmt: skip
    open_ticket(wish, by=CUSTOMER, now=now, files=files)


def _may_write(request: HttpRequest, about: About, now: datetime) -> bool:
    return may_try("write", about.number, most=MOST_AN_HOUR, seconds=3600, now=now) and may_try(
        "write-from", address_of(request), most=MOST_FROM_ONE_PLACE, seconds=3600, now=now
    )


def _page(request: HttpRequest, about: About, form: WritingForm, code: int = 200) -> HttpResponse:
    context = {"form": form, "page_url": about.page, "write_url": about.write, "order_number": about.number}
    return render(request, "customer/write.html", context, status=code)
