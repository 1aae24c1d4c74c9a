"""Checking a file and applying it: chunk by chunk, going on where it stopped, each chunk written once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ordermgmt.history import activity, record
from ordermgmt.importing.cells import plain, shown
from ordermgmt.importing.kinds import KINDS, Applying, Column, ImportKind, Plan, Row, Wrong
from ordermgmt.importing.reading import MOST_ROWS, Cells, Table, Unreadable, read_table
from ordermgmt.leases import LeaseLost, database_now, finish
from ordermgmt.models import Activity, ImportRun, ImportState

CHUNK = 1_000
ERRORS_KEPT = 500
SAMPLES_KEPT = 20
LEASE = timedelta(seconds=120)
Enough = Callable[[], bool]


@dataclass
class _Tally:
    """What a chunk came to."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    wrong: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    new_samples: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Chunk:
    rows: list[Row]
    read: int
    tally: _Tally


def work(run: ImportRun, *, now: datetime, enough: Enough = lambda: False) -> bool:
    """Check or apply a claimed run until done (True) or until `enough()` (False: to be rung for again).

    Raises LeaseLost when another worker took it over.
    """
    kind = KINDS[run.kind]
    is_check = run.state in (ImportState.UPLOADED, ImportState.CHECKING)
    try:
        with run.file.open("rb") as file:
            table = read_table(file, run.file.size)
            columns, left_out = kind.match(table.head)
            if is_check and run.state == ImportState.UPLOADED:
                _start_check(run, table, left_out)
            return _pass(run, kind, table, columns, is_check=is_check, now=now, enough=enough)
    except Unreadable as error:
        finish(run, state=ImportState.FAILED, error=str(error), finished_at=now)
    except FileNotFoundError:
        finish(run, state=ImportState.FAILED, error=_("The file is gone. Upload it again."), finished_at=now)
    return True


def _start_check(run: ImportRun, table: Table, left_out: list[str]) -> None:
    """Count the rows, so that progress has an end. Raises Unreadable for none or too many."""
    total = 0
    for _number, cells in table.walk():
        total += any(cells)
        if total > MOST_ROWS:
            raise Unreadable(_("The file has more than %(most)d rows. Split it.") % {"most": MOST_ROWS})
    if not total:
        raise Unreadable(_("There are no rows below the names of the columns."))
    notes = [table.words]
    if left_out:
        notes.append(_("Columns left out: %(labels)s") % {"labels": ", ".join(left_out)[:500]})
    _keep(run, state=ImportState.CHECKING, total=total, done=0, notes=notes)


def _pass(
    run: ImportRun,
    kind: ImportKind,
    table: Table,
    columns: list[Column | None],
    *,
    is_check: bool,
    now: datetime,
    enough: Enough,
) -> bool:
    step = _check if is_check else _apply
    for chunk in _chunks(run, kind, table, columns):
        step(run, kind, chunk, now)
        if enough() and run.done < (run.total or 0):
            _keep(run, due_at=now, lease_until=None, attempts=0)
            return False
    if is_check:
        finish(run, state=ImportState.CHECKED, finished_at=None)
    else:
        with transaction.atomic(durable=True):
            finish(run, state=ImportState.DONE, finished_at=now)
            _tell(run, kind, now)
    return True


# Rows --------------------------------------------------------------------------------------------
def _chunks(run: ImportRun, kind: ImportKind, table: Table, columns: list[Column | None]) -> Iterator[_Chunk]:
    """Rows that still have to be looked at, parsed. Rows done before count for finding doubles."""
    seen: set[int] = set()
    places = [(at, column) for at, column in enumerate(columns) if column]
    before, read = run.done, 0
    chunk = _Chunk([], 0, _Tally())
    for number, cells in table.walk():
        if not any(cells):
            continue
        read += 1
        target = chunk if read > before else _Chunk([], 0, _Tally())
        row = _parse(number, cells, places, target.tally)
        if row and _is_first(kind, row, seen, target.tally):
            target.rows.append(row)
        target.read += 1
        if chunk.read >= CHUNK:
            yield chunk
            chunk = _Chunk([], 0, _Tally())
    if chunk.read:
        yield chunk


def _parse(number: int, cells: Cells, places: list[tuple[int, Column]], tally: _Tally) -> Row | None:
    values: dict[str, Any] = {}
    is_right = True
    width = len(cells)
    for at, column in places:
        cell = plain(cells[at]) if at < width else ""
        try:
            if cell:
                values[column.name] = column.parse(cell)
            elif column.required:
                raise Wrong(_("is empty"))
            else:
                values[column.name] = column.empty
        except Wrong as error:
            is_right = False
            _complain(tally, number, column.label, str(error))
    tally.wrong += not is_right
    return Row(number, values) if is_right else None


def _complain(tally: _Tally, number: int, label: str, words: str) -> None:
    if len(tally.errors) < ERRORS_KEPT:
        tally.errors.append({"row": number, "column": label, "words": words})


def _is_first(kind: ImportKind, row: Row, seen: set[int], tally: _Tally) -> bool:
    key = kind.key_of(row)
    if key is None:
        return True
    mark = hash(key)
    if mark in seen:
        tally.wrong += 1
        label = next(column.label for column in kind.columns if column.name == kind.key[0])
        _complain(tally, row.number, label, _("stands in the file twice"))
        return False
    seen.add(mark)
    return True


def _plan(kind: ImportKind, chunk: _Chunk, *, lock: bool) -> list[Plan]:
    tally = chunk.tally
    wrong_rows: set[int] = set()

    def complain(number: int, label: str, words: str) -> None:
        wrong_rows.add(number)
        _complain(tally, number, label, words)

    plans = [plan for plan in kind.plan(chunk.rows, complain, lock=lock) if plan.row.number not in wrong_rows]
    tally.wrong += len(wrong_rows)
    for plan in plans:
        tally.created += plan.is_new
        tally.changed += plan.is_change
        tally.unchanged += not plan.is_new and not plan.is_change
        kept = tally.new_samples if plan.is_new else tally.samples
        if (plan.is_new or plan.is_change) and len(kept) < SAMPLES_KEPT:
            kept.append(_sample(plan))
    return plans


def _sample(plan: Plan) -> dict[str, Any]:
    changes = [[name, shown(old)[:200], shown(new)[:200]] for name, (old, new) in plan.changes.items()]
    return {"row": plan.row.number, "title": plan.title, "is_new": plan.is_new, "changes": changes[:12]}


# Steps -------------------------------------------------------------------------------------------
def _check(run: ImportRun, kind: ImportKind, chunk: _Chunk, now: datetime) -> None:
    _plan(kind, chunk, lock=False)
    tally = chunk.tally
    _keep(
        run,
        done=run.done + chunk.read,
        to_create=run.to_create + tally.created,
        to_change=run.to_change + tally.changed,
        unchanged=run.unchanged + tally.unchanged,
        error_count=run.error_count + tally.wrong,
        errors=[*run.errors, *tally.errors][:ERRORS_KEPT],
        sample=_best(run.sample, [*tally.samples, *tally.new_samples]),
        lease_until=database_now() + LEASE,
    )


def _best(kept: list[Any], more: list[Any]) -> list[Any]:
    """Changes say more than additions: they come first and get at least half of the places."""
    every = [*kept, *more]
    changed = [sample for sample in every if not sample["is_new"]]
    new = [sample for sample in every if sample["is_new"]]
    room = max(SAMPLES_KEPT // 2, SAMPLES_KEPT - len(new))
    return [*changed[:room], *new][:SAMPLES_KEPT]


def _apply(run: ImportRun, kind: ImportKind, chunk: _Chunk, now: datetime) -> None:
    """One chunk in one transaction, together with the note that it is done: it happens once, whatever is killed."""
    applying = Applying(run_id=run.pk, by=run.by or "System", now=now, file_name=run.file_name)
    before = (run.done, run.created, run.changed, run.skipped)
    try:
        with transaction.atomic(durable=True):
            plans = _plan(kind, chunk, lock=True)
            doing = [plan for plan in plans if plan.is_new or plan.is_change]
            kind.write(doing, applying)
            Activity.objects.bulk_create(_lines(doing, applying))
            tally = chunk.tally
            _keep(
                run,
                done=run.done + chunk.read,
                created=run.created + tally.created,
                changed=run.changed + tally.changed,
                skipped=run.skipped + tally.wrong,
                lease_until=database_now() + LEASE,
            )
    except IntegrityError as error:
        run.done, run.created, run.changed, run.skipped = before
        words = _("Somebody changed the same records meanwhile. Rows up to %(done)d are in. Upload the file again.")
        raise Unreadable(words % {"done": run.done}) from error


def _lines(plans: list[Plan], applying: Applying) -> list[Activity]:
    return [
        activity(
            "import_row",
            "Changed by the import of {file}: {what}",
            subject=plan.title[:40],
            by=applying.by,
            now=applying.now,
            file=applying.file_name,
            what=", ".join(f"{name}: {shown(old)} → {shown(new)}" for name, (old, new) in plan.changes.items())[:400],
        )
        for plan in plans
        if plan.is_change
    ]


def _keep(run: ImportRun, **facts: Any) -> None:
    """Write progress, if the run is still ours."""
    if not ImportRun.objects.filter(pk=run.pk, fence=run.fence).update(**facts):
        raise LeaseLost(f"{run} was taken over by another worker")
    for name, value in facts.items():
        setattr(run, name, value)


def _tell(run: ImportRun, kind: ImportKind, now: datetime) -> None:
    record(
        "import_file",
        "{file} imported ({kind}): {created} new, {changed} changed, {skipped} left out",
        subject=f"IMP-{run.pk}",
        by=run.by,
        now=now,
        file=run.file_name,
        kind=str(kind.title),
        created=run.created,
        changed=run.changed,
        skipped=run.skipped,
    )
