"""Documents from channels: stored first, then understood; nothing is ever dropped.

Storing and understanding are two transactions: whatever goes wrong in the second, the document is
kept, and a job (or a person) tries again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.recognising import recognise
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.drafting import draft_of, language_of, own_finding
from orders.actions.placing import DraftRefused, place
from orders.intake.document import Document, Finding, ParsedOrder
from orders.intake.registry import parser_of
from orders.intake.splitting import fingerprint
from orders.models import Channel, InboundOrder, InboundRevision, Order
from orders.states import HoldCode, InboundState

REPLAYABLE = frozenset({InboundState.RECEIVED, InboundState.REFUSED})


class AlreadyUnderstood(Exception):
    """The document is an order or was cancelled; there is nothing to read again."""

    def __init__(self, inbound: InboundOrder) -> None:
        message = _("This document is %(state)s already; it is not read again.")
        super().__init__(message % {"state": inbound.get_state_display().lower()})


class Receipt(NamedTuple):
    """A document as stored: `revision` when it is a new later version of a known one."""

    inbound: InboundOrder
    is_new: bool
    revision: InboundRevision | None = None


@transaction.atomic(durable=True)
def receive_document(channel: Channel, document: Document, *, source: str, now: datetime) -> Receipt:
    """Store a document. The same content again is a no-op; other content under a known id is a revision."""
    digest = fingerprint(document.payload_text)
    content = {
        "payload": document.payload_text,
        "payload_hash": digest,
        "source": ", ".join(part for part in (source, document.place) if part)[:200],
        "source_rows": list(document.rows),
        "received_at": now,
    }
    external_id = document.external_id or f"sha256:{digest[:40]}"
    # Insert first: closes the race of two deliveries of one document. The loser waits for the winner's row.
    InboundOrder.objects.bulk_create(
        [InboundOrder(channel=channel, external_id=external_id, **content)], ignore_conflicts=True
    )
    inbound = _locked().get(channel=channel, external_id=external_id)
    if inbound.payload_hash == digest:
        return Receipt(inbound, inbound.state == InboundState.RECEIVED)
    revision, is_new = InboundRevision.objects.get_or_create(inbound=inbound, payload_hash=digest, defaults=content)
    return Receipt(inbound, is_new, revision if is_new else None)


def _locked() -> QuerySet[InboundOrder]:
    """Stored documents, locked. They come before orders in the lock order.

    Without `select_related`: PostgreSQL reads the joined rows before it waits for the lock, so the
    order that somebody else has just made would be missing.
    """
    return InboundOrder.objects.select_for_update(of=("self",))


def lock_inbound(inbound_id: int) -> InboundOrder:
    """Inside the caller's transaction: closes the race of two workers on one document."""
    return _locked().get(pk=inbound_id)


def read_stored(channel: Channel, stored: InboundOrder | InboundRevision) -> tuple[ParsedOrder | None, list[Finding]]:
    """What a stored text says now."""
    document = Document(None, stored.payload, stored.source, tuple(stored.source_rows))
    return parser_of(channel.kind, document).parse(document)


@retries_conflicts
@transaction.atomic(durable=True)
def understand_inbound(inbound_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Make an order of a stored document, hold or refuse it. Understood before: nothing happens."""
    inbound = lock_inbound(inbound_id)
    if inbound.state == InboundState.RECEIVED:
        understand(inbound, by=by, now=now)
    return inbound


@retries_conflicts
@transaction.atomic(durable=True)
def replay_inbound(inbound_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Read a refused document again, after what it lacked was mended. Raises AlreadyUnderstood."""
    inbound = lock_inbound(inbound_id)
    if inbound.state not in REPLAYABLE:
        raise AlreadyUnderstood(inbound)
    understand(inbound, by=by, now=now)
    return inbound


def understand(inbound: InboundOrder, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: read a locked document that is no order yet, and act on it."""
    channel = inbound.channel
    parsed, found = read_stored(channel, inbound)
    if parsed is None:
        found = found or [Finding("no_order", "error", "/", _("No order could be read from this document."))]
        _settle(inbound, InboundState.REFUSED, found, by=by, now=now)
        return
    inbound.external_number = parsed.external_number[:80]
    if parsed.cancelled_at is not None:
        _settle(inbound, InboundState.CANCELLED, [*found, cancelled_finding(parsed)], by=by, now=now)
        return
    order, found = _place(channel, parsed, found, by=by, now=now)
    inbound.order = order
    _settle(inbound, _state_of(order), found, by=by, now=now)


def _state_of(order: Order | None) -> str:
    if order is None:
        return InboundState.REFUSED
    return InboundState.HELD if order.holds.open().exists() else InboundState.ACCEPTED


def cancelled_finding(parsed: ParsedOrder) -> Finding:
    place = parsed.places.get("cancelled", "")
    message = _("The shop cancelled this order (%(place)s). It is kept, but nothing is sent.") % {"place": place}
    return Finding("cancelled", "error", place, message, str(parsed.cancelled_at))


def _place(
    channel: Channel, parsed: ParsedOrder, found: Sequence[Finding], *, by: User | str, now: datetime
) -> tuple[Order | None, list[Finding]]:
    """The order of a document, or None when it cannot be one, with everything that was found."""
    try:
        # A savepoint: a refused order leaves no customer behind.
        with transaction.atomic():
            customer_id = _customer_id(channel, parsed, by=by, now=now)
            draft, every = draft_of(parsed, [*found], channel=channel, customer_id=customer_id, now=now)
            order = place(draft, by=by, now=now)
    except DraftRefused as refused:
        return None, [*found, *(own_finding(finding, parsed) for finding in refused.findings)]
    return order, [*every, *_undeliverable(order, parsed)]


def _customer_id(channel: Channel, parsed: ParsedOrder, *, by: User | str, now: datetime) -> int | None:
    who = parsed.customer
    facts = {"name": who.name, "company": who.company, "email": who.email, "phone": who.phone}
    facts["language"] = language_of(who.language)
    to = parsed.shipping_address or parsed.billing_address
    address = to.as_postal() if to else None
    customer = recognise(
        channel=channel.code, external_id=who.external_id, facts=facts, address=address, by=by, now=now
    )
    return customer.pk if customer else None


def _undeliverable(order: Order, parsed: ParsedOrder) -> list[Finding]:
    """What only placing finds out: that no warehouse serves the address."""
    holds = order.holds.open().filter(code=HoldCode.UNDELIVERABLE)
    place = parsed.places.get("shipping_address", "")
    return [Finding("undeliverable", "error", place, hold.reason, order.ship_country) for hold in holds]


def _settle(inbound: InboundOrder, state: str, found: Sequence[Finding], *, by: User | str, now: datetime) -> None:
    """Write down what became of a document, and the line of history."""
    errors = [finding for finding in found if finding.severity == "error"]
    inbound.state, inbound.findings = state, [finding.as_dict() for finding in found]
    inbound.error = errors[0].message[:500] if errors else ""
    inbound.understood_at, inbound.attempts = now, inbound.attempts + 1
    inbound.save()
    order = inbound.order.number if inbound.order else ""
    words = {"state": inbound.get_state_display(), "order": order, "channel": inbound.channel.code}
    sentence = gettext_noop("Document from {channel}: {state} {order}")
    subject = f"inbound {inbound.pk}"
    record("inbound.understood", sentence, subject=subject, thread=order, by=by, now=now, **words)
