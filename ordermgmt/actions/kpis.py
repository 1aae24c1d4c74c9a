"""What people add to figures: targets and notes. Both stay in the history."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from ordermgmt.history import record
from ordermgmt.kpis import find
from ordermgmt.models import KpiNote, KpiTarget, User


@transaction.atomic(durable=True)
def set_target(*, kpi: str, value: Decimal, starts_on: date, owner: str, by: User, now: datetime) -> KpiTarget:
    """Aim at a value from a day on; a target of the same day is replaced, earlier ones stay for the days before."""
    facts = {"value": value, "owner": owner, "set_by": str(by), "set_at": now}
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
