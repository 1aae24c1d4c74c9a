"""Later versions of documents that came before: proposals to change, decided by a person."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.applying import CannotApply, apply_to, take_money
from orders.actions.holds import NotOpen, hold, release
from orders.actions.intake import lock_inbound, read_stored, understand
from orders.actions.progress import lock_order
from orders.intake.difference import Change, difference
from orders.intake.document import Finding, ParsedOrder
from orders.models import InboundOrder, InboundRevision, Order
from orders.states import FulfilmentStatus, HoldCode, InboundState, OrderStatus, RevisionState

HANDLE = "change"
# What the shop may say of the money without a person looking at it.
MONEY_COMES = frozenset({"authorised", "part_paid", "paid"})


class Decided(Exception):
    """Somebody has decided about this version before."""

    def __init__(self, revision: InboundRevision) -> None:
        state = revision.get_state_display().lower()
        super().__init__(_("This version is %(state)s already.") % {"state": state})


class Weighed(NamedTuple):
    """What a later version means: its state and what a person should read."""

    inbound: InboundOrder
    revision: InboundRevision
    findings: list[Finding]


@retries_conflicts
@transaction.atomic(durable=True)
def weigh_revision(revision_id: int, *, by: User | str, now: datetime) -> Weighed:
    """Compare a new version with what we have: take it, set it aside, or propose it to a person."""
    revision = InboundRevision.objects.get(pk=revision_id)
    inbound = lock_inbound(revision.inbound_id)
    revision = InboundRevision.objects.get(pk=revision_id)
    if revision.state != RevisionState.PROPOSED or revision.difference:
        return Weighed(inbound, revision, [])
    if inbound.state == InboundState.RECEIVED:
        # The version before has just been stored by somebody else: it has its turn first.
        understand(inbound, by=by, now=now)
    new, found = read_stored(inbound.channel, revision)
    if inbound.order is None and inbound.state != InboundState.CANCELLED:
        return _taken(inbound, revision, by=by, now=now)
    if new is None:
        _decide(revision, RevisionState.REJECTED, by="intake", now=now)
        return Weighed(inbound, revision, found)
    old, _found = read_stored(inbound.channel, inbound)
    return _compared(inbound, revision, old, new, by=by, now=now)


def _taken(inbound: InboundOrder, revision: InboundRevision, *, by: User | str, now: datetime) -> Weighed:
    """Nothing came of the version before: the new one is read in its place."""
    replace_payload(inbound, revision, now=now)
    _decide(revision, RevisionState.APPLIED, by="intake", now=now)
    understand(inbound, by=by, now=now)
    return Weighed(inbound, revision, [])


def _compared(
    inbound: InboundOrder,
    revision: InboundRevision,
    old: ParsedOrder | None,
    new: ParsedOrder,
    *,
    by: User | str,
    now: datetime,
) -> Weighed:
    if inbound.state == InboundState.CANCELLED:
        _decide(revision, RevisionState.SUPERSEDED, by="intake", now=now)
        return Weighed(inbound, revision, [_tombstone(inbound)])
    newest = _newest(inbound, revision, old)
    if newest and newest.changed_at and new.changed_at and new.changed_at < newest.changed_at:
        _decide(revision, RevisionState.SUPERSEDED, by="intake", now=now)
        return Weighed(inbound, revision, [_older(new, newest)])
    changes = [change for change in difference(old, new) if not _is_ours(change, inbound)] if old else []
    revision.difference = [change.as_dict() for change in changes]
    if not changes:
        replace_payload(inbound, revision, now=now)
        _decide(revision, RevisionState.APPLIED, by="intake", now=now)
        return Weighed(inbound, revision, [_nothing()])
    if {change.kind for change in changes} == {"money"} and new.payment_status in MONEY_COMES:
        return _paid(inbound, revision, new, by=by, now=now)
    revision.save(update_fields=["difference"])
    _propose(inbound, revision, by=by, now=now)
    return Weighed(inbound, revision, [_proposal(inbound, revision)])


def _paid(
    inbound: InboundOrder, revision: InboundRevision, new: ParsedOrder, *, by: User | str, now: datetime
) -> Weighed:
    """Only money has come: nobody has to decide about that, and the order goes on."""
    assert inbound.order is not None  # noqa: S101  (only an order is compared)
    order = lock_order(inbound.order.pk)
    take_money(order, new, inbound.channel, by=by, now=now)
    replace_payload(inbound, revision, now=now)
    _decide(revision, RevisionState.APPLIED, by="intake", now=now)
    message = _("The shop says that money has come for %(order)s. It is written down.")
    return Weighed(inbound, revision, [Finding("paid", "warning", "/", message % {"order": order})])


def _weighed(inbound: InboundOrder, revision: InboundRevision) -> QuerySet[InboundRevision]:
    """The other proposals that wait for a person; those just stored have their turn still to come."""
    others = InboundRevision.objects.filter(inbound=inbound, state=RevisionState.PROPOSED).exclude(pk=revision.pk)
    return others.exclude(difference=[])


def _newest(inbound: InboundOrder, revision: InboundRevision, old: ParsedOrder | None) -> ParsedOrder | None:
    """The newest version we know: the proposal that waits, else what the order was made of."""
    proposal = _weighed(inbound, revision).order_by("-pk").first()
    return (read_stored(inbound.channel, proposal)[0] if proposal else None) or old


def _is_ours(change: Change, inbound: InboundOrder) -> bool:
    """A shop that says "sent" after we have sent it only repeats our words."""
    if change.kind != "sent" or inbound.order is None:
        return False
    return inbound.order.fulfilment_status not in (
        FulfilmentStatus.UNFULFILLED,
        FulfilmentStatus.WAITING,
        FulfilmentStatus.IN_PROGRESS,
    )


def _propose(inbound: InboundOrder, revision: InboundRevision, *, by: User | str, now: datetime) -> None:
    """The newest proposal is the one that counts; the order waits for the decision."""
    _weighed(inbound, revision).update(state=RevisionState.SUPERSEDED, decided_at=now, decided_by="intake")
    inbound.state = InboundState.CHANGED
    inbound.save(update_fields=["state"])
    what = ", ".join(dict.fromkeys(change["what"] for change in revision.difference))
    assert inbound.order is not None  # noqa: S101  (a proposal always is about an order)
    order = lock_order(inbound.order.pk)
    record(
        "inbound.changed",
        gettext_noop("Changed at the shop: {what}"),
        subject=order.number,
        by=by,
        now=now,
        what=what,
    )
    try:
        hold(
            order,
            code=HoldCode.CHANGE,
            source="intake",
            handle=HANDLE,
            reason=(_("Changed at the shop: %(what)s") % {"what": what})[:300],
            by=by,
            now=now,
        )
    except NotOpen:
        return


def replace_payload(inbound: InboundOrder, revision: InboundRevision, *, now: datetime) -> None:
    """The revision's text becomes the document; the text before is kept as a superseded version."""
    InboundRevision.objects.get_or_create(
        inbound=inbound,
        payload_hash=inbound.payload_hash,
        defaults={
            "payload": inbound.payload,
            "source": inbound.source,
            "source_rows": inbound.source_rows,
            "received_at": inbound.received_at,
            "state": RevisionState.SUPERSEDED,
            "decided_at": now,
            "decided_by": "intake",
        },
    )
    inbound.payload, inbound.payload_hash = revision.payload, revision.payload_hash
    inbound.source, inbound.source_rows = revision.source, revision.source_rows
    inbound.received_at = revision.received_at
    inbound.save()


def _decide(revision: InboundRevision, state: str, *, by: User | str, now: datetime) -> None:
    revision.state, revision.decided_at, revision.decided_by = state, now, str(by)[:120]
    revision.save(update_fields=["state", "decided_at", "decided_by", "difference"])


def _tombstone(inbound: InboundOrder) -> Finding:
    message = _("%(id)s was cancelled before; a later message does not bring it back.")
    return Finding("cancelled", "error", "/", message % {"id": inbound.external_id})


def _older(new: ParsedOrder, old: ParsedOrder) -> Finding:
    message = _("This version is of %(new)s, ours of %(old)s: it is kept, but older.")
    facts = {"new": f"{new.changed_at:%Y-%m-%d %H:%M:%S}", "old": f"{old.changed_at:%Y-%m-%d %H:%M:%S}"}
    return Finding("older_version", "warning", "/", message % facts, facts["new"])


def _nothing() -> Finding:
    message = _("The text differs, but nothing that concerns us does.")
    return Finding("no_difference", "warning", "/", message)


def _proposal(inbound: InboundOrder, revision: InboundRevision) -> Finding:
    what = ", ".join(dict.fromkeys(change["what"] for change in revision.difference))
    message = _("%(order)s was changed at the shop: %(what)s. Accept or reject the change.")
    return Finding("changed", "warning", "/", message % {"order": inbound.order, "what": what}, what[:80])


# -- what a person decides


@retries_conflicts
@transaction.atomic(durable=True)
def reject_change(revision_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Keep the order as it is; the shop's version stays on record. Raises Decided."""
    inbound, revision, order = _opened(revision_id)
    _decide(revision, RevisionState.REJECTED, by=by, now=now)
    _close(inbound, order, gettext_noop("Change at the shop rejected: {what}"), revision, by=by, now=now)
    return inbound


@retries_conflicts
@transaction.atomic(durable=True)
def apply_change(revision_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """Make the order what the shop says. Raises Decided, CannotApply."""
    inbound, revision, order = _opened(revision_id)
    new, _found = read_stored(inbound.channel, revision)
    if new is None:
        raise CannotApply(_("The shop's version cannot be read any more."))
    apply_to(order, new, revision.difference, channel=inbound.channel, by=by, now=now)
    replace_payload(inbound, revision, now=now)
    _decide(revision, RevisionState.APPLIED, by=by, now=now)
    _close(inbound, order, gettext_noop("Change at the shop accepted: {what}"), revision, by=by, now=now)
    return inbound


@transaction.atomic(durable=True)
def retry_revision(revision_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """What kept a version from being compared was mended: the next run tries again. Raises Decided."""
    inbound = lock_inbound(InboundRevision.objects.values_list("inbound_id", flat=True).get(pk=revision_id))
    revision = InboundRevision.objects.get(pk=revision_id)
    if not revision.is_given_up:
        raise Decided(revision)
    revision.attempts, revision.error = 0, ""
    revision.save(update_fields=["attempts", "error"])
    subject = inbound.order.number if inbound.order else f"channel {inbound.channel.code}"
    record("inbound.retried", gettext_noop("Version of the shop read again"), subject=subject, by=by, now=now)
    return inbound


@retries_conflicts
@transaction.atomic(durable=True)
def settle_by_hand(revision_id: int, *, by: User | str, now: datetime) -> InboundOrder:
    """A person has made the change: the shop's version counts from now on. Raises Decided."""
    inbound, revision, order = _opened(revision_id)
    replace_payload(inbound, revision, now=now)
    _decide(revision, RevisionState.APPLIED, by=by, now=now)
    _close(inbound, order, gettext_noop("Change at the shop made by hand: {what}"), revision, by=by, now=now)
    return inbound


def _opened(revision_id: int) -> tuple[InboundOrder, InboundRevision, Order]:
    """Document, version and order, locked in this order. Closes the race of two people deciding."""
    inbound = lock_inbound(InboundRevision.objects.values_list("inbound_id", flat=True).get(pk=revision_id))
    revision = InboundRevision.objects.get(pk=revision_id)
    if revision.state != RevisionState.PROPOSED or inbound.order is None:
        raise Decided(revision)
    return inbound, revision, lock_order(inbound.order.pk)


def _close(
    inbound: InboundOrder, order: Order, sentence: str, revision: InboundRevision, *, by: User | str, now: datetime
) -> None:
    what = ", ".join(dict.fromkeys(change["what"] for change in revision.difference))
    record("inbound.decided", sentence, subject=order.number, by=by, now=now, what=what)
    for held in order.holds.open().filter(source="intake", handle=HANDLE):
        release(held, order, by=by, now=now)
    is_held = order.holds.open().exists()
    inbound.state = InboundState.HELD if is_held else InboundState.ACCEPTED
    if order.current_status == OrderStatus.CANCELLED:
        inbound.state = InboundState.CANCELLED
    inbound.save(update_fields=["state"])
