"""The run page of renewals in a real Chromium: no accessibility fault, no sideways scroll, wide, narrow and dark."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from ordermgmt.models import JobRun, User
from ordermgmt.roles import Role
from orders.actions.reckoning import reckon_all
from orders.actions.renewal_stops import stop_renewals
from orders.actions.renewing import renew_due
from orders.factories.running import coffee_plan, running
from orders.models import Subscription

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = ((1280, "light"), (360, "light"), (1280, "dark"))


@pytest.fixture
def busy(db: None) -> None:
    """A run that ordered some, put some aside for two reasons, and a night that found a deleted row."""
    now, today = timezone.now(), timezone.localdate()
    version = coffee_plan()
    made = running(version, [today + timedelta(days=1)] * 6, now=now - timedelta(days=90))
    running(version, [today - timedelta(days=58)] * 2, now=now - timedelta(days=90), first_key=50)
    Subscription.objects.filter(pk__in=[s.pk for s in made[:2]]).update(currency="NOK")
    run = JobRun.objects.create(name="renewals", state="done", as_of=now, started_at=now, beat_at=now, finished_at=now)
    run.summary = renew_due(now=now).as_dict()
    run.save()
    made[-1].deliveries.filter(is_next=True).delete()
    reckon_all(now=now)
    stop_renewals(scope="plan", reference=version.plan.number, reason="The flood in Malmö", until_on=None, by="Ana",
                  now=now)  # fmt: skip


@pytest.mark.parametrize("path", ["", "preflight/", "findings/"])
def test_the_run_page_has_no_fault(
    page: Any, live_server: Any, sign_in: Callable[..., User], busy: None, path: str
) -> None:
    sign_in(Role.FINANCE)
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.goto(f"{live_server.url}/renewals/{path}", wait_until="load")
        if folder := os.environ.get("SCREENSHOTS"):
            name = f"renewals-{path.strip('/') or 'page'}-{width}-{theme}.png"
            page.screenshot(path=str(Path(folder) / name), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        answer = Axe().run(page, options={"runOnly": TAGS})
        assert [(fault["id"], fault["nodes"][0]["html"][:150]) for fault in answer.response["violations"]] == []
