"""The frame's own upkeep: proving the books each night, and clearing what has served its time."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from ordermgmt.models import BooksProof, IdempotencyKey, JobRun, JobState
from ordermgmt.proofs import check_books

KEEP_RUNS = timedelta(days=14)
KEEP_KEYS = timedelta(days=30)
KEEP_PROOFS = timedelta(days=400)


class BooksBroken(Exception):
    """At least one invariant does not hold."""


@job("check_books", title=_("Prove the books"), at="02:30", rank=99, timeout=280)
def prove_the_books(context: Context) -> dict[str, Any]:
    proofs = check_books(now=context.now, progress=context.progress)
    broken = [proof.code for proof in proofs if not proof.holds]
    if broken:
        raise BooksBroken(", ".join(broken))
    return {"invariants": len(proofs)}


@job("clear_old_rows", title=_("Clear old runs, keys and proofs"), at="03:30", rank=98)
def clear_old_rows(context: Context) -> dict[str, Any]:
    runs = JobRun.objects.exclude(state=JobState.RUNNING).filter(started_at__lt=context.now - KEEP_RUNS)
    keys = IdempotencyKey.objects.filter(created_at__lt=context.now - KEEP_KEYS)
    proofs = BooksProof.objects.filter(checked_at__lt=context.now - KEEP_PROOFS)
    return {"runs": runs.delete()[0], "keys": keys.delete()[0], "proofs": proofs.delete()[0]}
