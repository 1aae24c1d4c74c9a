"""The pure rules: arithmetic, promises, sourcing, the queue. No database."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.pricing import for_fewer_units, price_line, share_discount
from orders.promising import Calendar, arrival, promise
from orders.queue import AGE_LIMIT, Waiting, fill
from orders.sourcing import Need, Source, decide
from orders.states import PaymentStatus
from orders.statuses import Paid, payment_status

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, 10:00 in Stockholm
cents = st.decimals(min_value=0, max_value=5_000, places=2)
rates = st.sampled_from([Decimal(0), Decimal("0.06"), Decimal("0.12"), Decimal("0.25")])


class TestMoney:
    @given(st.integers(1, 500), cents, rates, st.booleans(), cents)
    def test_a_line_adds_up(self, units: int, price: Decimal, rate: Decimal, includes: bool, discount: Decimal) -> None:
        line = price_line(units, price, rate=rate, includes_tax=includes, currency="EUR", discount=discount)
        assert line.total + line.discount == price * units
        assert 0 <= line.discount <= price * units
        assert line.tax >= 0
        gross = line.total if includes else line.total + line.tax
        net = gross - line.tax
        assert abs(net * (1 + rate) - gross) <= Decimal("0.02")

    @given(cents, st.lists(cents, min_size=1, max_size=12))
    def test_a_shared_discount_adds_up_and_makes_no_line_negative(
        self, discount: Decimal, totals: list[Decimal]
    ) -> None:
        parts = share_discount(discount, totals, "EUR")
        assert sum(parts) == min(discount, sum(totals))
        assert all(0 <= part <= total for part, total in zip(parts, totals, strict=True))

    @given(cents, st.integers(1, 50), st.data())
    def test_parts_of_a_line_never_exceed_it(self, amount: Decimal, of: int, data: st.DataObject) -> None:
        units = data.draw(st.integers(0, of))
        part = for_fewer_units(amount, units, of=of, currency="EUR")
        assert 0 <= part <= amount
        assert part + for_fewer_units(amount, of - units, of=of, currency="EUR") - amount <= Decimal("0.01")


STOCKHOLM = Calendar("Europe/Stockholm", time(14), country="SE")


class TestPromises:
    @pytest.mark.parametrize(
        ("now", "ships", "arrives"),
        [
            (NOW, "2026-11-23", "2026-11-24"),  # before the cut-off
            (NOW + timedelta(hours=5), "2026-11-24", "2026-11-25"),  # after it
            (datetime(2026, 11, 27, 14, tzinfo=UTC), "2026-11-30", "2026-12-01"),  # Friday evening
            (datetime(2026, 12, 24, 14, tzinfo=UTC), "2026-12-28", "2026-12-29"),  # Christmas, a weekend
        ],
    )
    def test_cut_off_weekends_and_holidays(self, now: datetime, ships: str, arrives: str) -> None:
        made = promise(STOCKHOLM, now=now, transit_days=1, country="SE")
        assert (str(made.ship_on), str(made.delivery_on)) == (ships, arrives)

    def test_a_full_day_and_a_closed_day_are_passed_over(self) -> None:
        busy = Calendar(
            "Europe/Stockholm",
            time(14),
            country="SE",
            closed=frozenset({date(2026, 11, 24)}),
            capacity=10,
            load={date(2026, 11, 23): 10, date(2026, 11, 25): 9},
        )
        assert promise(busy, now=NOW, transit_days=2, country="SE").ship_on == date(2026, 11, 25)

    def test_holidays_of_the_destination_count_on_the_way(self) -> None:
        thanksgiving = date(2026, 11, 26)
        assert arrival(date(2026, 11, 25), 1, "US") == thanksgiving + timedelta(days=1)
        assert arrival(date(2026, 11, 25), 1, "SE") == thanksgiving

    def test_a_wished_day_is_met_as_late_as_can_be_and_never_missed_for_it(self) -> None:
        later = promise(STOCKHOLM, now=NOW, transit_days=1, country="SE", requested_on=date(2026, 12, 4))
        assert (later.ship_on, later.delivery_on) == (date(2026, 12, 3), date(2026, 12, 4))
        sooner = promise(STOCKHOLM, now=NOW, transit_days=1, country="SE", requested_on=date(2026, 11, 20))
        assert sooner == promise(STOCKHOLM, now=NOW, transit_days=1, country="SE")

    @given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 12))
    def test_it_leaves_on_a_working_day_and_arrives_after(self, day: int, hour: int, transit: int) -> None:
        now = NOW + timedelta(days=day, hours=hour)
        made = promise(STOCKHOLM, now=now, transit_days=transit, country="SE")
        assert STOCKHOLM.works_on(made.ship_on)
        assert made.ship_on >= now.date()
        assert made.delivery_on > made.ship_on


HERE, NEAR, FAR = Source(1, "HERE", 1), Source(2, "NEAR", 2), Source(3, "FAR", 3)
levels = st.dictionaries(st.tuples(st.integers(1, 3), st.integers(1, 4)), st.integers(0, 9))
demands = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6)), min_size=1, max_size=6)


class TestSourcing:
    @given(demands, levels)
    def test_nothing_is_given_twice_and_all_there_is_is_given(
        self, demand: list[tuple[int, int]], free: dict[tuple[int, int], int]
    ) -> None:
        needs = [Need(i, sku, units) for i, (sku, units) in enumerate(demand)]
        made = decide(needs, [HERE, NEAR, FAR], free)
        for key, units in free.items():
            assert sum(p.units for p in made.parts if (p.warehouse_id, p.sku_id) == key) <= units
        for need in needs:
            given_units = sum(part.units for part in made.parts if part.line == need.line)
            assert given_units + made.short.get(need.line, 0) == need.units
        for sku in {need.sku_id for need in needs}:
            wanted = sum(need.units for need in needs if need.sku_id == sku)
            there = sum(units for (_w, s), units in free.items() if s == sku)
            assert sum(part.units for part in made.parts if part.sku_id == sku) == min(wanted, there)

    def test_fewest_parcels_come_before_distance(self) -> None:
        needs = [Need(1, 1, 1), Need(2, 2, 1)]
        made = decide(needs, [HERE, NEAR, FAR], {(1, 1): 5, (2, 2): 5, (3, 1): 5, (3, 2): 5})
        assert made.warehouse_ids == (3,)
        assert made.explanation["decided_by"] == "parcels"

    @pytest.mark.parametrize(
        ("one", "two", "decided_by"),
        [
            (Source(1, "A", 1), Source(2, "B", 2), "distance"),
            (Source(1, "A"), Source(2, "B", is_in_time=False), "promise"),
            (Source(1, "A", capacity_left=9), Source(2, "B", capacity_left=2), "capacity"),
            (Source(1, "A", priority=1), Source(2, "B", priority=2), "priority"),
            (Source(1, "A"), Source(2, "B"), "number"),
        ],
    )
    def test_the_first_rule_that_is_no_tie_decides(self, one: Source, two: Source, decided_by: str) -> None:
        made = decide([Need(1, 1, 1)], [two, one], {(1, 1): 5, (2, 1): 5})
        assert (made.warehouse_ids, made.explanation["decided_by"]) == ((1,), decided_by)

    def test_the_deeper_stock_is_taken(self) -> None:
        made = decide([Need(1, 1, 1)], [Source(1, "A"), Source(2, "B")], {(1, 1): 5, (2, 1): 6})
        assert (made.warehouse_ids, made.explanation["decided_by"]) == ((2,), "depth")

    def test_lines_of_one_sku_are_added_up_before_they_are_checked(self) -> None:
        made = decide([Need(1, 1, 3), Need(2, 1, 3)], [HERE], {(1, 1): 5})
        assert dict(made.short) == {2: 1}


def waits(pk: int, *units: int, minutes: int = 0, **facts: int) -> Waiting:
    needs = tuple(Need(pk * 10 + sku, sku, n) for sku, n in enumerate(units, start=1) if n)
    return Waiting(pk, needs, (HERE, NEAR), NOW + timedelta(minutes=minutes), **facts)


queues = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 20_000), st.integers(-1, 1)), max_size=8
)


class TestQueue:
    @given(queues, st.integers(0, 9), st.integers(0, 9))
    def test_nothing_lies_idle_and_no_aged_order_is_passed_over(
        self, rows: list[tuple[int, int, int, int]], one: int, two: int
    ) -> None:
        queue = [waits(i, a, b, minutes=m, priority=p) for i, (a, b, m, p) in enumerate(rows, start=1) if a or b]
        now, free = NOW + timedelta(minutes=20_000), {(1, 1): one, (2, 2): two}
        given_to = fill(queue, free, now=now)
        for sku, there in ((1, one), (2, two)):
            wanted = sum(need.units for order in queue for need in order.needs if need.sku_id == sku)
            taken = sum(p.units for s in given_to.values() for p in s.parts if p.sku_id == sku)
            assert taken == min(wanted, there)
        aged = [order for order in queue if order.accepted_at <= now - AGE_LIMIT]
        for sku in (1, 2):
            lacks = [o for o in aged if any(given_to[o.order_id].short.get(n.line) for n in o.needs if n.sku_id == sku)]
            younger = [p for o in queue if o not in aged for p in given_to[o.order_id].parts if p.sku_id == sku]
            assert not (lacks and younger)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (waits(1, 1, minutes=9, is_picking=True), waits(2, 1)),
            (waits(1, 1, minutes=9, priority=1), waits(2, 1)),
            (waits(1, 1, minutes=9, promised_on=date(2026, 11, 23)), waits(2, 1, promised_on=date(2026, 12, 23))),
            (waits(1, 1, minutes=9, is_renewal=True), waits(2, 1)),
            (waits(2, 1), waits(1, 1, minutes=9)),
            (waits(1, 1), waits(2, 1)),
        ],
    )
    def test_the_key(self, first: Waiting, second: Waiting) -> None:
        given_to = fill([second, first], {(1, 1): 1}, now=NOW)
        assert given_to[first.order_id].is_complete
        assert not given_to[second.order_id].parts


@pytest.mark.parametrize(
    ("captured", "refunded", "authorised", "is_overdue", "status"),
    [
        (0, 0, 0, False, PaymentStatus.UNPAID),
        (0, 0, 10, False, PaymentStatus.AUTHORISED),
        (4, 0, 0, False, PaymentStatus.PART_PAID),
        (4, 0, 0, True, PaymentStatus.OVERDUE),
        (10, 0, 0, True, PaymentStatus.PAID),
        (10, 3, 0, False, PaymentStatus.PART_REFUNDED),
        (10, 10, 0, False, PaymentStatus.REFUNDED),
    ],
)
def test_payment_status(captured: int, refunded: int, authorised: int, is_overdue: bool, status: str) -> None:
    money = Paid(Decimal(authorised), Decimal(captured), Decimal(refunded))
    assert payment_status(money, total=Decimal(10), is_overdue=is_overdue) == status
