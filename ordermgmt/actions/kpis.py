"""What people add to figures: targets and notes, which stay in the history, and the places of their own tiles."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from ordermgmt.history import record
from ordermgmt.kpis import find
from ordermgmt.models import KpiDigest, KpiNote, KpiPlace, KpiTarget, User


@transaction.atomic(durable=True)
def set_target(
    *, kpi: str, value: Decimal, starts_on: date, owner: str, by: User, now: datetime, ends_on: date | None = None
) -> KpiTarget:
    """Aim at a value from a day on; a target of the same day is replaced, earlier ones stay for the days before."""
    facts = {"value": value, "ends_on": ends_on, "owner": owner, "set_by": str(by), "set_at": now}
    target, _new = KpiTarget.objects.update_or_create(kpi=find(kpi).name, starts_on=starts_on, defaults=facts)
    record(
        "kpi.target", "Target of {kpi} from {day}: {value}", subject=f"kpi {kpi}", by=by, now=now,
        kpi=kpi, day=starts_on.isoformat(), value=str(value),
    )  # fmt: skip
    return target


@transaction.atomic(durable=True)
def add_note(*, on: date, words: str, by: User, now: datetime) -> KpiNote:
    """A remark on a day, shown on every chart."""
    note = KpiNote.objects.create(on=on, words=words, by=str(by), at=now)
    record("kpi.note", "Noted on {day}: {words}", subject="kpi notes", by=by, now=now, day=on.isoformat(), words=words)
    return note


@transaction.atomic(durable=True)
def remove_note(*, pk: int, by: User, now: datetime) -> None:
    """Take a remark away; a second time does nothing."""
    note = KpiNote.objects.select_for_update().filter(pk=pk).first()
    if note:
        note.delete()
        record(
            "kpi.note_removed", "Note of {day} removed: {words}", subject="kpi notes", by=by, now=now,
            day=note.on.isoformat(), words=note.words,
        )  # fmt: skip


@transaction.atomic(durable=True)
def place_tiles(*, names: Sequence[str], by: User, now: datetime) -> None:
    """Put these figures, in this order, at the top of the person's reports; none: the usual ones again."""
    User.objects.select_for_update().get(pk=by.pk)
    known = [find(name).name for name in dict.fromkeys(names)]
    KpiPlace.objects.filter(user=by).delete()
    KpiPlace.objects.bulk_create(KpiPlace(user=by, kpi=name, place=n) for n, name in enumerate(known, start=1))
    record("kpi.places", "Tiles placed: {names}", subject="kpi places", by=by, now=now, names=", ".join(known)[:300])


@transaction.atomic(durable=True)
def want_digest(*, wanted: bool, by: User, now: datetime) -> None:
    """Send the person the figures of each week, or no more; a second time changes nothing."""
    if wanted:
        _row, is_new = KpiDigest.objects.get_or_create(user=by, defaults={"since": now})
        sentence = "Figures of the week by mail"
    else:
        is_new = bool(KpiDigest.objects.filter(user=by).delete()[0])
        sentence = "No figures of the week by mail any more"
    if is_new:
        record("kpi.digest", sentence, subject="kpi digest", by=by, now=now)
