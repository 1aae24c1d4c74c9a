"""P29: every open order at exactly one step, times by hand, history equal to its rows, every number its list."""

import html
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from fulfilment import factories
from fulfilment.flow.filters import aged
from fulfilment.flow.nodes import NODES
from fulfilment.flow.reading import Figure, FlowMap, last_days, now_map, past_map
from fulfilment.flow.standing import minutes_now, standing
from fulfilment.flow.visits import FIGURES, passed_since
from fulfilment.flow.words import bottleneck, short
from fulfilment.models import FulfilmentOrder, Shipment
from inventory.factories import SkuFactory, WarehouseFactory
from ordermgmt.actions.kpis import set_target
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period
from ordermgmt.measuring import from_days, recount
from ordermgmt.models import Activity, KpiMark
from ordermgmt.roles import Role
from ordermgmt.rollups import LAG, differences, rebuild, refresh
from orders.factories import ChannelFactory, HoldFactory, PaymentFactory, SourcingDecisionFactory
from orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
_n = count(1)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def order(*, stock: str = "promised", fulfilment: str = "unfulfilled", minutes: float = 600, **facts: Any) -> Order:
    n, at = next(_n), ago(minutes)
    from orders.models import Channel

    made = Order.objects.create(
        **{
            "number": f"SO-{700_000 + n}", "channel": Channel.objects.filter(code="shop").first() or ChannelFactory(code="shop"), "status": "accepted",
            "fulfilment_status": fulfilment, "payment_status": "paid", "currency": "EUR", "placed_at": at, "accepted_at": at,
            **facts,
        }
    )  # fmt: skip
    OrderLine.objects.create(order=made, position=1, sku=SkuFactory(), name="Item", ordered=2, **{stock: 2})
    return made


def work(made: Order, status: str, **stamps: Any) -> FulfilmentOrder:
    from inventory.models import Warehouse

    house = Warehouse.objects.first() or WarehouseFactory()
    facts: dict[str, Any] = {"created_at": made.accepted_at, **stamps}
    found: FulfilmentOrder = factories.FulfilmentOrderFactory(order=made, warehouse=house, status=status, **facts)
    return found


def parcel(made: Order, **facts: Any) -> Shipment:
    job = work(made, "dispatched", dispatched_at=facts.get("dispatched_at"))
    given = {"status": "dispatched", "packed_at": job.created_at, "warehouse": job.warehouse, **facts}
    found: Shipment = factories.ShipmentFactory(order=made, work=job, **given)
    return found


def one_of_each() -> dict[str, Order]:
    """An order at every step, with the minutes it has stood there: 10 for the first, 20 for the next and so on."""
    since = {node.code: ago(10 * n) for n, node in enumerate(NODES, start=1)}
    made: dict[str, Order] = {}
    for code in since:
        shipped = code in ("way", "problem", "back", "door")
        kind = {"stock": "shipped", "fulfilment": "shipped"} if shipped else {}
        if code == "backorder":
            kind = {"stock": "backordered", "fulfilment": "waiting", "minutes": 10 * (list(since).index(code) + 1)}
        if code == "paid":
            kind = {"minutes": 10 * (list(since).index(code) + 1)}
        made[code] = order(**kind)
    for code in ("received", "failed", "hold"):
        HoldFactory(order=made[code], code="risk" if code == "hold" else "payment", opened_at=since[code])
    Order.objects.filter(pk=made["failed"].pk).update(payment_status="unpaid")
    PaymentFactory(order=made["failed"], state="failed", at=since["failed"])
    for code, status, stamp in (
        ("ready", "released", "released_at"), ("pick", "picking", "picking_at"),
        ("pack", "picked", "picked_at"), ("hand", "packed", "packed_at"),
    ):  # fmt: skip
        work(made[code], status, **{stamp: since[code]})
    parcel(made["way"], dispatched_at=since["way"])
    parcel(made["problem"], dispatched_at=ago(500), last_event_at=since["problem"], problem="Delivery failed")
    parcel(made["back"], dispatched_at=ago(500), status="returned", returned_at=since["back"], problem="Refused")
    parcel(made["door"], dispatched_at=ago(500), carrier_status="out_for_delivery", last_event_at=since["door"])
    order(status="closed", closed_at=NOW, fulfilment="delivered", stock="shipped")
    order(status="cancelled", cancelled_at=NOW, stock="cancelled")
    order(status="draft", accepted_at=None)
    return made


# The same question in plain SQL, written without a look at the ORM: what is true of an order decides, first come first served.
RECOUNT = """
WITH held AS (SELECT order_id, MAX(CASE WHEN code <> 'payment' THEN 1 ELSE 0 END) AS other
              FROM orders_hold WHERE released_at IS NULL GROUP BY order_id),
floor AS (SELECT order_id, MIN(CASE status WHEN 'planned' THEN 1 WHEN 'released' THEN 1 WHEN 'picking' THEN 2 WHEN 'picked' THEN 3
              WHEN 'packing' THEN 3 ELSE 4 END) AS place
          FROM fulfilment_fulfilmentorder WHERE status NOT IN ('dispatched', 'cancelled') GROUP BY order_id),
sent AS (SELECT order_id, MAX(CASE WHEN status = 'returned' THEN 1 ELSE 0 END) AS back,
              MAX(CASE WHEN status <> 'cancelled' AND problem <> '' THEN 1 ELSE 0 END) AS trouble,
              SUM(CASE WHEN status = 'dispatched' THEN 1 ELSE 0 END) AS moving,
              SUM(CASE WHEN status = 'dispatched' AND carrier_status IN ('out_for_delivery', 'ready_for_pickup') THEN 1 ELSE 0 END) AS out
         FROM fulfilment_shipment GROUP BY order_id),
lacks AS (SELECT DISTINCT order_id FROM orders_orderline WHERE backordered > 0),
tried AS (SELECT p.order_id, MAX(CASE WHEN p.state = 'failed' THEN 1 ELSE 0 END) AS failed FROM orders_payment p
          WHERE p.kind <> 'refund' AND p.at = (SELECT MAX(q.at) FROM orders_payment q WHERE q.order_id = p.order_id AND q.kind <> 'refund')
          GROUP BY p.order_id)
SELECT CASE WHEN held.other = 1 THEN 'hold'
            WHEN held.order_id IS NOT NULL AND o.payment_status IN ('unpaid', 'overdue', 'part_paid') AND tried.failed = 1 THEN 'failed'
            WHEN held.order_id IS NOT NULL THEN 'received'
            WHEN o.fulfilment_status IN ('returned', 'part_returned') OR sent.back = 1 THEN 'back'
            WHEN sent.trouble = 1 THEN 'problem'
            WHEN o.fulfilment_status = 'shipped' AND sent.moving > 0 AND sent.out = sent.moving THEN 'door'
            WHEN o.fulfilment_status = 'shipped' THEN 'way'
            WHEN o.fulfilment_status = 'delivered' THEN 'door'
            WHEN floor.place = 1 THEN 'ready' WHEN floor.place = 2 THEN 'pick' WHEN floor.place = 3 THEN 'pack' WHEN floor.place = 4 THEN 'hand'
            WHEN lacks.order_id IS NOT NULL THEN 'backorder' ELSE 'paid' END AS step, COUNT(*)
FROM orders_order o LEFT JOIN held ON held.order_id = o.id LEFT JOIN floor ON floor.order_id = o.id
LEFT JOIN sent ON sent.order_id = o.id LEFT JOIN lacks ON lacks.order_id = o.id LEFT JOIN tried ON tried.order_id = o.id
WHERE o.status = 'accepted' GROUP BY 1
"""


def recounted() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)
        return dict(cursor.fetchall())


def counts(now: datetime = NOW, **filters: str) -> dict[str, int]:
    return {code: sum(spread.values()) for code, spread in minutes_now(filters, now=now).items()}


# Where orders stand ------------------------------------------------------------------------------
def test_every_open_order_stands_at_exactly_one_step() -> None:
    made = one_of_each()
    assert {code: orders.flow_node for code, orders in ((c, standing().get(pk=o.pk)) for c, o in made.items())} == {
        node.code: node.code for node in NODES
    }
    assert counts() == recounted() == dict.fromkeys(made, 1)
    assert sum(counts().values()) == Order.objects.open().count() == len(NODES)


def test_time_counts_from_the_moment_the_step_began() -> None:
    one_of_each()
    found = dict(minutes_now({}, now=NOW))
    assert found == {node.code: Counter({10 * n: 1}) for n, node in enumerate(NODES, start=1)}


def test_an_order_in_parts_stands_where_the_least_advanced_part_is() -> None:
    made = order(fulfilment="in_progress")
    work(made, "packed", packed_at=ago(5))
    work(made, "picking", picking_at=ago(7))
    rest = order(fulfilment="part_shipped", stock="backordered")
    parcel(rest, dispatched_at=ago(30))
    two = order(fulfilment="shipped", stock="shipped")
    parcel(two, dispatched_at=ago(90), carrier_status="out_for_delivery")
    parcel(two, dispatched_at=ago(80), carrier_status="in_transit")
    assert {o.pk: (o.flow_node, o.flow_since) for o in standing()} == {
        made.pk: ("pick", ago(7)), rest.pk: ("backorder", ago(30)), two.pk: ("way", ago(90)),
    }  # fmt: skip
    assert counts() == recounted()


def test_it_waits_for_release_since_the_last_thing_that_stood_in_the_way() -> None:
    made = order(minutes=500)
    HoldFactory(order=made, opened_at=ago(490), released_at=ago(200))
    SourcingDecisionFactory(order=made, at=ago(120))
    assert [(o.flow_node, o.flow_since) for o in standing()] == [("paid", ago(120))]


def test_filters_narrow_the_map() -> None:
    from customers.factories import CustomerFactory

    buyer, other = CustomerFactory(), ChannelFactory(code="market")
    first = order(minutes=900, customer=buyer)
    order(minutes=300, customer=buyer, channel=other)
    sent = order(fulfilment="shipped", stock="shipped", minutes=100, customer=buyer)
    box = parcel(sent, dispatched_at=ago(50))
    assert counts() == {"paid": 2, "way": 1}
    assert counts(channel="market") == {"paid": 1}
    assert counts(carrier=box.carrier.code) == {"way": 1}
    assert counts(warehouse=box.warehouse.code) == {"way": 1}
    assert counts(segment="first") == {"paid": 1}
    assert counts(segment="later") == {"paid": 1, "way": 1}
    assert [o.pk for o in standing().filter(pk=first.pk)] == [first.pk]


# How long they stayed ----------------------------------------------------------------------------
# Minutes of ten picks, as a person would write them on paper. Half took up to (60 + 90) / 2; nine of ten up to 200.
PICKS = (5, 10, 20, 40, 60, 90, 120, 150, 200, 300)


def picks(day: datetime = NOW, minutes: tuple[int, ...] = PICKS) -> None:
    for n in minutes:
        made = order(status="closed", closed_at=day, fulfilment="delivered", stock="shipped", minutes=2000)
        begun = day - timedelta(minutes=n)
        work(
            made,
            "dispatched",
            released_at=begun - timedelta(hours=1),
            picking_at=begun,
            picked_at=day,
            dispatched_at=day,
        )


def test_median_p90_and_parts_by_hand() -> None:
    picks()
    rebuild(FIGURES.values(), now=NOW)
    flow = past_map(Period(date(2026, 11, 20), date(2026, 11, 20)), {}, now=NOW)
    figure = flow.figure("pick")
    assert (figure.count, figure.median, figure.p90) == (10, Decimal(75), Decimal(200))
    # The target of a pick is 2 h: 120 is near it (over 90), 150, 200 and 300 are past it.
    assert (figure.parts.within, figure.parts.near, figure.parts.past) == (6, 1, 3)
    assert figure.slow == 1
    set_target(kpi="flow_pick", value=Decimal(60), starts_on=date(2026, 11, 1), owner="", by=UserFactory(), now=NOW)
    parts = past_map(Period(date(2026, 11, 20), date(2026, 11, 20)), {}, now=NOW).figure("pick").parts
    assert (parts.within, parts.near, parts.past) == (4, 1, 5)


def test_two_weeks_are_compared() -> None:
    picks(NOW - timedelta(days=8), (10, 20, 30))
    picks(NOW - timedelta(days=1), (30, 40, 50, 60))
    rebuild(FIGURES.values(), now=NOW)
    week = last_days(NOW, 7)
    assert (week.first, week.last) == (date(2026, 11, 13), date(2026, 11, 19))
    flow = past_map(week, {}, now=NOW, earlier=week.before)
    assert (flow.figure("pick").count, flow.figure("pick").median) == (4, Decimal(45))
    assert (flow.before["pick"].count, flow.before["pick"].median) == (3, Decimal(20))


def everything_happened() -> Order:
    """An order through all steps; minutes at each: 60 waited for money, 30 held, 120 backordered, then the floor and the road."""
    made = order(minutes=5000, status="closed", closed_at=NOW, fulfilment="delivered", stock="shipped")
    HoldFactory(order=made, code="payment", opened_at=ago(5000), released_at=ago(4940))
    HoldFactory(order=made, code="address", opened_at=ago(4940), released_at=ago(4910))
    SourcingDecisionFactory(order=made, at=ago(4880), explanation={})
    stamps = dict(
        zip(("released", "picking", "picked", "packed", "dispatched"), (4000, 3900, 3880, 3850, 3800), strict=True)
    )
    job = work(made, "dispatched", **{f"{name}_at": ago(n) for name, n in stamps.items()})
    box = factories.ShipmentFactory(
        order=made, work=job, warehouse=job.warehouse, status="delivered", packed_at=ago(3850), dispatched_at=ago(3800),
        delivered_at=ago(1000),
    )  # fmt: skip
    factories.TrackingEventFactory(shipment=box, status="out_for_delivery", happened_at=ago(1300))
    return made


def test_each_step_has_its_minutes() -> None:
    everything_happened()
    spans = {code: next(iter(recount(figure, Period(date(2026, 11, 1), date(2026, 11, 30))).statistics.items()), None)
             for code, figure in FIGURES.items()}  # fmt: skip
    minutes = {code: int(found[1]) for code, found in spans.items() if found}
    assert minutes == {
        "received": 60, "hold": 30, "backorder": 120, "paid": 880, "ready": 100, "pick": 20, "pack": 30, "hand": 50,
        "way": 2500, "door": 300,
    }  # fmt: skip


def test_the_last_day_counts_who_left_and_who_came() -> None:
    for n in (30, 2000):
        made = order(minutes=n + 10, fulfilment="in_progress")
        work(made, "picked", released_at=ago(n + 5), picking_at=ago(n), picked_at=ago(10))
    went = passed_since(NOW - timedelta(hours=24), {})
    assert (went["pick"].left, went["pick"].fresh) == (2, 1)
    assert (went["pack"].left, went["pack"].fresh) == (0, 0)
    flow = now_map({}, now=NOW)
    assert (flow.figure("pick").came, flow.figure("pick").left) == (1, 2)
    assert (flow.figure("pack").came, flow.figure("pack").left) == (2, 0)


def test_history_follows_the_rows_and_equals_a_recount() -> None:
    refresh(now=NOW)
    made = everything_happened()
    Activity.objects.create(at=NOW, actor="T", verb="x", subject=made.number, thread=made.number, sentence="x")
    written = refresh(now=NOW + timedelta(minutes=1))
    assert {figure.name for figure in FIGURES.values()} <= set(written)
    assert list(differences(FIGURES.values())) == []
    month = Period(date(2026, 11, 1), date(2026, 11, 30))
    for figure in FIGURES.values():
        assert from_days(figure, month) == recount(figure, month)
    FulfilmentOrder.objects.filter(order=made).update(picked_at=ago(3870))
    assert [one.kpi for one in differences(FIGURES.values())] == ["flow_pick", "flow_pack"]
    KpiMark.objects.update(moved_at=NOW - LAG)
    Activity.objects.create(at=NOW, actor="T", verb="x", subject=made.number, thread=made.number, sentence="x")
    refresh(now=NOW + timedelta(minutes=2))
    assert list(differences(FIGURES.values())) == []


# What it says ------------------------------------------------------------------------------------
def figure_of(code: str, late: int, fine: int, *, came: int, left: int) -> Figure:
    node = next(node for node in NODES if node.code == code)
    return Figure(node=node, spread=Counter({500: late, 1: fine}), target=120, came=came, left=left)


def flow_of(*figures: Figure) -> FlowMap:
    return FlowMap(figures=figures, is_now=True, now=NOW)


def test_the_bottleneck_is_the_largest_share_past_target_that_grows() -> None:
    pick = figure_of("pick", 9, 1, came=5, left=9)
    pack, hand = figure_of("pack", 34, 47, came=40, left=26), figure_of("hand", 2, 10, came=9, left=3)
    assert flow_of(pick, pack, hand).bottleneck is pack
    assert flow_of(pick).bottleneck is pick
    assert "it is shrinking" in bottleneck(flow_of(pick))
    words = bottleneck(flow_of(pick, pack, hand)).replace("\xa0", " ")
    assert words == "Pack. 81 wait, 34 past the target of 2 h: in 24 hours 40 came and only 26 left."
    assert flow_of(figure_of("pick", 0, 3, came=3, left=0)).bottleneck is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(None, "–"), (0, "0 min"), (59, "59 min"), (60, "1 h"), (115, "1 h 55"), (600, "10 h"), (1500, "25 h"), (2880, "2 d"), (3600, "2.5 d"), (20000, "14 d")],
)  # fmt: skip
def test_times_fit_into_a_box(minutes: int | None, words: str) -> None:
    assert short(minutes).replace("\xa0", " ") == words


def test_ages_of_the_list_are_those_of_the_map() -> None:
    """To the minute, also when neither the clock nor the order stands on a whole one."""
    target = 240
    now = NOW + timedelta(seconds=37)
    for seconds in (target * 60 - 1, target * 60, target * 60 + 59, target * 60 + 61, target * 45, target * 45 + 90, 5):
        order(accepted_at=now - timedelta(seconds=seconds))
    flow = now_map({}, now=now)
    parts = flow.figure("paid").parts
    found = {age: aged(standing(), "paid", age, filters={}, now=now).count() for age in ("within", "near", "past")}
    assert found == {"within": parts.within, "near": parts.near, "past": parts.past}
    assert parts.past >= 1


# Its pages ---------------------------------------------------------------------------------------
@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same orders, but as of the real clock: pages read it."""
    monkeypatch.setattr(f"{__name__}.NOW", timezone.now())
    one_of_each()
    picks(timezone.now() - timedelta(days=2))
    picks(timezone.now() - timedelta(days=9), (10, 200))
    rebuild(FIGURES.values(), now=timezone.now())


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("show", ["now", "week", "compare"])
def test_every_number_opens_exactly_its_orders(manager: Client, show: str) -> None:
    page = manager.get(f"/flow/?show={show}").content.decode()
    drills = re.findall(r'href="([^"]+)"[^>]* data-drill data-rows="(\d+)"', page)
    assert len(drills) > (2 * len(NODES) if show == "now" else len(FIGURES))
    for address, rows in sorted(set(drills)):
        assert f'data-total="{rows}"' in manager.get(html.unescape(address)).content.decode(), address


@pytest.mark.usefixtures("shop")
def test_map_and_table_say_the_same(manager: Client) -> None:
    page = manager.get("/flow/").content.decode()
    drawn, table = page.split('id="flow-table"')
    numbers = re.compile(r'data-rows="(\d+)" data-step="(\w+)"')
    rows = dict(re.findall(r'<tr data-step="(\w+)".*?data-rows="(\d+)"', table, re.S))
    assert {step: n for n, step in numbers.findall(drawn)} == rows
    assert list(rows) == [node.code for node in NODES]


def test_as_many_statements_for_one_order_as_for_many(
    manager: Client, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.NOW", timezone.now())
    pages: dict[str, int] = {"/flow/": 24, "/flow/?show=compare": 9, "/flow/orders/?step=pick": 9}
    for _turn in range(3):
        one_of_each()
        for address, statements in pages.items():
            with django_assert_num_queries(statements, exact=True):
                manager.get(address)


@pytest.mark.usefixtures("shop")
def test_what_did_not_change_is_not_sent_again(manager: Client) -> None:
    asked: dict[str, Any] = {"headers": {"HX-Request": "true"}}
    first = manager.get("/flow/?show=week", **asked)
    assert first.status_code == 200
    assert b"<!DOCTYPE" not in first.content
    again = manager.get("/flow/?show=week", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    FulfilmentOrder.objects.filter(picked_at__isnull=False).delete()
    rebuild(FIGURES.values(), now=timezone.now())
    changed = manager.get("/flow/?show=week", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_an_empty_shop_and_a_wrong_address(manager: Client) -> None:
    page = manager.get("/flow/?show=nonsense&carrier=nobody").content.decode()
    assert "Nothing is past its target." in page
    assert manager.get("/flow/nowhere/passed/").status_code == 404
    assert manager.get("/flow/pick/passed/?first=2026-11-30&last=2026-11-01").status_code == 200


def test_work_done_twice_is_drawn_as_a_way_back(manager: Client) -> None:
    now = timezone.now()
    Activity.objects.create(at=now, actor="Sam", verb="pick.short", subject="FO-1", thread="SO-1", sentence="x")
    factories.LabelFactory(state="void", voided_at=now)
    page = manager.get("/flow/").content.decode()
    assert "1 picked short" in page
    assert "1 labelled anew" in page
    assert "readdressed" not in page
