"""What customers see and tap on the pages of their subscription, for tests."""

import re
from typing import Any

from django.test import Client

from customers.factories import AddressFactory
from orders import factories
from orders.models import PlanVersion, Subscription
from orders.tests.subscribed import subscribe

PAGES = ("", "date/1/", "contents/", "pause/", "often/", "cancel/", "address/", "papers/", "prove/", "code/")


def by_card(version: PlanVersion | None = None) -> Subscription:
    address = AddressFactory()
    method = factories.PaymentMethodFactory(customer=address.customer)
    return subscribe(version, customer_id=method.customer_id, address_id=address.pk, method_id=method.pk)


def url(s: Subscription, path: str = "") -> str:
    return f"/s/{s.links.order_by('-expires_at').first().token}/{path}"


def see(s: Subscription, path: str = "", client: Client | None = None) -> str:
    answer = (client or Client()).get(url(s, path))
    assert answer.status_code == 200, answer.status_code
    return text_of(answer.content.decode())


def text_of(html: str) -> str:
    body = re.sub(r"<head>.*?</head>|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").replace("\xa0", " ").replace("&#x27;", "'")
    return " ".join(text.split())


def tap(s: Subscription, path: str, client: Client | None = None, **posted: Any) -> Any:
    return (client or Client()).post(url(s, path), posted)


def after(answer: Any) -> str:
    """The page a change leads to."""
    assert answer.status_code == 302, text_of(answer.content.decode())[:400]
    return text_of(Client().get(answer["Location"]).content.decode())


def proven(s: Subscription) -> Client:
    client = Client()
    answer = tap(s, "prove/", client, email=s.customer.email, old_postcode=s.address.postcode)  # type: ignore[union-attr]
    assert answer.status_code == 302
    return client
