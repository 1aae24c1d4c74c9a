"""The figures of the week: once for each person and week, with links that open the same rows."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from ordermgmt.factories import KpiPlaceFactory, UserFactory
from ordermgmt.kpi_digest import KIND, last_week, send_digests
from ordermgmt.mail import html_of
from ordermgmt.models import KpiDigest, OutgoingMessage
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 3, 6])
def test_the_week_is_the_last_whole_one(days: int) -> None:
    week = last_week(date(2026, 11, 23) + timedelta(days=days))
    assert (week.first, week.last) == (date(2026, 11, 16), date(2026, 11, 22))


def test_whoever_asked_gets_one_mail_a_week(client: Client) -> None:
    manager, gone = UserFactory(role=Role.MANAGER), UserFactory(role=Role.SUPPORT)
    KpiDigest.objects.create(user=gone, since=MONDAY)  # may not see figures any more
    client.force_login(manager, backend="ordermgmt.access.RoleBackend")
    assert "Mail me the figures" in client.get("/reports/").content.decode()
    for _twice in range(2):
        client.post("/reports/mail/", {"wanted": "yes"})
    assert "Stop the weekly mail" in client.get("/reports/").content.decode()
    KpiPlaceFactory(user=manager, kpi="orders_taken", place=1)
    assert [send_digests(now=MONDAY + timedelta(hours=n)) for n in (0, 1, 30)] == [1, 0, 0]
    mail = OutgoingMessage.objects.get(kind=KIND)
    assert mail.recipient == manager.email
    assert "16" in mail.subject_line
    for body in (mail.text, html_of(mail)):
        assert "Orders taken" in body
        assert "Churn" not in body
        links = re.findall(re.escape(settings.BASE_URL) + r"(/reports/figures/orders_taken/rows/[^\s\"<]+)", body)
        assert "data-total" in client.get(links[0].replace("&amp;", "&")).content.decode()
    assert send_digests(now=MONDAY + timedelta(days=7)) == 1
    client.post("/reports/mail/", {"wanted": "no"})
    assert send_digests(now=MONDAY + timedelta(days=14)) == 0
