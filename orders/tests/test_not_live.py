"""A copied or restored database charges nobody, refunds nobody and mails nobody until somebody says it is live."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ordermgmt import installation
from ordermgmt.factories import OutgoingMessageFactory
from ordermgmt.installation import this_is_live, why_not_live
from ordermgmt.models import Installation
from orders.actions.charging import send_charge
from orders.actions.may_charge import may_charge
from orders.actions.pay_pages import NoCards, open_card_page, open_pay_page
from orders.actions.refunding import approve_refund
from orders.billing_states import ChargeStatus, RefundStatus
from orders.factories import PayLinkFactory
from orders.tests.collecting import planned, run, unpaid
from orders.tests.stripe_server import StripeServer
from orders.tests.test_charging import captured
from orders.tests.test_refunding import ask, gone_back, paid

pytestmark = pytest.mark.django_db
REMEMBERS = ("_highest_epoch", "_remember")
REAL = {name: getattr(installation, name) for name in REMEMBERS}


@pytest.fixture(autouse=True)
def _remembers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    """A machine with a memory of its own, on which the database is live."""
    settings.DATA_DIR = tmp_path / "data"
    for name in REMEMBERS:
        monkeypatch.setattr(installation, name, REAL[name])
    assert why_not_live() == ""


def copied() -> None:
    """The database lies elsewhere now."""
    Installation.objects.update(identity="f" * 64, address="https://elsewhere.example")


def test_a_copy_neither_charges_nor_refunds_nor_mails(stripe_server: StripeServer) -> None:
    refund = approve_refund(ask(paid()).pk, by="Bo", now=timezone.now())
    charge, lost = planned(unpaid()), planned(unpaid())
    # Written down as sent when the backup was taken: a worker of the live system was about to call.
    send_charge(lost.pk, now=timezone.now())
    OutgoingMessageFactory(due_at=timezone.now())
    before = list(stripe_server.state.calls)
    copied()
    for name in ("charges", "refunds", "send_messages"):
        assert "elsewhere.example" in run(name)["not_live"]
    assert send_charge(charge.pk, now=timezone.now()) is None
    assert (stripe_server.state.calls, mail.outbox) == (before, [])
    charge.refresh_from_db()
    assert (charge.status, charge.attempts) == (ChargeStatus.PLANNED, 0)
    assert "elsewhere.example" in charge.last_error
    this_is_live(by="Ana", now=timezone.now())
    later = timezone.now() + installation.FRESH * 40
    for name in ("charges", "refunds", "send_messages"):
        run(name, later)
    refund.refresh_from_db()
    assert (captured(stripe_server), gone_back(stripe_server)) == (3000, 400)
    assert refund.status == RefundStatus.SUCCEEDED
    assert mail.outbox


def test_a_restored_backup_charges_nobody(stripe_server: StripeServer) -> None:
    charge = planned(unpaid())
    epoch = Installation.objects.get().epoch
    installation.next_epoch()
    Installation.objects.update(epoch=epoch)
    wait = may_charge(charge, now=timezone.now())
    assert wait is not None
    assert (wait.code, "restored" in wait.words) == ("not_live", True)
    assert "restored" in run("charges")["not_live"]
    assert stripe_server.state.calls == []


def test_nobody_pays_into_a_copy(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    link = PayLinkFactory(invoice=invoice, customer=invoice.customer)
    copied()
    for open_page in (open_pay_page, open_card_page):
        with pytest.raises(NoCards):
            open_page(link, now=timezone.now())
    assert stripe_server.state.calls == []
