"""One document all the way: stored, then made an order, a proposal or a refusal."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from ordermgmt.idempotency import inside
from ordermgmt.models import User
from ordermgmt.retrying import is_conflict
from orders.actions.intake import Receipt, receive_document, understand_inbound
from orders.actions.revisions import weigh_revision
from orders.intake.document import Document, Finding
from orders.models import Channel, InboundOrder
from orders.states import InboundState, RevisionState

log = logging.getLogger(__name__)

STATES: dict[str, str] = {
    InboundState.ACCEPTED: "accepted",
    InboundState.HELD: "held",
    InboundState.CHANGED: "changed",
    InboundState.REFUSED: "refused",
    InboundState.CANCELLED: "refused",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document: state is accepted, held, refused, duplicate or changed."""

    inbound: InboundOrder
    state: str
    findings: tuple[dict[str, str], ...] = ()

    @property
    def order_number(self) -> str | None:
        return self.inbound.order.number if self.inbound.order else None

    def as_dict(self) -> dict[str, object]:
        return {
            "external_id": self.inbound.external_id,
            "state": self.state,
            "order": self.order_number,
            "findings": list(self.findings),
        }


def take_in(channel: Channel, document: Document, *, source: str, by: User | str, now: datetime) -> Outcome:
    """Store and understand one document. Once it is stored it is never lost, whatever happens then."""
    receipt = receive_document(channel, document, source=source, now=now)
    if not receipt.is_new:
        return Outcome(receipt.inbound, "duplicate")
    try:
        return _understood(receipt, by=by, now=now)
    except Exception:
        log.exception("A stored document could not be understood", extra={"inbound": receipt.inbound.pk})
        return _kept(receipt.inbound)


def take_in_within(channel: Channel, document: Document, *, source: str, by: User | str, now: datetime) -> Outcome:
    """Inside the caller's transaction: the same; a savepoint keeps the document when reading it goes wrong."""
    receipt = inside(receive_document)(channel, document, source=source, now=now)
    if not receipt.is_new:
        return Outcome(receipt.inbound, "duplicate")
    try:
        with transaction.atomic():
            return _understood(receipt, by=by, now=now, is_inside=True)
    except Exception as error:
        if is_conflict(error):
            raise
        log.exception("A stored document could not be understood", extra={"inbound": receipt.inbound.pk})
        return _kept(receipt.inbound)


def _understood(receipt: Receipt, *, by: User | str, now: datetime, is_inside: bool = False) -> Outcome:
    understand = inside(understand_inbound) if is_inside else understand_inbound
    weigh = inside(weigh_revision) if is_inside else weigh_revision
    if receipt.revision is None:
        inbound = understand(receipt.inbound.pk, by=by, now=now)
        return Outcome(inbound, STATES[inbound.state], tuple(inbound.findings))
    weighed = weigh(receipt.revision.pk, by=by, now=now)
    found = tuple(finding.as_dict() for finding in weighed.findings)
    if not weighed.findings:
        return Outcome(weighed.inbound, STATES[weighed.inbound.state], tuple(weighed.inbound.findings))
    states = {RevisionState.SUPERSEDED: "duplicate", RevisionState.REJECTED: "refused"}
    is_dead = weighed.inbound.state == InboundState.CANCELLED
    state = "refused" if is_dead else states.get(RevisionState(weighed.revision.state), "changed")
    return Outcome(weighed.inbound, state, found)


def _kept(inbound: InboundOrder) -> Outcome:
    """A fault of ours: the document waits for the next try, and says so."""
    message = _("The document is stored, but a fault of ours kept it from being read. It is tried again.")
    InboundOrder.objects.filter(pk=inbound.pk).update(attempts=F("attempts") + 1, error=message)
    return Outcome(inbound, "refused", (Finding("not_understood", "error", "/", message).as_dict(),))
