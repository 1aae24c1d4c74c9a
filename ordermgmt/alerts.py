"""Mail to those who keep the portal running: what broke, once per cause and day (setting ALERT_EMAILS).

Nothing calls this: a job reads what other parts have written down, so that a failure never hides another.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ordermgmt.clock import business_day, local_time
from ordermgmt.jobs import REGISTRY, Context, job
from ordermgmt.mail import queue_message
from ordermgmt.mail_kinds import kind_words
from ordermgmt.models import Activity, BooksProof, JobRun, JobState, OutgoingMessage
from ordermgmt.proof_rounds import round_in_work
from ordermgmt.proofs import broken_now

KIND = "alert"
LOOKS_BACK = timedelta(days=1)
# The first time workers stand still may be chance; the second within so long is not.
WEDGED_AGAIN = timedelta(hours=1)
# What these find is told by the books.
BOOKS_JOBS = ("check_books", "prove_on", "prove_changes")
WORKERS, WEDGED = "workers", "workers.wedged"


@dataclass(frozen=True)
class Alert:
    """`cause` is the same for the same trouble; `page` is where to look."""

    cause: str
    at: datetime
    title: str
    lines: tuple[str, ...]
    page: str

    def about(self, address: str) -> str:
        """The name of the message: cause, day and reader."""
        digest = hashlib.sha256(f"{self.cause}|{address}".encode()).hexdigest()[:10]
        return f"{self.cause[:36]} {business_day(self.at):%Y-%m-%d} {digest}"


@job("send_alerts", title=gettext_lazy("Tell operators what broke"), every=1, rank=85)
def send_alerts(context: Context) -> dict[str, Any]:
    """Write the mails about trouble of the last day that were not written yet."""
    if not settings.ALERT_EMAILS:
        return {}
    found = list(alerts(context.now))
    return {"alerts": sum(_write(alert, address, context.now) for alert in found for address in settings.ALERT_EMAILS)}


def alerts(now: datetime) -> Iterator[Alert]:
    """What broke in the last day."""
    yield from _broken_books(now)
    yield from _failed_jobs(now)
    yield from _wedges(now)
    yield from _failed_words(now)


def _failed_words(now: datetime) -> Iterator[Alert]:
    """Published words that could not be used: the built-in ones were sent instead."""
    rows = OutgoingMessage.objects.filter(sent_at__gt=now - LOOKS_BACK, sent_at__lte=now).exclude(words_error="")
    for row in rows.order_by().values("kind").annotate(n=Count("pk"), first=Min("sent_at"), why=Min("words_error")):
        facts = {"n": row["n"], "why": row["why"].partition(":")[0]}
        words = ngettext(
            "%(n)s message was sent in the built-in words (%(why)s)",
            "%(n)s messages were sent in the built-in words (%(why)s)",
            row["n"],
        )
        title = _("Words of messages fail: %(kind)s") % {"kind": kind_words(row["kind"])}
        yield Alert(f"words {row['kind']}", row["first"], title, (words % facts,), f"/emails/{row['kind']}/")


def _broken_books(now: datetime) -> Iterator[Alert]:
    """The rules that are broken; another rule is another cause. Told in one mail, when the round that asks all is over."""
    broken = [] if round_in_work() else broken_now(now - LOOKS_BACK)
    if not broken or _is_told({proof.code for proof in broken}, now):
        return
    at = max(proof.checked_at for proof in broken)
    codes = ", ".join(proof.code for proof in broken)
    lines = tuple(_broken_words(proof) for proof in broken)
    yield Alert(f"books {codes}", at, _("The books do not hold: %(codes)s") % {"codes": codes}, lines, "/books/")


def _is_told(codes: set[str], now: datetime) -> bool:
    """Whether a mail of the last day named all of these, and one that holds again since."""
    told = OutgoingMessage.objects.filter(kind=KIND, about__startswith="books ", created_at__gt=now - LOOKS_BACK)
    return any(codes < set(codes_in(context)) for context in told.values_list("context", flat=True))


def codes_in(context: dict[str, Any]) -> Iterator[str]:
    """Each line of an alert about the books begins with the code it is about."""
    return (str(line).partition(" ")[0] for line in context.get("lines", ()))


def _broken_words(proof: BooksProof) -> str:
    words = ngettext("%(code)s %(rule)s: %(n)s row", "%(code)s %(rule)s: %(n)s rows", proof.count)
    return words % {"code": proof.code, "rule": proof.title, "n": proof.count}


def _failed_jobs(now: datetime) -> Iterator[Alert]:
    """Each job that failed, with its first failure of the day. What the books job found is told already."""
    failed = JobRun.objects.filter(state=JobState.FAILED, finished_at__gt=now - LOOKS_BACK, finished_at__lte=now)
    told: set[tuple[str, object]] = set()
    for run in failed.exclude(name__in=BOOKS_JOBS, error__contains="BooksBroken").order_by("finished_at", "pk"):
        at = run.finished_at or run.started_at
        if (run.name, business_day(at)) in told:
            continue
        told.add((run.name, business_day(at)))
        title = str(REGISTRY[run.name].title) if run.name in REGISTRY else run.name
        words = _("Failed at %(time)s: %(why)s") % {"time": local_time(at), "why": _why(run.error)}
        yield Alert(
            f"job {run.name}", at, _("A job failed: %(job)s") % {"job": title}, (words,), f"/jobs/runs/{run.pk}/"
        )


def _why(error: str) -> str:
    """The kind of error alone: its words may hold what belongs to customers."""
    last = error.strip().rpartition("\n")[2]
    return last.partition(":")[0][:120] or "?"


def _wedges(now: datetime) -> Iterator[Alert]:
    """Workers that stood still and were started again, for the second time in an hour."""
    seen = Activity.objects.filter(subject=WORKERS, verb=WEDGED, at__gt=now - LOOKS_BACK, at__lte=now)
    times = list(seen.order_by("at").values_list("at", flat=True))
    again = [late for early, late in pairwise(times) if late - early <= WEDGED_AGAIN]
    if again:
        words = ngettext("%(n)s restart in 24 hours", "%(n)s restarts in 24 hours", len(times)) % {"n": len(times)}
        yield Alert("workers", again[-1], _("The workers stood still again"), (words,), "/jobs/")


@transaction.atomic(durable=True)
def _write(alert: Alert, address: str, now: datetime) -> bool:
    about = alert.about(address)
    if OutgoingMessage.objects.filter(kind=KIND, about=about).exists():
        return False
    facts = {"title": alert.title, "lines": alert.lines, "url": f"{settings.BASE_URL}{alert.page}"}
    queue_message(KIND, about=about, thread="", to=address, context=facts, now=now, delay=0)
    return True
