"""Plans and their versions: drafted, published, archived. A live version never changes.

Those who are subscribed keep the version they have; only a price change (`actions/price_changes.py`) moves them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.changes import ChangedMeanwhile, changed_facts, changed_words, set_facts
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.numbering import next_number
from orders.billing_states import PlanStatus, VersionStatus
from orders.models import Plan, PlanVersion
from orders.plan_facts import fingerprint, items_of, plan_facts, prices_of, terms_of, write_contents
from orders.plan_rules import ItemFacts, PlanFinding, PriceFacts, blocking, findings_of


class PlanRefused(Exception):
    """The plan cannot be as wanted; `findings` say what must be mended."""

    def __init__(self, sentence: str, findings: Sequence[PlanFinding] = ()) -> None:
        super().__init__(sentence)
        self.findings = tuple(findings)


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """What the editor says: name and text of the plan, terms, prices and items of its draft."""

    name: str
    description: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)
    prices: Sequence[PriceFacts] = ()
    items: Sequence[ItemFacts] = ()


@transaction.atomic(durable=True)
def create_plan(drafted: Drafted, *, by: User | str, now: datetime) -> Plan:
    """A new plan with a draft; nobody can subscribe before that is published. Raises PlanRefused."""
    return new_plan(drafted, by=by, now=now)


def new_plan(drafted: Drafted, *, by: User | str, now: datetime) -> Plan:
    """Inside the caller's transaction: as `create_plan`."""
    plan = Plan.objects.create(
        number=next_number("PL"), name=_name(drafted), description=drafted.description.strip(), created_at=now
    )
    version = PlanVersion.objects.create(plan=plan, number=1, created_at=now, **drafted.terms)
    write_contents(version, drafted.prices, drafted.items)
    _tell("plan.created", gettext_noop("Plan {name} drafted"), plan, by, now, name=plan.name)
    return plan


def _name(drafted: Drafted) -> str:
    name = " ".join(drafted.name.split())
    if not name:
        raise PlanRefused(_("Enter a name."), [PlanFinding("name", _("Enter a name."))])
    return name


def _tell(verb: str, sentence: str, plan: Plan, by: User | str, now: datetime, **facts: Any) -> None:
    record(verb, sentence, subject=plan.number, by=by, now=now, **facts)


def draft_of(plan: Plan) -> PlanVersion | None:
    return plan.versions.filter(status=VersionStatus.DRAFT).first()


def live_of(plan: Plan) -> PlanVersion | None:
    return plan.versions.filter(status=VersionStatus.LIVE).first()


@transaction.atomic(durable=True)
def start_draft(*, plan: Plan, by: User | str, now: datetime) -> PlanVersion:
    """A draft that begins as the live version is; the one there is when somebody has begun already."""
    plan = _locked(plan)
    if existing := draft_of(plan):
        return existing
    live = live_of(plan)
    if live is None or plan.current_status == PlanStatus.ARCHIVED:
        raise PlanRefused(_("%(plan)s is archived. Restore it first.") % {"plan": plan})
    last = plan.versions.aggregate(last=Max("number"))["last"]
    draft = PlanVersion.objects.create(plan=plan, number=last + 1, created_at=now, **terms_of(live))
    write_contents(draft, prices_of(live), items_of(live))
    _tell("plan.draft_started", gettext_noop("Draft of version {version} started"), plan, by, now, version=last + 1)
    return draft


def _locked(plan: Plan) -> Plan:
    """Closes the race of two people who draft, publish or archive the same plan."""
    return Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)


@transaction.atomic(durable=True)
def change_draft(drafted: Drafted, *, draft: PlanVersion, seen: str, by: User | str, now: datetime) -> PlanVersion:
    """Write what the editor says; `seen` is the fingerprint of the draft it was opened with.

    Name and text of the plan hold at once. Raises PlanRefused, and ChangedMeanwhile when somebody else saved first.
    """
    plan = _locked(draft.plan)
    draft = PlanVersion.objects.get(pk=draft.pk)
    if draft.current_status != VersionStatus.DRAFT or fingerprint(draft) != seen:
        raise ChangedMeanwhile(draft)
    of_plan = set_facts(plan, {"name": _name(drafted), "description": drafted.description.strip()})
    changed = set_facts(draft, drafted.terms)
    write_contents(draft, drafted.prices, drafted.items)
    if of_plan or changed or fingerprint(draft) != seen:
        words = ", ".join(filter(None, (changed_words(plan, of_plan), changed_words(draft, changed))))
        _tell("plan.draft_changed", gettext_noop("Draft of version {version} changed. {what}"), plan, by, now,
              version=draft.number, what=words[:240], changed=changed_facts({**of_plan, **changed}))  # fmt: skip
    return draft


@transaction.atomic(durable=True)
def discard_draft(*, draft: PlanVersion, by: User | str, now: datetime) -> Plan:
    """Take a draft away; the live version stays as it is. Raises PlanRefused for the only version of a plan."""
    plan = _locked(draft.plan)
    if live_of(plan) is None:
        raise PlanRefused(_("This is the only version. Archive the plan instead."))
    deleted, _rows = PlanVersion.objects.filter(pk=draft.pk, status=VersionStatus.DRAFT).delete()
    if deleted:
        _tell("plan.draft_discarded", gettext_noop("Draft of version {version} discarded"), plan, by, now,
              version=draft.number)  # fmt: skip
    return plan


@transaction.atomic(durable=True)
def publish(*, draft: PlanVersion, seen: str, by: User | str, now: datetime) -> PlanVersion:
    """The draft becomes what new subscribers get; the live version stays with those who have it.

    Raises PlanRefused with the findings that block it, and ChangedMeanwhile when it is not what was reviewed.
    """
    return put_live(draft, seen=seen, by=by, now=now)


def put_live(draft: PlanVersion, *, seen: str, by: User | str, now: datetime) -> PlanVersion:
    """Inside the caller's transaction: as `publish`."""
    plan = _locked(draft.plan)
    draft = PlanVersion.objects.select_related("plan").get(pk=draft.pk)
    if draft.current_status != VersionStatus.DRAFT or fingerprint(draft) != seen:
        raise ChangedMeanwhile(draft)
    if found := blocking(guards(draft)):
        raise PlanRefused(" ".join(finding.sentence for finding in found), found)
    if live := live_of(plan):
        live.move_to(VersionStatus.SUPERSEDED, now=now)
    draft.move_to(VersionStatus.LIVE, now=now)
    _tell("plan.published", gettext_noop("Version {version} published"), plan, by, now, version=draft.number)
    return draft


def guards(version: PlanVersion) -> list[PlanFinding]:
    """What is noticed about a version as it is kept."""
    return findings_of(plan_facts(terms_of(version), prices_of(version), items_of(version)))


@transaction.atomic(durable=True)
def archive_plan(*, plan: Plan, by: User | str, now: datetime) -> Plan:
    """Nobody new can subscribe; those who are subscribed go on as before."""
    return _move(plan, PlanStatus.ARCHIVED, "plan.archived", gettext_noop("Archived"), by, now)


@transaction.atomic(durable=True)
def restore_plan(*, plan: Plan, by: User | str, now: datetime) -> Plan:
    """It is offered again, as it was."""
    return _move(plan, PlanStatus.ACTIVE, "plan.restored", gettext_noop("Offered again"), by, now)


def _move(plan: Plan, to: PlanStatus, verb: str, sentence: str, by: User | str, now: datetime) -> Plan:
    plan = _locked(plan)
    if plan.current_status != to:
        plan.move_to(to, now=now, archived_at=now if to == PlanStatus.ARCHIVED else None)
        _tell(verb, sentence, plan, by, now)
    return plan
