"""From charging a card to paying by invoice."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import drop_planned
from orders.actions.dunning import lock_case
from orders.actions.dunning_cases import note_case
from orders.billing_states import Collection, DunningStatus, EventKind
from orders.models import Dunning, Subscription, SubscriptionEvent


@retries_conflicts
@transaction.atomic(durable=True)
def switch_to_invoice(pk: int, *, by: User | str, now: datetime) -> Dunning:
    """The subscription is paid on invoice from now on; the card is not tried any more and the case stops.

    Raises CaseClosed.
    """
    subscription_id = Dunning.objects.values_list("invoice__subscription", flat=True).get(pk=pk)
    # First of all locks: closes the race with a renewal that is choosing how to collect.
    subscription = Subscription.objects.locked().filter(pk=subscription_id).first()
    case = lock_case(pk)
    drop_planned(case.invoice, now=now)
    case.move_to(DunningStatus.STOPPED, now=now, next_at=None)
    note_case(case, gettext_noop("Paid by invoice from now on"), "dunning.to_invoice", by=by, now=now)
    if subscription and subscription.collection != Collection.INVOICE:
        before = {"collection": subscription.collection}
        subscription.collection = Collection.INVOICE
        subscription.row_version += 1
        subscription.save(update_fields=["collection", "row_version"])
        facts = {"collection": Collection.INVOICE}
        SubscriptionEvent.objects.create(
            subscription=subscription, kind=EventKind.PAYMENT_METHOD, facts=facts, before=before, by=str(by), at=now
        )
    return case
