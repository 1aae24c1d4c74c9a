"""The words of a mail, by hand: changed, looked at, published, sent with a real parcel, and taken back; and one tap of a customer."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.utils import timezone

from customers.factories import FeedbackFactory
from customers.models import Feedback
from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.tests.parcels import packed
from ordermgmt.jobs import run_now
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def look_at(page: Any) -> None:
    """No accessibility fault, nothing wider than the screen."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def sent_with_a_parcel() -> OutgoingMessage:
    shipment = dispatch_shipment(packed().pk, by="Ana", now=timezone.now())
    row = OutgoingMessage.objects.get(kind="shipped", about=shipment.number)
    OutgoingMessage.objects.filter(pk=row.pk).update(due_at=timezone.now())
    run_now("send_messages", as_of=timezone.now())
    row.refresh_from_db()
    return row


def test_new_words_go_out_with_the_next_parcel_and_can_be_taken_back(
    page: Any, live_server: Any, sign_in: Any, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sign_in(Role.MANAGER)
    page.goto(f"{live_server.url}/emails/")
    look_at(page)
    page.get_by_role("link", name="Order shipped").click()
    look_at(page)
    page.get_by_label("Subject").fill("Off it goes: ")
    page.get_by_role("button", name="order.number").click()
    page.get_by_text("Draft v1, saved").wait_for()
    assert page.locator(".mail-subject").inner_text() == "Off it goes: SO-104999"
    page.get_by_role("button", name="Text", exact=True).click()
    page.locator(".mail-block textarea").fill("Packed by **hand** for {{ order.recipint }}.")
    page.get_by_text("Did you mean order.recipient?").wait_for()
    page.locator(".mail-block textarea").fill("Packed by **hand** for {{ order.recipient }}.")
    page.frame_locator("iframe.mail-frame").get_by_text("hand", exact=True).wait_for()
    page.get_by_text("Text", exact=True).last.click()
    page.get_by_role("button", name="Review and publish").click()
    look_at(page)
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("Version 1 is live").wait_for()
    row = sent_with_a_parcel()
    assert row.version == 1
    assert mail.outbox[-1].subject == f"Off it goes: {row.thread}"
    assert "Packed by hand for" in mail.outbox[-1].body
    page.get_by_role("link", name="Built in").click()
    look_at(page)
    page.get_by_role("button", name="Send in these words again").click()
    page.get_by_text("Sent in the built-in words again").wait_for()
    assert sent_with_a_parcel().version == 0


def test_a_customer_answers_with_taps_and_without_script(browser: Any, live_server: Any) -> None:
    asked = FeedbackFactory(asked_at=timezone.now(), expires_at=timezone.now() + timedelta(days=60))
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(f"{live_server.url}/f/{asked.token}/?r=2")
    assert page.locator("h1").inner_text() == "You gave 2 of 5"
    assert Feedback.objects.get().score is None
    page.get_by_role("button", name="Send").click()
    page.get_by_label("Late").check()
    page.get_by_label("Anything you want to tell us").fill("Two days late.")
    page.get_by_label("You may call me about it").check()
    page.get_by_role("button", name="Send").click()
    assert page.locator("h1").inner_text() == "Thank you"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Feedback.objects.get()
    assert (found.score, found.reasons, found.comment, found.may_call) == (2, ["late"], "Two days late.", True)
    context.close()
