"""Invariants of the frame: messages, jobs, idempotency, history, the database itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _
from django_q.models import Schedule

from ordermgmt.guards import APPEND_ONLY, guard_names
from ordermgmt.leases import database_now
from ordermgmt.models import IdempotencyKey, JobRun, JobState, Leased, MessageState, OutgoingMessage, WorkerBeat
from ordermgmt.proofs import invariant
from ordermgmt.schedules import differences

GRACE = timedelta(minutes=15)


def leased_models() -> list[type[Leased]]:
    return [model for model in apps.get_models() if issubclass(model, Leased)]


@invariant("I35", _("There is one row per message: kind and record"))
def one_row_per_message(now: datetime) -> Iterable[Any]:
    return OutgoingMessage.objects.values("kind", "about").annotate(rows=Count("pk")).filter(rows__gt=1).order_by()


@invariant("I36", _("Every message is sent, withdrawn, dead, or due"))
def no_message_is_stuck(now: datetime) -> Iterable[Any]:
    waiting = Q(state=MessageState.WAITING)
    dead = Q(state=MessageState.DEAD)
    return OutgoingMessage.objects.filter(
        (waiting & Q(due_at=None))
        | (dead & Q(dead_at=None))
        | (~waiting & Q(due_at__isnull=False))
        | (~dead & Q(dead_at__isnull=False))
    ).order_by("pk")


@invariant("I39", _("Every sent message has a moment and an id of its own"))
def sent_once(now: datetime) -> Iterable[Any]:
    sent = OutgoingMessage.objects.filter(state=MessageState.SENT)
    shared = sent.values("message_id").annotate(rows=Count("pk")).filter(rows__gt=1).order_by().values("message_id")
    unmarked = Q(sent_at=None) | Q(message_id="") | Q(message_id__in=shared)
    early = OutgoingMessage.objects.exclude(state=MessageState.SENT).filter(sent_at__isnull=False)
    return [*sent.filter(unmarked).order_by("pk"), *early.order_by("pk")]


@invariant("I40", _("A request that is sent twice is answered once and the same"))
def one_answer_per_key(now: datetime) -> Iterable[Any]:
    yield from IdempotencyKey.objects.filter(status=None).order_by("pk")
    keys = IdempotencyKey.objects.values("principal", "route", "key").annotate(rows=Count("pk"))
    yield from keys.filter(rows__gt=1).order_by()


@invariant("I43", _("The database refuses to rewrite history and ledger"))
def history_is_guarded(now: datetime) -> Iterable[Any]:
    for table in APPEND_ONLY.values():
        wanted = guard_names(table, connection.vendor)
        yield from ({"table": table, "missing": name} for name in sorted(wanted - _triggers(table)))


@invariant("I45", _("Attempts stay within their limit, and no lease or run outlives its worker"))
def leases_are_retaken(now: datetime) -> Iterable[Any]:
    # Leases and beats are measured by the database's clock, also when jobs run as of another day.
    now = min(now, database_now())
    for model in leased_models():
        late = Q(lease_until__lt=now - GRACE, dead_at=None)
        yield from model._default_manager.filter(late | Q(attempts__gt=model.MAX_ATTEMPTS)).order_by("pk")
    yield from JobRun.objects.filter(state=JobState.RUNNING, beat_at__lt=now - GRACE).order_by("pk")
    yield from JobRun.objects.exclude(state=JobState.RUNNING).filter(
        Q(finished_at=None) | Q(finished_at__lt=F("started_at"))
    )


@invariant("I46", _("The schedules in the database are those of the code"))
def schedules_match(now: datetime) -> Iterable[Any]:
    """A portal whose workers have never started has none yet; they write them when they start."""
    is_new = not Schedule.objects.exists() and not WorkerBeat.objects.exists()
    return () if is_new else differences()


@invariant("I47", _("Foreign keys, checks and indexes of the database are valid"))
def database_is_sound(now: datetime) -> Iterator[Any]:
    if connection.vendor == "postgresql":
        yield from _unvalidated()
    else:
        yield from _sqlite_faults()


def _unvalidated() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated")
        yield from ({"table": table, "not valid": name} for table, name in cursor.fetchall())
        cursor.execute("SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        yield from ({"table": table, "index not valid": name} for table, name in cursor.fetchall())


def _sqlite_faults() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        yield from ({"table": row[0], "row": row[1], "points to nothing in": row[2]} for row in cursor.fetchall())
        cursor.execute("PRAGMA quick_check(20)")
        yield from ({"finding": row[0]} for row in cursor.fetchall() if row[0] != "ok")


def _triggers(table: str) -> set[str]:
    question = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(question[connection.vendor], [table])
        return {row[0] for row in cursor.fetchall()}
