"""Each rule of the inbox: its cause is planted, seen, opened as a list of the same rows, mended, and seen to close."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment import factories
from fulfilment.models import FulfilmentOrder, Shipment
from fulfilment.states import ShipmentStatus, WorkStatus
from inventory.actions.receiving import ReceiptLine, receive_goods
from inventory.factories import BinFactory, CountEntryFactory, CountTaskFactory, SkuFactory, WarehouseFactory
from inventory.models import Bin, CountTask
from ordermgmt.exception_refresh import look, refresh
from ordermgmt.exceptions import REGISTRY
from ordermgmt.factories import StoredDocumentFactory, UserFactory
from ordermgmt.models import ExceptionItem, ExceptionState
from ordermgmt.roles import Role
from orders import factories as sold
from orders.actions.allocation import allocate_waiting
from orders.billing_states import ChargeStatus, DunningStatus, RefundStatus
from orders.models import Charge, Delivery, Dispute, Dunning, Hold, InboundOrder, Order, OrderLine, Refund
from orders.states import FulfilmentStatus, HoldCode, InboundState

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def manager(client: Client) -> Client:
    person = UserFactory(role=Role.ADMIN)
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    return client


def opened(rule: str) -> ExceptionItem:
    look(REGISTRY[rule], now=timezone.now())
    return ExceptionItem.objects.get(rule=rule, state=ExceptionState.OPEN)


def is_closed(rule: str) -> bool:
    look(REGISTRY[rule], now=timezone.now() + timedelta(minutes=1))
    return not ExceptionItem.objects.filter(rule=rule).exclude(state=ExceptionState.CLOSED).exists()


def drilled(client: Client, item: ExceptionItem) -> int:
    """How many rows the list behind the item shows."""
    rule = REGISTRY[item.rule]
    html = client.get(rule.rows_url(item)).content.decode()
    found = re.search(r'data-total="(\d+)"', html)
    assert found, rule.rows_url(item)
    return int(found[1])


def held(code: str) -> Callable[[], Any]:
    return lambda: [sold.HoldFactory(code=code, reason="No street", opened_at=timezone.now()) for _ in range(2)]


def release(**more: Any) -> None:
    Hold.objects.update(released_at=timezone.now())


def lacking() -> None:
    sku = SkuFactory(code="OAT-1L")
    for _ in range(2):
        sold.order({sku: 3}, now=timezone.now())


def late() -> None:
    Order.objects.filter(pk=sold.order().pk).update(promised_ship_on=timezone.now().date() - 3 * DAY)


def unpaid() -> None:
    for _ in range(2):
        sold.DunningFactory(opened_at=timezone.now(), next_at=timezone.now() + HOUR)


def parcel(**facts: Any) -> None:
    at = timezone.now() - 3 * DAY
    factories.ShipmentFactory(status=ShipmentStatus.DISPATCHED, dispatched_at=at, last_event_at=at, **facts)


def short() -> None:
    sku = SkuFactory(code="RYE")
    order = sold.order({sku: 2}, now=timezone.now())
    work = factories.FulfilmentOrderFactory(order=order)
    line = factories.FulfilmentLineFactory(work=work, quantity=2)
    factories.PickTaskFactory(line=line, bin=BinFactory(code="Z-99", is_suspect=True), quantity=2, short=2)


def off_the_books() -> None:
    task = CountTaskFactory(bin=BinFactory(warehouse=WarehouseFactory(code="MMO")))
    CountEntryFactory(task=task), CountEntryFactory(task=task)


def charge(**facts: Any) -> None:
    sold.ChargeFactory(planned_at=timezone.now() - 2 * DAY, **facts)


def inbound() -> None:
    channel = sold.ChannelFactory(name="Web shop")
    for state in (InboundState.CHANGED, InboundState.REFUSED):
        sold.InboundOrderFactory(channel=channel, state=state, received_at=timezone.now())


def asked_for_less() -> None:
    hold = sold.HoldFactory(code=HoldCode.PAYMENT, cancels_at=timezone.now() + DAY)
    sold.InvoiceFactory(order=hold.order, gross_total=hold.order.total - 1)


def parked() -> None:
    facts = {"parked_at": timezone.now(), "parked_code": "address", "parked_reason": "No address"}
    sold.DeliveryFactory(is_next=True, **facts)


CAUSES: dict[str, tuple[Callable[[], Any], str, Callable[[], Any]]] = {
    "order.held": (held(HoldCode.ADDRESS), "Address not complete: 2 orders", release),
    "stock.short": (lacking, "OAT-1L is short by 6 · 2 orders wait", lambda: OrderLine.objects.update(backordered=0, promised=3)),
    "order.late": (late, "1 order is past its ship-by day", lambda: Order.objects.update(fulfilment_status=FulfilmentStatus.SHIPPED)),
    "order.paid_not_shipped": (late, "1 order is paid and has not left", lambda: Order.objects.update(fulfilment_status=FulfilmentStatus.SHIPPED)),
    "inbound.waits": (inbound, "2 documents of Web shop wait for a person", lambda: InboundOrder.objects.update(state=InboundState.CANCELLED)),
    "dunning.open": (unpaid, "2 payments failed and are worked on", lambda: Dunning.objects.update(status=DunningStatus.RECOVERED)),
    "refund.requested": (sold.RefundFactory, "1 refund waits for approval", lambda: Refund.objects.update(status=RefundStatus.REFUSED)),
    "refund.failed": (lambda: sold.RefundFactory(status=RefundStatus.FAILED), "1 refund did not arrive", lambda: Refund.objects.update(status=RefundStatus.APPROVED)),
    "payment.disputed": (lambda: sold.DisputeFactory(reference="dp_1", reason="not_received"), "Dispute dp_1: not received", lambda: Dispute.objects.update(closed_at=timezone.now())),
    "charge.unknown": (lambda: charge(status=ChargeStatus.UNKNOWN, sent_at=timezone.now() - 2 * HOUR), "1 charge has no answer from stripe", lambda: Charge.objects.update(status=ChargeStatus.DECLINED)),
    "charge.waits": (lambda: charge(put_off_at=timezone.now(), put_off_code="stock"), "1 charge waits: Goods are missing", lambda: Charge.objects.update(put_off_at=None, put_off_code="")),
    "order.part_asked": (asked_for_less, "1 order waits for the rest of its money", release),
    "renewal.parked": (parked, "1 renewal waits: No delivery address", lambda: Delivery.objects.update(parked_at=None)),
    "parcel.silent": (parcel, "1 parcel of Nordic Parcel has no scan for 48 h", lambda: Shipment.objects.update(last_event_at=timezone.now())),
    "parcel.problem": (lambda: parcel(number="SH-1", problem="delivery_failed:consignee_not_home"), "Delivery failed: nobody at home · SH-1", lambda: Shipment.objects.update(problem="")),
    "pick.short": (short, "2 × RYE was not at Z-99 · 1 order", lambda: Bin.objects.update(is_suspect=False)),
    "work.stands": (lambda: factories.FulfilmentOrderFactory(status=WorkStatus.PACKED, packed_at=timezone.now() - 2 * DAY, warehouse=WarehouseFactory(code="MMO")), "1 order at MMO is packed and stands still", lambda: FulfilmentOrder.objects.update(packed_at=timezone.now())),
    "count.variance": (off_the_books, "1 count at MMO is off the books", lambda: CountTask.objects.update(done_at=timezone.now())),
    "paper.dead": (lambda: StoredDocumentFactory(kind="label", dead_at=timezone.now()), "1 paper (label) could not be made", lambda: None),
}  # fmt: skip
LISTED = (
    "order.held", "stock.short", "order.late", "order.paid_not_shipped", "order.part_asked", "charge.waits", "inbound.waits", "dunning.open",
    "refund.requested", "refund.failed", "parcel.silent", "parcel.problem",
)  # fmt: skip


@pytest.mark.parametrize("rule", [name for name in CAUSES if name != "paper.dead"])
def test_it_opens_drills_down_and_closes_when_its_cause_is_gone(rule: str, manager: Client) -> None:
    plant, words, mend = CAUSES[rule]
    plant()
    item = opened(rule)
    assert item.sentence == words
    if rule in LISTED:
        assert drilled(manager, item) == item.count
    page = manager.get(f"/exceptions/{item.pk}/")
    assert page.status_code == 200
    assert words in page.content.decode()
    mend()
    assert is_closed(rule)


def test_a_paper_that_could_not_be_made() -> None:
    CAUSES["paper.dead"][0]()
    assert opened("paper.dead").sentence == CAUSES["paper.dead"][1]


def test_every_rule_of_the_product_is_tested_here_or_with_its_app() -> None:
    elsewhere = {"job.failed", "books.broken", "message.dead", "renewal.ahead"}
    ours = {
        name
        for name, rule in REGISTRY.items()
        if type(rule).__module__.split(".")[0] in ("orders", "inventory", "fulfilment")
    }
    assert ours - elsewhere - set(CAUSES) == set()


def test_amounts_are_what_the_orders_are_worth_and_the_rows_say_why() -> None:
    held(HoldCode.DUPLICATE)()
    item = opened("order.held")
    assert item.amounts == {"EUR": f"{sum((o.total for o in Order.objects.all()), Decimal(0)):.2f}"}
    rows = REGISTRY["order.held"].rows(item, timezone.now())
    assert [row.number for row in rows] == list(Order.objects.order_by("pk").values_list("number", flat=True))
    assert "Possible duplicate. No street" in rows[0].words


def test_goods_that_come_in_close_all_orders_of_one_cause() -> None:
    sku, house = SkuFactory(code="OAT-1L"), WarehouseFactory()
    for _ in range(3):
        sold.order({sku: 2}, now=timezone.now())
    assert opened("stock.short").count == 3
    now = timezone.now()
    place = BinFactory(warehouse=house)
    receive_goods(place=place, lines=[ReceiptLine(sku_id=sku.pk, units=6)], document="PO-1", by="Tom", now=now)
    allocate_waiting(now=now)
    assert is_closed("stock.short")
    assert ExceptionItem.objects.get(rule="stock.short").ended_because.startswith("stock received ")


def test_a_hold_that_ends_by_itself_needs_nobody() -> None:
    sold.HoldFactory(code=HoldCode.OPERATOR, expires_at=timezone.now() + DAY)
    sold.HoldFactory(code=HoldCode.REQUEST)
    look(REGISTRY["order.held"], now=timezone.now())
    assert not ExceptionItem.objects.exists()


def test_looking_costs_the_same_for_few_and_for_many_rows(django_assert_max_num_queries: Any) -> None:
    def statements() -> int:
        with django_assert_max_num_queries(10_000) as seen:
            refresh(now=timezone.now())
        return len(seen)

    held(HoldCode.ADDRESS)(), unpaid(), parked()
    refresh(now=timezone.now())
    few = statements()
    for _ in range(3):
        held(HoldCode.ADDRESS)(), unpaid(), parked()
    refresh(now=timezone.now())
    assert statements() == few
