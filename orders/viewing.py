"""A customer's page as staff see it: read-only, for the person who asked, for half an hour.

The address holds a signed name instead of the token of a link, so that nothing of it can be used to change anything
or be passed on: every customer page refuses such an address for anything but looking.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ordermgmt.models import User
from orders.models import Order, OrderLink, Subscription, SubscriptionLink

PREFIX, SALT = "as-customer.", "orders.viewing"
LIFE = timedelta(minutes=30)
PERMISSION = "customers.edit"
LOOKS = ("GET", "HEAD")


def token_for(record: Order | Subscription, viewer: User) -> str:
    return PREFIX + signing.dumps([type(record).__name__, record.pk, viewer.pk], salt=SALT, compress=False)


def is_view(token: str) -> bool:
    return token.startswith(PREFIX)


def order_link(request: HttpRequest, token: str, *, now: datetime) -> OrderLink | None:
    """A link that no row holds; None unless this very person was given this address a moment ago."""
    pk = _named(request, token, "Order")
    order = Order.objects.select_related("channel").filter(pk=pk).first() if pk else None
    return OrderLink(order=order, token=token, created_at=now, expires_at=now + LIFE) if order else None


def plan_link(request: HttpRequest, token: str, *, now: datetime) -> SubscriptionLink | None:
    """As `order_link`, to the page of a subscription."""
    pk = _named(request, token, "Subscription")
    related = ("version__plan", "next_version__plan", "customer", "address", "method")
    s = Subscription.objects.select_related(*related).filter(pk=pk).first() if pk else None
    return SubscriptionLink(subscription=s, token=token, created_at=now, expires_at=now + LIFE) if s else None


def _named(request: HttpRequest, token: str, kind: str) -> int | None:
    try:
        said: Any = signing.loads(token.removeprefix(PREFIX), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    viewer = request.user
    may = viewer.is_authenticated and viewer.pk == said[2] and viewer.has_perm(PERMISSION)
    if not may or said[0] != kind:
        return None
    request.viewed_by = str(viewer)  # type: ignore[attr-defined]
    return int(said[1])


def refused(request: HttpRequest) -> HttpResponse:
    """Nothing is changed from here, whatever the page offers."""
    return render(request, "customer/only_looking.html", {}, status=403)
