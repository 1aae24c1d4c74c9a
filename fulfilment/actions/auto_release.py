"""Ready orders go to the floor by themselves: every so often, and at once when many are ready (P19)."""

from datetime import datetime, timedelta
from operator import attrgetter

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from fulfilment.actions.choosing import ready_to_release
from fulfilment.actions.planning import Choice, most_urgent
from fulfilment.actions.waves import NothingToRelease, may_go_on, release_waves
from fulfilment.models import AutoRelease, Wave
from fulfilment.states import WaveKind, WaveStatus
from inventory.models import Warehouse
from ordermgmt.each import Tally, each
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from orders.network import works_today

BY = "Automatic release"
# What is of one item is released in bulk by people who want that.
KINDS = (WaveKind.SINGLES, WaveKind.MULTI)
MOST_WAITING = Choice.most_waves


@transaction.atomic(durable=True)
def set_auto_release(
    warehouse: Warehouse, *, is_on: bool, every_minutes: int, orders: int, by: User, now: datetime
) -> AutoRelease:
    """Switch it on or off; the minutes begin to count anew."""
    facts = {"is_on": is_on, "every_minutes": every_minutes, "orders": orders}
    stamps = {"released_at": now, "changed_at": now, "changed_by": str(by)}
    rule, _is_new = AutoRelease.objects.update_or_create(warehouse=warehouse, defaults=facts | stamps)
    on = gettext_noop(
        "Ready orders of {warehouse} are released by themselves, every {minutes} min or at {orders} orders"
    )
    off = gettext_noop("Ready orders of {warehouse} are released by hand")
    record("auto_release.changed", on if is_on else off, subject=warehouse.code, by=by, now=now,
           category=ActivityCategory.WAREHOUSE, warehouse=warehouse.title, minutes=every_minutes, orders=orders)  # fmt: skip
    return rule


def release_by_themselves(*, now: datetime) -> Tally:
    """The run: for each warehouse whose time has come, or where enough is ready; not on days it is closed."""
    rules = AutoRelease.objects.filter(is_on=True, warehouse__is_active=True).select_related("warehouse")
    return each(rules.order_by("pk"), lambda rule: _release(rule, now), number=attrgetter("warehouse.code"))


def next_release(warehouse: Warehouse, now: datetime) -> datetime | None:
    """When ready orders come to the floor by themselves; None where nothing is ready, or people release them."""
    rule = AutoRelease.objects.filter(warehouse=warehouse, is_on=True, warehouse__is_active=True).first()
    if rule is None or not works_today(warehouse, now) or not ready_to_release(warehouse).exists():
        return None
    planned = max(now, (rule.released_at or now) + timedelta(minutes=rule.every_minutes))
    return planned if works_today(warehouse, planned) else None


def _release(rule: AutoRelease, now: datetime) -> bool:
    house = rule.warehouse
    if not works_today(house, now):
        return False
    kinds = [kind for kind in KINDS if _has_room(house, kind)]
    if not (_is_due(rule, now) and any(_has_work(house, kind) for kind in kinds) and _claim(rule, now)):
        return False
    done = [_release_kind(house, kind, now) for kind in kinds]
    return any(done)


def _has_room(house: Warehouse, kind: str) -> bool:
    """While so many waves wait for somebody to take them, more of them help nobody and only bind goods."""
    return Wave.objects.filter(warehouse=house, kind=kind, status=WaveStatus.OPEN, picker=None).count() < MOST_WAITING


def _has_work(house: Warehouse, kind: str) -> bool:
    """Whether there is anything to release: what is ready may lie where nobody can pick it."""
    choice = Choice(kind=kind)
    return bool(may_go_on(house, choice).exists() or most_urgent(house, choice))


def _is_due(rule: AutoRelease, now: datetime) -> bool:
    return _is_time(rule, now) or ready_to_release(rule.warehouse)[: rule.orders].count() >= rule.orders


def _is_time(rule: AutoRelease, now: datetime) -> bool:
    return rule.released_at is None or rule.released_at + timedelta(minutes=rule.every_minutes) <= now


def _claim(rule: AutoRelease, now: datetime) -> bool:
    """Closes the race of two workers: only one finds the rule as both have read it."""
    mine = AutoRelease.objects.filter(pk=rule.pk, is_on=True).filter(
        Q(released_at=rule.released_at) if rule.released_at else Q(released_at=None)
    )
    return bool(mine.update(released_at=now))


def _release_kind(warehouse: Warehouse, kind: str, now: datetime) -> bool:
    try:
        return bool(release_waves(warehouse, Choice(kind=kind), by=BY, now=now))
    except NothingToRelease:
        return False
