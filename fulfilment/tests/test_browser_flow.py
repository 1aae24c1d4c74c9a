"""J20: where is the bottleneck? One look: the step is marked and named, its orders are one click away."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from fulfilment.flow.nodes import NODES
from fulfilment.tests import test_flow
from fulfilment.tests.test_browser_staff_pages import TAGS
from ordermgmt.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def faults(page: Any) -> list[str]:
    found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
    return [f"{fault['id']}: {node['html'][:120]}" for fault in found for node in fault["nodes"]]


def test_the_bottleneck_in_one_step(page: Any, live_server: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_flow, "NOW", timezone.now())
    test_flow.one_of_each()
    for n in range(3):
        late = test_flow.order(fulfilment="in_progress")
        test_flow.work(late, "picked", picked_at=timezone.now() - timedelta(hours=3 + n))
    sign_in(Role.MANAGER)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/flow/")
    sentence = page.locator(".flow-sentence").inner_text()
    assert sentence.startswith("Pack. 4 wait, 3 past the target")
    assert page.locator(".flow-flag").count() == 1
    assert page.locator(".is-worst a[data-step]").get_attribute("data-step") == "pack"
    assert faults(page) == []

    # The keyboard goes from left to right and misses no step.
    page.locator("svg.flow-svg a").first.focus()
    reached = []
    for _node in NODES:
        reached.append(page.evaluate("document.activeElement.dataset.step"))
        page.keyboard.press("Tab")
    assert reached == [node.code for node in NODES]
    assert all(one.column <= other.column for one, other in pairwise(NODES))

    page.get_by_role("link", name="Open 3").click()
    page.locator('[data-total="3"]').wait_for()

    page.set_viewport_size({"width": 360, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}/flow/")
    assert not page.locator("svg.flow-svg").is_visible()
    assert page.locator('tr[data-step="pack"]').inner_text().count("4") >= 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
