"""Waves: orders picked in one walk. Planned, released, claimed, changed and given up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.putting_back import settle_wave
from fulfilment.actions.releasing import (
    Chosen,
    Excluded,
    Part,
    choose,
    leave_floor,
    lock_work,
    not_ready,
    ready_to_release,
    release,
)
from fulfilment.models import FulfilmentOrder, Wave
from fulfilment.models.work import FulfilmentOrderQuerySet
from fulfilment.shelving import Take
from fulfilment.states import WaveKind, WaveStatus, WorkStatus
from inventory.models import Warehouse
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.numbering import next_numbers
from ordermgmt.retrying import retries_conflicts
from orders.models import Hold, Order
from orders.states import Stage

IDLE_AFTER = timedelta(minutes=15)
# For the estimate: walking to a stop, taking a line, changing the tote (minutes).
MINUTES_PER_STOP, MINUTES_PER_LINE, MINUTES_PER_ORDER = 0.5, 0.4, 0.2


class NothingToRelease(Exception):
    """No order is ready for this kind of wave."""


class WaveTaken(Exception):
    """Somebody else is picking the wave; the sentence says who and since when."""


class WaveOver(Exception):
    """The wave is finished or cancelled."""


class UnderWay(Exception):
    """Something of this was picked already; finish it or put it back first."""


class OneMustStay(Exception):
    """A wave is split into two that both have orders."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a lead wants released: kind, sizes, and orders due up to a day."""

    kind: str = WaveKind.MULTI
    max_orders: int = 24
    totes: int = 6
    most_waves: int = 4
    due_on: date | None = None
    country: str = ""

    @property
    def size(self) -> int:
        """Orders in one wave: one tote each, but singles share a tote."""
        return self.max_orders if self.kind == WaveKind.SINGLES else min(self.max_orders, self.totes)


@dataclass
class PlannedWave:
    """Parts picked together, with what the walk costs."""

    parts: Sequence[Part]
    takes: Sequence[Take] = field(default_factory=list)

    @property
    def orders(self) -> int:
        return len(self.parts)

    @property
    def lines(self) -> int:
        return sum(len(part.demands) for part in self.parts)

    @property
    def units(self) -> int:
        return sum(part.units for part in self.parts)

    @property
    def stops(self) -> int:
        return len({take.shelf.bin_id for take in self.takes})

    @property
    def minutes(self) -> int:
        walk = self.stops * MINUTES_PER_STOP + len(self.takes) * MINUTES_PER_LINE
        return max(1, round(walk + self.orders * MINUTES_PER_ORDER))


@dataclass
class Plan:
    """What would be released, and what not, with reasons."""

    waves: list[PlannedWave]
    excluded: list[Excluded]
    ready: int
    left_over: int

    @property
    def orders(self) -> int:
        return sum(wave.orders for wave in self.waves)

    @property
    def lines(self) -> int:
        return sum(wave.lines for wave in self.waves)

    @property
    def stops(self) -> int:
        return sum(wave.stops for wave in self.waves)

    @property
    def minutes(self) -> int:
        return sum(wave.minutes for wave in self.waves)

    @property
    def oldest_on(self) -> date | None:
        days = [part.order.promised_ship_on for wave in self.waves for part in wave.parts]
        return min((day for day in days if day), default=None)


def plan_waves(warehouse: Warehouse, choice: Choice) -> Plan:
    """Look at what a release would do; nothing is written."""
    orders = list(_candidates(warehouse, choice))
    chosen = choose(warehouse, orders)
    planned, left = _group(chosen, choice)
    excluded = [*not_ready(warehouse), *chosen.excluded]
    return Plan(planned, excluded, ready=len(chosen.parts), left_over=left)


def _candidates(warehouse: Warehouse, choice: Choice) -> QuerySet[Order]:
    orders = ready_to_release(warehouse)
    if choice.due_on:
        orders = orders.filter(promised_ship_on__lte=choice.due_on)
    return orders.filter(ship_country=choice.country) if choice.country else orders


def _group(chosen: Chosen, choice: Choice) -> tuple[list[PlannedWave], int]:
    is_single = choice.kind == WaveKind.SINGLES
    parts = [part for part in chosen.parts if part.is_single == is_single]
    groups = [parts[at : at + choice.size] for at in range(0, len(parts), choice.size)][: choice.most_waves]
    waves = [PlannedWave(group, [take for part in group for take in chosen.takes[part.order.pk]]) for group in groups]
    return waves, len(parts) - sum(wave.orders for wave in waves)


@retries_conflicts
@transaction.atomic(durable=True)
def release_waves(warehouse: Warehouse, choice: Choice, *, by: User, now: datetime) -> list[Wave]:
    """Release what is ready as waves, most urgent first; work that was set aside and may go on comes before.

    Raises NothingToRelease.
    """
    wanted = list(_candidates(warehouse, choice))
    aside = list(_may_go_on(warehouse, choice))
    # Orders in primary-key order, then bin balances: closes the race with a hold, a cancel and another release.
    ids = {*(order.pk for order in wanted), *(work.order_id for work in aside)}
    locked = {order.pk: order for order in Order.objects.locked().filter(pk__in=ids)}
    still = set(ready_to_release(warehouse).filter(pk__in=list(locked)).values_list("pk", flat=True))
    chosen = choose(warehouse, [locked[order.pk] for order in wanted if order.pk in still], lock=True)
    planned, _left = _group(chosen, choice)
    old = list(_may_go_on(warehouse, choice).locked().filter(pk__in=[work.pk for work in aside]))[: choice.size]
    if not planned and not old:
        raise NothingToRelease
    return _release_all(warehouse, choice, planned, chosen, old, by=by, now=now)


def _may_go_on(warehouse: Warehouse, choice: Choice) -> FulfilmentOrderQuerySet:
    """Work that a hold had stopped and that nothing stops any more."""
    works = FulfilmentOrder.objects.set_aside().filter(warehouse=warehouse, order__in=Order.objects.open())
    held = Hold.objects.stopping(Stage.PICK).values("order_id")
    return works.unfinished().exclude(order_id__in=held).filter(is_single=choice.kind == WaveKind.SINGLES)


def _release_all(
    warehouse: Warehouse,
    choice: Choice,
    planned: Sequence[PlannedWave],
    chosen: Chosen,
    old: Sequence[FulfilmentOrder],
    *,
    by: User,
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


def _write_waves(warehouse: Warehouse, kind: str, count: int, *, by: User, now: datetime) -> list[Wave]:
    return Wave.objects.bulk_create(
        Wave(number=f"WV-{number}", warehouse=warehouse, kind=kind, created_at=now, created_by=str(by))
        for number in next_numbers("WV", count)
    )


def _letter_totes(works: Iterable[FulfilmentOrder], kind: str) -> None:
    """One lettered tote for each order on the cart; singles share one without a letter."""
    if kind == WaveKind.SINGLES:
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


def lock_wave(wave_id: int) -> Wave:
    """Inside the caller's transaction: the wave, before any order of it.

    Closes the race of two people claiming one wave, and of two devices scanning for it.
    """
    return Wave.objects.select_for_update(of=("self",)).select_related("warehouse", "picker", "at_bin").get(pk=wave_id)


def is_idle(wave: Wave, now: datetime) -> bool:
    return wave.beat_at is None or now - wave.beat_at >= IDLE_AFTER


@transaction.atomic(durable=True)
def claim_wave(wave_id: int, *, by: User, now: datetime) -> Wave:
    """Start, or go on with, a wave. Raises WaveTaken when another person is at it, WaveOver."""
    wave = lock_wave(wave_id)
    _check_open(wave)
    if wave.picker_id not in (None, by.pk) and not is_idle(wave, now):
        raise WaveTaken(_who_has(wave))
    _hand_to(wave, by, now)
    return wave


@transaction.atomic(durable=True)
def take_over(wave_id: int, *, by: User, now: datetime) -> Wave:
    """Take a wave from another person: a lead at once, anybody after 15 minutes without a scan. Raises WaveTaken."""
    wave = lock_wave(wave_id)
    _check_open(wave)
    if wave.picker_id not in (None, by.pk) and not (is_idle(wave, now) or by.has_perm("fulfilment.override")):
        raise WaveTaken(_who_has(wave))
    _hand_to(wave, by, now)
    return wave


@transaction.atomic(durable=True)
def reassign_wave(wave_id: int, *, to: User | None, by: User, now: datetime) -> Wave:
    """Give a wave to somebody, or to nobody so that it is free. Raises WaveOver."""
    wave = lock_wave(wave_id)
    _check_open(wave)
    if to is not None:
        _hand_to(wave, to, now, by=by)
        return wave
    wave.picker, wave.claimed_at, wave.beat_at = None, None, None
    wave.save(update_fields=["picker", "claimed_at", "beat_at"])
    _note(wave, "wave.freed", gettext_noop("{wave} is free to take"), by=by, now=now)
    return wave


def _check_open(wave: Wave) -> None:
    if wave.status in (WaveStatus.DONE, WaveStatus.CANCELLED):
        raise WaveOver(_("%(wave)s is %(state)s") % {"wave": wave, "state": wave.get_status_display().lower()})


def _who_has(wave: Wave) -> str:
    facts = {"person": wave.picker, "wave": wave.number}
    return _("%(person)s is picking %(wave)s") % facts


def _hand_to(wave: Wave, to: User, now: datetime, *, by: User | None = None) -> None:
    is_new = wave.picker_id != to.pk
    wave.picker, wave.beat_at = to, now
    wave.claimed_at = now if is_new else wave.claimed_at
    wave.save(update_fields=["picker", "beat_at", "claimed_at"])
    if is_new:
        _note(wave, "wave.claimed", gettext_noop("{person} picks {wave}"), by=by or to, now=now, person=str(to))


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
        _note(wave, "wave.order_removed", gettext_noop("{order} taken out of {wave}"), by=by, now=now, order=str(order))
    return work


def _check_untouched(work: FulfilmentOrder) -> None:
    if work.status != WorkStatus.RELEASED or work.lines.filter(picked__gt=0).exists():
        raise UnderWay(_("%(order)s is %(state)s") % {"order": work.order, "state": work.get_status_display().lower()})


@transaction.atomic(durable=True)
def split_wave(wave_id: int, work_ids: Iterable[int], *, by: User, now: datetime) -> Wave:
    """Move orders that nobody has picked into a wave of their own, free to take. Raises UnderWay, OneMustStay."""
    wave = lock_wave(wave_id)
    _check_open(wave)
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
    _note(new, "wave.split", gettext_noop("{wave} split off {old}"), by=by, now=now, old=wave.number)
    return new


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_wave(wave_id: int, *, by: User, now: datetime) -> Wave:
    """Give up a wave: what nobody picked is promised again. Raises UnderWay when goods are in the totes."""
    wave = lock_wave(wave_id)
    _check_open(wave)
    works = wave.fulfilment_orders.open()
    orders = {o.pk: o for o in Order.objects.locked().filter(fulfilment_orders__in=works.values("pk"))}
    for work in works.locked().select_related("warehouse"):
        work.order = orders[work.order_id]
        _check_untouched(work)
        leave_floor(work.order, work, by=by, now=now)
    wave.move_to(WaveStatus.CANCELLED, now=now)
    _note(wave, "wave.cancelled", gettext_noop("{wave} cancelled; its orders wait for the next wave"), by=by, now=now)
    return wave


def _note(wave: Wave, verb: str, sentence: str, *, by: User, now: datetime, **facts: str) -> None:
    record(
        verb,
        sentence,
        subject=wave.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        wave=wave.number,
        **facts,
    )
