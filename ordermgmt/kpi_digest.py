"""The figures of the week by mail: of the last whole week, to everybody who wants them, once."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.kpi_places import USUAL, placed
from ordermgmt.kpis import REGISTRY, Period, find
from ordermgmt.mail import queue_message
from ordermgmt.models import KpiDigest, OutgoingMessage, User
from ordermgmt.report_forms import Question
from ordermgmt.templatetags import portal
from ordermgmt.tiles import Tile, tiles

KIND = "figures_week"


def last_week(today: date) -> Period:
    """Monday to Sunday, all of them over."""
    monday = today - timedelta(days=today.weekday() + 7)
    return Period(monday, monday + timedelta(days=6))


def send_digests(*, now: datetime) -> int:
    """Queue what is not queued yet. Each mail is named by its person and its week, so none is sent twice."""
    week = last_week(business_day(now))
    wanted = KpiDigest.objects.filter(user__is_active=True).select_related("user").order_by("pk")
    known = set(
        OutgoingMessage.objects.filter(kind=KIND, about__endswith=f"{week.first}").values_list("about", flat=True)
    )
    rows = [row for row in wanted if about(row.user, week) not in known and row.user.has_perm("reports.view")]
    for row in rows:
        _send(row.user, week, now)
    return len(rows)


def about(user: User, week: Period) -> str:
    return f"{user.pk} {week.first}"


@transaction.atomic(durable=True)
def _send(user: User, week: Period, now: datetime) -> None:
    with translation.override(user.language):
        facts = digest(user, week, business_day(now))
    queue_message(KIND, about=about(user, week), thread="", to=user.email, context=facts, now=now, delay=0)


def digest(user: User, week: Period, today: date) -> dict[str, Any]:
    """The person's own figures of the week beside those of the week before; every line opens its rows."""
    question = Question("days", week, week.before, {}, today)
    names = [name for name in placed(user) or USUAL if name in REGISTRY and not find(name).is_live]
    lines = [_line(tile) for tile in tiles([find(name) for name in names], question)]
    missed = [line["title"] for line in lines if line["misses"]]
    address = f"{settings.BASE_URL}/reports/"
    return {
        "first": portal.day_words(week.first), "last": portal.day_words(week.last), "lines": lines,
        "missed": ", ".join(missed), "url": f"{address}?{question.query}", "pdf_url": f"{address}all.pdf?{question.query}",
    }  # fmt: skip


def _line(tile: Tile) -> dict[str, Any]:
    unknown = tile.found.value is None
    return {
        "title": str(tile.kpi.title),
        "value": _("not enough data") if unknown else str(tile.value),
        "target": str(tile.target_words),
        "misses": tile.meets is False,
        "change": str(tile.change),
        "rows": str(tile.rows),
        "url": f"{settings.BASE_URL}{tile.rows_url}",
    }
