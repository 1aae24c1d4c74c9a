"""Who opens what of a plan: proofs, papers, links, and the way from an order; never what belongs to somebody else."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.deliveries import Skip
from orders.actions.links import CUSTOMER
from orders.actions.subscription_changes import change_subscription
from orders.actions.subscription_links import revoke_plan_links
from orders.factories.orders import NOW
from orders.models import OrderLink, PayLink, Subscription, SubscriptionEvent, SubscriptionLink
from orders.tests.subscribed import days, fresh, subscribe
from orders.tests.subscriber_steps import PAGES, after, by_card, proven, see, tap, text_of, url

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 12, 1, 12, tzinfo=NOW.tzinfo)  # closed since 30 Nov 23:59


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return by_card()


# What only they may do -------------------------------------------------------------------------------
def test_the_address_is_shown_and_changed_by_whom_it_belongs_to(s: Subscription) -> None:
    answer = Client().get(url(s, "address/"))
    assert "/prove/?for=address" in answer["Location"]
    client = proven(s)
    assert s.address
    assert s.address.line1 in client.get(url(s, "address/")).content.decode()
    new = {"name": "Maria", "line1": "Sveavägen 4", "postcode": "11157", "city": "Stockholm"}
    answer = tap(s, "address/", client, **new)
    assert answer.status_code == 302
    assert fresh(s).address.line1 == "Sveavägen 4"  # type: ignore[union-attr]
    event = SubscriptionEvent.objects.get(kind="address")
    assert "/prove/" in tap(s, f"undo/{event.pk}/")["Location"]
    assert tap(s, f"undo/{event.pk}/", client)["Location"].endswith(f"?done={event.pk + 1}")
    assert fresh(s).address == s.address


def test_an_address_known_already_is_not_kept_twice(s: Subscription) -> None:
    client, count = proven(s), s.customer.addresses.count()
    assert s.address
    tap(s, "address/", client, **s.address.as_postal())
    assert s.customer.addresses.count() == count


def test_wrong_proofs_open_nothing_and_are_counted(s: Subscription) -> None:
    client = Client()
    wrong = {"email": s.customer.email, "old_postcode": "99999"}
    codes = [tap(s, "prove/", client, **wrong).status_code for _ in range(7)]
    assert codes[0] == 422
    assert codes[-1] == 429
    assert client.get(url(s, "papers/")).status_code == 302


def test_a_mailed_code_opens_it_in_this_browser_only(s: Subscription) -> None:
    client = Client()
    answer = client.post(url(s, "code/"), {"for": "papers"})
    assert answer.status_code == 302
    code = re.findall(r"\d{6}", OutgoingMessage.objects.get(kind="subscription_code").subject_line)[0]
    assert Client().post(url(s, "code/"), {"for": "papers", "code": code}).status_code == 422
    answer = client.post(url(s, "code/"), {"for": "papers", "code": code})
    assert answer["Location"].endswith("/papers/")
    assert client.get(url(s, "papers/")).status_code == 200


def test_the_proof_of_one_plan_opens_no_other(s: Subscription) -> None:
    other, client = subscribe(), proven(s)
    for cookie in list(client.cookies.values()):
        cookie["path"] = "/"
    assert client.get(url(other, "address/")).status_code == 302


def test_papers_of_others_are_not_found(s: Subscription) -> None:
    invoice = factories.InvoiceFactory()
    client = proven(s)
    assert client.get(url(s, f"papers/invoice/{invoice.number}/")).status_code == 404
    assert client.get(url(s, f"papers/statement/{s.customer.number}/")).status_code == 404


def test_own_invoices_are_listed_and_opened(s: Subscription) -> None:
    invoice = factories.InvoiceFactory(subscription=s, order=None, customer=s.customer)
    factories.InvoiceLineFactory(invoice=invoice)
    client = proven(s)
    assert invoice.number in client.get(url(s, "papers/")).content.decode()
    answer = client.get(url(s, f"papers/invoice/{invoice.number}/"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content[:5] == b"%PDF-"


def test_orders_of_others_are_not_opened(s: Subscription) -> None:
    other = factories.OrderFactory()
    assert tap(s, f"orders/{other.number}/").status_code == 404


def test_events_of_others_are_not_shown_or_undone(s: Subscription) -> None:
    theirs = change_subscription(subscribe().pk, Skip(), by=CUSTOMER, now=NOW)
    assert "Skipped" not in text_of(Client().get(url(s) + f"?done={theirs.pk}").content.decode())
    assert tap(s, f"undo/{theirs.pk}/").status_code == 404


def test_who_owes_is_led_to_pay_and_may_skip(s: Subscription) -> None:
    invoice = factories.InvoiceFactory(subscription=s, order=None, customer=s.customer, gross_total=Decimal("38.60"))
    factories.DunningFactory(invoice=invoice, opened_at=NOW, next_at=NOW + timedelta(days=3))
    text = see(s)
    assert "Your card did not work on Mon 23 Nov" in text
    assert "Pay €38.60" in text
    assert "We try again on Thu 26 Nov." in text
    assert "Skip the next delivery" in text
    assert PayLink.objects.count() == 0
    answer = tap(s, "pay/")
    link = PayLink.objects.get()
    assert (link.invoice, link.customer) == (invoice, s.customer)
    assert answer["Location"] == f"/p/{link.token}/"


def test_the_card_is_changed_by_who_proved_it_a_moment_ago(s: Subscription, clock: Any) -> None:
    assert "/prove/?for=card" in tap(s, "card/")["Location"]
    client = proven(s)
    assert tap(s, "card/", client)["Location"].startswith("/p/")
    clock.shift(timedelta(minutes=6))
    assert "/prove/?for=card" in tap(s, "card/", client)["Location"]


# Links ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", PAGES)
def test_ended_and_unknown_links_tell_nothing(s: Subscription, path: str) -> None:
    address = url(s, path)
    revoke_plan_links(s.pk, by="Ana", now=NOW)
    answer = Client().get(address)
    assert answer.status_code == 410
    assert s.version.plan.name not in answer.content.decode()
    assert Client().get(f"/s/{'x' * 43}/{path}").status_code == 404


def test_an_ended_link_mails_a_new_one(s: Subscription) -> None:
    address = url(s)
    SubscriptionLink.objects.update(expires_at=NOW - timedelta(days=1))
    assert "Send me a new one" in Client().get(address).content.decode()
    assert Client().post(address + "new-link/").status_code == 200
    message = OutgoingMessage.objects.get(kind="subscription_link")
    assert message.recipient == s.customer.email
    assert f"/s/{SubscriptionLink.objects.live(NOW).get().token}/" in message.text


@pytest.mark.parametrize("typed", ["{}", "sub{1}", "SUB {1}", " sub-{1} "])
def test_number_and_postcode_find_it(s: Subscription, typed: str) -> None:
    assert s.address
    number = typed.format(s.number, s.number.removeprefix("SUB-"))
    answer = Client().post("/find/", {"number": number, "postcode": s.address.postcode})
    assert s.version.plan.name in Client().get(answer["Location"]).content.decode()
    assert Client().post("/find/", {"number": number, "postcode": "1"}).status_code == 422


def test_e_mail_finds_it_and_the_answer_is_the_same_for_unknown_ones(s: Subscription) -> None:
    known = Client().post("/find/", {"email": s.customer.email.upper()})
    unknown = Client().post("/find/", {"email": "nobody@example.com"})
    assert known.content == unknown.content
    message = OutgoingMessage.objects.get(kind="subscription_link")
    assert s.version.plan.name in message.text


def test_one_mail_has_orders_and_plans(s: Subscription) -> None:
    order = factories.OrderFactory(email=s.customer.email)
    Client().post("/find/", {"email": s.customer.email})
    message = OutgoingMessage.objects.get(kind="order_link")
    assert order.number in message.text
    assert s.number in message.text


def test_mails_of_changes_lead_here(s: Subscription) -> None:
    after(tap(s, "do/skip/", number=1))
    text = OutgoingMessage.objects.get(kind="subscription_skipped").text
    found = re.search(r"https?://[^/]+(/s/\S+)", text)
    assert found
    assert "Undo" in text_of(Client().get(found[1]).content.decode())


# From an order -------------------------------------------------------------------------------------
def test_the_order_page_leads_to_the_plan_for_as_long_as_its_own_link_lives(s: Subscription) -> None:
    order = factories.OrderFactory(is_renewal=True, customer=s.customer)
    s.deliveries.create(
        number=99, status="ordered", planned_on=date(2026, 11, 5), leaves_on=date(2026, 11, 5), lock_at=NOW,
        order_at=NOW, ordered_at=NOW, order=order,
    )  # fmt: skip
    link = factories.OrderLinkFactory(order=order, expires_at=NOW + timedelta(minutes=70))
    text = text_of(Client().get(f"/o/{link.token}/").content.decode())
    assert "Your next delivery Thu 3 Dec Skip Change" in text
    before = days(s)
    answer = Client().post(f"/o/{link.token}/plan/", {"do": "skip"})
    assert answer["Location"].endswith("/?do=skip")
    assert days(s) == before
    assert "Skip this delivery" in text_of(Client().get(answer["Location"]).content.decode())
    made = SubscriptionLink.objects.get(expires_at=link.expires_at)
    Client().post(f"/o/{link.token}/plan/")
    assert SubscriptionLink.objects.filter(expires_at=link.expires_at).get() == made
    back = Client().post(f"/s/{made.token}/orders/{order.number}/")
    assert back.status_code == 302
    onward = OrderLink.objects.get(token=back["Location"].split("/")[2])
    assert onward.expires_at <= link.expires_at


def test_an_order_of_no_plan_leads_to_none() -> None:
    link = factories.OrderLinkFactory()
    assert "Your next delivery" not in Client().get(f"/o/{link.token}/").content.decode()
    assert Client().post(f"/o/{link.token}/plan/").status_code == 404
