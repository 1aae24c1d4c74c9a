"""Whether a message leaves now, later or not at all: looked at when it is about to leave."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ordermgmt.clock import business_zone
from ordermgmt.mail_kinds import KINDS, MailKind, Stop
from ordermgmt.models.mail_events import MailAddress
from ordermgmt.models.messages import MessageState, OutgoingMessage
from ordermgmt.models.templates import SendRule

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Decision:
    """`later` is when it may leave; `stop` says why it does not leave at all; neither: now."""

    later: datetime | None = None
    stop: str = ""
    why: str = ""


NOW = Decision()


def rule_of(kind: str) -> SendRule | None:
    return SendRule.objects.filter(kind=kind).first()


def wait_of(kind: MailKind) -> timedelta:
    """How long a timed kind waits from its trigger: the rule's time, else the built-in one. One query."""
    rule = rule_of(kind.name)
    if rule and rule.delay_minutes is not None:
        return timedelta(minutes=rule.delay_minutes)
    return kind.delay or timedelta(0)


def decide(row: OutgoingMessage, rule: SendRule | None, *, now: datetime) -> Decision:
    """Inside or outside a transaction: looks only."""
    kind = KINDS.get(row.kind)
    if words := _address_stops(row, kind):
        return Decision(stop=words)
    if kind is None or row.is_copy or row.is_forced:
        return NOW
    if words := _stops(row, kind, rule, now):
        return Decision(stop=words)
    if rule is None or kind.is_urgent:
        return NOW
    return _when(row, kind, rule, now)


def _address_stops(row: OutgoingMessage, kind: MailKind | None) -> str:
    address = MailAddress.objects.filter(address=row.recipient.lower()).first()
    if address and address.is_undeliverable:
        return _("Mail to this address came back. Correct the address, or say that it works again.")
    if address and address.complained_at and kind and not kind.is_essential:
        return _("The customer called mail of ours unwanted: only what an order needs is sent.")
    return ""


def _stops(row: OutgoingMessage, kind: MailKind, rule: SendRule | None, now: datetime) -> str:
    if rule and not rule.is_on and not kind.is_essential:
        return _("Messages of this kind are switched off.")
    for stop in active_stops(kind, rule):
        if stop.holds(row, now):
            return str(stop.words)
    if (
        rule
        and rule.weekly_most is not None
        and not kind.is_essential
        and _sent_this_week(row, now) >= rule.weekly_most
    ):
        return _("The customer got %(n)d such messages in 7 days; more are not sent.") % {"n": rule.weekly_most}
    return ""


def active_stops(kind: MailKind, rule: SendRule | None) -> list[Stop]:
    """The fixed conditions, and those a person chose (all, while nobody chose)."""
    return [stop for stop in kind.stops if stop.is_fixed or rule is None or stop.name in rule.stops]


def _sent_this_week(row: OutgoingMessage, now: datetime) -> int:
    names = [kind.name for kind in KINDS.values() if not kind.is_essential]
    rows: QuerySet[OutgoingMessage] = OutgoingMessage.objects.filter(recipient=row.recipient, sent_at__gt=now - WEEK)
    return rows.filter(kind__in=names, state=MessageState.SENT).count()


def _when(row: OutgoingMessage, kind: MailKind, rule: SendRule, now: datetime) -> Decision:
    """The later of the end of the wait and the end of the quiet hours."""
    at = now
    if rule.delay_minutes is not None and kind.delay is None:
        at = max(at, row.created_at + timedelta(minutes=rule.delay_minutes))
    woken = after_quiet(at, rule.quiet_from, rule.quiet_until)
    if woken <= now:
        return NOW
    why = _("quiet hours") if woken > at else _("the wait of its rule")
    return Decision(later=woken, why=why)


def after_quiet(at: datetime, start: time | None, end: time | None) -> datetime:
    """`at`, or the end of the quiet hours it falls into; by the shop's clock, over midnight as well."""
    if start is None or end is None or start == end:
        return at
    local = at.astimezone(business_zone())
    hour = local.time().replace(tzinfo=None)
    is_quiet = start <= hour < end if start < end else hour >= start or hour < end
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=1 if start > end and hour >= start else 0)
    return datetime.combine(day, end, tzinfo=business_zone()).astimezone(at.tzinfo)


def why_sent(row: OutgoingMessage) -> list[tuple[Any, Any]]:
    """ "Why did this customer get this?": pairs of what is asked and the answer."""
    kind = KINDS.get(row.kind)
    facts = [(_("What happened"), kind.when if kind else _("A person or a job wrote it"))]
    if row.is_copy:
        facts.append((_("Sent again"), _("A member of staff sent a copy")))
    words = _("Version %(n)d") % {"n": row.version} if row.version else _("Built-in words")
    facts.append((_("Words"), words))
    if row.rule_number:
        facts.append((_("Send rule"), _("Version %(n)d of the rule") % {"n": row.rule_number}))
    elif kind:
        facts.append((_("Send rule"), _("At any hour, at once") if kind.is_urgent else _("As built in")))
    if row.held_because:
        facts.append((_("It waited for"), row.held_because))
    if kind:
        facts.append(
            (
                _("Needed for"),
                _("An order or a subscription") if kind.is_essential else _("Courtesy: the customer may refuse it"),
            )
        )
    return facts
