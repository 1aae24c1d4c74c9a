"""Waves: orders picked in one walk. Released, changed and given up."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.choosing import Chosen, choose, ready_to_release
from fulfilment.actions.claiming import check_open, lock_wave, note
from fulfilment.actions.planning import Choice, PlannedWave, group_parts, most_urgent
from fulfilment.actions.putting_back import settle_wave
from fulfilment.actions.releasing import lock_work, release
from fulfilment.actions.taking_back import leave_floor
from fulfilment.models import FulfilmentOrder, Wave
from fulfilment.models.work import FulfilmentOrderQuerySet
from fulfilment.states import WaveKind, WaveStatus, WorkStatus
from inventory.models import Warehouse
from ordermgmt.models import User
from ordermgmt.numbering import next_numbers
from ordermgmt.retrying import retries_conflicts
from orders.models import Hold, Order
from orders.states import Stage


class NothingToRelease(Exception):
    """No order is ready for this kind of wave."""


class UnderWay(Exception):
    """Something of this was picked already; finish it or put it back first."""


class OneMustStay(Exception):
    """A wave is split into two that both have orders."""


@retries_conflicts
@transaction.atomic(durable=True)
def release_waves(warehouse: Warehouse, choice: Choice, *, by: User | str, now: datetime) -> list[Wave]:
    """Release what is ready as waves, most urgent first; work that was set aside and may go on comes before.

    Raises NothingToRelease.
    """
    wanted = most_urgent(warehouse, choice)
    aside = list(may_go_on(warehouse, choice)[: choice.size])
    # Orders in primary-key order, then bin balances: closes the race with a hold, a cancel and another release.
    ids = {*(order.pk for order in wanted), *(work.order_id for work in aside)}
    locked = {order.pk: order for order in Order.objects.locked().filter(pk__in=ids)}
    still = set(ready_to_release(warehouse).filter(pk__in=list(locked)).values_list("pk", flat=True))
    chosen = choose(warehouse, [locked[order.pk] for order in wanted if order.pk in still], lock=True)
    planned, _left = group_parts(chosen, choice)
    old = list(may_go_on(warehouse, choice).locked().filter(pk__in=[work.pk for work in aside]))
    if not planned and not old:
        raise NothingToRelease
    return _release_all(warehouse, choice, planned, chosen, old, by=by, now=now)


def may_go_on(warehouse: Warehouse, choice: Choice) -> FulfilmentOrderQuerySet:
    """Work that a hold had stopped and that nothing stops any more; it is no bulk of one item."""
    if choice.kind == WaveKind.BULK:
        return FulfilmentOrder.objects.none()
    works = FulfilmentOrder.objects.set_aside().filter(warehouse=warehouse, order__in=Order.objects.open())
    held = Hold.objects.stopping(Stage.PICK).values("order_id")
    return works.unfinished().exclude(order_id__in=held).filter(is_single=choice.is_single)


def _release_all(
    warehouse: Warehouse,
    choice: Choice,
    planned: Sequence[PlannedWave],
    chosen: Chosen,
    old: Sequence[FulfilmentOrder],
    *,
    by: User | str,
    now: datetime,
) -> list[Wave]:
    waves = _write_waves(warehouse, choice.kind, len(planned) + bool(old), by=by, now=now)
    for work in old:
        work.wave = waves[-1]
    FulfilmentOrder.objects.bulk_update(old, ["wave"])
    wave_of = {part.order.pk: wave for wave, group in zip(waves, planned, strict=False) for part in group.parts}
    kept = Chosen([part for group in planned for part in group.parts], {pk: chosen.takes[pk] for pk in wave_of})
    works = release(wave_of, kept, warehouse, by=by, now=now)
    _letter_totes([*works, *old], choice.kind)
    return waves


def _write_waves(warehouse: Warehouse, kind: str, count: int, *, by: User | str, now: datetime) -> list[Wave]:
    return Wave.objects.bulk_create(
        Wave(number=f"WV-{number}", warehouse=warehouse, kind=kind, created_at=now, created_by=str(by))
        for number in next_numbers("WV", count)
    )


def _letter_totes(works: Iterable[FulfilmentOrder], kind: str) -> None:
    """One lettered tote for each order on the cart; orders of one unit share one without a letter."""
    if kind != WaveKind.MULTI:
        return
    works = sorted(works, key=lambda work: (work.wave_id or 0, work.pk))
    place, wave_id = 0, None
    for work in works:
        place = place + 1 if work.wave_id == wave_id else 0
        wave_id = work.wave_id
        work.tote = letter(place)
    FulfilmentOrder.objects.bulk_update(works, ["tote"])


def letter(place: int) -> str:
    """A … Z, AA, AB …"""
    head, tail = divmod(place, 26)
    return (letter(head - 1) if head else "") + chr(65 + tail)


@retries_conflicts
@transaction.atomic(durable=True)
def remove_order(work_id: int, *, by: User, now: datetime) -> FulfilmentOrder:
    """Take an order that nobody has picked out of its wave; its units are promised again. Raises UnderWay."""
    wave_id = FulfilmentOrder.objects.values_list("wave_id", flat=True).get(pk=work_id)
    wave = lock_wave(wave_id) if wave_id else None
    order, work = lock_work(work_id)
    _check_untouched(work)
    leave_floor(order, work, by=by, now=now)
    if wave:
        settle_wave(wave, now=now)
        note(wave, "wave.order_removed", gettext_noop("{order} taken out of {wave}"), by=by, now=now, order=str(order))
    return work


def _check_untouched(work: FulfilmentOrder) -> None:
    if work.status != WorkStatus.RELEASED or work.lines.filter(picked__gt=0).exists():
        raise UnderWay(_("%(order)s is %(state)s") % {"order": work.order, "state": work.get_status_display().lower()})


@transaction.atomic(durable=True)
def split_wave(wave_id: int, work_ids: Iterable[int], *, by: User, now: datetime) -> Wave:
    """Move orders that nobody has picked into a wave of their own, free to take. Raises UnderWay, OneMustStay."""
    wave = lock_wave(wave_id)
    check_open(wave)
    chosen = set(work_ids)
    works = list(wave.fulfilment_orders.open().locked())
    moving = [work for work in works if work.pk in chosen]
    if not moving or len(moving) == len(works):
        raise OneMustStay
    for work in moving:
        _check_untouched(work)
    (new,) = _write_waves(wave.warehouse, wave.kind, 1, by=by, now=now)
    FulfilmentOrder.objects.filter(pk__in=[work.pk for work in moving]).update(wave=new)
    settle_wave(wave, now=now)
    note(new, "wave.split", gettext_noop("{wave} split off {old}"), by=by, now=now, old=wave.number)
    return new


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_wave(wave_id: int, *, by: User, now: datetime) -> Wave:
    """Give up a wave: what nobody picked is promised again. Raises UnderWay when goods are in the totes."""
    wave = lock_wave(wave_id)
    check_open(wave)
    works = wave.fulfilment_orders.open()
    orders = {o.pk: o for o in Order.objects.locked().filter(fulfilment_orders__in=works.values("pk"))}
    for work in works.locked().select_related("warehouse"):
        work.order = orders[work.order_id]
        _check_untouched(work)
        leave_floor(work.order, work, by=by, now=now)
    wave.move_to(WaveStatus.CANCELLED, now=now)
    note(wave, "wave.cancelled", gettext_noop("{wave} cancelled; its orders wait for the next wave"), by=by, now=now)
    return wave
