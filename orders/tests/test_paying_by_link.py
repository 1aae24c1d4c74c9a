"""P09: the caller pays by a link or with the saved card; unpaid in time, the order ends by itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import Sku, StockLevel
from ordermgmt.factories import UserFactory
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.billing_states import ChargeStatus
from orders.models import Charge, CreditNote, Hold, Invoice, Order, PayLink, Payment
from orders.states import HoldCode, InvoiceStatus, OrderStatus, PaymentStatus
from orders.tests.collecting import card, deliver, run
from orders.tests.order_desk import broken, filled, known, new_customer, open_shop, sent
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def support() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
    return open_shop()


def placed(support: Client, shop: Any, pay: str, *items: str, says: str = "", **facts: Any) -> Order:
    """Maria's order; the mail that asks for its money says until when."""
    maria = known(shop, email="maria@example.com", **facts)
    if says:
        card(maria, says)
    answer = sent(support, "place", filled(support, maria, *(items or ("4*oat",)), pay=pay))
    assert answer.status_code == 302, answer.content.decode()
    return Order.objects.get()


def test_a_link_is_mailed_and_the_order_waits(support: Client, shop: Any, settings: Any) -> None:
    made = placed(support, shop, "link", "4*oat", "1*coffee")
    invoice = Invoice.objects.get(order=made)
    assert (invoice.gross_total, invoice.balance, invoice.paid) == (made.total, made.total, 0)
    assert [line.description for line in invoice.lines.order_by("position")][:2] == [
        "Oat drink 1 l",
        "Coffee beans 1 kg",
    ]
    hold = Hold.objects.open().get()
    assert (hold.code, hold.cancels_at) == (HoldCode.PAYMENT, made.accepted_at + timedelta(days=settings.PAY_LINK_DAYS))
    mail = OutgoingMessage.objects.get(kind="invoice_sent")
    assert (mail.recipient, mail.context["cancels"]) == ("maria@example.com", made.number)
    assert PayLink.objects.get().token in mail.context["button_url"]
    page = support.get(f"/orders/{made.number}/").content.decode()
    assert "Cancelled by itself on" in page
    assert broken() == []


def test_paid_by_the_link_it_goes_on(support: Client, shop: Any, client: Client, stripe_server: StripeServer) -> None:
    made = placed(support, shop, "link")
    status = made.links.create(token="t" * 40, created_at=made.placed_at, expires_at=made.placed_at + timedelta(days=9))
    token = PayLink.objects.get().token
    assert f'href="/p/{token}/"' in client.get(f"/o/{status.token}/").content.decode()
    assert client.post(f"/p/{token}/start/").status_code == 302
    stripe_server.state.complete(list(stripe_server.state.rows["checkout.session"])[-1])
    deliver(client, stripe_server)
    run("provider_events")
    made.refresh_from_db()
    assert (made.payment_status, Hold.objects.open().count()) == (PaymentStatus.PAID, 0)
    assert Invoice.objects.get().status == InvoiceStatus.PAID
    assert run("cancel_unpaid", timezone.now() + timedelta(days=30)) == {"cancelled": 0}
    assert f'href="/p/{token}/"' not in client.get(f"/o/{status.token}/").content.decode()
    assert broken() == []


def test_unpaid_in_time_it_is_cancelled_and_credited(support: Client, shop: Any) -> None:
    made = placed(support, shop, "link")
    ends_at = Hold.objects.get().cancels_at
    assert ends_at is not None
    early = ends_at - timedelta(seconds=1)
    assert run("cancel_unpaid", early) == {"cancelled": 0}
    assert run("cancel_unpaid", early + timedelta(seconds=1)) == {"cancelled": 1}
    made.refresh_from_db()
    assert (made.status, made.cancel_reason) == (OrderStatus.CANCELLED, "It was not paid in time")
    assert StockLevel.objects.get(sku__code="OAT-1L").allocated == 0
    assert CreditNote.objects.get().gross_total == Invoice.objects.get().gross_total
    assert OutgoingMessage.objects.filter(kind="order_cancelled").count() == 1
    assert run("cancel_unpaid", early + timedelta(days=1)) == {"cancelled": 0}
    assert broken() == []


def test_a_page_that_stands_open_is_closed_first(support: Client, shop: Any, stripe_server: StripeServer) -> None:
    made = placed(support, shop, "link")
    Client().post(f"/p/{PayLink.objects.get().token}/start/")
    late = timezone.now() + timedelta(days=4)
    assert run("cancel_unpaid", late) == {"cancelled": 1}
    made.refresh_from_db()
    assert made.status == OrderStatus.CANCELLED
    assert Charge.objects.get().status == ChargeStatus.CANCELLED
    (session,) = stripe_server.state.rows["checkout.session"].values()
    assert session["status"] == "expired"


def test_what_was_paid_on_the_page_at_the_last_moment_counts(
    support: Client, shop: Any, stripe_server: StripeServer
) -> None:
    made = placed(support, shop, "link")
    Client().post(f"/p/{PayLink.objects.get().token}/start/")
    stripe_server.state.complete(list(stripe_server.state.rows["checkout.session"])[-1])
    assert run("cancel_unpaid", timezone.now() + timedelta(days=4)) == {"cancelled": 0}
    made.refresh_from_db()
    assert (made.status, made.payment_status) == (OrderStatus.ACCEPTED, PaymentStatus.PAID)
    assert broken() == []


def test_the_saved_card_is_charged(support: Client, shop: Any, stripe_server: StripeServer) -> None:
    made = placed(support, shop, "card", says="pm_card_visa")
    assert run("charges") == {"done": 1}
    made.refresh_from_db()
    payment = Payment.objects.get()
    assert (payment.amount, made.payment_status, Hold.objects.open().count()) == (made.total, PaymentStatus.PAID, 0)
    assert broken() == []


def test_a_card_that_is_declined_leaves_the_order_waiting(
    support: Client, shop: Any, stripe_server: StripeServer
) -> None:
    made = placed(support, shop, "card", says="pm_card_declined_insufficient_funds")
    run("charges")
    run("dunning")
    made.refresh_from_db()
    assert (made.status, Hold.objects.open().get().code) == (OrderStatus.ACCEPTED, HoldCode.PAYMENT)
    mail = OutgoingMessage.objects.get(kind="payment_failed")
    assert PayLink.objects.get().token in mail.context["button_url"]
    assert broken() == []


def test_ways_that_cannot_be_taken(support: Client, shop: Any, stripe_server: StripeServer) -> None:
    page = sent(support, "place", new_customer(pay="link"))
    assert page.status_code == 422
    assert "no e-mail address to send the link to" in page.content.decode()
    maria = known(shop)
    given = filled(support, maria, "oat")
    assert 'value="card"' not in sent(support, "next", given).content.decode()
    page = sent(support, "place", given, pay="card")
    assert (page.status_code, Order.objects.count()) == (422, 0)
    assert "no saved card that can be charged" in page.content.decode()
    card(maria)
    assert "4242, now" in sent(support, "next", given).content.decode()


def test_the_same_form_twice_bills_once(support: Client, shop: Any) -> None:
    maria = known(shop, email="maria@example.com")
    given = filled(support, maria, "oat", pay="link")
    sent(support, "place", given)
    sent(support, "place", given)
    assert (Order.objects.count(), Invoice.objects.count(), PayLink.objects.count()) == (1, 1, 1)


def test_free_of_charge_nothing_is_asked(support: Client, shop: Any) -> None:
    shop["OAT-1L"].prices.update(amount=Decimal(0))
    maria = known(shop, email="maria@example.com")
    sent(support, "place", filled(support, maria, "oat", pay="link"))
    assert Invoice.objects.filter(gross_total=0).count() == 0
