"""Rules of the frame: background work that failed, books that do not hold, messages that could not be sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Max, Min, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from ordermgmt import jobs, proofs
from ordermgmt.alerts import BOOKS_JOBS
from ordermgmt.blocking import Fix
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, ExceptionRule, exception_rule
from ordermgmt.models import BooksProof, ExceptionItem, JobRun, JobState, MessageState, OutgoingMessage, StoredDocument
from ordermgmt.roles import Role

LOOKS_BACK = timedelta(days=14)


@exception_rule
class JobFailed(ExceptionRule):
    """A job whose last run failed; what the books job finds is told by the books."""

    name = "job.failed"
    title = gettext_lazy("Background work fails")
    owner_role = Role.ADMIN
    target = timedelta(hours=1)
    tone = "bad"
    permission = "jobs.view"

    def causes(self, now: datetime) -> Iterable[Cause]:
        later = JobRun.objects.filter(name=OuterRef("name"), state=JobState.DONE, started_at__gt=OuterRef("started_at"))
        failed = JobRun.objects.filter(state=JobState.FAILED, finished_at__gt=now - LOOKS_BACK)
        failed = failed.exclude(name__in=BOOKS_JOBS, error__contains="BooksBroken").filter(~Exists(later))
        for row in failed.order_by().values("name").annotate(n=Count("pk"), first=Min("finished_at"), last=Max("pk")):
            if row["name"] in jobs.REGISTRY:
                facts = {"job": row["name"], "run": row["last"]}
                yield Cause(key=row["name"], since=row["first"], count=row["n"], facts=facts)

    def sentence(self, item: ExceptionItem) -> str:
        job = jobs.REGISTRY[item.facts["job"]].title
        words = ngettext("%(job)s failed", "%(job)s failed %(n)s times", item.count)
        return words % {"job": job, "n": item.count}

    def rows_url(self, item: ExceptionItem) -> str:
        return reverse("job_run_detail", args=[item.facts["run"]])

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        open_jobs = Fix(_("Run it again"), reverse("job_list"), permission="jobs.run", effect=_("On the page of jobs"))
        return [Fix(_("Read the error"), self.rows_url(item), permission="jobs.view"), open_jobs]


@exception_rule
class BooksBroken(CountedRule):
    """An invariant that the last proof found broken."""

    name = "books.broken"
    title = gettext_lazy("The books do not hold")
    owner_role = Role.ADMIN
    target = timedelta(hours=4)
    tone = "bad"
    permission = "books.view"
    counted = ngettext_lazy("%(rule)s: %(n)s row breaks it", "%(rule)s: %(n)s rows break it", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        held = BooksProof.objects.filter(code=OuterRef("code"), holds=True, checked_at__gt=OuterRef("checked_at"))
        broken = BooksProof.objects.filter(holds=False, checked_at__gt=now - LOOKS_BACK).filter(~Exists(held))
        found: dict[str, tuple[datetime, BooksProof]] = {}
        for proof in broken.defer("rows").order_by("checked_at", "pk"):
            found[proof.code] = (found.get(proof.code, (proof.checked_at,))[0], proof)
        for code, (since, proof) in found.items():
            if code in proofs.REGISTRY:
                yield Cause(key=code, since=since, count=proof.count, facts={"code": code, "rule": proof.title})

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("See the rows"), reverse("books_rule", args=[item.facts["code"]]), permission="books.view")]


@exception_rule
class MessageDead(CountedRule):
    """Messages given up after every attempt, by kind."""

    name = "message.dead"
    title = gettext_lazy("Messages could not be sent")
    owner_role = Role.SUPPORT
    target = timedelta(hours=4)
    permission = "messages.view"
    counted = ngettext_lazy("%(n)s message %(kind)s was not sent", "%(n)s messages %(kind)s were not sent", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        dead = OutgoingMessage.objects.filter(state=MessageState.DEAD, dead_at__isnull=False)
        return [group.cause() for group in grouped(dead, by=("kind",), number="about", since="dead_at")]

    def rows_url(self, item: ExceptionItem) -> str:
        return f"{reverse('message_list')}?{urlencode({'view': 'all', 'state': 'dead', 'kind': item.facts['kind']})}"

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Each page has the error and sends it again")
        return [Fix(_("Open the messages"), self.rows_url(item), permission="messages.view", effect=effect)]


@exception_rule
class PaperDead(CountedRule):
    """Labels, invoices and other papers that could not be made, by kind."""

    name = "paper.dead"
    title = gettext_lazy("Labels and papers could not be made")
    owner_role = Role.ADMIN
    target = timedelta(hours=2)
    tone = "bad"
    permission = "jobs.view"
    counted = ngettext_lazy(
        "%(n)s paper (%(kind)s) could not be made", "%(n)s papers (%(kind)s) could not be made", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        dead = StoredDocument.objects.filter(dead_at__isnull=False)
        return [group.cause() for group in grouped(dead, by=("kind",), since="dead_at")]

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        return {"kind": item.facts["kind"].replace("_", " ")}

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Read the error there and try them again")
        return [Fix(_("Open given-up work"), reverse("job_list"), permission="jobs.view", effect=effect)]
