"""Mail about the inbox: one digest per queue each morning, and one when items pass their target. Never one per exception.

Whoever is on duty gets it; on days nobody is planned for, everybody of the role (setting EXCEPTION_MAILS).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_day
from ordermgmt.each import each
from ordermgmt.exception_inbox import QUEUES, item_url, money_words, on_duty
from ordermgmt.exceptions import names_for
from ordermgmt.jobs import Context, job
from ordermgmt.mail import queue_message
from ordermgmt.models import ExceptionItem, OutgoingMessage, RoleGrant, User
from ordermgmt.templatetags import portal

DIGEST, LATE = "exception_digest", "exception_late"
MOST = 20


@job("exception_digest", title=_("Mail each queue its exceptions"), at="08:00", rank=86)
def send_digests(ctx: Context) -> dict[str, Any]:
    """Once a day for each person and queue; an empty queue gets none."""
    if not settings.EXCEPTION_MAILS:
        return {}
    queues = readers_of(ctx.now)
    return each(queues, lambda role: _digest(role, queues[role], ctx.now)).summary("queues")


@job("exception_late", title=_("Mail what passed its target"), every=5, rank=86)
def send_late(ctx: Context) -> dict[str, Any]:
    """One mail for all that passed since the last one."""
    if not settings.EXCEPTION_MAILS:
        return {}
    queues = readers_of(ctx.now)
    return each(queues, lambda role: _late(role, queues[role], ctx.now)).summary("queues")


def readers_of(now: datetime) -> dict[str, list[User]]:
    """Who is told about each queue today."""
    duty = on_duty(now)
    grants = RoleGrant.objects.filter(role__in=list(QUEUES), user__is_active=True).select_related("user")
    found: dict[str, list[User]] = defaultdict(list)
    for grant in grants.prefetch_related("user__grants").order_by("role", "user"):
        if grant.role not in duty:
            found[grant.role].append(grant.user)
    return found | {role: [person] for role, person in duty.items() if person.is_active}


@transaction.atomic(durable=True)
def _digest(role: str, readers: Sequence[User], now: datetime) -> int:
    items = list(ExceptionItem.objects.open().owned_by(role).worst_first(now))
    if not items:
        return 0
    day = business_day(now)
    return sum(_write(DIGEST, f"{role} {day:%Y-%m-%d}", role, reader, items, now) for reader in readers)


@transaction.atomic(durable=True)
def _late(role: str, readers: Sequence[User], now: datetime) -> int:
    """Marked and written together, so that each item is told once."""
    waits = ExceptionItem.objects.open().owned_by(role).filter(target_at__lt=now, late_told_at=None)
    # Closes the race of two workers: the second finds them told.
    items = list(waits.select_for_update().order_by("pk"))
    if not items:
        return 0
    ExceptionItem.objects.filter(pk__in=[item.pk for item in items]).update(late_told_at=now)
    items.sort(key=lambda item: (-item.worth, item.target_at))
    return sum(_write(LATE, f"{role} EX-{max(item.pk for item in items)} {now:%Y%m%d%H%M}", role, reader, items, now) for reader in readers)  # fmt: skip


def _write(kind: str, about: str, role: str, reader: User, items: Sequence[ExceptionItem], now: datetime) -> bool:
    """Only what the reader may see, in their language."""
    seen = set(names_for(reader))
    mine = [item for item in items if item.rule in seen]
    name = f"{about} {reader.pk}"
    if not mine or OutgoingMessage.objects.filter(kind=kind, about=name).exists():
        return False
    with translation.override(reader.language):
        facts = {
            "name": reader.get_short_name(),
            "queue": str(QUEUES[role]),
            "count": len(mine),
            "late": sum(item.is_late(now) for item in mine),
            "lines": [_line(item, now) for item in mine[:MOST]],
            "more": max(len(mine) - MOST, 0),
            "url": f"{settings.BASE_URL}/exceptions/?view={role}",
        }
    queue_message(
        kind, about=name, thread="", to=reader.email, context=facts, now=now, language=reader.language, delay=0
    )
    return True


def _line(item: ExceptionItem, now: datetime) -> dict[str, str]:
    late = portal.duration(now - item.target_at) if item.is_late(now) else ""
    url = f"{settings.BASE_URL}{item_url(item)}"
    return {"words": item.sentence, "amount": money_words(item.amounts), "late": late, "url": url}
