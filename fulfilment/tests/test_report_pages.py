"""P28: every tile opens a list with exactly its rows; targets, notes, files; nobody else sees it."""

import html
import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.tests.parcels import make_order, pack, stage
from ordermgmt.alerts import WEDGED, WORKERS
from ordermgmt.day_notes import day_notes
from ordermgmt.factories import KpiDayFactory, KpiNoteFactory, UserFactory
from ordermgmt.kpis import Period, find, in_order
from ordermgmt.models import Activity, KpiNote, KpiTarget
from ordermgmt.roles import Role
from ordermgmt.tiles import targets_of
from orders.factories.subscriptions import PriceChangeFactory
from orders.tests.subscribed import subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    return client


def shop() -> None:
    """Orders of yesterday: one gone in time, one late, one open; a subscription."""
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    facts = {"placed_at": yesterday, "accepted_at": yesterday, "units": 6}
    for late in (0, 3, None):
        due = (now - timedelta(days=1 + (late or 0))).date()
        made = make_order(first_promised_ship_on=due, first_promised_delivery_on=due, **facts)
        if late is not None:
            dispatch_shipment(pack(stage(made), now=yesterday).pk, by="Ana", now=yesterday)
    subscribe(now=now, starts_on=now.date() + timedelta(days=9))
    call_command("rollups", "--rebuild", verbosity=0)


def test_every_tile_opens_exactly_its_rows(manager: Client) -> None:
    shop()
    page = manager.get("/reports/?period=30").content.decode()
    drills = re.findall(r'<a href="([^"]+)" data-drill data-rows="(\d+)"', page)
    tiles = [one for one in drills if "rows/?first" in one[0] and "category=" not in one[0]]
    assert len(tiles) == len([one for one in in_order() if one.is_tile])
    for address, count in drills:
        rows = manager.get(html.unescape(address)).content.decode()
        assert f'data-total="{count}"' in rows, address
    assert sum(int(count) for _address, count in drills) > 10


def test_numerator_and_rest_are_lists_of_their_own(manager: Client) -> None:
    shop()
    address = "/reports/figures/on_time_dispatch/"
    page = manager.get(address).content.decode()
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+part=(?:yes|no))"', page)]
    totals = [re.search(r'data-total="(\d+)"', manager.get(link).content.decode()) for link in links]
    assert [int(found.group(1)) for found in totals if found] == [1, 2]


def test_targets_keep_their_history_and_notes_stand_on_charts(manager: Client) -> None:
    shop()
    today = timezone.now().date()
    # The goal of a campaign ends; afterwards the one before holds again.
    ends = {
        "value": "0.50",
        "starts_on": today - timedelta(days=20),
        "ends_on": today - timedelta(days=10),
        "owner": "",
    }
    assert manager.post("/reports/figures/otif/target/", ends).status_code == 302
    backwards = {**ends, "ends_on": today - timedelta(days=30)}
    assert manager.post("/reports/figures/otif/target/", backwards).status_code == 422
    for value, day in (("0.90", today - timedelta(days=90)), ("0.99", today)):
        answer = manager.post(
            "/reports/figures/otif/target/", {"value": value, "starts_on": day.isoformat(), "owner": "Ines"}
        )
        assert answer.status_code == 302
    assert KpiTarget.objects.count() == 3
    found = [targets_of([find("otif")], today - timedelta(days=n))["otif"] for n in (0, 5, 15, 60, 100)]
    assert [str(round(value or 0, 2)) for value in found] == ["0.99", "0.90", "0.50", "0.90", "0.95"]
    assert manager.post("/reports/figures/otif/target/", {"value": "much"}).status_code == 422
    manager.post("/reports/figures/orders_taken/notes/", {"on": today.isoformat(), "words": "Free delivery"})
    page = manager.get("/reports/figures/orders_taken/").content.decode()
    assert "Free delivery" in page
    manager.post(f"/reports/figures/orders_taken/notes/{KpiNote.objects.get().pk}/remove/")
    assert not KpiNote.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_files(manager: Client, kind: str) -> None:
    shop()
    for address in (f"/reports/all.{kind}", f"/reports/figures/orders_taken/days.{kind}"):
        answer = manager.get(address)
        assert answer.status_code == 200
        assert f".{kind}" in answer["Content-Disposition"]
    assert manager.get("/reports/all.doc").status_code == 404


def test_papers_are_a4_landscape(manager: Client) -> None:
    """The dashboard with its notes and targets, and one figure; who printed them is in the history."""
    shop()
    KpiNoteFactory(on=timezone.now().date() - timedelta(days=2), words="Free delivery started")
    for address in ("/reports/all.pdf", "/reports/figures/on_time_dispatch/days.pdf"):
        answer = manager.get(address)
        pages = PdfReader(BytesIO(answer.content)).pages
        box = pages[0].mediabox
        assert (round(float(box.width)), round(float(box.height))) == (842, 595)
        words = "".join(page.extract_text() for page in pages)
        assert "Are we shipping on time?" in words
        assert "Free delivery started" in words
    assert Activity.objects.filter(verb="report.exported").count() == 2


def test_nonsense_is_answered_with_the_usual_report(manager: Client) -> None:
    for query in ("period=never", "period=days&from=x&to=2020-13-01", "warehouse=nowhere", "compare=moon"):
        assert manager.get(f"/reports/?{query}").status_code == 200
    assert manager.get("/reports/figures/nothing/").status_code == 404
    assert manager.get("/reports/figures/otif/rows/?first=zzz").status_code == 200


def test_the_page_asks_as_often_for_many_days_as_for_few(
    manager: Client, django_assert_max_num_queries: object
) -> None:
    shop()
    with django_assert_max_num_queries(110):  # type: ignore[operator]
        manager.get(f"/reports/?period=days&from={date(2020, 1, 1)}&to={date(2026, 12, 31)}")


def test_support_has_no_reports(client: Client) -> None:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert client.get("/reports/").status_code == 403


def test_the_system_notes_days_by_itself(manager: Client) -> None:
    """A price that changed, a day without stock and an outage stand beside what people wrote, in the order of days."""
    today = timezone.now().date()
    KpiNoteFactory(on=today - timedelta(days=9), words="Free delivery started")
    change = PriceChangeFactory(status="notice", notice_at=timezone.now(), earliest_on=today - timedelta(days=6))
    KpiDayFactory(kpi="backorder_rate", on=today - timedelta(days=4), numerator=5, denominator=9, count=9)
    KpiDayFactory(kpi="backorder_rate", on=today - timedelta(days=3), numerator=2, denominator=2, count=2)
    Activity.objects.create(at=timezone.now(), actor="", verb=WEDGED, subject=WORKERS, sentence="Stood still")
    found = day_notes(Period(today - timedelta(days=20), today))
    assert [note.words for note in found] == [
        "Free delivery started", f"New price: {change.plan.name}", "Out of stock: 5 of 9 orders wait",
        "Outage: the workers stood still",
    ]  # fmt: skip
    assert day_notes(Period(today - timedelta(days=90), today - timedelta(days=60))) == []
    KpiDayFactory(kpi="orders_taken", on=today - timedelta(days=2))
    page = manager.get("/reports/figures/orders_taken/").content.decode()
    assert page.count("note-line") == 4
    assert "by itself" in page
