"""Knowing the customer of an order from a shop: by the shop's id, else by e-mail, else a new one."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from customers.actions.addresses import AddressRefused, add
from customers.addressing import phone_digits
from customers.models import ChannelIdentity, Customer
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.numbering import next_number


def recognise(
    *,
    channel: str,
    external_id: str,
    facts: Mapping[str, Any],
    address: Mapping[str, str] | None,
    by: User | str,
    now: datetime,
) -> Customer | None:
    """Inside the caller's transaction: the customer, newly registered when nobody fits.

    `facts` may hold name, company, email, phone and language. None when they say nothing at all.
    A complete `address` becomes the default one of a new customer.
    """
    if known := _by_identity(channel, external_id):
        return known
    known = _by_email(str(facts.get("email") or ""))
    if known is None and not external_id and not any(facts.get(name) for name in ("email", "name", "company")):
        return None
    try:
        # Closes the race of two orders of one new customer: the second waits for the first one's
        # identity, then undoes its own customer and takes that one.
        with transaction.atomic():
            known = known or _registered(facts, address or {}, by=by, now=now)
            if external_id:
                ChannelIdentity.objects.create(channel=channel, external_id=external_id, customer=known)
    except IntegrityError:
        return _by_identity(channel, external_id)
    return known


def _by_identity(channel: str, external_id: str) -> Customer | None:
    if not external_id:
        return None
    found = ChannelIdentity.objects.filter(channel=channel, external_id=external_id).select_related("customer").first()
    return _living(found.customer) if found else None


def _by_email(email: str) -> Customer | None:
    return Customer.objects.live().with_email(email).order_by("pk").first() if email else None


def _living(customer: Customer) -> Customer:
    """Follow merges to the customer that is left."""
    while customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def _registered(facts: Mapping[str, Any], address: Mapping[str, str], *, by: User | str, now: datetime) -> Customer:
    """A shop's facts are taken as they are: an odd phone number is no reason to lose a customer."""
    given = {name: facts[name] for name in ("name", "company", "email", "phone", "language") if facts.get(name)}
    given.setdefault("name", given.get("company") or given.get("email") or "")
    given["phone_digits"] = phone_digits(str(facts.get("phone") or ""), address.get("country", ""))
    customer = Customer.objects.create(number=next_number("C"), created_at=now, **given)
    with suppress(AddressRefused):
        add(customer, address, now=now, is_default=True)
    record("register_customer", "Customer added", subject=customer.number, by=by, now=now)
    return customer
