"""Documents from channels: stored first, then understood; nothing is ever dropped.

Storing and understanding are two transactions: whatever goes wrong in the second, the document is
kept, and a job (or a person) tries again.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions.recognising import recognise
from ordermgmt.history import record
from ordermgmt.models import User
from orders.actions.cancelling import cancel_units
from orders.actions.drafting import draft_of
from orders.actions.placing import place
from orders.intake.document import Document, Finding, ParsedOrder
from orders.intake.registry import parser_of
from orders.intake.splitting import fingerprint
from orders.models import Channel, InboundOrder, InboundRevision, Order
from orders.states import InboundState, RevisionState

WAITING = (InboundState.RECEIVED, InboundState.REFUSED)


class AlreadyAnOrder(Exception):
    """The document became an order before; a change goes through a change proposal."""

    def __init__(self, inbound: InboundOrder) -> None:
        super().__init__(_("This document is order %(order)s already.") % {"order": inbound.order})


class Receipt(NamedTuple):
    """A document as stored: `revision` when it is a later version of a known one."""

    inbound: InboundOrder
    is_new: bool
    revision: InboundRevision | None = None


@transaction.atomic(durable=True)
def receive_document(channel: Channel, document: Document, *, source: str, now: datetime) -> Receipt:
    """Store a document. The same content again is a no-op; other content under a known id is a revision."""
    digest = fingerprint(document.payload_text)
    external_id = document.external_id or f"sha256:{digest[:40]}"
    content = {
        "payload": document.payload_text,
        "payload_hash": digest,
        "source": ", ".join(part for part in (source, document.place) if part)[:200],
        "source_rows": list(document.rows),
        "received_at": now,
    }
    # Insert first: closes the race of two deliveries of one document. The loser waits for the winner's row.
    InboundOrder.objects.bulk_create(
        [InboundOrder(channel=channel, external_id=external_id, **content)], ignore_conflicts=True
    )
    inbound = lock_inbound(channel.pk, external_id)
    if inbound.payload_hash == digest:
        return Receipt(inbound, inbound.state == InboundState.RECEIVED)
    revision, is_new = InboundRevision.objects.get_or_create(inbound=inbound, payload_hash=digest, defaults=content)
    return Receipt(inbound, is_new, revision if is_new else None)


def lock_inbound(channel_id: int, external_id: str) -> InboundOrder:
    """Inside the caller's transaction: the stored document, locked. Before any order in the lock order."""
    rows = InboundOrder.objects.select_for_update(of=("self",)).select_related("channel")
    return rows.get(channel=channel_id, external_id=external_id)


def document_of(inbound: InboundOrder | InboundRevision) -> Document:
    """The stored text as it is read again."""
    return Document(None, inbound.payload, inbound.source, tuple(inbound.source_rows))


def read(channel: Channel, stored: InboundOrder | InboundRevision) -> tuple[ParsedOrder | None, list[Finding]]:
    document = document_of(stored)
    return parser_of(channel.kind, document).parse(document)


@transaction.atomic(durable=True)
def understand_inbound(inbound_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Make an order of a stored document, hold or refuse it. Understood before: nothing happens."""
    # Closes the race of two workers on one document: the second finds it understood.
    inbound = InboundOrder.objects.select_for_update(of=("self",)).select_related("channel").get(pk=inbound_id)
    if inbound.state == InboundState.RECEIVED:
        understand(inbound, by=by, now=now)
    return inbound


@transaction.atomic(durable=True)
def replay_inbound(inbound_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Read a refused document again, after what it lacked was mended. Raises AlreadyAnOrder."""
    inbound = InboundOrder.objects.select_for_update(of=("self",)).select_related("channel").get(pk=inbound_id)
    if inbound.state not in WAITING:
        raise AlreadyAnOrder(inbound)
    understand(inbound, by=by, now=now)
    return inbound


def understand(inbound: InboundOrder, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: read a locked document that is no order yet, and act on it."""
    channel = inbound.channel
    parsed, found = read(channel, inbound)
    if parsed is None:
        _settle(inbound, InboundState.REFUSED, found, by=by, now=now)
        return
    inbound.external_number = parsed.external_number[:80]
    if parsed.cancelled_at is not None:
        _settle(inbound, InboundState.CANCELLED, [*found, cancelled_finding(parsed)], by=by, now=now)
        return
    order, found = _ordered(channel, parsed, found, by=by, now=now)
    if order is None:
        _settle(inbound, InboundState.REFUSED, found, by=by, now=now)
        return
    inbound.order = order
    is_held = any(finding.severity == "error" for finding in found)
    _settle(inbound, InboundState.HELD if is_held else InboundState.ACCEPTED, found, by=by, now=now)


def cancelled_finding(parsed: ParsedOrder) -> Finding:
    place = parsed.places.get("cancelled", "")
    message = _("The shop cancelled this order (%(place)s); it is kept, but nothing is sent.") % {"place": place}
    return Finding("cancelled", "error", place, message, str(parsed.cancelled_at))
