"""Exceptions and known problems on the first pages: what waits for a role, and what managers must know."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.concerns import MOST, Concern, concerns, concerns_now
from ordermgmt.exception_inbox import QUEUES, item_url, money_words
from ordermgmt.homes import Part, home_part
from ordermgmt.known_problems import told_now
from ordermgmt.models import ExceptionItem, HiddenConcern, HideReason, User
from ordermgmt.navigation import active_role
from ordermgmt.roles import Role

MOST_LINES = 8
MOST_READ = 200
MOST_TOLD = 5


@home_part(Role.SUPPORT, Role.LEAD, Role.FINANCE, rank=20)
def waiting_for_my_role(request: HttpRequest, now: datetime) -> Part | None:
    """The causes that the role must decide about, worst first."""
    user, role = request.user, active_role(request)
    if not isinstance(user, User) or not user.has_perm("exceptions.work"):
        return None
    mine = ExceptionItem.objects.open().visible_to(user).owned_by(role)
    facts = {
        "lines": [_line(item, role, now) for item in mine.worst_first(now)[:MOST_LINES]],
        "count": mine.count(),
        "late": mine.filter(target_at__lt=now).count(),
        "url": f"{reverse('exception_list')}?view={role}",
        "now": now,
    }
    title = (
        _("Exceptions of the warehouse") if role == Role.LEAD else _("Waiting for %(role)s") % {"role": QUEUES[role]}
    )
    return Part(title, template="home/exceptions.html", facts=facts)


def _line(item: ExceptionItem, view: str, now: datetime) -> dict[str, Any]:
    rows = item.rule_of.rows_url(item) if item.rule_of else ""
    return {"item": item, "url": item_url(item, view), "rows_url": rows, "is_late": item.is_late(now)}


@home_part(Role.SUPPORT, Role.LEAD, Role.MANAGER, rank=5)
def known_problems(request: HttpRequest, now: datetime) -> Part | None:
    """What leads say is going wrong, so that everybody says the same."""
    facts = {"told": told_now()[:MOST_TOLD]}
    return Part(_("Known problems now"), template="home/problems.html", facts=facts) if facts["told"] else None


@concerns
def open_exceptions(request: HttpRequest, now: datetime) -> Iterable[Concern]:
    """Every open item whose rows this person may see."""
    if not isinstance(request.user, User) or not request.user.has_perm("exceptions.work"):
        return
    for item in ExceptionItem.objects.open().visible_to(request.user).worst_first(now)[:MOST_READ]:
        rule = item.rule_of
        if rule is None:
            continue
        about = [money_words(item.amounts), rule.why(item), _("owner: %(role)s") % {"role": QUEUES[item.owner_role]}]
        yield Concern(
            key=f"exception:{item.pk}",
            sentence=item.sentence,
            url=rule.rows_url(item) or item_url(item, item.owner_role),
            count=item.count,
            target_at=item.target_at,
            so_what=" · ".join(part for part in about if part),
            worth=item.worth,
            tone=item.tone,
        )


@home_part(Role.MANAGER, rank=10)
def attention(request: HttpRequest, now: datetime) -> Part:
    """At most five sentences, the most harmful first, without those the person put away for today."""
    found = concerns_now(request, now)
    away = set(HiddenConcern.objects.filter(person=request.user.pk, until__gt=now).values_list("key", flat=True))
    shown = [one for one in found if one.key not in away]
    hidden = len(found) - len(shown)
    facts = {
        "concerns": shown[:MOST],
        "count": min(len(shown), MOST),
        "hidden": ngettext("%(n)s hidden until tomorrow", "%(n)s hidden until tomorrow", hidden) % {"n": hidden} if hidden else "",
        "reasons": HideReason.choices,
        "now": now,
    }  # fmt: skip
    return Part(_("Needs attention"), template="home/attention.html", facts=facts)
