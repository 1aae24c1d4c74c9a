"""Telling and closing known problems, and planning who watches which queue."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.known_problems import SCOPES, forget
from ordermgmt.models import Duty, KnownProblem, User
from ordermgmt.roles import Role


class ProblemRefused(Exception):
    """What was written cannot be told as it is."""


class MayNotWatch(Exception):
    """A person watches only queues of a role they have."""

    def __init__(self, person: User, role: str) -> None:
        facts = {"name": person, "role": Role(role).label}
        super().__init__(_("%(name)s does not have the role %(role)s.") % facts)


@transaction.atomic(durable=True)
def tell_problem(
    *, scope: str, key: str, sentence: str, customer_sentence: str, by: User, now: datetime
) -> KnownProblem:
    """Tell everybody. Raises ProblemRefused when it names what does not exist, or is told already."""
    known = SCOPES.get(scope)
    if known is None or not known.exists(key):
        raise ProblemRefused(_("Choose what it touches."))
    if KnownProblem.objects.open().filter(scope=scope, key=key, sentence=sentence).exists():
        raise ProblemRefused(_("This is told already."))
    facts = {"scope": scope, "key": key, "sentence": sentence, "customer_sentence": customer_sentence}
    try:
        with transaction.atomic():
            # Closes the race of two leads telling the same: UNIQUE lets one through.
            made = KnownProblem.objects.create(**facts, told_at=now, told_by=str(by))
    except IntegrityError:
        raise ProblemRefused(_("This is told already.")) from None
    record("problem.told", gettext_noop("Told: {words}"), subject=made.number, by=by, now=now, words=sentence)
    transaction.on_commit(forget)
    return made


@transaction.atomic(durable=True)
def close_problem(pk: int, *, by: User, now: datetime) -> KnownProblem:
    """It is over: nobody reads of it any more. A second time changes nothing."""
    problem = KnownProblem.objects.select_for_update().get(pk=pk)
    if problem.closed_at is None:
        problem.closed_at, problem.closed_by = now, str(by)
        problem.save(update_fields=["closed_at", "closed_by"])
        record("problem.closed", gettext_noop("Over: {words}"), subject=problem.number, by=by, now=now, words=problem.sentence)  # fmt: skip
        transaction.on_commit(forget)
    return problem


@transaction.atomic(durable=True)
def reopen_problem(pk: int, *, by: User, now: datetime) -> KnownProblem:
    """Undo of closing. Raises ProblemRefused when the same was told anew meanwhile."""
    problem = KnownProblem.objects.select_for_update().get(pk=pk)
    same = KnownProblem.objects.open().filter(scope=problem.scope, key=problem.key, sentence=problem.sentence)
    if same.exclude(pk=pk).exists():
        raise ProblemRefused(_("This is told already."))
    if problem.closed_at is not None:
        problem.closed_at, problem.closed_by = None, ""
        problem.save(update_fields=["closed_at", "closed_by"])
        record("problem.reopened", gettext_noop("Not over: {words}"), subject=problem.number, by=by, now=now, words=problem.sentence)  # fmt: skip
        transaction.on_commit(forget)
    return problem


@transaction.atomic(durable=True)
def plan_duties(plan: Mapping[tuple[date, str], User | None], *, by: User, now: datetime) -> int:
    """Say who watches which queue on which day; None leaves it to the whole role. Raises MayNotWatch."""
    for (_day, role), person in plan.items():
        if person is not None and role not in person.roles:
            raise MayNotWatch(person, role)
    days = [day for day, _role in plan]
    # Closes the race of two leads planning the same days: the second sees what the first wrote.
    known = {(duty.on, duty.role): duty for duty in Duty.objects.select_for_update().filter(on__in=days)}
    changed = 0
    for (day, role), person in plan.items():
        duty = known.get((day, role))
        if (duty.person_id if duty else None) == (person.pk if person else None):
            continue
        changed += 1
        if person is None:
            Duty.objects.filter(on=day, role=role).delete()
        else:
            Duty.objects.update_or_create(on=day, role=role, defaults={"person": person})
    if changed:
        record("duties.planned", gettext_noop("Planned who watches: {n} changes"), subject="duties", by=by, now=now, n=changed)  # fmt: skip
    return changed
