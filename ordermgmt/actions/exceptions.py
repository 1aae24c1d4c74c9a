"""What a person decides about an exception: take it, hand it over, dismiss it, put it off, and take that back."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.clock import local_time
from ordermgmt.history import record
from ordermgmt.models import Activity, DismissReason, ExceptionItem, ExceptionState, User
from ordermgmt.roles import PERMISSIONS_OF, Role
from ordermgmt.templatetags import portal

# After so long without a sign of work, anyone may take it over (ux.md 4.0.9).
IDLE = timedelta(minutes=15)
LONGEST_SNOOZE = timedelta(days=60)


class IsOver(Exception):
    """Its cause is gone: it closed by itself meanwhile."""

    def __init__(self, item: ExceptionItem) -> None:
        super().__init__(_("It closed by itself meanwhile: %(why)s.") % {"why": item.ended_because})


class TakenBySomebody(Exception):
    """Another person works on it."""

    def __init__(self, item: ExceptionItem) -> None:
        super().__init__(_("%(name)s has this. Take it over first.") % {"name": item.person})
        self.item = item


class BadMoment(Exception):
    """A snooze must end later than now and within LONGEST_SNOOZE."""

    def __init__(self) -> None:
        super().__init__(_("Choose a moment within the next 60 days."))


class MayNotWorkOnIt(Exception):
    """The role has no queue of exceptions, or the person may not see these rows."""

    def __init__(self) -> None:
        super().__init__(_("They may not work on this. Choose another person or role."))


class TooLateToUndo(Exception):
    """Something else happened since."""

    def __init__(self) -> None:
        super().__init__(_("This cannot be undone any more: it changed since."))


@transaction.atomic(durable=True)
def take_exception(pk: int, *, by: User, now: datetime, takes_over: bool = False) -> ExceptionItem:
    """Say that you work on it. Raises IsOver, TakenBySomebody (a lead may always take over, others after IDLE)."""
    item = _locked(pk)
    if item.person_id == by.pk:
        item.person_at = now
        item.save(update_fields=["person_at"])
        return item
    if not (takes_over and may_take_over(item, by, now)):
        _check_free(item, by, now)
    item.person, item.person_at = by, now
    item.save(update_fields=["person", "person_at"])
    _write(item, "exception.taken", gettext_noop("Taken by {name}"), by, now, name=str(by))
    return item


@transaction.atomic(durable=True)
def let_go(pk: int, *, by: User, now: datetime) -> ExceptionItem:
    """Give it back to the queue; nothing happens when somebody else has it."""
    item = _locked(pk)
    if item.person_id == by.pk:
        item.person, item.person_at = None, None
        item.save(update_fields=["person", "person_at"])
        _write(item, "exception.let_go", gettext_noop("Given back to the queue"), by, now)
    return item


@transaction.atomic(durable=True)
def begin_fix(pk: int, *, label: str, by: User, now: datetime) -> ExceptionItem:
    """The person goes to a suggested fix: it is theirs from here on, and the history says which way they took.

    Raises IsOver, TakenBySomebody.
    """
    item = _locked(pk)
    _check_free(item, by, now)
    item.person, item.person_at = by, now
    item.save(update_fields=["person", "person_at"])
    _write(item, "exception.fixing", gettext_noop("Tries: {fix}"), by, now, fix=label)
    return item


@transaction.atomic(durable=True)
def hand_over(
    pk: int, *, by: User, now: datetime, role: str = "", person: User | None = None, note: str = ""
) -> Activity:
    """Give it to another queue or person. Raises IsOver, TakenBySomebody, MayNotWorkOnIt."""
    item = _locked(pk)
    _check_free(item, by, now)
    before = _before(item)
    if person is not None:
        _check_may_work(item, person)
    elif role and not may_own(item, role):
        raise MayNotWorkOnIt
    item.owner_role = role or item.owner_role
    item.person, item.person_at = person, now if person else None
    if item.state == ExceptionState.DISMISSED:
        item.state = ExceptionState.OPEN
    item.save(update_fields=["owner_role", "person", "person_at", "state"])
    to = str(person) if person else str(Role(item.owner_role).label)
    sentence = gettext_noop("Handed over to {to}: {note}") if note else gettext_noop("Handed over to {to}")
    return _write(item, "exception.handed_over", sentence, by, now, to=to, note=note[:300], before=before)


@transaction.atomic(durable=True)
def dismiss(pk: int, *, reason: str, words: str = "", by: User, now: datetime) -> Activity:
    """Nothing is to be done; it comes back only with rows that are not there now. Raises IsOver, TakenBySomebody."""
    item = _locked(pk)
    _check_free(item, by, now)
    before = _before(item)
    item.state, item.dismissed_at, item.dismissed_by = ExceptionState.DISMISSED, now, str(by)
    item.dismiss_reason, item.dismiss_words = DismissReason(reason).value, words[:300]
    item.snoozed_until = item.person = item.person_at = None
    item.save()
    why = str(DismissReason(reason).label)
    sentence = gettext_noop("Dismissed: {why}. {words}") if words else gettext_noop("Dismissed: {why}")
    return _write(item, "exception.dismissed", sentence, by, now, why=why, words=words[:300], before=before)


@transaction.atomic(durable=True)
def snooze(pk: int, *, until: datetime, by: User, now: datetime) -> Activity:
    """Out of sight until a moment; it still closes when its cause is gone. Raises IsOver, TakenBySomebody, BadMoment."""
    if not now < until <= now + LONGEST_SNOOZE:
        raise BadMoment
    item = _locked(pk)
    _check_free(item, by, now)
    before = _before(item)
    item.state, item.snoozed_until = ExceptionState.SNOOZED, until
    item.save(update_fields=["state", "snoozed_until"])
    sentence = gettext_noop("Put off until {until}")
    return _write(item, "exception.snoozed", sentence, by, now, until=_moment(until), before=before)


@transaction.atomic(durable=True)
def bring_back(pk: int, *, by: User, now: datetime) -> ExceptionItem:
    """Put a snoozed or dismissed one back into its queue; an open one stays as it is. Raises IsOver."""
    item = _locked(pk)
    if item.state != ExceptionState.OPEN:
        item.state, item.snoozed_until = ExceptionState.OPEN, None
        item.save(update_fields=["state", "snoozed_until"])
        _write(item, "exception.brought_back", gettext_noop("Put back into the queue"), by, now)
    return item


@transaction.atomic(durable=True)
def undo_decision(pk: int, line_pk: int, *, by: User, now: datetime) -> ExceptionItem:
    """Take back the last decision. Raises IsOver, TooLateToUndo when another one followed."""
    item = _locked(pk)
    last = Activity.objects.filter(subject=item.number).order_by("-at", "-pk").first()
    if last is None or last.pk != line_pk or "before" not in last.facts:
        raise TooLateToUndo
    before: dict[str, Any] = last.facts["before"]
    item.state, item.owner_role = before["state"], before["owner_role"]
    item.snoozed_until = parse_datetime(before["snoozed_until"]) if before["snoozed_until"] else None
    item.person = User.objects.filter(pk=before["person"]).first() if before["person"] else None
    item.person_at = now if item.person else None
    item.dismissed_at = parse_datetime(before["dismissed_at"]) if before["dismissed_at"] else None
    item.save()
    _write(item, "exception.undone", gettext_noop("Taken back: {what}"), by, now, what=last.text)
    return item


def may_take_over(item: ExceptionItem, by: User, now: datetime) -> bool:
    """Leads at any time, others when nobody has worked on it for IDLE."""
    is_idle = item.person_at is None or now - item.person_at >= IDLE
    return is_idle or by.has_perm("exceptions.tell")


def may_own(item: ExceptionItem, role: str) -> bool:
    """Whether people of a role work on exceptions and see these rows: in another queue nobody would find it."""
    mine = PERMISSIONS_OF.get(role, frozenset())
    return "exceptions.work" in mine and item.rule_of is not None and item.rule_of.permission in mine


def _locked(pk: int) -> ExceptionItem:
    # Closes the race of a decision and the look that closes the item, and of two people deciding at once.
    item = ExceptionItem.objects.select_for_update(of=("self",)).select_related("person").get(pk=pk)
    if item.state == ExceptionState.CLOSED:
        raise IsOver(item)
    return item


def _check_free(item: ExceptionItem, by: User, now: datetime) -> None:
    if item.person_id and item.person_id != by.pk and item.person_at and now - item.person_at < IDLE:
        raise TakenBySomebody(item)


def _check_may_work(item: ExceptionItem, person: User) -> None:
    rule = item.rule_of
    if not (person.is_active and person.has_perm("exceptions.work") and rule and person.has_perm(rule.permission)):
        raise MayNotWorkOnIt


def _moment(until: datetime) -> str:
    return f"{portal.day_words(until)} {local_time(until)}".replace("\u00a0", " ")


def _before(item: ExceptionItem) -> dict[str, Any]:
    return {
        "state": item.state,
        "owner_role": item.owner_role,
        "person": item.person_id,
        "snoozed_until": item.snoozed_until.isoformat() if item.snoozed_until else "",
        "dismissed_at": item.dismissed_at.isoformat() if item.dismissed_at else "",
    }


def _write(item: ExceptionItem, verb: str, sentence: str, by: User, now: datetime, **facts: Any) -> Activity:
    """One line of history; an order that is alone in the item shows it as well."""
    numbers = list(item.subjects.values_list("number", flat=True)[:2])
    thread = numbers[0] if len(numbers) == 1 and numbers[0].startswith("SO-") else ""
    return record(verb, sentence, subject=item.number, thread=thread, by=by, now=now, **facts)
