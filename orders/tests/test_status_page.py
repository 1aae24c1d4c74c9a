"""The customer's page: what it says in every state, what it hides, and that looking changes nothing."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory
from ordermgmt.logs import hide_tokens
from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.cancellation import cancel
from orders.actions.holds import hold
from orders.factories import NOW
from orders.models import Order, OrderLink
from orders.states import HoldCode, OrderStatus
from orders.tests.customer_orders import event, in_stock, shipment

pytestmark = pytest.mark.django_db
ADDRESS_FACTS = ("Storgatan 12", "114 55", "Maria", "+46701740605", "@customer.example", "701740605")


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


def page_of(order: Order, path: str = "", client: Client | None = None) -> tuple[int, str]:
    link = order.links.order_by("-expires_at").first()
    answer = (client or Client()).get(f"/o/{link.token}/{path}")
    return answer.status_code, answer.content.decode()


def lead(html: str) -> str:
    found = re.search(r'<div class="lead".*?</div>', html, re.DOTALL)
    assert found
    text = re.sub(r"<[^>]+>", " ", found[0]).replace("&nbsp;", " ").replace("\xa0", " ")
    return " ".join(text.split())


def promised(**facts: Any) -> Order:
    order = in_stock()
    Order.objects.filter(pk=order.pk).update(
        **{
            "promised_ship_on": date(2026, 11, 24),
            "promised_delivery_on": date(2026, 11, 25),
            "first_promised_ship_on": date(2026, 11, 24),
            "first_promised_delivery_on": date(2026, 11, 25),
            **facts,
        }
    )
    return Order.objects.get(pk=order.pk)


def status(order: Order, value: str) -> None:
    Order.objects.filter(pk=order.pk).update(fulfilment_status=value)


# Every state ---------------------------------------------------------------------------------------
def test_getting_ready_says_the_day_first() -> None:
    assert lead(page_of(promised())[1]) == "Arrives Wed 25 Nov We are getting it ready. It leaves us by Tue 24 Nov."


def test_too_new() -> None:
    order = promised()
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.DRAFT)
    assert lead(page_of(order)[1]) == "We have your order Details in a minute."


def test_awaiting_payment() -> None:
    order = promised()
    hold(order, code=HoldCode.PAYMENT, reason="Payment missing", by="Test", now=NOW)
    assert lead(page_of(order)[1]) == "We are waiting for your payment Once it is paid it can arrive Wed 25 Nov."


def test_a_missing_address_is_asked_for_right_here() -> None:
    order = promised()
    hold(order, code=HoldCode.ADDRESS, reason="Street missing", by="Test", now=NOW)
    html = page_of(order)[1]
    assert lead(html) == "We need your address With your address it can arrive Wed 25 Nov."
    assert 'name="line1"' in html
    assert 'name="country"' not in html


def test_another_hold_tells_no_inside_reason() -> None:
    order = promised()
    hold(order, code=HoldCode.RISK, reason="Looks like fraud", by="Test", now=NOW)
    html = page_of(order)[1]
    assert lead(html) == "We are checking your order Planned to arrive Wed 25 Nov."
    assert "fraud" not in html


def test_waiting_for_stock_and_late_says_sorry_once_why_and_what_can_be_done() -> None:
    order = factories.order({SkuFactory(): 2})
    facts = {"promised_delivery_on": date(2026, 11, 27), "first_promised_delivery_on": date(2026, 11, 25)}
    Order.objects.filter(pk=order.pk).update(promised_ship_on=date(2026, 11, 26), **facts)
    html = page_of(order)[1]
    assert lead(html).startswith("It is late. New date: Fri 27 Nov")
    assert html.lower().count("sorry") == 1
    assert "you can wait, change the address, or cancel" in html.lower()


def test_a_day_that_passed_is_said() -> None:
    order = promised(promised_delivery_on=date(2026, 11, 20), first_promised_delivery_on=date(2026, 11, 20))
    assert lead(page_of(order)[1]).startswith("It is late. It was to arrive Fri 20 Nov")


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ("picking", "We are getting it ready."),
        ("picked", "We are getting it ready."),
        ("packing", "We are packing it."),
        ("packed", "It is packed and waits for the carrier."),
    ],
)
def test_on_the_floor(work: str, words: str) -> None:
    order = promised()
    status(order, "in_progress")
    order.fulfilment_orders.create(number="FO-1", warehouse_id=order.ship_from_id, status=work, created_at=NOW)
    assert lead(page_of(order)[1]) == f"Arrives Wed 25 Nov {words} It leaves us by Tue 24 Nov."


def test_on_its_way() -> None:
    order = promised()
    parcel = shipment(order, "dispatched", carrier_status="in_transit")
    status(order, "shipped")
    event(parcel, "in_transit", place="Malmö")
    html = page_of(order)[1]
    assert lead(html) == "Arrives Wed 25 Nov It is on its way."
    assert "Nordic Parcel" in html
    assert "NP000000001SE" in html
    assert "Malmö" in html


def test_out_for_delivery_today() -> None:
    order = promised()
    shipment(order, "dispatched", carrier_status="out_for_delivery", expected_on=date(2026, 11, 23))
    status(order, "shipped")
    assert lead(page_of(order)[1]) == "Arrives today, Mon 23 Nov It is out for delivery."


def test_ready_to_collect() -> None:
    order = promised()
    parcel = shipment(order, "dispatched", carrier_status="ready_for_pickup")
    event(parcel, "ready_for_pickup", place="Kiosk Triangeln")
    status(order, "shipped")
    assert lead(page_of(order)[1]) == "Ready to collect Your parcel waits for you: Kiosk Triangeln."


def test_a_problem_says_what_happened_what_we_do_and_what_you_can_do() -> None:
    order = promised()
    shipment(order, "dispatched", carrier_status="delivery_failed", problem="delivery_failed:consignee_not_home")
    status(order, "shipped")
    html = page_of(order)[1]
    assert lead(html).startswith(
        "Your parcel could not be delivered, because nobody was at home It was planned for Wed"
    )
    assert "We watch it." in html
    assert "Be at home, or call us" in html


def test_several_parcels_each_have_a_card_and_the_problem_comes_first() -> None:
    order = promised()
    shipment(order, "delivered", carrier_status="delivered", delivered_at=NOW)
    shipment(order, "dispatched", carrier_status="delivery_delayed", problem="delivery_delayed")
    status(order, "shipped")
    html = page_of(order)[1]
    assert "1 of 2 delivered" in html
    assert html.index("Parcel 2 of 2") < html.index("Parcel 1 of 2")


def test_part_shipped_says_when_the_rest_leaves() -> None:
    order = promised()
    shipment(order, "dispatched", carrier_status="in_transit")
    status(order, "part_shipped")
    assert lead(page_of(order)[1]) == (
        "Arrives Wed 25 Nov A part of it is on its way. The rest leaves us by Tue 24 Nov."
    )


def test_delivered_with_time_and_place() -> None:
    order = promised()
    parcel = shipment(order, "delivered", carrier_status="delivered", delivered_at=datetime.fromisoformat("2026-11-23T09:12:00+00:00"))  # fmt: skip
    event(parcel, "delivered", place="at your door")
    status(order, "delivered")
    assert lead(page_of(order)[1]) == "Delivered Mon 23 Nov 10:12 It was left here: at your door."


@pytest.mark.parametrize(
    ("value", "words"), [("returned", "It came back to us"), ("part_returned", "A part of it came back to us")]
)
def test_returned(value: str, words: str) -> None:
    order = promised()
    status(order, value)
    assert lead(page_of(order)[1]).startswith(words)


def test_cancelled_says_what_comes_back() -> None:
    order = promised()
    with_money = order.paid_total
    cancel(order, by="Test", reason="test", now=NOW)
    assert lead(page_of(order)[1]) == f"Cancelled Mon 23 Nov €{with_money:.2f} comes back to you the way you paid."


def test_a_silent_carrier_is_said_with_the_last_known_time() -> None:
    order = promised()
    parcel = shipment(order, "dispatched", carrier_status="in_transit")
    type(parcel).objects.filter(pk=parcel.pk).update(last_event_at=NOW - timedelta(days=3))
    status(order, "shipped")
    assert "has told us nothing new since Fri\xa020\xa0Nov 10:00" in page_of(order)[1]


# Links ----------------------------------------------------------------------------------------------
def test_an_unknown_token_offers_to_find_the_order() -> None:
    answer = Client().get("/o/not-a-token-at-all/")
    assert answer.status_code == 404
    assert 'action="/find/"' in answer.content.decode()


def test_a_tampered_token_is_unknown() -> None:
    token = promised().links.get().token
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert Client().get(f"/o/{swapped}/").status_code == 404


@pytest.mark.parametrize("facts", [{"expires_at": NOW}, {"revoked_at": NOW}])
@pytest.mark.parametrize("path", ["", "address/", "cancel/", "code/"])
def test_an_ended_link_tells_nothing(facts: dict[str, Any], path: str) -> None:
    order = promised()
    order.links.update(**facts)
    code, html = page_of(order, path)
    assert code == 410
    assert "m•••@…" in html
    assert order.number not in html
    assert not [fact for fact in ADDRESS_FACTS if fact in html]


def test_a_new_link_goes_to_the_address_of_the_order_only() -> None:
    order = promised()
    order.links.update(expires_at=NOW)
    answer = Client().post(f"/o/{order.links.get().token}/new-link/", {"email": "thief@example.com"})
    assert answer.status_code == 200
    message = OutgoingMessage.objects.get(kind="order_link")
    assert message.recipient == order.email
    newest = order.links.latest("created_at", "pk")
    assert newest.token in message.text
    assert Client().get(f"/o/{newest.token}/").status_code == 200


def test_new_links_are_limited() -> None:
    order = promised()
    address = f"/o/{order.links.get().token}/new-link/"
    codes = [Client().post(address).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


# What it shows, hides and costs ---------------------------------------------------------------------
def test_no_personal_data_without_proof() -> None:
    order = promised()
    html = page_of(order)[1]
    assert "Stockholm" in html
    assert "Sweden" in html
    assert not [fact for fact in ADDRESS_FACTS if fact in html]
    assert "€" not in html


def test_headers_keep_the_address_secret() -> None:
    answer = Client().get(f"/o/{promised().links.get().token}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    html = answer.content.decode()
    assert "<script" not in html
    assert not re.findall(r'(?:src|href)="https?://(?!track\.example)', html)


def test_looking_changes_nothing_and_costs_the_same_for_more_parcels() -> None:
    order = promised()
    shipment(order, "dispatched", carrier_status="in_transit")
    status(order, "shipped")
    token, client = order.links.get().token, Client()
    client.get(f"/o/{token}/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/o/{token}/")
    for _ in range(2):
        event(shipment(order, "dispatched", carrier_status="in_transit"), "in_transit")
    with CaptureQueriesContext(connection) as three:
        client.get(f"/o/{token}/")
    assert len(three) == len(one) <= 16
    assert not [query for query in three.captured_queries if not query["sql"].startswith("SELECT")]


def test_the_page_is_light_even_with_25_lines() -> None:
    order = in_stock(lines=25)
    assert len(page_of(order)[1].encode()) < 30_000


def test_another_customers_proof_does_not_open_this_order() -> None:
    mine, other = promised(), promised()
    client = Client()
    facts = {"email": mine.email, "old_postcode": mine.ship_postcode, "name": "Maria Lindqvist"}
    facts |= {"line1": "Storgatan 14", "postcode": "114 55", "city": "Stockholm"}
    assert client.post(f"/o/{mine.links.get().token}/address/", facts).status_code == 302
    cookie = client.cookies["proof"].value
    client.cookies["proof"] = cookie
    client.cookies["proof"]["path"] = "/"
    assert "Storgatan 1" not in page_of(other, client=client)[1].partition("page-foot")[0]
    assert "Maria" not in page_of(other, client=client)[1]
    assert OrderLink.objects.filter(order=other).count() == 1


def test_no_log_keeps_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    token = promised().links.get().token
    Client().get(f"/o/{token}/")
    Client().get(f"/o/{token}x/")
    assert token not in "".join(capsys.readouterr())


def test_every_line_of_a_log_is_looked_through() -> None:
    line = {"event": "Gone: /o/secret-token_1/address/", "request": "GET /o/secret?x=1", "code": 410}
    assert hide_tokens(None, "", line) == {"event": "Gone: /o/…/address/", "request": "GET /o/…?x=1", "code": 410}
