"""How a worker collects a charge: write that it is sent, call the provider, write the answer."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ordermgmt.leases import PutOff
from orders.actions.charging import decide_charge, send_charge
from orders.actions.saving_methods import keep_method
from orders.billing_states import LIVE_CHARGES, ChargeStatus, WaitReason
from orders.models import Charge
from orders.payments.protocol import ChargeWish, Outcome, Provider, Result
from orders.payments.registry import provider_of
from orders.waiting_charges import waiting_by_reason

BY = "charges"


def waiting_charges() -> QuerySet[Charge]:
    """Attempts a worker may have to do with: what is due of them."""
    return Charge.objects.filter(status__in=LIVE_CHARGES)


def work_charge(charge: Charge, *, now: datetime) -> PutOff | None:
    """One claimed attempt. What was sent before is looked for first; only what never arrived is sent again.

    Says so when it may not leave yet.
    """
    if charge.status != ChargeStatus.PLANNED:
        provider = provider_of(charge.provider)
        if charge.page_url and not charge.provider_reference:
            # The page was never opened, or its address never came: nobody can pay there.
            decide_charge(charge.pk, Outcome(result=Result.ENDED), by=BY, now=now)
            return None
        if charge.page_url:
            settle_page(charge, provider.page_outcome(charge.provider_reference), by=BY, now=now)
            return None
        found = provider.find(wish_of(charge), since=charge.sent_at or charge.planned_at)
        if found is not None:
            decide_charge(charge.pk, found, by=BY, now=now)
            return None
    sent = send_charge(charge.pk, now=now)
    if sent is not None:
        decide_charge(sent.pk, _ask(sent), by=BY, now=now)
        return None
    waiting = Charge.objects.put_off().filter(pk=charge.pk).values_list("last_error", flat=True).first()
    return PutOff(waiting) if waiting is not None else None


def put_off_summary() -> dict[str, Any]:
    """For the run: how many charges are due and wait, and why."""
    found = waiting_by_reason()
    if not found:
        return {}
    because = [f"{WaitReason(code).label}: {n}" for code, n in found.items()]
    return {"put_off": sum(found.values()), "put_off_because": because}


def _ask(charge: Charge) -> Outcome:
    provider = provider_of(charge.provider)
    if not provider.is_online:
        return Outcome(result=Result.ENDED, words="It is paid by bank transfer or cash")
    if charge.method is None:
        return Outcome(result=Result.DECLINED, code="no_method", is_hard=True)
    return provider.charge(wish_of(charge))


def settle_page(charge: Charge, outcome: Outcome, *, by: str, now: datetime) -> None:
    """What became of an attempt on the provider's page; the card used there is kept."""
    decided = decide_charge(charge.pk, outcome, by=by, now=now)
    if outcome.method and decided.invoice.customer_id:
        keep_method(decided.invoice.customer_id, outcome.method, provider=charge.provider, by=by, now=now)


def close_page(charge: Charge, provider: Provider, *, by: str, now: datetime) -> None:
    """Nobody may pay there any more; if somebody did, it is written down."""
    settle_page(charge, provider.close_page(charge.provider_reference), by=by, now=now)


def wish_of(charge: Charge) -> ChargeWish:
    invoice, method = charge.invoice, charge.method
    return ChargeWish(
        key=charge.idempotency_key,
        amount=charge.amount,
        currency=charge.currency,
        method=method.reference if method else "",
        customer=method.provider_customer if method else "",
        words=invoice.number,
        facts={"invoice": invoice.number, "attempt": str(charge.number)},
    )
