"""P42: the customer pays on the provider's page; no attempt beside another; no card field of ours."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from ordermgmt.models import OutgoingMessage
from orders.actions.pay_pages import AttemptUnderWay, open_card_page, open_pay_page
from orders.billing_states import ChargeStatus, DunningStatus
from orders.factories import PayLinkFactory
from orders.models import Charge, Dunning, Invoice, PayLink, Payment, PaymentMethod
from orders.states import InvoiceStatus
from orders.tests.collecting import deliver, planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db


def link_of(invoice: Invoice) -> PayLink:
    now = timezone.now()
    made: PayLink = PayLinkFactory(
        invoice=invoice, customer=invoice.customer, created_at=now, expires_at=now + timedelta(days=9)
    )
    return made


def session(server: StripeServer) -> str:
    return list(server.state.rows["checkout.session"])[-1]


def test_paying_on_the_page(stripe_server: StripeServer, client: Any) -> None:
    invoice = unpaid()
    link = link_of(invoice)
    page = client.get(f"/p/{link.token}/").content.decode()
    assert "€10.00 to pay" in page
    assert "<input" not in page
    assert client.get(f"/p/{link.token}/").headers["Content-Security-Policy"].count(stripe_server.url) == 1
    answer = client.post(f"/p/{link.token}/start/")
    assert (answer.status_code, answer["Location"].startswith(stripe_server.url)) == (302, True)
    stripe_server.state.complete(session(stripe_server), last4="4444")
    assert "waiting for your bank" in client.get(f"/p/{link.token}/?done=1").content.decode()
    deliver(client, stripe_server)
    run("provider_events")
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count()) == (InvoiceStatus.PAID, 1)
    method = PaymentMethod.objects.get(is_default=True)
    assert (method.last4, invoice.customer) == ("4444", method.customer)
    invoice.subscription.refresh_from_db()
    assert invoice.subscription.method == method
    assert "Paid. Thank you." in client.get(f"/p/{link.token}/").content.decode()
    assert client.post(f"/p/{link.token}/start/").status_code == 302


def test_a_planned_attempt_makes_way_and_comes_back(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    first = planned(invoice, now=timezone.now() + timedelta(days=2))
    url = open_pay_page(link_of(invoice), now=timezone.now())
    assert open_pay_page(link_of(invoice), now=timezone.now()) == url
    first.refresh_from_db()
    assert first.status == ChargeStatus.CANCELLED
    assert run("charges") == {}
    stripe_server.state.expire(session(stripe_server))
    run("charges", timezone.now() + timedelta(hours=1))
    again = Charge.objects.get(status=ChargeStatus.PLANNED)
    assert (again.number, again.due_at) == (3, first.planned_at)
    assert Payment.objects.count() == 0


def test_no_page_while_an_answer_is_open(stripe_server: StripeServer, client: Any) -> None:
    invoice = unpaid()
    planned(invoice)
    stripe_server.state.faults.append("lose")
    run("charges")
    link = link_of(invoice)
    with pytest.raises(AttemptUnderWay):
        open_pay_page(link, now=timezone.now())
    answer = client.post(f"/p/{link.token}/start/")
    assert (answer.status_code, b"asking your bank" in answer.content) == (409, True)


def test_a_page_over_another_amount_is_closed(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    old = open_pay_page(link_of(invoice), now=timezone.now())
    Invoice.objects.filter(pk=invoice.pk).update(credited=4)
    new = open_pay_page(link_of(invoice), now=timezone.now())
    assert new != old
    states = [row["status"] for row in stripe_server.state.rows["checkout.session"].values()]
    assert states == ["expired", "open"]
    assert Charge.objects.get(status=ChargeStatus.SENT).amount == Decimal(6)


def test_a_page_whose_address_never_came(stripe_server: StripeServer, client: Any) -> None:
    invoice = unpaid()
    link = link_of(invoice)
    stripe_server.state.faults.append("lose")
    assert client.post(f"/p/{link.token}/start/").status_code == 503
    assert client.post(f"/p/{link.token}/start/").status_code == 302
    assert len(stripe_server.state.rows["checkout.session"]) == 1


def test_a_new_card_is_tried_at_once(stripe_server: StripeServer, client: Any) -> None:
    invoice = unpaid(says="pm_card_declined_expired_card")
    planned(invoice)
    run("charges")
    case = Dunning.objects.get()
    assert case.waits_for_method
    open_card_page(link_of(invoice), now=timezone.now())
    stripe_server.state.complete(session(stripe_server))
    deliver(client, stripe_server)
    run("provider_events")
    run("charges")
    case.refresh_from_db()
    invoice.refresh_from_db()
    assert (case.status, invoice.status) == (DunningStatus.RECOVERED, InvoiceStatus.PAID)
    deliver(client, stripe_server)
    run("provider_events")
    assert (PaymentMethod.objects.count(), Payment.objects.count()) == (2, 1)


def test_bank_details_where_no_provider_is(client: Any, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    link = link_of(unpaid())
    page = client.get(f"/p/{link.token}/").content.decode()
    assert settings.SHOP["iban"] in page
    assert "Pay with card" not in page
    assert client.post(f"/p/{link.token}/start/").status_code == 409


def test_links_that_ended_or_never_were(client: Any) -> None:
    link = link_of(unpaid())
    PayLink.objects.update(revoked_at=timezone.now())
    for token, status in ((link.token, 410), ("nobody", 404)):
        answer = client.get(f"/p/{token}/")
        assert (answer.status_code, b"This link has ended" in answer.content) == (status, True)
        assert b"10.00" not in answer.content
        assert client.post(f"/p/{token}/start/").status_code == status


def test_a_new_link_for_one_that_ended(client: Any) -> None:
    """It goes to the address we know; the answer is the same for anybody's guess."""
    link = link_of(unpaid())
    PayLink.objects.update(revoked_at=timezone.now())
    assert f"/p/{link.token}/new-link/" in client.get(f"/p/{link.token}/").content.decode()
    answers = [client.post(f"/p/{token}/new-link/") for token in ["nobody", *[link.token] * 5]]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    mails = OutgoingMessage.objects.filter(kind="pay_link")
    assert {mail.recipient for mail in mails} == {link.customer.email}
    assert len(mails) == 3
    fresh = PayLink.objects.live(timezone.now()).get()
    assert f"/p/{fresh.token}/" in mails[0].text
    assert client.get(f"/p/{fresh.token}/").status_code == 200
