"""What payment providers tell: stored first, understood by a job, in any order and however often.

Every handler only moves records towards what the provider says now, so that any order of the same events ends in
the same state (reliability.md I49).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from customers.models import Customer
from ordermgmt.jobs import ring
from ordermgmt.leases import finish
from orders.actions.charge_work import settle_page
from orders.actions.charging import decide_charge
from orders.actions.disputing import DisputeFacts, note_dispute
from orders.actions.refund_work import found_refund
from orders.actions.saving_methods import keep_method, lose_method
from orders.models import Charge, ProviderEvent
from orders.payments.protocol import Result, Told
from orders.payments.registry import online_provider, provider_of
from orders.payments.stripe_reading import amount_of, charge_outcome, refund_outcome

JOB = "provider_events"
OVERLAP = timedelta(hours=2)
LOOKS_BACK = timedelta(days=25)
Row = Mapping[str, Any]


@transaction.atomic(durable=True)
def keep_event(provider: str, told: Told, *, now: datetime, rings: bool = True) -> bool:
    """Store an event as it came; False when it is known already."""
    row = ProviderEvent(
        provider=provider, event_id=told.event_id, kind=told.kind[:80], payload=dict(told.payload), received_at=now,
        due_at=now,
    )  # fmt: skip
    # Closes the race of the same event on two connections: UNIQUE(provider, event_id) keeps the first.
    ProviderEvent.objects.bulk_create([row], ignore_conflicts=True)
    kept = ProviderEvent.objects.get(provider=provider, event_id=told.event_id)
    is_new = kept.received_at == now and kept.processed_at is None and kept.attempts == 0
    if is_new and rings:
        ring(JOB, kept.pk)
    return is_new


def waiting_events() -> QuerySet[ProviderEvent]:
    return ProviderEvent.objects.filter(processed_at=None)


def work_event(event: ProviderEvent, *, now: datetime) -> None:
    """One claimed event. A kind nobody understands is kept and says so."""
    handler = HANDLERS.get(event.kind)
    thing = (event.payload.get("data") or {}).get("object") or {}
    outcome = handler(event, thing, now) if handler else "Nothing to do"
    with transaction.atomic(durable=True):
        finish(event, processed_at=now, outcome=outcome[:200])


def fetch_missed(*, now: datetime) -> dict[str, Any]:
    """Events whose webhook was lost: everything since the last one we have, and a little before."""
    provider = online_provider()
    if provider is None:
        return {}
    newest = ProviderEvent.objects.filter(provider=provider.name).aggregate(at=Max("received_at"))["at"]
    since = max(newest - OVERLAP, now - LOOKS_BACK) if newest else now - LOOKS_BACK
    told = list(provider.missed_events(since=since))
    known = set(
        ProviderEvent.objects.filter(event_id__in=[one.event_id for one in told]).values_list("event_id", flat=True)
    )
    fresh = [one for one in reversed(told) if one.event_id not in known]
    return {"found": sum(keep_event(provider.name, one, now=now) for one in fresh)}


def _by(event: ProviderEvent) -> str:
    return event.provider


def _charge_of(thing: Row) -> Charge | None:
    key = (thing.get("metadata") or {}).get("key")
    if key and (found := Charge.objects.filter(idempotency_key=key).first()):
        return found
    return Charge.objects.filter(provider_reference=thing.get("id") or "-").first()


def _intent(event: ProviderEvent, thing: Row, now: datetime) -> str:
    charge = _charge_of(thing)
    if charge is None:
        return "No attempt of ours"
    outcome = charge_outcome(thing)
    if charge.page_url and outcome.result != Result.SUCCEEDED:
        return "The customer may try another card on the page"
    decided = decide_charge(charge.pk, outcome, by=_by(event), now=now)
    return f"{decided}: {decided.status}"


def _session(event: ProviderEvent, thing: Row, now: datetime) -> str:
    """The session is asked for as a whole: events carry neither the card nor what became of it since."""
    outcome = provider_of(event.provider).page_outcome(str(thing.get("id")))
    if outcome.result == Result.UNKNOWN:
        raise ConnectionError(outcome.words)
    if charge := _charge_of(thing):
        settle_page(charge, outcome, by=_by(event), now=now)
        return f"{charge}: {outcome.result}"
    number = (thing.get("metadata") or {}).get("customer") or ""
    customer = Customer.objects.filter(number=number).first()
    if customer is None or outcome.method is None:
        return "No page of ours"
    method = keep_method(customer.pk, outcome.method, provider=event.provider, by=_by(event), now=now)
    return f"{customer}: {method}"


def _refund(event: ProviderEvent, thing: Row, now: datetime) -> str:
    currency = str(thing.get("currency") or "")
    amount = amount_of(int(thing.get("amount") or 0), currency)
    key = (thing.get("metadata") or {}).get("key") or ""
    intent = str(thing.get("payment_intent") or "")
    return found_refund(key, intent, amount, refund_outcome(thing), by=_by(event), now=now)


def _dispute(event: ProviderEvent, thing: Row, now: datetime) -> str:
    due = (thing.get("evidence_details") or {}).get("due_by") or thing.get("evidence_due_by")
    currency = str(thing.get("currency") or "")
    facts = DisputeFacts(
        reference=str(thing.get("id") or thing.get("charge")),
        payment_reference=str(thing.get("payment_intent") or ""),
        reason=str(thing.get("reason") or ""),
        amount=amount_of(int(thing.get("amount") or 0), currency),
        currency=currency.upper(),
        status=str(thing.get("status") or ""),
        evidence_due_at=datetime.fromtimestamp(due, UTC) if due else None,
        opened_at=datetime.fromtimestamp(thing.get("created") or event.payload.get("created") or 0, UTC),
        changed_at=datetime.fromtimestamp(event.payload.get("created") or 0, UTC),
    )
    return note_dispute(facts, by=_by(event), now=now)


def _method_gone(event: ProviderEvent, thing: Row, now: datetime) -> str:
    return lose_method(event.provider, str(thing.get("id")), by=_by(event), now=now)


HANDLERS: dict[str, Callable[[ProviderEvent, Row, datetime], str]] = {
    **dict.fromkeys(
        ["payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled"],
        _intent,
    ),
    **dict.fromkeys(
        [
            "checkout.session.completed",
            "checkout.session.expired",
            "checkout.session.async_payment_succeeded",
            "checkout.session.async_payment_failed",
        ],
        _session,
    ),
    **dict.fromkeys(["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"], _refund),
    **dict.fromkeys(
        ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
         "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"],
        _dispute,
    ),
    "payment_method.detached": _method_gone,
}  # fmt: skip
