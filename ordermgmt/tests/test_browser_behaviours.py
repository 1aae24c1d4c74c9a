"""The behaviours of the staff pages, worked by hand in a real browser."""

from typing import Any

import pytest

from ordermgmt.roles import Role

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def staff(page: Any, live_server: Any, sign_in: Any) -> Any:
    """A page of the shell on which blocks can be put."""
    sign_in(Role.SUPPORT)
    page.goto(f"{live_server.url}/styleguide/list/", wait_until="networkidle")
    return page


def _put(page: Any, html: str) -> None:
    page.evaluate(
        """(html) => { const box = document.createElement("div"); box.id = "trial"; box.innerHTML = html;
        document.getElementById("main").append(box); htmx.process(box);
        document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: {} })); }""",
        html,
    )


def _answer(page: Any, address: str, **answer: Any) -> list[str]:
    """What the network says at an address; gives the list of requests made."""
    asked: list[str] = []

    def reply(route: Any) -> None:
        asked.append(route.request.method)
        route.fulfill(**answer)

    page.route(f"**{address}", reply)
    return asked


def test_a_block_that_cannot_be_refreshed_says_how_old_it_is(staff: Any) -> None:
    asked = _answer(staff, "/trial/board/", status=500, body="")
    _put(staff, '<div id="board" data-poll="/trial/board/" data-every="0.1">184</div>')
    staff.locator("#board [data-stale]").wait_for()
    assert "Could not refresh. Showing rows from" in staff.inner_text("#board")
    assert "184" in staff.inner_text("#board")
    assert len(asked) >= 3


def test_a_polled_block_changes_when_the_answer_does(staff: Any) -> None:
    _answer(staff, "/trial/board/", status=200, body="<b>185</b>", content_type="text/html")
    _put(staff, '<div id="board" data-poll="/trial/board/" data-every="0.1">184</div>')
    staff.locator("#board b", has_text="185").wait_for()
    assert staff.inner_text("#board") == "185"


SLOW = """() => {
  window.waiting = [];
  const real = window.fetch;
  window.fetch = (address, facts) => String(address).includes("/trial/board/")
    ? new Promise((done) => {
        document.body.dataset.asked = window.waiting.push((text) => done(new Response(text)));
      }) : real(address, facts);
}"""


def test_an_answer_that_comes_late_takes_nothing_out_of_hands_and_covers_no_later_one(staff: Any) -> None:
    """Somebody goes into the block while it is asked for; and it is asked for once at a time, however slow answers are."""
    staff.evaluate(SLOW)
    _put(staff, '<div id="board" data-poll="/trial/board/" data-every="0.1"><input id="typed"></div>')
    staff.wait_for_selector("body[data-asked='1']")
    staff.wait_for_timeout(500)
    assert staff.evaluate("window.waiting.length") == 1
    staff.locator("#typed").fill("SO-1")
    staff.evaluate("window.waiting[0]('<b>185</b>')")
    staff.wait_for_timeout(300)
    assert staff.input_value("#typed") == "SO-1"
    assert staff.evaluate("document.activeElement.id") == "typed"
    staff.evaluate("document.activeElement.blur()")
    staff.wait_for_selector("body[data-asked='2']")
    staff.evaluate("window.waiting[1]('<b>186</b>')")
    staff.locator("#board b", has_text="186").wait_for()


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "You may not do this"), (404, "This is gone"), (500, "Something went wrong on our side")],
)
def test_a_refused_request_is_said_and_the_page_stays(staff: Any, status: int, words: str) -> None:
    _answer(staff, "/trial/deed/", status=status, body="no")
    _put(staff, '<button class="btn" hx-post="/trial/deed/" hx-target="#trial">Do it</button>')
    staff.get_by_role("button", name="Do it").click()
    staff.locator("#alerts", has_text=words).wait_for()
    assert staff.get_by_role("button", name="Do it").is_visible()


def test_try_again_sends_the_same_request(staff: Any) -> None:
    asked = _answer(staff, "/trial/deed/", status=500, body="no")
    _put(staff, '<button class="btn" hx-post="/trial/deed/" hx-target="#trial">Do it</button>')
    staff.get_by_role("button", name="Do it").click()
    with staff.expect_request("**/trial/deed/"):
        staff.get_by_role("button", name="Try again").click()
    assert asked == ["POST", "POST"]


def test_form_errors_with_422_are_shown(staff: Any) -> None:
    _answer(staff, "/trial/form/", status=422, body="<p>Enter a name</p>", content_type="text/html")
    _put(staff, '<form hx-post="/trial/form/" hx-target="this"><button class="btn">Save it</button></form>')
    staff.get_by_role("button", name="Save it").click()
    staff.get_by_text("Enter a name").wait_for()
    assert staff.get_by_role("button", name="Save it").count() == 0
    assert staff.inner_text("#alerts").strip() == ""


def test_a_form_is_sent_once_however_often_it_is_clicked(staff: Any) -> None:
    asked = _answer(staff, "/trial/slow/", status=204)
    _put(staff, '<form method="post" action="/trial/slow/"><button class="btn">Pay now</button></form>')
    staff.evaluate("() => { const b = document.querySelector('#trial button'); b.click(); b.click(); b.click(); }")
    staff.wait_for_timeout(300)
    assert asked == ["POST"]


def test_the_server_can_say_something_and_offer_an_undo(staff: Any) -> None:
    news = '{"announce": "6 results", "toast": {"text": "Held SO-1", "undo": "/trial/undo/"}}'
    _answer(staff, "/trial/deed/", status=204, headers={"HX-Trigger": news})
    _put(staff, '<button class="btn" hx-post="/trial/deed/">Do it</button>')
    staff.get_by_role("button", name="Do it").click()
    staff.locator(".toast", has_text="Held SO-1").get_by_role("button", name="Undo").wait_for()
    staff.wait_for_function("document.getElementById('announce').textContent === '6 results'")
    staff.get_by_role("button", name="Close message").click()
    assert staff.locator(".toast").count() == 0


def test_focus_is_never_lost_by_a_swap(staff: Any) -> None:
    _answer(staff, "/trial/swap/", status=200, body="<h2>Fresh block</h2>", content_type="text/html")
    _put(staff, '<button class="btn" hx-get="/trial/swap/" hx-target="#trial">Swap it</button>')
    staff.get_by_role("button", name="Swap it").click()
    staff.get_by_role("heading", name="Fresh block").wait_for()
    assert staff.wait_for_function("document.activeElement.textContent === 'Fresh block'")


def test_the_side_panel_opens_and_gives_the_focus_back(staff: Any) -> None:
    panel = (
        '<aside class="peek" id="peek" aria-labelledby="peek-title"><h2 id="peek-title" tabindex="-1">SO-1</h2></aside>'
    )
    _answer(staff, "/trial/peek/", status=200, body=panel, content_type="text/html")
    _put(staff, '<div data-peek-url="/trial/peek/"><a href="#trial">SO-1</a><button data-peek-open>Peek</button></div>')
    staff.get_by_role("button", name="Peek").click()
    staff.locator("#peek").wait_for()
    staff.keyboard.press("Escape")
    assert staff.locator("#peek").count() == 0
    assert staff.evaluate("document.activeElement.textContent") == "SO-1"


def test_steppers_stop_at_their_limit(staff: Any) -> None:
    _put(
        staff,
        '<span data-stepper><button type="button" data-step="-1">less</button>'
        '<input type="number" value="1" min="0" max="2"><button type="button" data-step="1">more</button></span>',
    )
    for _ in range(3):
        staff.get_by_role("button", name="more").click()
    assert staff.locator("#trial input").input_value() == "2"
    for _ in range(4):
        staff.get_by_role("button", name="less").click()
    assert staff.locator("#trial input").input_value() == "0"
