"""P28: every tile opens a list with exactly its rows; targets, notes, files; nobody else sees it."""

import html
import re
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.tests.parcels import make_order, pack, stage
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import in_order
from ordermgmt.models import KpiNote, KpiTarget
from ordermgmt.roles import Role
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
    for value, day in (("0.90", today - timedelta(days=90)), ("0.99", today)):
        answer = manager.post(
            "/reports/figures/otif/target/", {"value": value, "starts_on": day.isoformat(), "owner": "Ines"}
        )
        assert answer.status_code == 302
    assert KpiTarget.objects.count() == 2
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
    assert manager.get("/reports/all.pdf").status_code == 404


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
