"""Ready orders go to the floor by themselves: when it is time, when enough are ready, once."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from fulfilment.actions.auto_release import next_release, release_by_themselves, set_auto_release
from fulfilment.factories import NOW, AutoReleaseFactory, item
from fulfilment.models import AutoRelease, FulfilmentOrder, Wave
from fulfilment.tests.floor import Floor, assert_books_hold
from inventory.factories import ClosureFactory, stock
from inventory.models import Bin
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders.factories import order

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def place(floor: Floor, singles: int = 0, several: int = 0) -> None:
    oat, tea = item(floor.warehouse, 50), item(floor.warehouse, 50)
    for _n in range(singles):
        order({oat: 1})
    for _n in range(several):
        order({oat: 1, tea: 2})


def released(at: datetime) -> int:
    return release_by_themselves(now=at).done


def test_not_before_its_time_then_once(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW)
    place(floor, singles=1, several=2)
    assert released(NOW + timedelta(minutes=29)) == 0
    assert released(NOW + timedelta(minutes=30)) == 1
    assert sorted(Wave.objects.values_list("kind", "created_by")) == [
        ("multi", "Automatic release"),
        ("singles", "Automatic release"),
    ]
    assert released(NOW + timedelta(minutes=90)) == 0
    assert Wave.objects.count() == 2
    assert_books_hold()


def test_at_once_when_enough_are_ready(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW, orders=3)
    place(floor, several=2)
    assert released(NOW + timedelta(minutes=1)) == 0
    place(floor, several=1)
    assert released(NOW + timedelta(minutes=2)) == 1
    assert AutoRelease.objects.get().released_at == NOW + timedelta(minutes=2)


def test_switched_off_nothing_happens(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, is_on=False)
    place(floor, several=1)
    assert (released(NOW + timedelta(days=1)), Wave.objects.count()) == (0, 0)


def test_who_read_it_before_another_released_does_nothing(floor: Floor) -> None:
    rule = AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW)
    place(floor, several=1)
    AutoRelease.objects.filter(pk=rule.pk).update(released_at=NOW + timedelta(minutes=40))
    assert released(NOW + timedelta(minutes=45)) == 0


def test_the_switch_on_the_page(floor: Floor, client: Client) -> None:
    client.force_login(floor.lead, backend="ordermgmt.access.RoleBackend")
    url = f"/waves/automatic/{floor.warehouse.code}/"
    assert "Off: waves are released by hand." in client.get("/waves/").content.decode()
    client.post(url, {"is_on": "on", "every_minutes": "20", "orders": "12"})
    rule = AutoRelease.objects.get()
    assert (rule.is_on, rule.every_minutes, rule.orders, rule.changed_by) == (True, 20, 12, str(floor.lead))
    page = client.get("/waves/").content.decode()
    assert "every 20 minutes, and at once when 12 orders are ready" in page
    assert Activity.objects.filter(verb="auto_release.changed").count() == 1
    answer = client.post(url, {"is_on": "on", "every_minutes": "1", "orders": "12"}, follow=True)
    assert "greater than or equal to 5" in answer.content.decode()
    client.post(url, {"every_minutes": "20", "orders": "12"})
    rule.refresh_from_db()
    assert not rule.is_on


def test_it_rests_on_days_the_warehouse_is_closed(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW)
    place(floor, several=1)
    sunday = NOW + timedelta(days=6)
    assert (sunday.isoweekday(), released(sunday)) == (7, 0)
    tuesday = NOW + timedelta(days=1)
    ClosureFactory(warehouse=floor.warehouse, day=tuesday.date())
    assert released(tuesday) == 0
    assert released(NOW + timedelta(days=2)) == 1


def test_no_more_waves_while_nobody_takes_those_that_wait(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW, orders=1)
    for minute in range(1, 7):
        place(floor, several=1)
        released(NOW + timedelta(minutes=minute))
    assert Wave.objects.filter(kind="multi").count() == 4
    Wave.objects.filter(pk=Wave.objects.first().pk).update(picker=floor.lead, status="picking")
    assert released(NOW + timedelta(minutes=8)) == 1
    assert Wave.objects.filter(kind="multi").count() == 5
    assert_books_hold()


def test_what_nobody_can_pick_makes_no_wave_and_does_not_count_as_a_release(floor: Floor) -> None:
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW, orders=1)
    tea = item(floor.warehouse)
    stock(tea, floor.warehouse, 5, bin=Bin.objects.get(warehouse=floor.warehouse, code="RECV"))
    order({tea: 2})
    assert released(NOW + timedelta(hours=1)) == 0
    assert (Wave.objects.count(), AutoRelease.objects.get().released_at) == (0, NOW)


def test_work_that_was_set_aside_goes_on_by_itself(floor: Floor) -> None:
    """Also when no other order is ready."""
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW)
    place(floor, several=1)
    assert released(NOW + timedelta(minutes=30)) == 1
    FulfilmentOrder.objects.update(wave=None)
    Wave.objects.all().delete()
    assert released(NOW + timedelta(minutes=90)) == 1
    assert FulfilmentOrder.objects.get().wave == Wave.objects.get()


def test_who_has_nothing_to_do_reads_when_the_next_wave_comes(
    floor: Floor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fulfilment.views.scanning.timezone.now", lambda: NOW)
    client.force_login(floor.sam, backend="ordermgmt.access.RoleBackend")
    rule = AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW - timedelta(minutes=10))
    said = "The next wave is planned for 10:20"
    assert said not in client.get("/scan/").content.decode()
    place(floor, several=1)
    assert said in client.get("/scan/").content.decode()
    assert next_release(floor.warehouse, NOW + timedelta(hours=3)) == NOW + timedelta(hours=3)
    assert next_release(floor.warehouse, NOW + timedelta(days=5)) is None
    AutoRelease.objects.filter(pk=rule.pk).update(is_on=False)
    assert "New waves show up here" in client.get("/scan/").content.decode()
    AutoRelease.objects.filter(pk=rule.pk).update(is_on=True)
    released(NOW + timedelta(minutes=30))
    page = client.get("/scan/").content.decode()
    assert (said in page, "Pick WV-" in page) == (False, True)


def test_strangers_cannot_switch_it(floor: Floor) -> None:
    url = f"/waves/automatic/{floor.warehouse.code}/"
    given = {"is_on": "on", "every_minutes": "20", "orders": "12"}
    for role, status in ((Role.OPERATOR, 403), (Role.LEAD, 404)):
        other = Client()
        other.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
        assert other.post(url, given).status_code == status
    assert not AutoRelease.objects.exists()


def test_the_verb_counts_anew(floor: Floor) -> None:
    how = {"every_minutes": 30, "orders": 24, "by": floor.lead}
    set_auto_release(floor.warehouse, is_on=True, now=NOW, **how)
    rule = set_auto_release(floor.warehouse, is_on=False, now=NOW + timedelta(hours=1), **how)
    assert (rule.released_at, AutoRelease.objects.count()) == (NOW + timedelta(hours=1), 1)
