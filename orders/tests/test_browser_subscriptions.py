"""P13 in a real Chromium: skip, undo, move and swap with the keyboard alone; nobody is shut out, wide or narrow."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.models import Subscription
from orders.tests.subscribed import days, item, subscribe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def s() -> Subscription:
    return subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())


def upcoming(s: Subscription) -> list[str]:
    return days(s, now=timezone.now())


def opened(page: Any, live_server: Any, s: Subscription, rest: str = "") -> Any:
    page.goto(f"{live_server.url}/subscriptions/{s.number}/{rest}", wait_until="networkidle")
    return page


def test_with_the_keyboard_alone(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription) -> None:
    sign_in(Role.SUPPORT)
    before, tea = upcoming(s), item("14")
    opened(page, live_server, s)
    page.keyboard.press("k")
    page.wait_for_selector(".toast")
    assert upcoming(s)[0] == f"({before[0]})"
    page.keyboard.press("u")
    page.wait_for_selector("text=is as it was")
    assert upcoming(s) == before
    day = timezone.localdate() + timedelta(days=23)
    page.keyboard.press("m")
    page.wait_for_selector("#id_to")
    page.focus("#id_to")
    page.fill("#id_to", day.isoformat())
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=This changes")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast")
    assert upcoming(s)[:2] == [day.isoformat(), before[1]]
    page.keyboard.press("w")
    page.wait_for_selector("#id_sku")
    page.focus("#id_sku")
    page.keyboard.type(tea.code)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"ins:has-text('{tea.name}')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast")
    assert s.lines.get().sku == tea


def faults(page: Any) -> list[str]:
    answer = Axe().run(page, options={"runOnly": TAGS})
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in answer.response["violations"] for node in fault["nodes"]
    ]


def test_for_everybody(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription, tmp_path: Path) -> None:  # fmt: skip
    """No accessibility fault and no sideways scroll: one, its months, a question, its review."""
    sign_in(Role.SUPPORT)
    folder = Path(os.environ.get("SCREENSHOTS", "") or tmp_path)
    wrong = []
    for name, rest in (
        ("one", ""),
        ("month", "?upcoming=month"),
        ("cancel", "change/cancel/"),
        ("skip", "change/skip/"),
    ):
        opened(page, live_server, s, rest)
        for theme, width in (("light", 1280), ("light", 360), ("dark", 1280)):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=folder / f"subscription-{name}-{theme}-{width}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name} {theme} {width}: scrolls sideways")
            wrong += [f"{name} {theme} {width}: {fault}" for fault in faults(page)]
    assert wrong == []
