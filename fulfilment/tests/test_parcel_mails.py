"""What customers read about their parcels: reviewed texts, parts, arrival, and thanks that wait a day."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.actions.tracking import record_event
from fulfilment.carriers.messages import Report
from fulfilment.emails import shipped_message
from fulfilment.models import Shipment
from fulfilment.tests.parcels import COFFEE, NOW, OATS, Wanted, make_order, pack, packed, stage
from ordermgmt.mail import html_of
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.tests.expected import agrees
from orders.models import Order
from orders.tests.test_order_mails import extracted, visible

EXPECTED = Path(__file__).parent / "expected"
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def tell(shipment: Shipment, status: str, *, hours: int = 20, place: str = "") -> None:
    report = Report(
        tracking_number="", event_id=f"{status}-{hours}", status=status, happened_at=NOW + timedelta(hours=hours), place=place
    )  # fmt: skip
    record_event(shipment.pk, report, source="house", by="house", now=NOW + timedelta(hours=hours + 1))


def sent(kind: str) -> OutgoingMessage:
    return OutgoingMessage.objects.get(kind=kind)


def left(shipment: Shipment) -> Shipment:
    return dispatch_shipment(shipment.pk, by="Ana", now=NOW)


def read(message: OutgoingMessage) -> str:
    """With the numbers that differ from run to run replaced."""
    text = extracted(message)
    for shipment in Shipment.objects.all():
        for n, carton in enumerate(shipment.cartons.order_by("pk"), 1):
            for label in carton.labels.all():
                text = text.replace(label.tracking_number, f"NUMBER{n}")
    return text


def test_shipped() -> None:
    left(packed())
    assert agrees(EXPECTED / "shipped.txt", read(sent("shipped")))


def test_a_part_says_what_is_in_this_parcel_and_when_the_rest_leaves() -> None:
    order = make_order((OATS, COFFEE))
    oats = order.lines.get(position=1)
    left(pack(stage(order, {oats.pk: 3})))
    message = sent("shipped")
    assert agrees(EXPECTED / "shipped_in_part.txt", read(message))
    parcel, _rest, still = message.text.partition("Still to come")
    assert "3 × Oat drink 1 l" in parcel
    assert "Coffee" not in parcel.partition("In this parcel")[2]
    assert "1 × Oat drink 1 l" in still
    assert "2 × Coffee beans 1 kg" in still


def test_two_cartons_name_both_numbers() -> None:
    left(pack(stage(make_order((OATS, COFFEE))), boxes=2))
    assert agrees(EXPECTED / "shipped_in_two_cartons.txt", read(sent("shipped")))


def test_odd_names_and_no_address_and_25_lines() -> None:
    many = [Wanted(f"قهوة ☕ {'long ' * 20}{n}", 1, "1.00") for n in range(25)]
    order = make_order(many, recipient="محمد 🎁")
    order.addresses.all().delete()
    parcel = pack(stage(order))
    message = shipped_message(parcel, list(parcel.lines.select_related("order_line")), now=NOW)
    assert agrees(EXPECTED / "shipped_odd.txt", read(message))
    assert len(html_of(message).encode()) <= 60 * 1024


def test_delivered() -> None:
    parcel = left(packed())
    tell(parcel, "delivered", place="at your door")
    assert agrees(EXPECTED / "delivered.txt", read(sent("delivered")))


@pytest.mark.parametrize("kind", ["shipped", "delivered", "thank_you"])
def test_parcel_mails_fit_and_say_nothing_odd(kind: str) -> None:
    tell(left(packed()), "delivered")
    message = sent(kind)
    assert len(message.subject_line) <= 60
    assert len(html_of(message).encode()) <= 60 * 1024
    assert "None" not in message.subject_line + message.text + visible(html_of(message))
    assert "/o/" in message.text


def test_thanks_wait_a_day_after_the_first_order_came() -> None:
    tell(left(packed()), "delivered")
    thanks = sent("thank_you")
    assert thanks.due_at == NOW + timedelta(hours=20) + DAY
    assert agrees(EXPECTED / "thank_you.txt", read(thanks))


def test_thanks_are_said_for_the_first_order_only() -> None:
    parcel = packed()
    order = Order.objects.get(pk=parcel.order_id)
    make_order(customer=order.customer, placed_at=order.placed_at - DAY)
    tell(left(parcel), "delivered")
    assert not OutgoingMessage.objects.filter(kind="thank_you").exists()


def test_thanks_wait_for_the_last_parcel() -> None:
    order = make_order((OATS, COFFEE))
    oats, coffee = order.lines.order_by("position")
    first, second = (left(pack(stage(order, {oats.pk: 4}))), left(pack(stage(order, {coffee.pk: 2}))))
    tell(first, "delivered", hours=10)
    assert not OutgoingMessage.objects.filter(kind="thank_you").exists()
    report = Report(tracking_number="", event_id="second", status="delivered", happened_at=NOW + timedelta(hours=30))
    record_event(second.pk, report, source="house", by="house", now=NOW + timedelta(hours=31))
    assert sent("thank_you").due_at == NOW + timedelta(hours=30) + DAY


def test_thanks_are_withdrawn_when_the_parcel_comes_back() -> None:
    parcel = left(packed())
    tell(parcel, "delivered")
    tell(parcel, "return_to_sender", hours=25)
    assert sent("thank_you").state == MessageState.WITHDRAWN


def test_parcels_of_test_orders_write_to_nobody() -> None:
    tell(left(packed(is_test=True)), "delivered")
    assert set(OutgoingMessage.objects.values_list("recipient", flat=True)) == {""}


def test_links_end_90_days_after_the_last_parcel_came() -> None:
    parcel = left(packed())
    tell(parcel, "delivered")
    ends = parcel.order.links.order_by("expires_at").values_list("expires_at", flat=True)
    assert ends.first() == NOW + timedelta(hours=20, days=90)
    assert ends.last() == ends.first()
