"""Changes at the shop: accepted, rejected, made by hand; and items mapped once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from inventory.factories import SkuFactory
from inventory.models import BundleComponent
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders.actions.applying import CannotApply
from orders.actions.cancellation import cancel_order
from orders.actions.intake import receive_document
from orders.actions.mapping import CannotMap, identify_items, map_sku, mendable_orders
from orders.actions.revisions import Decided, apply_change, reject_change, settle_by_hand
from orders.factories import ChannelFactory
from orders.intake.registry import PARSERS
from orders.models import Channel, InboundOrder, InboundRevision, Order, SkuAlias
from orders.states import ChannelKind, HoldCode, InboundState, OrderStatus, PaymentStatus, RevisionState
from orders.tests.test_intake_variations import ORDER
from orders.tests.test_intake_verbs import ADDRESS, NOW, payload, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Channel:
    SkuFactory(code="TEA")
    return ChannelFactory(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY, requires_payment=True)


def proposal(shop: Channel, **changes: Any) -> tuple[InboundRevision, Order]:
    outcome = send(shop, payload(), payload(**changes))[1]
    revision = outcome.inbound.revisions.get(state=RevisionState.PROPOSED)
    assert outcome.inbound.order is not None
    return revision, outcome.inbound.order


def change_holds(order: Order) -> int:
    return order.holds.open().filter(code=HoldCode.CHANGE).count()


def test_an_accepted_address_is_the_orders(shop: Channel) -> None:
    revision, order = proposal(shop, shipping_address={**ADDRESS, "zip": "10117", "city": "Mitte"})
    assert change_holds(order) == 1
    inbound = apply_change(revision.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert (order.ship_postcode, order.ship_city) == ("10117", "Mitte")
    assert order.addresses.get(kind="shipping").postcode == "10117"
    assert change_holds(order) == 0
    assert inbound.state in (InboundState.ACCEPTED, InboundState.HELD)
    assert inbound.payload_hash == revision.payload_hash
    with pytest.raises(Decided):
        reject_change(revision.pk, by="Ana", now=NOW)


def test_fewer_units_and_a_new_item_are_taken_over(shop: Channel) -> None:
    mug = SkuFactory(code="MUG")
    lines = [
        {**ORDER["line_items"][0], "current_quantity": 1},
        {"id": 12, "name": "Mug", "sku": "MUG", "quantity": 3, "price": "5.00"},
    ]
    revision, order = proposal(shop, line_items=lines, total_price="39.90", total_line_items_price="35.00")
    apply_change(revision.pk, by="Ana", now=NOW)
    tea, new = order.lines.order_by("position")
    assert (tea.ordered - tea.cancelled, new.sku, new.ordered) == (1, mug, 3)
    assert order.changes.get().state == "applied"


def test_an_accepted_cancellation_cancels(shop: Channel) -> None:
    revision, order = proposal(shop, cancelled_at="2026-03-02T08:00:00Z", cancel_reason="customer")
    inbound = apply_change(revision.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "customer")
    assert inbound.state == InboundState.CANCELLED
    again = send(shop, payload(note="late"))[0]
    assert again.state == "refused"


def test_refunds_are_written_once(shop: Channel) -> None:
    refund = [{"refund_line_items": [], "transactions": [{"kind": "refund", "status": "success", "amount": "5.00"}]}]
    revision, order = proposal(shop, refunds=refund, financial_status="partially_refunded")
    apply_change(revision.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert (order.payment_status, order.refunded_total) == (PaymentStatus.PART_REFUNDED, Decimal("5.00"))
    more = [{**refund[0], "transactions": refund[0]["transactions"] * 2}]
    later = send(shop, payload(refunds=more, financial_status="partially_refunded"))[0]
    apply_change(later.inbound.revisions.get(state="proposed").pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert order.refunded_total == Decimal("10.00")
    assert order.paid_total == Decimal("24.90")


def test_prices_are_changed_by_people(shop: Channel) -> None:
    lines = [{**ORDER["line_items"][0], "price": "9.00"}]
    revision, order = proposal(shop, line_items=lines, total_price="22.90", total_line_items_price="18.00")
    with pytest.raises(CannotApply):
        apply_change(revision.pk, by="Ana", now=NOW)
    assert change_holds(order) == 1
    settle_by_hand(revision.pk, by="Ana", now=NOW)
    revision.refresh_from_db()
    assert (revision.state, revision.decided_by) == (RevisionState.APPLIED, "Ana")
    assert change_holds(order) == 0
    assert order.lines.get().unit_price == 10


def test_a_rejected_change_leaves_the_order_alone(shop: Channel) -> None:
    revision, order = proposal(shop, shipping_address={**ADDRESS, "zip": "10117"})
    reject_change(revision.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert order.ship_postcode == "10115"
    assert change_holds(order) == 0
    assert [o.state for o in send(shop, payload(shipping_address={**ADDRESS, "zip": "10117"}))] == ["duplicate"]


def test_the_newest_proposal_counts(shop: Channel) -> None:
    first, order = proposal(shop, note="one")
    newer = send(shop, payload(note="two"))[0].inbound.revisions.get(state=RevisionState.PROPOSED)
    first.refresh_from_db()
    assert first.state == RevisionState.SUPERSEDED
    assert change_holds(order) == 1
    apply_change(newer.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert order.note == "two"


def test_a_code_mapped_once_lets_all_its_orders_go_on(shop: Channel) -> None:
    lines = [{"id": 12, "name": "Box", "sku": "SHOP-BOX", "quantity": 2, "price": "10.00"}]
    held = [send(shop, payload(id=number, line_items=lines))[0] for number in (21, 22)]
    assert [outcome.state for outcome in held] == ["held", "held"]
    box, tea, cup = SkuFactory(code="BOX", is_bundle=True), SkuFactory(code="LEAF"), SkuFactory(code="CUP")
    BundleComponent.objects.create(bundle=box, component=tea, quantity=3)
    BundleComponent.objects.create(bundle=box, component=cup, quantity=1)
    map_sku(channel=shop, external_code="SHOP-BOX", sku=box, by="Ana", now=NOW)
    first = held[0].inbound.order
    assert first is not None
    assert len(mendable_orders()) == 2
    assert identify_items(first.pk, by="Ana", now=NOW) == 1
    assert identify_items(first.pk, by="Ana", now=NOW) == 0
    assert [(line.kind, line.ordered) for line in first.lines.order_by("position")] == [
        ("bundle", 2),
        ("component", 6),
        ("component", 2),
    ]
    assert first.holds.open().filter(code=HoldCode.UNKNOWN_SKU).count() == 0
    inbound = InboundOrder.objects.get(order=first)
    assert "unknown_sku" not in {finding["code"] for finding in inbound.findings}
    run = run_now("identify_items", as_of=NOW)
    assert run.summary == {"orders": 1}
    assert mendable_orders() == []


def test_cases_are_counted_in_our_units(shop: Channel) -> None:
    lines = [{"id": 12, "name": "Case", "sku": "CASE", "quantity": 2, "price": "10.00"}]
    order = send(shop, payload(line_items=lines))[0].inbound.order
    assert order is not None
    leaf = SkuFactory(code="LEAF")
    map_sku(channel=shop, external_code="CASE", sku=leaf, units=12, by="Ana", now=NOW)
    identify_items(order.pk, by="Ana", now=NOW)
    line = order.lines.get()
    order.refresh_from_db()
    assert (line.ordered, line.backordered + line.promised, line.total, order.units) == (24, 24, Decimal(20), 24)


@pytest.mark.parametrize(("code", "units"), [("", 1), ("x" * 121, 1), ("A", 0), ("A", 10_001)])
def test_nonsense_is_not_mapped(shop: Channel, code: str, units: int) -> None:
    with pytest.raises(CannotMap):
        map_sku(channel=shop, external_code=code, sku=SkuFactory(), units=units, by="Ana", now=NOW)


def test_the_job_reads_what_a_crash_left(shop: Channel) -> None:
    import json

    [document] = PARSERS[shop.kind].split(json.dumps(payload()).encode(), "test")
    receive_document(shop, document, source="test", now=NOW)
    assert run_now("understand_inbound", as_of=NOW).summary == {"understood": 1, "weighed": 0, "failed": 0}
    assert run_now("understand_inbound", as_of=NOW).summary == {"understood": 0, "weighed": 0, "failed": 0}
    assert Order.objects.count() == 1


def test_a_code_that_cannot_be_mended_does_not_keep_the_others_waiting(shop: Channel, client: Client) -> None:
    for number, code in ((21, "POISON"), (22, "GOOD")):
        lines = [{"id": 12, "name": "Box", "sku": code, "quantity": 2, "price": "10.00"}]
        send(shop, payload(id=number, line_items=lines))
        map_sku(channel=shop, external_code=code, sku=SkuFactory(), by="Ana", now=NOW)
    SkuAlias.objects.filter(external_code="POISON").update(units=0)
    run = run_now("identify_items", as_of=NOW)
    assert (run.summary["orders"], run.summary["failed"]) == (1, 1)
    bad = Order.objects.get(inbound__external_id="21")
    assert bad.number in run.summary["failed_rows"][0]
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    inbound = InboundOrder.objects.get(external_id="22")
    answer = client.post(f"/inbound/{inbound.pk}/map/", {"external_code": "X", "sku": "TEA", "units": 1})
    assert answer.status_code == 302


def test_a_version_that_cannot_be_compared_is_given_up_and_shown(shop: Channel, client: Client) -> None:
    revision, _order = proposal(shop, note="one")
    rows = InboundRevision.objects.filter(pk=revision.pk)
    rows.update(difference=[])
    Channel.objects.update(kind="no such kind")
    for _turn in range(InboundRevision.MOST_ATTEMPTS):
        assert run_now("understand_inbound", as_of=NOW).summary["failed"] == 1
    assert run_now("understand_inbound", as_of=NOW).summary["failed"] == 0
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    InboundOrder.objects.update(state=InboundState.ACCEPTED)
    assert InboundOrder.objects.get().external_number in client.get("/inbound/?need=person").content.decode()
    page = client.get(f"/inbound/{revision.inbound_id}/").content.decode()
    assert "It needs a person" in page
    Channel.objects.update(kind=ChannelKind.SHOPIFY)
    assert client.post(f"/inbound/versions/{revision.pk}/again/").status_code == 302
    assert run_now("understand_inbound", as_of=NOW).summary["weighed"] == 1


def test_money_that_comes_asks_nobody(shop: Channel) -> None:
    outcome = send(shop, payload(financial_status="pending"), payload(financial_status="paid"))[1]
    order = Order.objects.get()
    assert order.payment_status == PaymentStatus.PAID
    assert Activity.objects.of(order.number).filter(verb="payment.recorded").exists()
    assert not order.holds.filter(code=HoldCode.CHANGE).exists()
    assert not order.holds.open().filter(code=HoldCode.PAYMENT).exists()
    assert outcome.inbound.revisions.get(payload_hash=outcome.inbound.payload_hash).state == RevisionState.APPLIED
    assert send(shop, payload(financial_status="paid"))[0].state == "duplicate"
    assert order.payments.count() == 1


def test_money_that_comes_with_another_change_is_taken_with_it(shop: Channel) -> None:
    later = payload(financial_status="paid", shipping_address={**ADDRESS, "zip": "10117", "city": "Mitte"})
    outcome = send(shop, payload(financial_status="pending"), later)[1]
    apply_change(outcome.inbound.revisions.get(state=RevisionState.PROPOSED).pk, by="Ana", now=NOW)
    order = Order.objects.get()
    assert order.payment_status == PaymentStatus.PAID
    assert not order.holds.open().filter(code=HoldCode.PAYMENT).exists()


def test_money_that_goes_back_is_for_a_person(shop: Channel) -> None:
    changed = send(shop, payload(), payload(financial_status="refunded"))[1]
    assert changed.inbound.state == InboundState.CHANGED


def test_what_staff_cancelled_is_not_said_to_be_cancelled_at_the_shop(shop: Channel, client: Client) -> None:
    inbound = send(shop, payload())[0].inbound
    assert inbound.order is not None
    cancel_order(inbound.order.pk, by="Ana", reason="Asked by phone", now=NOW)
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    for page in ("/inbound/?state=cancelled", f"/inbound/{inbound.pk}/"):
        words = client.get(page).content.decode()
        assert "Cancelled" in words
        assert "Cancelled at the shop" not in words
