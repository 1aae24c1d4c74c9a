"""P37: the customer's page of an order. Looking at it changes nothing."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from customers.ticket_words import told_about
from inventory.models import ServedZone
from ordermgmt.access import customer_page
from ordermgmt.blocking import blockers_of
from ordermgmt.known_problems import words_for_customer
from ordermgmt.prepared import PreparedRecords
from orders import viewing
from orders.customer_forms import CustomerAddressForm, FindForm, ProofForm
from orders.following import Following, count_words, follow
from orders.identity import is_proven
from orders.loading import load_followed
from orders.models import Delivery, Order, OrderAddress, OrderLink, PayLink

_LINK = PreparedRecords(lambda token: OrderLink.objects.select_related("order__channel").filter(token=token))
StatusView = Callable[[HttpRequest, OrderLink], HttpResponse]


def by_link(view: StatusView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Finds the live link of a token and speaks the language of its order; says so when it ended or never was."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        if viewing.is_view(token):
            link = viewing.order_link(request, token, now=timezone.now())
        else:
            link = next(iter(_LINK(token)), None)
        if link is not None and viewing.is_view(token) and request.method not in viewing.LOOKS:
            return viewing.refused(request)
        if link is None:
            return render(request, "customer/unknown.html", {"form": FindForm()}, status=404)
        with translation.override(link.order.language):
            if not link.is_live(timezone.now()):
                return ended(request, link)
            return view(request, link)

    return found


def ended(request: HttpRequest, link: OrderLink) -> HttpResponse:
    """An expired or revoked link tells nothing of its order."""
    context = {"new_link_url": reverse("status_new_link", args=[link.token]), "has_email": bool(link.order.email)}
    return render(request, "customer/ended.html", context, status=410)


@customer_page
@require_safe
@by_link
def order_status(request: HttpRequest, link: OrderLink) -> HttpResponse:
    now = timezone.now()
    context = status_context(request, link, now)
    done = request.GET.get("done", "")
    told = told_about(link.order.number)
    written = bool(told) and "written" in request.GET
    return render(
        request,
        "customer/status.html",
        {**context, "done": done if done in DONE else "", "told": told, "written": written},
    )


DONE = frozenset({"address", "proven"})


def status_context(request: HttpRequest, link: OrderLink, now: datetime) -> dict[str, Any]:
    order = load(link)
    found = following(order, now)
    proven = is_proven(request, order, now)
    address = shipping_address(order)
    context = {
        "link": link, "token": link.token, "order": order, "order_number": order.number, "f": found, "now": now,
        "is_proven": proven, "address": address, "parcel_words": count_words(found.parcels),
        "known": words_for_customer(order.pk),
    }  # fmt: skip
    if order.is_renewal:
        context["coming"] = coming_delivery(order)
    if order.balance > 0 and found.state.value == "awaiting_payment":
        context["pay_token"] = pay_token(order, now)
    if found.needs_address and found.may_change_address:
        context |= {"form": address_form(order, address, proven), "proof": None if proven else ProofForm()}
    return context


def coming_delivery(order: Order) -> Delivery | None:
    """The next delivery of the subscription this order came from."""
    rows = Delivery.objects.filter(
        is_next=True, subscription__deliveries__order=order, subscription__customer=order.customer_id
    )
    return rows.first()


def pay_token(order: Order, now: datetime) -> str:
    """Of the link that was sent to pay it; empty when none was, or when it ended."""
    links = PayLink.objects.filter(invoice__order=order).live(now).order_by("-pk")
    return links.values_list("token", flat=True).first() or ""


def load(link: OrderLink) -> Order:
    """The order of a link with all its page shows, in a constant number of queries."""
    load_followed(link.order)
    return link.order


def following(order: Order, now: datetime) -> Following:
    blockers = blockers_of([order], now=now).get(order.pk, [])
    sentence = next((blocker.customer_sentence for blocker in blockers if blocker.customer_sentence), "")
    stock = next((blocker.customer_sentence for blocker in blockers if blocker.code == "stock"), sentence)
    return follow(order, customer_sentence=stock if order.fulfilment_status == "waiting" else sentence, now=now)


def shipping_address(order: Order) -> OrderAddress | None:
    rows: list[OrderAddress] = order.shipping_rows  # type: ignore[attr-defined]
    return rows[0] if rows else None


def address_form(order: Order, address: OrderAddress | None, proven: bool, data: Any = None) -> CustomerAddressForm:
    """Filled with the address on the order only for who proved that it is theirs."""
    known = address.as_postal() if address and proven else {"city": order.ship_city}
    country = order.ship_country or (address.country if address else "")
    return CustomerAddressForm(data, initial=known, country=country, countries=() if country else served_countries())


def served_countries() -> list[str]:
    return list(ServedZone.objects.filter(warehouse__is_active=True).values_list("country", flat=True).distinct())
