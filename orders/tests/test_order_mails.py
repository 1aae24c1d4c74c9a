"""What customers read about an order: reviewed texts, hard cases, and links that open without changing anything."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.mail import html_of
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.tests.expected import agrees
from orders import emails, factories
from orders.actions.cancellation import cancel, cancel_units
from orders.actions.changes import apply_change, propose_change
from orders.actions.holds import hold, release
from orders.actions.link_requests import send_links_to
from orders.actions.links import send_code, send_link
from orders.drafts import DraftAddress
from orders.factories import NOW
from orders.models import Hold, Order
from orders.states import HoldCode
from orders.wanted import Wanted

EXPECTED = Path(__file__).parent / "expected"
pytestmark = pytest.mark.django_db
LONG = "Organic fair-trade single-origin coffee beans from the highlands, dark roast, whole beans, in a bag of 1 kg"
Made = Callable[[], OutgoingMessage]


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def goods(*names: str) -> dict[Any, int]:
    warehouse = WarehouseFactory()
    skus = [SkuFactory(name=name) for name in names]
    for sku in skus:
        stock(sku, warehouse, 100)
    return {sku: n for n, sku in enumerate(skus, 1)}


def placed(names: tuple[str, ...] = ("Oat drink 1 l", "Coffee beans 1 kg"), **facts: Any) -> Order:
    order = factories.order(goods(*names), **facts)
    Order.objects.filter(pk=order.pk).update(
        promised_ship_on=date(2026, 11, 24), promised_delivery_on=date(2026, 11, 25),
        first_promised_delivery_on=date(2026, 11, 25),
    )  # fmt: skip
    return Order.objects.get(pk=order.pk)


def newest(kind: str) -> OutgoingMessage:
    return OutgoingMessage.objects.filter(kind=kind).latest("pk")


def confirmed(order: Order, *, address: str = "Storgatan 12, 114 55 Stockholm, SE", **facts: Any) -> OutgoingMessage:
    """The confirmation anew, with the order's days and money as they are now."""
    OutgoingMessage.objects.filter(kind="order_confirmation").delete()
    given = {"token": order.links.get().token, "paid_by": "card", "needs_address": False, "now": NOW, **facts}
    message = emails.confirmation(order, list(order.lines.order_by("position")), to_address=address, **given)
    message.save(force_insert=True)
    return message


def confirmation() -> OutgoingMessage:
    return confirmed(placed())


def confirmation_of_25_long_lines() -> OutgoingMessage:
    names = tuple(f"{LONG} no. {n}" for n in range(1, 26))
    order = placed(names, shipping=DraftAddress(name="محمد عبد الله 🎁", line1="شارع 12", city="Stockholm", postcode="114 55", country="SE"))  # fmt: skip
    return confirmed(order)


def confirmation_of_a_free_gift() -> OutgoingMessage:
    order = placed(("Sample 🎁 of tea",), is_paid=False, is_gift=True)
    order.lines.update(total=0, tax=0)
    Order.objects.filter(pk=order.pk).update(total=0, tax_total=0, items_total=0, external_number="#1001")
    return confirmed(Order.objects.get(pk=order.pk), paid_by="")


def confirmation_without_address() -> OutgoingMessage:
    return confirmed(placed(shipping=None), address="", needs_address=True)


def _in_currency(code: str, amount: str) -> OutgoingMessage:
    order = placed()
    order.lines.update(total=Decimal(amount))
    Order.objects.filter(pk=order.pk).update(currency=code, total=Decimal(amount) * 2, paid_total=Decimal(amount) * 2, tax_total=Decimal(amount))  # fmt: skip
    return confirmed(Order.objects.get(pk=order.pk))


def confirmation_in_yen() -> OutgoingMessage:
    return _in_currency("JPY", "1234567")


def confirmation_in_dinar() -> OutgoingMessage:
    return _in_currency("KWD", "12.345")


def address_wanted() -> OutgoingMessage:
    order = placed()
    hold(order, code=HoldCode.ADDRESS, reason="Street missing", by="Test", now=NOW)
    return newest("order_hold")


def address_out_of_reach() -> OutgoingMessage:
    order = placed()
    hold(order, code=HoldCode.UNDELIVERABLE, reason="No carrier", by="Test", now=NOW)
    return newest("order_hold")


def late() -> OutgoingMessage:
    order = placed()
    order.promised_delivery_on = date(2026, 11, 27)
    return emails.late_message(order, old=date(2026, 11, 25), is_short=True, now=NOW)


def cancelled() -> OutgoingMessage:
    cancel(placed(), by="Test", reason="test", now=NOW)
    return newest("order_cancelled")


def cancelled_unpaid() -> OutgoingMessage:
    cancel(placed(is_paid=False), by="Test", reason="test", now=NOW)
    return newest("order_cancelled")


def part_cancelled() -> OutgoingMessage:
    order = placed()
    line = order.lines.get(position=2)
    cancel_units(order.pk, {line.pk: 1}, by="Test", reason="test", now=NOW)
    return newest("order_cancelled")


def changed() -> OutgoingMessage:
    order = placed()
    wanted = Wanted(address={**order.addresses.get(kind="shipping").as_postal(), "line1": "Sveavägen 4"})
    change = propose_change(order.pk, wanted, by="Customer", now=NOW)
    apply_change(change.pk, by="Customer", now=NOW, tell_customer=True)
    return newest("order_changed")


def new_link() -> OutgoingMessage:
    return send_link(placed().pk, by="Test", now=NOW)


def links_on_request() -> OutgoingMessage:
    first = placed()
    factories.order(customer=first.customer)
    message = send_links_to(first.email.upper(), now=NOW)
    assert message
    return message


def code() -> OutgoingMessage:
    return send_code(placed().pk, code="123456", now=NOW)


CASES: tuple[Made, ...] = (
    confirmation, confirmation_of_25_long_lines, confirmation_of_a_free_gift, confirmation_without_address,
    confirmation_in_yen, confirmation_in_dinar, address_wanted, address_out_of_reach, late, cancelled, cancelled_unpaid,
    part_cancelled, changed, new_link, links_on_request, code,
)  # fmt: skip


def extracted(message: OutgoingMessage) -> str:
    """Subject and text with the order's own number and tokens replaced by fixed ones."""
    text = f"To: {re.sub(r'[0-9]+', '', message.recipient)}\nSubject: {message.subject_line}\n\n{message.text}"
    for n, number in enumerate(sorted(set(re.findall(r"SO-\d+", text))), 1):
        text = text.replace(number, f"SO-10499{n}")
    text = re.sub(r"/o/[\w-]+/", "/o/TOKEN/", text)
    return re.sub(r"\n{3,}", "\n\n", text)


def visible(html: str) -> str:
    body = re.sub(r"<(style|title).*?</\1>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").replace("&amp;", "&").replace("&#x27;", "'")
    return " ".join(text.split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_texts_are_those_that_were_read_and_found_right(case: Made) -> None:
    assert agrees(EXPECTED / f"{case.__name__}.txt", extracted(case()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_both_parts_say_the_same_and_fit(case: Made) -> None:
    message = case()
    assert len(message.subject_line) <= 60
    assert len(html_of(message).encode()) <= 60 * 1024
    assert "None" not in message.subject_line + message.text + visible(html_of(message))
    assert "{" not in message.text
    shown = visible(html_of(message))
    missing = [line for line in message.text.splitlines() if line.strip() and not _is_in(line, shown)]
    assert missing == []


def _is_in(line: str, shown: str) -> bool:
    """Every word of a line of the text stands in the HTML too (links stand behind words there)."""
    words = re.sub(r"https?://\S+", "", line).replace("×", " × ").split()
    return all(word.strip(":(),-") in shown for word in words)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_links_open_and_change_nothing(case: Made) -> None:
    message, client = case(), Client()
    links = set(re.findall(r'https?://[^\s"<>)]+', message.text + html_of(message)))
    ours = [link for link in links if "/o/" in link]
    assert ours or message.kind == "order_code"
    for link in ours:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(re.sub(r"^https?://[^/]+", "", link))
        assert answer.status_code == 200
        assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []


def test_an_order_without_address_is_asked_for_it_at_once() -> None:
    order = factories.order(goods("Oat drink 1 l"), shipping=None)
    assert Hold.objects.filter(order=order, code=HoldCode.ADDRESS).exists()
    assert newest("order_hold").recipient == order.email
    assert f"/o/{order.links.get().token}/address/" in newest("order_hold").text


def test_a_question_that_is_settled_before_it_left_is_withdrawn() -> None:
    order = placed()
    held = hold(order, code=HoldCode.ADDRESS, reason="Street missing", by="Test", now=NOW)
    release(held, order, by="Test", now=NOW)
    assert newest("order_hold").state == MessageState.WITHDRAWN


def test_test_orders_write_to_nobody() -> None:
    order = factories.order(goods("Oat drink 1 l"), is_test=True)
    hold(order, code=HoldCode.ADDRESS, reason="Street missing", by="Test", now=NOW)
    assert set(OutgoingMessage.objects.values_list("recipient", "state")) == {("", MessageState.WITHDRAWN)}


def test_mails_never_carry_a_link_that_ends_soon() -> None:
    order = placed()
    send_links_to(order.email, now=NOW)
    late_link = emails.status_url(order, now=NOW + timedelta(days=1))
    token = late_link.rstrip("/").rpartition("/")[2]
    assert order.links.get(token=token).expires_at > NOW + timedelta(days=100)


def test_nobody_is_asked_about_a_cancelled_order() -> None:
    order = factories.order(goods("Oat drink 1 l"), shipping=None)
    cancel(order, by="Ana", reason="Not wanted", now=NOW)
    assert newest("order_hold").state == MessageState.WITHDRAWN
