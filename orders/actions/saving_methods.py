"""Ways to pay that customers leave at the provider: kept, made the default, tried at once on what is owed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from customers.models import Customer
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions.charge_planning import drop_planned, plan_charge
from orders.actions.dunning_cases import case_of
from orders.actions.taking_money import lock_invoice
from orders.billing_states import LIVE_DUNNING, Collection, EventKind, MethodStatus, SubscriptionStatus
from orders.models import Dunning, PaymentMethod, Subscription, SubscriptionEvent
from orders.payments.protocol import SavedMethod


@retries_conflicts
@transaction.atomic(durable=True)
def keep_method(
    customer_id: int, saved: SavedMethod, *, provider: str, by: User | str, now: datetime
) -> PaymentMethod | None:
    """The card is the customer's default from now on and used where the old default was; the same card twice is one.

    What is owed is tried once at once, instead of the try that was planned. None when it is somebody else's.
    """
    users = _users_of_default(customer_id)
    # Closes the race of two webhooks about one card: the second finds the row.
    Customer.objects.select_for_update().get(pk=customer_id)
    known = PaymentMethod.objects.filter(provider=provider, reference=saved.reference).first()
    if known:
        return known if known.customer_id == customer_id else None
    PaymentMethod.objects.filter(customer=customer_id, is_default=True).update(is_default=False)
    method = PaymentMethod.objects.create(
        customer_id=customer_id, provider=provider, reference=saved.reference, provider_customer=saved.customer,
        kind=saved.kind, brand=saved.brand, last4=saved.last4, expires_on=saved.expires_on, is_default=True,
        created_at=now,
    )  # fmt: skip
    for subscription in users:
        _use(subscription, method, by=by, now=now)
    _note(method, by=by, now=now)
    _try_at_once(method, by=by, now=now)
    return method


def _users_of_default(customer_id: int) -> list[Subscription]:
    """Subscriptions (locked, first of all) that charge what the customer had before, or have nothing to charge."""
    alive = Subscription.objects.locked().filter(customer=customer_id, collection=Collection.AUTOMATIC)
    alive = alive.exclude(status__in=[SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED])
    return [row for row in alive if row.method is None or _is_outdated(row.method)]


def _is_outdated(method: PaymentMethod) -> bool:
    return method.is_default or method.status != MethodStatus.ACTIVE


def _use(subscription: Subscription, method: PaymentMethod, *, by: User | str, now: datetime) -> None:
    before = {"method": subscription.method_id}
    subscription.method = method
    subscription.row_version += 1
    subscription.save(update_fields=["method", "row_version"])
    SubscriptionEvent.objects.create(
        subscription=subscription, kind=EventKind.PAYMENT_METHOD, facts={"method": method.pk}, before=before,
        by=str(by), at=now,
    )  # fmt: skip


def _note(method: PaymentMethod, *, by: User | str, now: datetime) -> None:
    record(
        "method.kept",
        gettext_noop("New way to pay: {method}"),
        subject=method.customer.number,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        method=str(method),
    )


def _try_at_once(method: PaymentMethod, *, by: User | str, now: datetime) -> None:
    """In order of invoices, so that two of these never wait for each other."""
    rows = Dunning.objects.filter(invoice__customer=method.customer_id, status__in=LIVE_DUNNING)
    for invoice_id in rows.order_by("invoice__order", "invoice").values_list("invoice", flat=True):
        invoice = lock_invoice(invoice_id)
        case = case_of(invoice)
        if case is None or case.status not in LIVE_DUNNING:
            continue
        drop_planned(invoice, now=now)
        plan_charge(invoice, due_at=now, by=by, now=now)
        Dunning.objects.filter(pk=case.pk).update(waits_for_method=False)


@transaction.atomic(durable=True)
def lose_method(provider: str, reference: str, *, by: User | str, now: datetime) -> str:
    """The provider does not keep it any more: it is not charged again. Says what was done."""
    method = PaymentMethod.objects.select_for_update().filter(provider=provider, reference=reference).first()
    if method is None:
        return "No card of ours"
    PaymentMethod.objects.filter(pk=method.pk).update(status=MethodStatus.REMOVED, is_default=False)
    return f"{method}: removed"
