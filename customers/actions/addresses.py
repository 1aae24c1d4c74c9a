"""Addresses of customers: replaced, never edited, so that orders keep the one they were made with."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.addressing import Fault, check_address
from customers.models import Address, Customer
from ordermgmt.history import record
from ordermgmt.models import User


class AddressRefused(Exception):
    """The address is not complete or not of the country's form; `faults` name fields and sentences."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(". ".join(fault.sentence for fault in faults))
        self.faults = faults


class AddressChanged(AddressRefused):
    """Somebody else replaced or removed this address meanwhile."""

    def __init__(self) -> None:
        super().__init__([Fault("", _("Someone else replaced this address meanwhile. Check the new one."))])


def add(customer: Customer, fields: Mapping[str, str], *, now: datetime, is_default: bool, label: str = "") -> Address:
    """Inside the caller's transaction: one more address, checked for its country. Raises AddressRefused."""
    tidy, faults = check_address(fields)
    if faults:
        raise AddressRefused(faults)
    _lock(customer.pk)
    current = customer.addresses.filter(replaced_at=None)
    if is_default:
        current.filter(is_default=True).update(is_default=False)
    is_default = is_default or not current.exists()
    return Address.objects.create(customer=customer, label=label, is_default=is_default, created_at=now, **tidy)


@transaction.atomic(durable=True)
def add_address(
    *,
    customer: Customer,
    fields: Mapping[str, str],
    by: User | str,
    now: datetime,
    is_default: bool = False,
    label: str = "",
) -> Address:
    """Add an address to a customer. Raises AddressRefused."""
    address = add(customer, fields, now=now, is_default=is_default, label=label)
    _tell("add_address", "Address added: {address}", customer, by, now, address.one_line)
    return address


@transaction.atomic(durable=True)
def replace_address(*, address: Address, fields: Mapping[str, str], by: User | str, now: datetime) -> Address:
    """Put a new address in the place of an old one. Raises AddressRefused, and AddressChanged when it is gone."""
    address = _locked(address)
    tidy, faults = check_address(fields)
    if faults:
        raise AddressRefused(faults)
    if tidy == {name: address.as_postal()[name] for name in tidy}:
        return address
    address.replaced_at = now
    address.save(update_fields=["replaced_at"])
    new = Address.objects.create(
        customer=address.customer,
        label=address.label,
        is_default=address.is_default,
        created_at=now,
        **{**address.as_postal(), **tidy},
    )
    words = f"{address.one_line} → {new.one_line}"
    _tell("replace_address", "Address replaced: {address}", address.customer, by, now, words)
    return new


@transaction.atomic(durable=True)
def retire_address(*, address: Address, by: User | str, now: datetime) -> None:
    """The customer no longer lives there; orders keep it. The newest other address becomes the default.

    Raises AddressChanged.
    """
    address = _locked(address)
    Address.objects.filter(pk=address.pk).update(replaced_at=now, is_default=False)
    others = address.customer.addresses.filter(replaced_at=None)
    if address.is_default and (heir := others.order_by("-created_at", "-pk").first()):
        others.filter(pk=heir.pk).update(is_default=True)
    _tell("retire_address", "Address removed: {address}", address.customer, by, now, address.one_line)


@transaction.atomic(durable=True)
def prefer_address(*, address: Address, by: User | str, now: datetime) -> None:
    """Make this the default address. Raises AddressChanged."""
    address = _locked(address)
    if address.is_default:
        return
    address.customer.addresses.filter(is_default=True, replaced_at=None).update(is_default=False)
    Address.objects.filter(pk=address.pk).update(is_default=True)
    _tell("prefer_address", "Default address: {address}", address.customer, by, now, address.one_line)


def _lock(customer_id: int) -> None:
    """Inside the caller's transaction. Closes the race of two people changing which address is the default."""
    Customer.objects.select_for_update(of=("self",)).only("pk").get(pk=customer_id)


def _locked(address: Address) -> Address:
    """Inside the caller's transaction: the address as it is now, its customer locked. Raises AddressChanged."""
    _lock(address.customer_id)
    address = Address.objects.select_related("customer").get(pk=address.pk)
    if address.replaced_at:
        raise AddressChanged
    return address


def _tell(verb: str, sentence: str, customer: Customer, by: User | str, now: datetime, words: str) -> None:
    record(verb, sentence, subject=customer.number, by=by, now=now, address=words)
