"""Palette, keyboard map and list keys in a real Chromium."""

from typing import Any

import pytest

from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.tests import test_listing
from ordermgmt.tests.test_listing import run
from ordermgmt.tests.wedge import scan, scan_at_once

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls(test_listing.__name__),
]


@pytest.fixture
def runs(page: Any, live_server: Any, sign_in: Any) -> Any:
    sign_in(Role.SUPPORT)
    for name in "abc":
        run(name, state="done")
    page.goto(f"{live_server.url}/runs/")
    return page


def stands_on(page: Any, name: str) -> bool:
    """Waits: a single key is only obeyed once no scan followed it."""
    page.locator("tr.cursor th", has_text=name).wait_for()
    return page.locator("tr.cursor").count() == 1


def test_list_keys_move_choose_and_open(runs: Any) -> None:
    for key, row in [("j", "a"), ("j", "b"), ("k", "a"), ("ArrowDown", "b")]:
        runs.keyboard.press(key)
        assert stands_on(runs, row)
    runs.keyboard.press("f")
    runs.wait_for_selector("#id_q:focus")
    runs.keyboard.type("jjj")
    assert runs.input_value("#id_q") == "jjj"


def test_a_scan_never_fires_a_key(runs: Any) -> None:
    scan_at_once(runs, "jkjk", end=False)
    runs.wait_for_timeout(200)
    assert runs.locator("tr.cursor").count() == 0


def test_a_scan_anywhere_opens_the_search(runs: Any) -> None:
    scan(runs, "jkx-4711")
    runs.wait_for_url("**/search/?scan=1&q=jkx-4711")
    assert "We do not know this code" in runs.content()


def test_palette_finds_commands_and_gives_the_focus_back(runs: Any) -> None:
    runs.focus("#global-search")
    runs.keyboard.press("Control+k")
    runs.keyboard.type(">home", delay=200)
    runs.wait_for_selector("#palette-results [role=option]")
    assert "Go to Home" in runs.locator("#palette-results").inner_text()
    runs.keyboard.press("Escape")
    assert runs.evaluate("document.activeElement.id") == "global-search"
    runs.keyboard.press("Control+k")
    runs.keyboard.type("zzzz", delay=200)
    runs.wait_for_selector(".result-none")


def test_help_shows_the_map_and_switches_single_keys_off(runs: Any) -> None:
    runs.keyboard.press("?")
    runs.wait_for_selector("#keys-help[open]")
    assert "Next row" in runs.locator("#keys-help").inner_text()
    runs.click("text=Switch single keys off")
    runs.wait_for_load_state()
    assert User.objects.get().has_single_keys is False
    runs.keyboard.press("j")
    runs.wait_for_timeout(200)
    assert runs.locator("tr.cursor").count() == 0


def test_filters_in_place_keep_the_address(runs: Any) -> None:
    runs.locator("#id_q").fill("b")
    runs.keyboard.press("Enter")
    runs.wait_for_selector("text=1 row,")
    assert runs.url.endswith("/runs/?q=b")
