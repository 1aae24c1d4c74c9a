"""The frame's own upkeep: backups and proofs each night, and clearing what has served its time."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from ordermgmt.models import BooksProof, BooksRound, IdempotencyKey, JobRun, JobState, ProofScope
from ordermgmt.proof_rounds import BooksBroken, open_round, work_round
from ordermgmt.proving_changes import prove_changes
from ordermgmt.retention import backups_in, prune

KEEP_RUNS = timedelta(days=14)
KEEP_KEYS = timedelta(days=30)
KEEP_PROOFS = timedelta(days=400)
# What held every hour says little after a week.
KEEP_HOURLY = timedelta(days=7)


@job("check_books", title=_("Prove the books"), at="02:30", rank=99, timeout=280)
def prove_the_books(context: Context) -> dict[str, Any]:
    """All rows; what does not fit into one run is left to `prove_on`."""
    open_round(now=context.now, by=context.run.asked_by if context.run else "")
    return work_round(context)


@job("prove_on", title=_("Go on with proving the books"), every=1, rank=99, timeout=280)
def prove_on(context: Context) -> dict[str, Any]:
    return work_round(context)


@job("prove_changes", title=_("Prove what changed"), every=60, rank=99, timeout=280)
def prove_what_changed(context: Context) -> dict[str, Any]:
    """Only records the history names since the last time; the night proves all rows."""
    proofs = prove_changes(now=context.now)
    broken = [proof.code for proof in proofs if not proof.holds]
    if broken:
        raise BooksBroken(", ".join(broken))
    return {"invariants": len(proofs)} if proofs else {}


@job("clear_old_rows", title=_("Clear old runs, keys and proofs"), at="03:30", rank=98)
def clear_old_rows(context: Context) -> dict[str, Any]:
    runs = JobRun.objects.exclude(state=JobState.RUNNING).filter(started_at__lt=context.now - KEEP_RUNS)
    keys = IdempotencyKey.objects.filter(created_at__lt=context.now - KEEP_KEYS)
    often = Q(scope=ProofScope.CHANGES, holds=True, checked_at__lt=context.now - KEEP_HOURLY)
    proofs = BooksProof.objects.filter(often | Q(checked_at__lt=context.now - KEEP_PROOFS))
    BooksRound.objects.filter(is_open=False, began_at__lt=context.now - KEEP_RUNS).delete()
    return {"runs": runs.delete()[0], "keys": keys.delete()[0], "proofs": proofs.delete()[0]}


class NoGoodBackup(Exception):
    """There is no backup, or the newest one did not stand its restore."""


@job("backup", title=_("Back up the database and the papers"), at="01:30", rank=96, timeout=280, is_apart=True)
def back_up_nightly(context: Context) -> dict[str, Any]:
    """A new file in BACKUP_DIR; older ones stay for 7 days, 5 weeks and 13 months."""
    from ordermgmt.backups import back_up  # noqa: PLC0415  (its tools are needed once a night)

    file = back_up(settings.BACKUP_DIR, now=context.now)
    return {"file": str(file), "bytes": file.stat().st_size, "deleted": prune(settings.BACKUP_DIR)}


@job("restore_check", title=_("Restore the newest backup elsewhere"), at="02:00", rank=97, timeout=280, is_apart=True)
def check_newest_backup(context: Context) -> dict[str, Any]:
    """A backup exists only when it was restored, proved and compared with its manifest. Raises NoGoodBackup."""
    from ordermgmt.backups import check_restore  # noqa: PLC0415

    newest = next(reversed(backups_in(settings.BACKUP_DIR).values()), None)
    if newest is None:
        raise NoGoodBackup(f"no backup in {settings.BACKUP_DIR}")
    check = check_restore(newest, now=context.now)
    if check.findings:
        raise NoGoodBackup("; ".join(check.findings))
    return {"tables": check.tables, "rows": check.rows, "pdfs": check.pdfs, "seconds": check.seconds}
