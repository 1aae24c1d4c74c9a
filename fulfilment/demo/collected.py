"""How the demo shop is paid: boxes of the past by card, cards that failed day by day since, refunds and payouts.

Through the card network of the demo and the real verbs, as of the days they would have happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from fulfilment.demo.told import Told
from ordermgmt.clock import business_day
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.actions.charge_planning import plan_charge
from orders.actions.charge_work import work_charge
from orders.actions.charging import decide_charge
from orders.actions.dunning import pause_case, promise_payment
from orders.actions.dunning_run import run_dunning
from orders.actions.overdue import mark_overdue
from orders.actions.payouts import keep_payout, match_payout
from orders.actions.refund_work import work_refund
from orders.actions.refunding import approve_refund, request_refund
from orders.actions.taking_money import lock_invoice
from orders.billing_states import ChargeStatus, DunningStatus
from orders.models import Charge, Dunning, Invoice, Payment, Payout
from orders.payments.demo import Demo
from orders.payments.demo_network import CHARGE, Move, acting_at
from orders.payments.protocol import Outcome, Result
from orders.payments.registry import online_provider
from orders.states import PaymentKind

OLDEST = 27
REFUNDS = ("Jar arrived broken", "Two units missing in the box", "Goodwill: the box was late", "Sent twice")
APPROVED = 2
MOST_QUIET = 2
# Payouts older than this were found on the bank statement.
BOOKED_AFTER = timedelta(days=4)


def collect(told: Sequence[Told], people: dict[str, User], *, now: datetime) -> None:
    """What became of the cards of subscribers; without the demo network three were declined this morning."""
    network = online_provider()
    if not isinstance(network, Demo):
        _decline(now)
        return
    network.network.forget()
    network.network.keep(*_past(told))
    _live_through(_unpaid(told), now)
    _care(people, now)
    _refund(people, now)
    with acting_at(now):
        for payout in network.payouts(since=now - timedelta(days=30)):
            keep_payout(network.name, payout, now=now)
    for row in Payout.objects.filter(arrives_on__lt=business_day(now - BOOKED_AFTER)):
        match_payout(row.pk, bank_reference=row.bank_reference, by=people[Role.FINANCE], now=now)
    mark_overdue(now=now)


def _decline(now: datetime) -> None:
    charges = Charge.objects.filter(status=ChargeStatus.PLANNED, invoice__subscription__isnull=False).order_by("pk")
    for charge in charges[:3]:
        with transaction.atomic():
            charge.move_to(ChargeStatus.SENT, now=now)
        outcome = Outcome(result=Result.DECLINED, code="insufficient_funds", words="Not enough money on the card")
        decide_charge(charge.pk, outcome, by="Payments", now=now)


def _past(told: Iterable[Told]) -> list[Move]:
    """What the network knows of boxes that were paid by card."""
    orders = [one.order.pk for one in told if one.story.subscription]
    rows = Payment.objects.filter(order__in=orders, provider=Demo.name).order_by("pk")
    return [
        Move(
            key=row.effect_key,
            reference=row.reference,
            kind=CHARGE,
            amount=row.amount,
            currency=row.currency,
            at=row.at,
        )
        for row in rows
    ]


def _unpaid(told: Iterable[Told]) -> list[Invoice]:
    orders = [one.order.pk for one in told if one.story.is_unpaid]
    return list(Invoice.objects.filter(order__in=orders).order_by("issued_at"))


def _live_through(invoices: Sequence[Invoice], now: datetime) -> None:
    """Each is charged on the evening it was written; then day by day what dunning does about it."""
    for invoice in invoices:
        _plan(invoice.pk, invoice.issued_at)
    for days in range(OLDEST, -1, -1):
        moment = now - timedelta(days=days)
        with acting_at(moment):
            run_dunning(now=moment)
            for charge in Charge.objects.filter(status=ChargeStatus.PLANNED, due_at__lte=moment).order_by("pk"):
                work_charge(charge, now=moment)


@transaction.atomic(durable=True)
def _plan(invoice_id: int, at: datetime) -> None:
    plan_charge(lock_invoice(invoice_id), due_at=at, by="Renewals", now=at)


def _care(people: dict[str, User], now: datetime) -> None:
    """One customer asked for time, one promised to pay."""
    cases = list(Dunning.objects.filter(status=DunningStatus.OPEN).order_by("opened_at").values_list("pk", flat=True))
    day, at = business_day(now) + timedelta(days=5), now - timedelta(hours=3)
    if len(cases) > MOST_QUIET:
        pause_case(cases[1], until=day, note="Is in hospital", by=people[Role.FINANCE], now=at)
        promise_payment(cases[2], on=day, note="Called: pays after the holidays", by=people[Role.FINANCE], now=at)


def _refund(people: dict[str, User], now: datetime) -> None:
    """Asked by support; the first ones were approved and are paid back, the others wait."""
    rows = Payment.objects.filter(
        provider=Demo.name, kind=PaymentKind.CAPTURE, at__lt=now - timedelta(days=4), order__isnull=False
    )
    for n, (row, reason) in enumerate(zip(rows.order_by("-at", "-pk"), REFUNDS, strict=False)):
        asked_at = now - timedelta(days=3, hours=n)
        refund = request_refund(row.pk, amount=row.amount / 2, reason=reason, by=people[Role.SUPPORT], now=asked_at)
        if n < APPROVED:
            approve_refund(refund.pk, by=people[Role.MANAGER], now=asked_at + timedelta(hours=2))
            refund.refresh_from_db()
            with acting_at(asked_at + timedelta(hours=2)):
                work_refund(refund, now=asked_at + timedelta(hours=2))
