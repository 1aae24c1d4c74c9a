"""From document to order: stored first, once, with every finding at its place."""

import copy
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import ChannelIdentity, Customer
from inventory.factories import SkuFactory
from ordermgmt.models import OutgoingMessage
from orders.actions.intake import AlreadyUnderstood, receive_document, replay_inbound, understand_inbound
from orders.actions.mapping import map_sku
from orders.actions.taking_in import Outcome, take_in
from orders.factories import ChannelFactory
from orders.intake.registry import PARSERS
from orders.models import Channel, InboundOrder, Order
from orders.states import ChannelKind, HoldCode, InboundState, PaymentStatus
from orders.tests.intake_samples import CHANNELS, needs_samples
from orders.tests.test_intake_variations import ORDER

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADDRESS = {"name": "Ann Tester", "address1": "Weg 1", "city": "Berlin", "zip": "10115", "country_code": "DE"}


@pytest.fixture
def shop() -> Channel:
    return ChannelFactory(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY, requires_payment=True)


def payload(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ORDER), "shipping_address": copy.deepcopy(ADDRESS), "email": "ann@example.com", **changes}


def send(channel: Channel, *trees: Any, now: datetime = NOW) -> list[Outcome]:
    parser, sent = PARSERS[channel.kind], []
    for tree in trees:
        data = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
        sent += [
            take_in(channel, document, source="test", by="Test", now=now) for document in parser.split(data, "test")
        ]
    return sent


def codes(outcome: Outcome) -> set[str]:
    return {finding["code"] for finding in outcome.findings if finding["severity"] == "error"}


def test_an_order_is_taken_in_whole(shop: Channel) -> None:
    tea = SkuFactory(code="TEA")
    [outcome] = send(shop, payload(customer={"id": 7, "first_name": "Ann", "last_name": "Tester"}))
    order = outcome.inbound.order
    assert order is not None
    [line] = order.lines.all()
    assert (line.sku, line.ordered, line.unit_price, line.total) == (tea, 2, Decimal(10), Decimal(20))
    assert (order.total, order.tax_total, order.shipping_total) == (
        Decimal("24.90"),
        Decimal("3.98"),
        Decimal("4.90"),
    )
    assert order.prices_include_tax
    assert (order.payment_status, order.paid_total) == (PaymentStatus.PAID, Decimal("24.90"))
    assert order.external_number == "#1"
    assert order.addresses.get(kind="shipping").postcode == "10115"
    assert ChannelIdentity.objects.get(channel="shop", external_id="7").customer == order.customer
    assert not codes(outcome) - {"undeliverable"}


def test_a_new_customer_is_known_next_time(shop: Channel) -> None:
    who = {"id": 7, "first_name": "Ann", "last_name": "Tester", "phone": "+49 30 1234567"}
    first, second = send(shop, payload(customer=who), payload(id=2, customer={**who, "last_name": "Married"}))
    by_mail = send(shop, payload(id=3, customer=None, email="ANN@example.com"))[0]
    customer = Customer.objects.get()
    assert {o.inbound.order.customer for o in (first, second, by_mail) if o.inbound.order} == {customer}
    assert (customer.name, customer.phone_digits) == ("Ann Tester", "49301234567")
    assert customer.addresses.get().postcode == "10115"


@pytest.mark.parametrize(
    ("changes", "mails"),
    [
        ({}, 1),
        ({"created_at": "2026-02-01T10:00:00Z"}, 0),
        ({"fulfillment_status": "fulfilled"}, 0),
        ({"test": True}, 0),
    ],
)
def test_old_news_is_not_confirmed(shop: Channel, changes: dict[str, Any], mails: int) -> None:
    SkuFactory(code="TEA")
    send(shop, payload(**changes))
    assert OutgoingMessage.objects.filter(kind="order_confirmation").count() == mails


def test_the_same_document_again_is_a_duplicate(shop: Channel) -> None:
    SkuFactory(code="TEA")
    first, again = send(shop, payload(), {"orders": [payload()]})
    assert again.state == "duplicate"
    assert again.inbound == first.inbound
    assert Order.objects.count() == InboundOrder.objects.count() == 1


def test_an_unknown_item_holds_the_order_at_its_place(shop: Channel) -> None:
    [outcome] = send(shop, payload())
    assert outcome.state == "held"
    assert ("unknown_sku", "/line_items/0/sku") in {(f["code"], f["place"]) for f in outcome.findings}
    assert outcome.inbound.order is not None
    assert outcome.inbound.order.holds.filter(code=HoldCode.UNKNOWN_SKU).count() == 1
    assert outcome.inbound.order.total == Decimal("24.90")


def test_what_cannot_be_read_is_kept_and_refused(shop: Channel) -> None:
    broken, other = send(shop, b'{"id": 5, ', {"customer": {"id": 5}})
    assert (broken.state, other.state) == ("refused", "refused")
    assert broken.inbound.payload == '{"id": 5, '
    assert broken.order_number is None
    assert codes(other) == {"not_an_order"}
    assert Order.objects.count() == 0
    assert [outcome.state for outcome in send(shop, b'{"id": 5, ')] == ["duplicate"]


def test_a_refused_order_leaves_no_customer(shop: Channel) -> None:
    [outcome] = send(shop, payload(line_items=[], customer={"id": 9, "first_name": "No"}))
    assert outcome.state == "refused"
    assert Customer.objects.count() == 0


def test_a_mended_version_of_a_refused_document_is_read(shop: Channel) -> None:
    SkuFactory(code="TEA")
    refused, mended = send(shop, payload(currency="ZZZ"), payload())
    assert refused.state == "refused"
    assert mended.inbound == refused.inbound
    assert mended.order_number
    assert mended.inbound.revisions.filter(state="superseded").count() == 1


def test_a_cancelled_order_stays_as_a_tombstone(shop: Channel) -> None:
    cancelled, late = send(shop, payload(cancelled_at="2026-03-01T12:00:00Z"), payload())
    assert (cancelled.state, cancelled.order_number) == ("refused", None)
    assert codes(cancelled) == {"cancelled"}
    assert cancelled.findings[-1]["place"] == "/cancelled_at"
    assert late.state == "refused"
    assert Order.objects.count() == 0
    assert InboundOrder.objects.get().state == InboundState.CANCELLED


def test_another_version_is_a_proposal_that_holds_the_order(shop: Channel) -> None:
    SkuFactory(code="TEA")
    _first, changed = send(shop, payload(), payload(shipping_address={**ADDRESS, "zip": "10117"}))
    assert changed.state == "changed"
    inbound = changed.inbound
    assert inbound.state == InboundState.CHANGED
    [revision] = inbound.revisions.all()
    assert [change["kind"] for change in revision.difference] == ["address"]
    assert inbound.order is not None
    assert inbound.order.holds.open().filter(code=HoldCode.CHANGE).count() == 1
    assert inbound.order.addresses.get(kind="shipping").postcode == "10115"


def test_an_older_version_changes_nothing(shop: Channel) -> None:
    SkuFactory(code="TEA")
    new = payload(updated_at="2026-03-01T12:00:00Z", note="new")
    _new, old = send(shop, new, payload(updated_at="2026-03-01T11:00:00Z", note="old"))
    assert old.state == "duplicate"
    assert {finding["code"] for finding in old.findings} == {"older_version"}
    assert old.inbound.state != InboundState.CHANGED


def test_a_version_that_changes_nothing_of_ours_asks_nobody(shop: Channel) -> None:
    SkuFactory(code="TEA")
    _first, later = send(shop, payload(), payload(landing_site="/x"))
    assert later.state == "changed"
    assert later.inbound.state != InboundState.CHANGED
    assert [outcome.state for outcome in send(shop, payload(), payload(landing_site="/x"))] == ["duplicate"] * 2


def test_units_taken_out_before_are_not_sent(shop: Channel) -> None:
    SkuFactory(code="TEA")
    lines = [{**ORDER["line_items"][0], "current_quantity": 1}]
    [outcome] = send(shop, payload(line_items=lines))
    order = outcome.inbound.order
    assert order is not None
    line = order.lines.get()
    assert (line.ordered, line.cancelled, order.units) == (2, 1, 1)
    assert order.total == Decimal("24.90")


def test_aliases_barcodes_and_cases_are_understood(shop: Channel) -> None:
    by_alias, by_barcode = SkuFactory(code="OUR-TEA"), SkuFactory(code="MUG", barcode="7350053850019")
    map_sku(channel=shop, external_code="TEA", sku=by_alias, units=6, by="Test", now=NOW)
    mug = {"id": 12, "name": "Mug", "sku": "07350053850019", "quantity": 1, "price": "0.00"}
    [outcome] = send(shop, payload(line_items=[*ORDER["line_items"], mug]))
    assert outcome.inbound.order is not None
    tea_line, mug_line = outcome.inbound.order.lines.all()
    assert (tea_line.sku, tea_line.ordered, tea_line.total) == (by_alias, 12, Decimal(20))
    assert tea_line.unit_price == Decimal("1.6667")
    assert mug_line.sku == by_barcode


def test_totals_that_do_not_add_up_are_kept_and_hold(shop: Channel) -> None:
    SkuFactory(code="TEA")
    [outcome] = send(shop, payload(total_price="19.90"))
    order = outcome.inbound.order
    assert order is not None
    assert order.total == Decimal("19.90")
    assert order.holds.filter(code=HoldCode.TOTALS).count() == 1
    assert codes(outcome) >= {"totals_differ"}


def test_understanding_twice_makes_one_order(shop: Channel) -> None:
    SkuFactory(code="TEA")
    [document] = PARSERS[shop.kind].split(json.dumps(payload()).encode(), "test")
    receipt = receive_document(shop, document, source="test", now=NOW)
    first = understand_inbound(receipt.inbound.pk, by="Test", now=NOW)
    second = understand_inbound(receipt.inbound.pk, by="Test", now=NOW + timedelta(hours=1))
    assert first.order == second.order
    with pytest.raises(AlreadyUnderstood):
        replay_inbound(receipt.inbound.pk, by="Test", now=NOW)


def run(*arguments: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("intake", *arguments, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_command_says_what_became_of_each_document(shop: Channel, tmp_path) -> None:
    SkuFactory(code="TEA")
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"orders": [payload(), payload(id=2, currency="ZZZ")]}))
    good, bad = run("shop", str(file))
    assert (good["external_id"], bad["external_id"]) == ("1", "2")
    assert good["order"].startswith("SO-")
    assert (bad["state"], bad["order"]) == ("refused", None)
    assert bad["findings"][0]["place"] == "/currency"
    assert {line["state"] for line in run("shop", str(file))} == {"duplicate"}


def test_the_command_names_unknown_channels_and_files(shop: Channel, tmp_path) -> None:
    with pytest.raises(CommandError, match="There is no channel"):
        run("shap", "x.json")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(payload()))
    with pytest.raises(CommandError, match=r"gone\.json"):
        run("shop", str(tmp_path / "gone.json"), str(file))
    assert InboundOrder.objects.count() == 1


@needs_samples
def test_every_real_payload_is_stored_and_answered(shop: Channel) -> None:
    woo = ChannelFactory(code="woo", kind=ChannelKind.WOOCOMMERCE)
    lines = run("shop", str(CHANNELS / "shopify_rest"), str(CHANNELS / "shopify_csv"))
    lines += run("woo", str(CHANNELS / "woocommerce"))
    assert {line["state"] for line in lines} <= {"accepted", "held", "refused", "duplicate", "changed"}
    for line in lines:
        assert line["order"] or line["findings"] or line["state"] == "duplicate"
    assert InboundOrder.objects.filter(state=InboundState.RECEIVED).count() == 0
    assert Order.objects.filter(channel=woo).count() == 5
    for inbound in InboundOrder.objects.exclude(order=None).select_related("order"):
        stated = json.loads(inbound.payload) if inbound.payload.startswith("{") else {}
        stated = stated.get("order", stated)
        total = stated.get("total_price") or stated.get("total")
        assert total is None or inbound.order.total == Decimal(total)
