"""The home of support: what this person promised to do today."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from customers.models import FollowUp
from ordermgmt.clock import business_day
from ordermgmt.homes import Part, home_part
from ordermgmt.models import User
from ordermgmt.roles import Role

MOST = 12


@home_part(Role.SUPPORT, rank=10)
def my_follow_ups(request: HttpRequest, now: datetime) -> Part | None:
    """Due today or left from days before, the earliest first."""
    if not isinstance(request.user, User) or not request.user.has_perm("customers.view"):
        return None
    today = business_day(now)
    mine = FollowUp.objects.of(request.user).open().due(today)
    lines = list(mine.in_order().select_related("customer")[: MOST + 1])
    facts = {"lines": lines[:MOST], "today": today, "more": len(lines) > MOST, "count": mine.count()}
    return Part(_("My follow-ups today"), template="home/follow_ups.html", facts=facts)
