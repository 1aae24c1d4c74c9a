"""Renewals without what nobody has, where the plan neither sends it later nor charges it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from django.utils import translation
from django.utils.translation import gettext as _

from ordermgmt.templatetags.portal import weekday_words
from orders.actions.order_rows import Prepared
from orders.actions.placing import levels_at
from orders.actions.placing_many import prepare_many, relevant, share_out
from orders.billing_states import ShortageRule
from orders.models import SubscriptionEvent
from orders.priced import ONCE
from orders.renewals import Renewal
from orders.sourcing import Sourcing
from orders.states import LineKind
from orders.subscription_emails import change_message

T = TypeVar("T")
Ready = list[tuple[Renewal, Prepared]]


def leave_out_missing(ready: Ready, *, now: datetime) -> Ready:
    """Inside the caller's transaction: lines that cannot be promised in full are taken out, with their money.

    What was paid in advance is owed, so it is sent later instead; so is everything when nothing of a box is there:
    no box leaves empty. Stock that is taken between this look and the promise makes a line wait.
    """
    if not any(r.version.shortage == ShortageRule.SKIP_LINE for r, _prepared in ready):
        return ready
    drafts = [prepared for _renewal, prepared in ready]
    given = share_out(drafts, levels_at(*relevant(drafts)), now=now)
    made = [_without(r, _missing(p, own)) for (r, p), own in zip(ready, given, strict=True)]
    again = iter(prepare_many([r.draft for r in made if r.left_out], now=now))
    found: Ready = []
    for r, old in zip(made, ready, strict=True):
        new = next(again) if r.left_out else old[1]
        # What was accepted with more in it is not refused with less; if it ever were, it waits as it is.
        found.append((r, new) if isinstance(new, Prepared) else old)
    return found


def _missing(prepared: Prepared, given: Sourcing) -> set[int]:
    """Which lines of the draft lack units; a bundle by its parts."""
    if not prepared.takes_stock:
        return set()
    sold = [row for row in prepared.lines if row.kind != LineKind.COMPONENT]
    places = {id(row): i for i, row in enumerate(sold)}
    return {places[id(row.bundle or row)] for row in prepared.lines if row.position in given.short}


def _without(r: Renewal, missing: set[int]) -> Renewal:
    is_paid = r.charge is None or r.is_prepaid
    gone = {i for i in missing if not is_paid or r.sent.parts[i].kind == ONCE}
    if r.version.shortage != ShortageRule.SKIP_LINE or not gone or len(gone) == len(r.sent.parts):
        return r
    sent = replace(r.sent, parts=_kept(r.sent.parts, gone))
    return replace(
        r,
        sent=sent,
        charge=sent if r.charge is r.sent else r.charge,
        draft=replace(r.draft, lines=_kept(r.draft.lines, gone)),
        left_out=tuple(part for i, part in enumerate(r.sent.parts) if i in gone),
    )


def _kept(rows: Sequence[T], gone: set[int]) -> tuple[T, ...]:
    return tuple(row for i, row in enumerate(rows) if i not in gone)


def tell_left_out(r: Renewal, event: SubscriptionEvent, *, now: datetime) -> None:
    """Inside the caller's transaction: one e-mail about what does not come and is not charged."""
    s = r.subscription
    with translation.override(s.language):
        facts = {"day": weekday_words(r.delivery.leaves_on), "items": ", ".join(p.good.name for p in r.left_out)}
        sentence = _("Not in your delivery of %(day)s, because it is out of stock: %(items)s. You do not pay for it.")
        change_message(s, "subscription_shortened", event, sentence % facts, now=now)
