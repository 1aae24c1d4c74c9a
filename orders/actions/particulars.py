"""Changes of where it goes, who pays and how, and to whom it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.addresses import add
from customers.addressing import check_address
from customers.models import Address, Customer
from customers.states import CustomerStatus
from orders.actions.deliveries import day_facts, scheduled
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import Collection, EventKind, MethodStatus, SubscriptionStatus
from orders.models import PaymentMethod, SubscriptionLink

OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)


def check_not_over(work: Work) -> None:
    if work.s.current_status in OVER:
        words = {"number": work.s.number, "state": work.s.get_status_display().lower()}
        raise NotAllowed(_("%(number)s is %(state)s.") % words)


def complete_address(address_id: int, customer_id: int) -> Address:
    """An address of the customer that can be delivered to. Raises NotAllowed."""
    address = Address.objects.filter(pk=address_id, customer=customer_id, replaced_at=None).first()
    if address is None:
        raise NotAllowed(_("Choose an address of the customer."))
    _tidy, faults = check_address(address.as_postal())
    if faults:
        raise NotAllowed(". ".join(str(fault.sentence) for fault in faults))
    return address


def usable_method(method_id: int, customer_id: int) -> PaymentMethod:
    method = PaymentMethod.objects.filter(pk=method_id, customer=customer_id, status=MethodStatus.ACTIVE).first()
    if method is None:
        raise NotAllowed(_("Choose a payment method of the customer that can be used."))
    return method


@dataclass(frozen=True)
class ChangeAddress:
    """Another address from the next open delivery on, or for delivery `number` only."""

    address_id: int
    number: int | None = None
    kind: ClassVar[str] = EventKind.ADDRESS

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        address = complete_address(self.address_id, work.s.customer_id)
        if self.number is not None:
            number = scheduled(work, self.number)
            row = work.row(number)
            row.address = address
            row.save(update_fields=["address"])
            facts = day_facts(work, number) | {"address": address.one_line}
            return Made(gettext_noop("The delivery of {day} goes to {address}"), facts, number)
        first = work.first_affected()
        work.save(address=address)
        return Made(gettext_noop("Sent to {address} from now on"), {"address": address.one_line}, first)


@dataclass(frozen=True)
class NewAddress:
    """To a place that was typed, from the next open delivery on; one we know already is not kept twice."""

    fields: Mapping[str, str]
    kind: ClassVar[str] = EventKind.ADDRESS

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        tidy, faults = check_address(self.fields)
        if faults:
            raise NotAllowed(". ".join(str(fault.sentence) for fault in faults))
        known = Address.objects.filter(customer=work.s.customer_id, replaced_at=None, **tidy).order_by("pk").first()
        address = known or add(work.s.customer, tidy, now=work.now, is_default=False)
        return ChangeAddress(address.pk).apply(work)


@dataclass(frozen=True)
class ChangeMethod:
    """Pay with another saved method; without one, on invoice (staff only)."""

    method_id: int | None
    payment_days: int | None = None
    kind: ClassVar[str] = EventKind.PAYMENT_METHOD

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        if self.method_id is None:
            if work.is_customer:
                raise NotAllowed(_("Ask us to pay on invoice."))
            days = work.s.payment_days if self.payment_days is None else self.payment_days
            work.save(method=None, collection=Collection.INVOICE, payment_days=days)
            return Made(gettext_noop("Paid on invoice, within {days} days"), {"days": days})
        method = usable_method(self.method_id, work.s.customer_id)
        work.save(method=method, collection=Collection.AUTOMATIC)
        return Made(gettext_noop("Paid with {method}"), {"method": str(method)})


@dataclass(frozen=True)
class Transfer:
    """Give it to another customer, with their address and payment method; invoices so far stay where they are.

    Links of the first customer end: they would show where the other one lives.
    """

    customer_id: int
    address_id: int
    method_id: int | None = None
    kind: ClassVar[str] = EventKind.TRANSFERRED

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        work.first_affected()
        customer = Customer.objects.filter(pk=self.customer_id, status=CustomerStatus.ACTIVE).first()
        if customer is None or work.is_customer:
            raise NotAllowed(_("Choose an active customer."))
        if work.s.redemptions.filter(charges_left__gt=0).exists():
            raise NotAllowed(_("A promotion of the first customer is still running. End it first."))
        address = complete_address(self.address_id, customer.pk)
        method = usable_method(self.method_id, customer.pk) if self.method_id else None
        collection = Collection.AUTOMATIC if method else Collection.INVOICE
        was = str(work.s.customer)
        for row in work.rows.values():
            if row.address_id:
                row.address = None
                row.save(update_fields=["address"])
        SubscriptionLink.objects.filter(subscription=work.s).live(work.now).update(revoked_at=work.now)
        work.save(customer=customer, address=address, method=method, collection=collection)
        return Made(gettext_noop("Given to {customer} by {was}"), {"customer": str(customer), "was": was})


@dataclass(frozen=True)
class Note:
    """Remarks for staff, and whether it is a gift."""

    text: str
    is_gift: bool = False
    kind: ClassVar[str] = EventKind.NOTE

    def apply(self, work: Work) -> Made:
        work.save(note=self.text, is_gift=self.is_gift)
        return Made(gettext_noop("Note: {text}"), {"text": self.text[:250]}, mail="")
