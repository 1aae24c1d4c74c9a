"""Paid deliveries that a subscription will not bring any more: credited, or settled by hand; the run for what has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.each import each
from ordermgmt.history import SYSTEM
from orders.actions.giving_up import credit_parts, paid_parts
from orders.actions.paid_ahead import told
from orders.actions.particulars import OVER
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import Made, change_subscription
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import EventKind
from orders.invoice_mails import credit_note_message
from orders.models import CreditNote, Subscription


def give_back_owed(work: Work, count: int, give_back: GiveBack) -> dict[str, Any]:
    """Inside the caller's transaction: the last `count` that are owed do not come; what the history says of it.

    Raises NotAllowed for what was paid before the subscription came to us.
    """
    given = paid_parts(work)[-count:]
    return _given_up(work, count, credit_parts(work, given, give_back=give_back))


def _given_up(work: Work, count: int, notes: Sequence[CreditNote]) -> dict[str, Any]:
    work.save(deliveries_owed=work.s.deliveries_owed - count)
    return {"given_up": count, **told(notes)}


@dataclass(frozen=True)
class GiveBackOwed:
    """Nothing of what is paid in advance (of one invoice) comes any more: it is credited.

    The next delivery is charged again. It is not undone.
    """

    give_back: GiveBack = GiveBack.REFUND
    invoice_id: int | None = None
    kind: ClassVar[str] = EventKind.GIVEN_BACK

    def apply(self, work: Work) -> Made:
        _owed(work)
        given = [p for p in paid_parts(work) if self.invoice_id in (None, p.cycle.invoice_id)]
        if not given:
            raise NotAllowed(_("Nothing is paid in advance."))
        notes = credit_parts(work, given, give_back=self.give_back)
        for note in notes:
            credit_note_message(note, now=work.now)
        facts = _given_up(work, len(given), notes)
        return Made(gettext_noop("{given_up} paid deliveries do not come and were credited"), facts, mail="")


@dataclass(frozen=True)
class SettleByHand:
    """What was paid before an ended subscription came to us was given back in another way, which `note` names."""

    note: str
    kind: ClassVar[str] = EventKind.GIVEN_BACK

    def apply(self, work: Work) -> Made:
        count = _owed(work)
        if work.s.current_status not in OVER:
            raise NotAllowed(_("%(number)s has not ended: what is paid still comes.") % {"number": work.s.number})
        if work.is_customer or not self.note.strip():
            raise NotAllowed(_("Say how it was given back."))
        work.save(deliveries_owed=0)
        facts = {"given_up": count, "note": self.note.strip()[:300]}
        return Made(gettext_noop("{given_up} paid deliveries were given back by hand: {note}"), facts, mail="")


def _owed(work: Work) -> int:
    if not work.s.deliveries_owed:
        raise NotAllowed(_("Nothing is paid in advance."))
    return work.s.deliveries_owed


def give_back_ended(*, now: datetime) -> dict[str, Any]:
    """The run: what ended while deliveries were paid is credited; paid back after approval. Safe to repeat.

    It ends so when a paid delivery was skipped past the end, or when the order of one was cancelled.
    """
    ended = Subscription.objects.filter(status__in=OVER, deliveries_owed__gt=0)
    rows = dict(ended.order_by("pk").values_list("pk", "number"))
    by_hand: list[str] = []

    def act(pk: int) -> bool:
        try:
            change_subscription(pk, GiveBackOwed(), by=SYSTEM, now=now)
        except NotAllowed:
            by_hand.append(rows[pk])
            return False
        return True

    return each(rows, act, number=rows.__getitem__).summary("given_back") | {"by_hand": len(by_hand)}
