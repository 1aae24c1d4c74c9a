"""P26, P27 and P42 in a real Chromium: no accessibility fault, nothing scrolls sideways, a customer pays and comes back."""

import os
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.actions.payouts import import_payouts
from orders.actions.refunding import request_refund
from orders.billing_states import ChargeStatus
from orders.factories import PayLinkFactory
from orders.models import Charge, Dunning, Invoice, PayLink, Payment, PayoutLine
from orders.states import InvoiceStatus
from orders.tests.collecting import deliver, planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("SHOTS", "")


def link_of(invoice: Invoice) -> PayLink:
    now = timezone.now()
    made: PayLink = PayLinkFactory(
        invoice=invoice, customer=invoice.customer, created_at=now, expires_at=now + timedelta(days=9)
    )
    return made


@pytest.fixture
def shop(stripe_server: StripeServer) -> dict[str, str]:
    """One of everything; the address of each page."""
    now = timezone.now()
    for says in ("pm_card_visa", "pm_card_declined_insufficient_funds", "pm_card_declined_stolen_card"):
        planned(unpaid(says=says))
    run("charges")
    run("dunning")
    payment = Payment.objects.get()
    refund = request_refund(payment.pk, amount=Decimal(4), reason="Arrived broken", by="Ana", now=now)
    stripe_server.state.pay_out("")
    stripe_server.state.dispute(payment.reference)
    deliver_all(stripe_server)
    import_payouts(now=now)
    PayoutLine.objects.update(payment=None)
    case = Dunning.objects.order_by("pk")[0]
    payout = PayoutLine.objects.all()[0].payout
    return {
        "dunning": "/dunning/?view=open", "case": f"/dunning/{case.invoice.number}/", "payments": "/payments/",
        "payment": f"/payments/{payment.pk}/", "refunds": "/refunds/?view=all", "refund": f"/refunds/{refund.number}/",
        "payouts": "/payouts/?view=all", "payout": f"/payouts/{payout.reference}/", "disputes": "/payments/disputes/",
        "not-shipped": "/payments/not-shipped/", "pay": f"/p/{link_of(case.invoice).token}/",
        "pay-done": f"/p/{link_of(case.invoice).token}/?done=1", "pay-paid": f"/p/{link_of(_paid(payment)).token}/",
        "pay-ended": "/p/nobody/",
    }  # fmt: skip


def _paid(payment: Payment) -> Invoice:
    assert payment.invoice is not None
    payment.invoice.refresh_from_db()
    return payment.invoice


def deliver_all(server: StripeServer) -> None:
    from django.test import Client

    deliver(Client(), server)
    run("provider_events")


def look_at(page: Any, name: str, address: str) -> list[str]:
    wrong: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name} {theme} {width}: scrolls sideways")
            if SHOTS:
                page.screenshot(path=str(Path(SHOTS) / f"{name}-{theme}-{width}.png"), full_page=True)
        answer = Axe().run(page, options={"runOnly": TAGS})
        wrong += [f"{name} {f['id']}: {n['html'][:120]}" for f in answer.response["violations"] for n in f["nodes"]]
    return wrong


def test_every_page_has_no_faults(
    shop: dict[str, str], page: Any, live_server: Any, sign_in: Callable[..., User]
) -> None:
    sign_in(Role.FINANCE)
    wrong = [fault for name, path in shop.items() for fault in look_at(page, name, live_server.url + path)]
    assert wrong == []


def test_a_customer_pays_and_comes_back(
    stripe_server: StripeServer, page: Any, live_server: Any, settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    invoice = unpaid()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server.url}/p/{link_of(invoice).token}/")
    page.get_by_role("button", name="Pay with card").click()
    page.wait_for_url("**/?done=1")
    assert "waiting for your bank" in page.locator(".lead").inner_text()
    deliver_all(stripe_server)
    page.reload()
    assert "Paid. Thank you." in page.locator(".lead").inner_text()
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.PAID


def test_staff_try_a_card_with_the_keyboard(
    shop: dict[str, str], page: Any, live_server: Any, sign_in: Callable[..., User]
) -> None:
    sign_in(Role.FINANCE)
    page.goto(live_server.url + shop["case"], wait_until="networkidle")
    page.keyboard.press("r")
    page.wait_for_url("**/dunning/**")
    said = page.get_by_text("The card is tried within a minute.")
    said.wait_for()
    assert said.is_visible()
    number = shop["case"].strip("/").split("/")[-1]
    assert Charge.objects.filter(invoice__number=number, status=ChargeStatus.PLANNED).count() == 1
