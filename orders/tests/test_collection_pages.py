"""Staff pages of payments: what they show, what they do, and what they refuse."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ordermgmt.clock import business_day
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.payouts import import_payouts
from orders.actions.refunding import request_refund
from orders.billing_states import Collection, DunningStatus, RefundStatus
from orders.models import Dunning, DunningPolicy, Order, Payment, Payout, PayoutLine, Refund
from orders.states import PaymentStatus
from orders.tests.collecting import deliver, planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db


def signed_in(role: str = Role.FINANCE) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


def case() -> Dunning:
    invoice = unpaid(says="pm_card_declined_insufficient_funds")
    planned(invoice)
    run("charges")
    run("dunning")
    return Dunning.objects.get(invoice=invoice)


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def test_dunning_list_and_case(stripe_server: StripeServer) -> None:
    made, client = case(), signed_in()
    text = page(client, "/dunning/")
    assert "not enough money" in text
    assert "1 open over €10.00" in text
    assert "1 of 5" in text
    text = page(client, f"/dunning/{made.invoice.number}/")
    assert "The bank said: not enough money." in text
    assert "We could not charge your card" in text


@pytest.mark.parametrize(
    ("deed", "data", "status"),
    [
        ("retry", {}, DunningStatus.OPEN),
        ("link", {}, DunningStatus.OPEN),
        ("pause", {"pause-day": "DAY"}, DunningStatus.PAUSED),
        ("promise", {"promise-day": "DAY", "promise-note": "By phone"}, DunningStatus.PROMISED),
        ("move", {"move-day": "DAY"}, DunningStatus.OPEN),
        ("stop", {"stop-note": "Agreed"}, DunningStatus.STOPPED),
        ("invoice", {}, DunningStatus.STOPPED),
    ],
)
def test_deeds(stripe_server: StripeServer, deed: str, data: dict[str, str], status: str) -> None:
    made, day = case(), business_day(timezone.now()) + timedelta(days=5)
    data = {key: value.replace("DAY", day.isoformat()) for key, value in data.items()}
    answer = signed_in().post(f"/dunning/{made.invoice.number}/{deed}/", data, follow=True)
    assert answer.redirect_chain
    made.refresh_from_db()
    assert made.status == status
    if deed == "link":
        assert "/p/" in answer.content.decode()
    if deed == "invoice":
        assert made.invoice.subscription is not None
        made.invoice.subscription.refresh_from_db()
        assert made.invoice.subscription.collection == Collection.INVOICE


def test_writing_off_ends_the_case(stripe_server: StripeServer) -> None:
    made = case()
    url = f"/dunning/{made.invoice.number}/write-off/"
    assert signed_in(Role.FINANCE).post(url, {"write-off-note": ""}).status_code == 422
    assert signed_in(Role.FINANCE).post(url, {"write-off-note": "Moved away"}).status_code == 302
    run("dunning")
    made.refresh_from_db()
    assert made.status == DunningStatus.WRITTEN_OFF


def test_deeds_that_are_refused(stripe_server: StripeServer) -> None:
    made = case()
    url = f"/dunning/{made.invoice.number}"
    assert signed_in().post(f"{url}/pause/", {"pause-day": ""}).status_code == 422
    assert signed_in().post(f"{url}/pause/", {"pause-day": "2020-01-01"}).status_code == 422
    yesterday = business_day(timezone.now()) - timedelta(days=1)
    assert signed_in().post(f"{url}/pause/", {"pause-day": f"{yesterday}"}).status_code == 409
    assert signed_in().post(f"{url}/nonsense/").status_code == 404
    assert signed_in(Role.MANAGER).post(f"{url}/stop/", {"stop-note": "x"}).status_code == 403
    assert signed_in(Role.MANAGER).post(f"{url}/write-off/", {"write-off-note": ""}).status_code == 422
    assert signed_in(Role.SUPPORT).get(f"{url}/").status_code == 403


def test_payment_refund_and_approval(stripe_server: StripeServer) -> None:
    planned(unpaid())
    run("charges")
    payment = Payment.objects.get()
    client = signed_in()
    assert str(payment.reference) in page(client, "/payments/")
    assert "Can go back" in page(client, f"/payments/{payment.pk}/")
    answer = client.post(f"/payments/{payment.pk}/refund/", {"amount": "11", "reason": "Broken"})
    assert (answer.status_code, "Only €10.00 can be paid back" in answer.content.decode()) == (409, True)
    answer = client.post(f"/payments/{payment.pk}/refund/", {"amount": "4", "reason": "Broken"}, follow=True)
    assert signed_in(Role.MANAGER).post(f"/payments/{payment.pk}/refund/").status_code == 403
    assert client.post(f"/payments/{payment.pk}/refund/", {"amount": "1.001", "reason": ""}).status_code == 422
    refund = Refund.objects.get()
    assert f"{refund.number} waits for approval" in answer.content.decode()
    assert refund.number in page(client, "/refunds/")
    assert client.post(f"/refunds/{refund.number}/decide/", {"do": "refuse"}).status_code == 409
    assert client.post(f"/refunds/{refund.number}/decide/", {"do": "approve"}).status_code == 302
    assert client.post(f"/refunds/{refund.number}/decide/", {"do": "approve"}).status_code == 409
    run("refunds")
    refund.refresh_from_db()
    assert refund.status == RefundStatus.SUCCEEDED
    assert signed_in(Role.SUPPORT).post(f"/refunds/{refund.number}/decide/", {"do": "approve"}).status_code == 403


def test_payouts_are_sums_without_difference(stripe_server: StripeServer) -> None:
    planned(unpaid())
    run("charges")
    payment = Payment.objects.get()
    stripe_server.state.pay_out("")
    assert import_payouts(now=timezone.now()) == {"payouts": 1, "new": 1}
    assert import_payouts(now=timezone.now()) == {"payouts": 1, "new": 0}
    payout, client = Payout.objects.get(), signed_in()
    assert PayoutLine.objects.get().payment == payment
    text = page(client, f"/payouts/{payout.reference}/")
    assert "Differs" not in text
    assert "Not found yet" in page(client, "/payouts/")
    assert client.post(f"/payouts/{payout.reference}/match/", {"reference": "SEB 12"}).status_code == 302
    payout.refresh_from_db()
    assert payout.bank_reference == "SEB 12"
    PayoutLine.objects.update(payment=None, amount=Decimal(9))
    assert "Differs" in page(client, f"/payouts/{payout.reference}/")
    line = PayoutLine.objects.get()
    assert client.post(f"/payouts/lines/{line.pk}/match/", {"reference": payment.reference}).status_code == 409
    PayoutLine.objects.update(amount=Decimal(10))
    assert client.post(f"/payouts/lines/{line.pk}/match/", {"reference": payment.reference}).status_code == 302


def test_disputes_are_told_in_any_order(stripe_server: StripeServer) -> None:
    planned(unpaid())
    run("charges")
    payment = Payment.objects.get()
    for status in ("won", "needs_response", "under_review"):
        stripe_server.state.dispute(payment.reference, status)
    deliver(Client(), stripe_server)
    run("provider_events")
    dispute = payment.disputes.get()
    assert (dispute.status, dispute.closed_at is not None, dispute.amount) == ("won", True, 10)
    assert dispute.reference in page(signed_in(), "/payments/disputes/?view=all")


def test_paid_and_not_shipped(stripe_server: StripeServer) -> None:
    planned(unpaid(with_order=True))
    run("charges")
    order = Order.objects.get()
    assert order.payment_status == PaymentStatus.PAID
    client = signed_in()
    Order.objects.update(promised_ship_on=business_day(timezone.now()) - timedelta(days=3))
    assert order.number in page(client, "/payments/not-shipped/")
    Order.objects.update(promised_ship_on=business_day(timezone.now()))
    assert order.number not in page(client, "/payments/not-shipped/")


def test_empty_lists_say_what_comes(stripe_server: StripeServer) -> None:
    client = signed_in()
    for url in ("/dunning/", "/payments/", "/payouts/", "/refunds/", "/payments/disputes/", "/payments/not-shipped/"):
        assert "empty" in page(client, url)


def test_unknown_records_are_not_found(stripe_server: StripeServer) -> None:
    client = signed_in()
    for url in ("/dunning/INV-1/", "/payments/1/", "/payouts/po_x/", "/refunds/RF-1/"):
        assert client.get(url).status_code == 404


def test_a_refund_of_the_requester(stripe_server: StripeServer) -> None:
    """Facts of the verb are what the page shows."""
    planned(unpaid())
    run("charges")
    refund = request_refund(Payment.objects.get().pk, amount=Decimal(1), reason="Late", by="Ana", now=timezone.now())
    assert "Refund €1.00" in page(signed_in(), f"/refunds/{refund.number}/")


def test_rules_of_dunning(stripe_server: StripeServer) -> None:
    """Previewed on a real case; saved for new cases, open ones keep theirs."""
    made, client = case(), signed_in()
    assert "1, 3, 7, 14" in page(client, "/dunning/rules/")
    wanted = {"retry_days": "2, 5", "mail_days": "0 4", "last_day": "9", "last_step": "cancel"}
    answer = client.post("/dunning/rules/save/", {**wanted, "do": "preview"})
    assert made.invoice.number in answer.content.decode()
    assert DunningPolicy.objects.filter(is_default=True).get().retry_days == [1, 3, 7, 14]
    assert client.post("/dunning/rules/save/", {**wanted, "do": "save"}).status_code == 302
    rules = DunningPolicy.objects.get(is_default=True)
    assert (rules.retry_days, rules.mail_days, rules.last_day, rules.last_step) == ([2, 5], [0, 4], 9, "cancel")
    made.refresh_from_db()
    assert made.policy.retry_days == [1, 3, 7, 14]
    for wrong in ({"retry_days": "5, 2"}, {"mail_days": "0 1 2 3"}, {"last_day": "3"}, {"retry_days": "soon"}):
        assert client.post("/dunning/rules/save/", {**wanted, **wrong, "do": "save"}).status_code == 422
    assert signed_in(Role.MANAGER).post("/dunning/rules/save/", wanted).status_code == 403
