"""Stored figures equal their rows: after a rebuild, after every kind of change, and when something was planted."""

import json
from datetime import date, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.tests.parcels import NOW, make_order, pack, stage
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import from_days, recount
from ordermgmt.models import Activity, KpiDay, KpiMark
from ordermgmt.rollups import LAG, changed_days, differences, rebuild, refresh, stored, stretches
from orders.actions.cancellation import cancel_order
from orders.models import Order
from orders.tests.subscribed import subscribe

pytestmark = pytest.mark.django_db
PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))


def test_every_step_of_an_order_reaches_the_stored_figures() -> None:
    """Nothing is worked out but the days a verb touched; afterwards every stored sum equals its rows."""
    refresh(now=NOW)
    promised = {"first_promised_ship_on": NOW.date(), "first_promised_delivery_on": date(2026, 11, 23)}
    goes, ends = make_order(**promised), make_order(**promised)
    Activity.objects.bulk_create(
        Activity(at=NOW, actor="Test", verb="order.placed", subject=o.number, thread=o.number, sentence="Placed")
        for o in (goes, ends)
    )
    written = refresh(now=NOW)
    assert written["orders_taken"] == 1
    assert from_days(find("orders_taken"), PERIOD).value == 2
    dispatch_shipment(pack(stage(goes)).pk, by="Ana", now=NOW)
    cancel_order(ends.pk, by="Ana", reason="Changed their mind", now=NOW)
    subscribe(now=NOW)
    refresh(now=NOW + timedelta(minutes=1))
    assert from_days(find("orders_taken"), PERIOD).value == 1
    assert from_days(find("order_cycle_time"), PERIOD).value == 24 * 60
    assert list(differences()) == []
    for one in stored():
        assert from_days(one, PERIOD) == recount(one, PERIOD), one.name
    for n in (3, 6):
        refresh(now=NOW + n * LAG)
    assert refresh(now=NOW + 9 * LAG) == {}


def test_a_refresh_reads_again_what_may_have_been_committed_late() -> None:
    make_order()
    refresh(now=NOW)
    late = Activity.objects.create(at=NOW, actor="T", verb="x", subject="SO-1", thread="SO-1", sentence="x")
    refresh(now=NOW + LAG / 2)
    mark = KpiMark.objects.get(kpi="orders_taken")
    assert mark.read_from["0"] < late.pk
    refresh(now=NOW + LAG * 2)
    refresh(now=NOW + LAG * 4)
    mark.refresh_from_db()
    assert mark.read_from["0"] == late.pk
    assert changed_days(find("orders_taken"), mark.read_from) == set()


def test_a_new_version_of_a_definition_is_worked_out_whole() -> None:
    make_order()
    rebuild(now=NOW)
    KpiMark.objects.update(version=0)
    KpiDay.objects.update(numerator=7)
    refresh(now=NOW)
    assert list(differences()) == []


def say(*args: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("rollups", *args, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


@pytest.mark.parametrize("fault", ["changed", "deleted", "doubled"])
def test_the_check_finds_what_was_planted(fault: str) -> None:
    make_order()
    assert "days worked out" in say("--rebuild")[0]
    assert say("--check") == ("Every stored day equals its rows\n", 0)
    row = KpiDay.objects.get(kpi="orders_taken")
    if fault == "changed":
        KpiDay.objects.filter(pk=row.pk).update(numerator=5)
    elif fault == "deleted":
        row.delete()
    else:
        row.pk, row.country = None, "XX"
        row.save()
    words, code = say("--check")
    assert code == 1
    assert "orders_taken 2026-11-19" in words
    assert say("--rebuild")[1] == 0
    assert say("--check")[1] == 0


def test_rows_edited_directly_are_found() -> None:
    make_order()
    rebuild(now=NOW)
    Order.objects.update(ship_country="DE")
    assert {one.kpi for one in differences()} >= {"orders_taken", "backorder_rate"}


def test_the_job_says_what_it_did() -> None:
    make_order()
    out = StringIO()
    call_command("run_jobs", "rollups", stdout=out)
    assert json.loads(out.getvalue())
    assert from_days(find("orders_taken"), PERIOD).value == 1


@given(st.sets(st.integers(0, 400), max_size=60))
@pytest.mark.django_db(transaction=False)
def test_stretches_are_the_days(numbers: set[int]) -> None:
    days = {date(2026, 1, 1) + timedelta(days=n) for n in numbers}
    found = list(stretches(days))
    assert [day for period in found for day in period.each] == sorted(days)
    assert all(a.last < b.first for a, b in pairwise(found))
