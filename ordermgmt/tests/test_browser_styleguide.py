"""The look, judged in a real browser: no accessibility fault, no sideways scroll, nothing blocked by the CSP."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings

from ordermgmt.roles import Role

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

WIDTHS = (1280, 768, 360, 320)
STAFF = [
    "/styleguide/",
    "/styleguide/list/",
    "/styleguide/detail/",
    "/styleguide/scan/",
    "/styleguide/customer/",
    "/styleguide/403/",
    "/nowhere/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/admin/",
    "/admin/django_q/schedule/",
    "/admin/django_q/schedule/add/",
]
ANYONE = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/signup/",
    "/nowhere/",
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _faults(page: Any) -> list[str]:
    answer = Axe().run(page, options={"runOnly": TAGS})
    return [
        f"{fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in answer.response["violations"]
        for node in fault["nodes"]
    ]


def _wrong_with(page: Any, address: str) -> list[str]:
    """The page in both themes and four widths: what the Content Security Policy refused, sideways scroll, faults."""
    wrong: list[str] = []

    def note(line: Any) -> None:
        wrong.extend([line.text] if "Content Security Policy" in line.text else [])

    page.on("console", note)
    page.goto(address)
    wrong += [f"{theme} {width}: scrolls sideways" for theme, width in _looks(page, WIDTHS) if _scrolls(page)]
    # Axe sets styles itself, which the policy refuses.
    page.remove_listener("console", note)
    wrong += [f"{theme} {width}: {fault}" for theme, width in _looks(page, (1280, 360)) for fault in _faults(page)]
    return wrong


def _looks(page: Any, widths: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    """Both themes in these widths, of a page that is open."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            yield theme, width


def _scrolls(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("path", STAFF)
def test_staff_pages_have_no_faults(path: str, page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.ADMIN, Role.LEAD)
    assert _wrong_with(page, live_server.url + path) == []


@pytest.mark.parametrize("path", ANYONE)
def test_pages_before_the_portal_have_no_faults(path: str, page: Any, live_server: Any) -> None:
    assert _wrong_with(page, live_server.url + path) == []


def test_a_wrong_password_says_what_to_do_and_keeps_the_email(page: Any, live_server: Any) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_label("Password", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").filter(has_text="E-mail or password is not right").wait_for()
    assert page.get_by_label("E-mail").input_value() == "ana@example.com"
    assert page.title().startswith("Error:") or "Error:" in page.title()
    assert _faults(page) == []


def test_the_theme_changes_at_once_and_is_remembered(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/list/")
    page.locator("header details[data-menu] > summary").click()
    with page.expect_response("**/preferences/theme/"):
        page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 22)"


def test_shift_click_chooses_a_range_and_shows_the_bar(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/list/")
    boxes = page.locator("[data-select]")
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    assert page.locator("[data-count]").inner_text() == "4"
    assert page.locator("[data-filters]").is_hidden()
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[data-bulk]").is_hidden()


def test_a_row_opens_like_its_link(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/list/")
    page.get_by_text("Address not found").click()
    page.wait_for_url("**/styleguide/detail/")
    assert page.locator("h1").is_visible()


def test_escape_closes_a_menu_and_gives_the_focus_back(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/detail/")
    page.locator("main details[data-menu] > summary").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert page.locator("details[data-menu][open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_first_tab_stop_skips_to_the_content(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/list/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_no_focused_control_is_hidden(page: Any, live_server: Any, sign_in: Any) -> None:
    sign_in(Role.ADMIN)
    page.goto(f"{live_server.url}/styleguide/")
    hidden = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const e = document.activeElement; const r = e.getBoundingClientRect();
            const hit = (x, y) => { const h = document.elementFromPoint(x, y); return h && (e.contains(h) || h.contains(e) || h.closest('label')?.contains(e)); };
            return [0.2, 0.5, 0.8].some((p) => hit(r.left + r.width * p, r.top + r.height / 2)) ? '' : e.outerHTML.slice(0, 80); }"""
        )
        hidden += [seen] if seen else []
    assert hidden == []


@override_settings(DEBUG_PROPAGATE_EXCEPTIONS=False)
def test_the_server_error_page_needs_nothing_and_names_a_reference(page: Any, live_server: Any, rf: Any) -> None:
    from ordermgmt.views.errors import server_error

    answer = server_error(rf.get("/orders/"))
    assert answer.status_code == 500
    page.goto(f"{live_server.url}/accounts/login/")
    page.set_content(answer.content.decode())
    assert "reference" in page.inner_text("main")
    assert _faults(page) == []
