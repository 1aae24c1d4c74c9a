"""Customers help themselves: find the order, prove it is theirs, change the address, cancel; each refusal."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.holds import hold
from orders.actions.links import revoke_links
from orders.factories import NOW
from orders.models import Hold, Order, OrderLink
from orders.states import HoldCode, OrderStatus
from orders.tests.customer_orders import in_stock, shipment

pytestmark = pytest.mark.django_db
NEW = {"name": "Maria Lindqvist", "line1": "Sveavägen 4", "postcode": "11157", "city": "Stockholm"}


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def order() -> Order:
    return in_stock()


def url(order: Order, path: str = "") -> str:
    return f"/o/{order.links.order_by('-expires_at').first().token}/{path}"


def proof(order: Order) -> dict[str, str]:
    return {"email": order.email.upper(), "old_postcode": order.ship_postcode.replace(" ", "")}


def street(order: Order) -> str:
    return str(order.addresses.get(kind="shipping").line1)


# Finding it ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", ["{}", "so{1}", "SO {1}", " so-{1} ", "SO - {1}"])
def test_number_and_postcode_in_any_spelling_open_the_order(order: Order, shape: str) -> None:
    typed = shape.format(order.number, order.number.removeprefix("SO-"))
    answer = Client().post("/find/", {"number": typed, "postcode": "11455"})
    assert answer.status_code == 302
    assert order.number in Client().get(answer["Location"]).content.decode()
    short = OrderLink.objects.latest("pk")
    assert short.expires_at <= NOW + timedelta(minutes=91)


def test_the_number_of_the_shop_works_too(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(external_number="#1001")
    assert Client().post("/find/", {"number": "1001", "postcode": "114 55"}).status_code == 302


def test_wrong_postcode_and_unknown_number_get_the_same_answer(order: Order) -> None:
    pages = [
        Client().post("/find/", {"number": number, "postcode": postcode}).content.decode()
        for number, postcode in ((order.number, "99999"), ("SO-999999", "99999"))
    ]
    bare = [re.sub(r'value="SO-\d+"', "", page) for page in pages]
    assert bare[0] == bare[1]
    assert "We find no order with this number and postcode" in pages[0]


def test_known_and_unknown_email_get_the_same_answer(order: Order) -> None:
    pages = [Client().post("/find/", {"email": email}).content for email in (order.email, "nobody@example.com")]
    assert pages[0] == pages[1]
    assert OutgoingMessage.objects.filter(kind="order_link").count() == 1
    assert OutgoingMessage.objects.get(kind="order_link").recipient == order.email


def test_finding_is_limited_in_words(order: Order) -> None:
    answers = [Client().post("/find/", {"number": order.number, "postcode": str(n)}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Wait 15 minutes" in answers[-1].content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "", "postcode": ""}, "Enter the order number from our mail"),
        ({"number": "SO-1", "postcode": ""}, "Enter the postcode it goes to"),
        ({"email": "not-an-address"}, "Enter an e-mail like"),
    ],
)
def test_what_is_missing_is_said(typed: dict[str, str], words: str) -> None:
    answer = Client().post("/find/", typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()


# The address ---------------------------------------------------------------------------------------
def test_the_address_is_changed_with_postcode_and_email(order: Order) -> None:
    client = Client()
    answer = client.post(url(order, "address/"), {**NEW, **proof(order)})
    assert answer.status_code == 302
    assert street(order) == "Sveavägen 4"
    assert order.addresses.get(kind="shipping").postcode == "111 57"
    assert OutgoingMessage.objects.filter(kind="order_changed", thread=order.number).count() == 1
    page = client.get(answer["Location"]).content.decode()
    assert "Saved. It goes to the new address." in page
    assert "Sveavägen 4" in page


def test_proven_customers_are_not_asked_again(order: Order) -> None:
    client = Client()
    client.post(url(order, "address/"), {**NEW, **proof(order)})
    page = client.get(url(order, "address/")).content.decode()
    assert "old_postcode" not in page
    assert 'value="Sveavägen 4"' in page
    assert client.post(url(order, "address/"), {**NEW, "line1": "Sveavägen 6"}).status_code == 302
    assert street(order) == "Sveavägen 6"


def test_a_proof_ends_after_half_an_hour(order: Order) -> None:
    client = Client()
    client.post(url(order, "address/"), {**NEW, **proof(order)})
    with time_machine.travel(NOW + timedelta(hours=1, minutes=31), tick=False):
        assert "old_postcode" in client.get(url(order, "address/")).content.decode()


@pytest.mark.parametrize("wrong", [{"email": "thief@example.com"}, {"old_postcode": "99999"}, {"email": ""}])
def test_without_the_right_proof_nothing_changes(order: Order, wrong: dict[str, str]) -> None:
    answer = Client().post(url(order, "address/"), {**NEW, **proof(order), **wrong})
    assert answer.status_code == 422
    assert street(order) == "Storgatan 12"
    assert not answer.cookies


def test_proofs_are_limited(order: Order) -> None:
    wrong = {**NEW, "email": "thief@example.com", "old_postcode": "1"}
    for _ in range(5):
        Client().post(url(order, "address/"), wrong)
    answer = Client().post(url(order, "address/"), {**NEW, **proof(order)})
    assert answer.status_code == 422
    assert "tried too often" in answer.content.decode()
    assert street(order) == "Storgatan 12"


def test_the_country_stays(order: Order) -> None:
    Client().post(url(order, "address/"), {**NEW, **proof(order), "country": "NO"})
    assert order.addresses.get(kind="shipping").country == "SE"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"postcode": "12"}, "Enter a postcode with 5 digits"),
        ({"line1": ""}, "Enter a street and house number"),
        ({"name": ""}, "Enter who receives it"),
    ],
)
def test_what_is_wrong_with_the_address_is_said(order: Order, wrong: dict[str, str], words: str) -> None:
    answer = Client().post(url(order, "address/"), {**NEW, **proof(order), **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_packed_box_keeps_its_address(order: Order) -> None:
    order.lines.update(promised=0, packed=2)
    answer = Client().post(url(order, "address/"), {**NEW, **proof(order)})
    assert answer.status_code == 409
    assert "It is packed already" in answer.content.decode()
    assert street(order) == "Storgatan 12"


def test_giving_the_address_lifts_the_hold(order: Order) -> None:
    hold(order, code=HoldCode.ADDRESS, reason="Street missing", by="Test", now=NOW)
    Client().post(url(order, "address/"), {**NEW, **proof(order)})
    assert not Hold.objects.filter(order=order).open().exists()


def test_an_order_without_any_address_takes_one_with_a_code() -> None:
    order = factories.order(shipping=None)
    client = Client()
    assert 'name="country"' in client.get(url(order)).content.decode()
    client.post(url(order, "code/"), {"for": "address"})
    code = re.findall(r"\d{6}", OutgoingMessage.objects.get(kind="order_code").subject_line)[0]
    client.post(url(order, "code/"), {"for": "address", "code": code})
    assert client.post(url(order, "address/"), {**NEW, "country": "SE"}).status_code == 302
    order.refresh_from_db()
    assert (order.ship_country, order.ship_postcode) == ("SE", "111 57")
    assert not Hold.objects.filter(order=order, code=HoldCode.ADDRESS).open().exists()


# Codes ---------------------------------------------------------------------------------------------
def asked(order: Order) -> tuple[Client, str]:
    client = Client()
    assert client.post(url(order, "code/"), {"for": "cancel"}).status_code == 302
    message = OutgoingMessage.objects.filter(kind="order_code").latest("pk")
    assert message.recipient == order.email
    return client, message.subject_line[:6]


def test_a_code_proves_it_once(order: Order) -> None:
    client, code = asked(order)
    answer = client.post(url(order, "code/"), {"for": "cancel", "code": f" {code[:3]} {code[3:]} "})
    assert answer["Location"].endswith("/cancel/")
    assert "proof" in answer.cookies
    del client.cookies["proof"]
    assert client.post(url(order, "code/"), {"for": "cancel", "code": code}).status_code == 422


def test_a_code_is_good_only_in_the_browser_that_asked(order: Order) -> None:
    _client, code = asked(order)
    assert Client().post(url(order, "code/"), {"code": code}).status_code == 422


def test_a_code_ends_after_ten_minutes(order: Order) -> None:
    client, code = asked(order)
    with time_machine.travel(NOW + timedelta(hours=1, minutes=11), tick=False):
        assert client.post(url(order, "code/"), {"code": code}).status_code == 422


def test_a_code_ends_after_five_tries(order: Order) -> None:
    client, code = asked(order)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        client.post(url(order, "code/"), {"code": wrong})
    assert client.post(url(order, "code/"), {"code": code}).status_code == 422


def test_codes_are_limited(order: Order) -> None:
    answers = [Client().post(url(order, "code/"), {"for": "cancel"}).status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]


def test_the_code_page_never_says_the_address(order: Order) -> None:
    assert order.email not in Client().get(url(order, "code/")).content.decode()


# Cancelling ----------------------------------------------------------------------------------------
def test_cancelling_says_what_comes_back_and_does_it(order: Order) -> None:
    client = Client()
    page = client.get(url(order, "cancel/")).content.decode()
    assert "€20.00 comes back to you the way you paid." in page
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED
    assert client.post(url(order, "cancel/"), proof(order)).status_code == 302
    assert Order.objects.get(pk=order.pk).status == OrderStatus.CANCELLED
    assert OutgoingMessage.objects.filter(kind="order_cancelled", thread=order.number).exists()


def test_cancelling_needs_proof(order: Order) -> None:
    assert Client().post(url(order, "cancel/"), {"email": "thief@example.com", "old_postcode": "1"}).status_code == 422
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED


def test_what_has_left_is_not_cancelled(order: Order) -> None:
    shipment(order, "dispatched")
    order.lines.update(promised=1, shipped=1)
    answer = Client().post(url(order, "cancel/"), proof(order))
    assert answer.status_code == 409
    assert "send it back" in answer.content.decode()
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED


def test_banned_words_are_nowhere(order: Order) -> None:
    client = Client()
    for path in ("", "address/", "cancel/", "code/"):
        page = client.get(url(order, path)).content.decode().lower()
        text = re.sub(r"<[^>]+>", " ", page)
        for word in (
            "invalid",
            "oops",
            "are you sure",
            "successfully",
            "don't you want",
            "fulfilment",
            "shipment",
            "!",
        ):
            assert word not in text, (path, word)


# The whole way without a script ---------------------------------------------------------------------
def test_find_change_the_address_and_cancel(order: Order) -> None:
    client = Client()
    found = client.post("/find/", {"number": order.number, "postcode": "114 55"})
    here = found["Location"]
    assert f"{here}address/" in client.get(here).content.decode()
    changed = client.post(f"{here}address/", {**NEW, **proof(order)})
    page = client.get(changed["Location"]).content.decode()
    assert f"{here}cancel/" in page
    assert client.post(f"{here}cancel/").status_code == 302
    assert "Cancelled" in client.get(here).content.decode()
    assert Order.objects.get(pk=order.pk).cancel_reason.startswith("The customer cancelled")


def test_revoked_links_open_nothing_and_a_new_one_does(order: Order) -> None:
    old = url(order)
    assert revoke_links(order.pk, by="Test", now=NOW) == 1
    assert Client().get(old).status_code == 410
    assert Client().post(f"{old}cancel/", proof(order)).status_code == 410
    assert Order.objects.get(pk=order.pk).status == OrderStatus.ACCEPTED
