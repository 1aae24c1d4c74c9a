"""Whose wave it is: claimed, taken over, given to somebody else."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.models import Wave
from fulfilment.states import WaveStatus
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory

IDLE_AFTER = timedelta(minutes=15)


class WaveTaken(Exception):
    """Somebody else is picking the wave; the sentence says who and since when."""


class WaveOver(Exception):
    """The wave is finished or cancelled."""


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
    check_open(wave)
    if wave.picker_id not in (None, by.pk) and not is_idle(wave, now):
        raise WaveTaken(_who_has(wave))
    _hand_to(wave, by, now)
    return wave


@transaction.atomic(durable=True)
def take_over(wave_id: int, *, by: User, now: datetime) -> Wave:
    """Take a wave from another person: a lead at once, anybody after 15 minutes without a scan. Raises WaveTaken."""
    wave = lock_wave(wave_id)
    check_open(wave)
    if wave.picker_id not in (None, by.pk) and not (is_idle(wave, now) or by.has_perm("fulfilment.override")):
        raise WaveTaken(_who_has(wave))
    _hand_to(wave, by, now)
    return wave


@transaction.atomic(durable=True)
def reassign_wave(wave_id: int, *, to: User | None, by: User, now: datetime) -> Wave:
    """Give a wave to somebody, or to nobody so that it is free. Raises WaveOver."""
    wave = lock_wave(wave_id)
    check_open(wave)
    if to is not None:
        _hand_to(wave, to, now, by=by)
        return wave
    wave.picker, wave.claimed_at, wave.beat_at = None, None, None
    wave.save(update_fields=["picker", "claimed_at", "beat_at"])
    note(wave, "wave.freed", gettext_noop("{wave} is free to take"), by=by, now=now)
    return wave


def check_open(wave: Wave) -> None:
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
        note(wave, "wave.claimed", gettext_noop("{person} picks {wave}"), by=by or to, now=now, person=str(to))


def note(wave: Wave, verb: str, sentence: str, *, by: User, now: datetime, **facts: str) -> None:
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
