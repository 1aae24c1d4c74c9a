"""Registering, changing, blocking customers."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions.addresses import add
from customers.addressing import NotUsable, tidy_phone, tidy_vat_id
from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.changes import Changed, ChangedMeanwhile, changed_facts, changed_words, set_facts
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.numbering import next_number


class CustomerRefused(Exception):
    """The customer cannot be kept as given; `field` names the fact that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def tidy_facts(facts: Mapping[str, Any], country: str = "") -> dict[str, Any]:
    """Facts as they are kept: tidy name, e-mail, phone (with its digits), VAT id. Raises CustomerRefused."""
    tidy = dict(facts)
    for name in {"name", "company"} & tidy.keys():
        tidy[name] = re.sub(r"\s+", " ", tidy[name]).strip()
    if "name" in tidy and not tidy["name"] and not tidy.get("company"):
        raise CustomerRefused(_("Enter a name"), "name")
    if "email" in tidy:
        tidy["email"] = tidy_email(tidy["email"])
    if "phone" in tidy:
        tidy["phone"], tidy["phone_digits"] = _usable("phone", tidy_phone, tidy["phone"], country)
    if "vat_id" in tidy:
        tidy["vat_id"] = _usable("vat_id", tidy_vat_id, tidy["vat_id"])
    return tidy


def _usable(field: str, rule: Callable[..., Any], *given: str) -> Any:
    try:
        return rule(*given)
    except NotUsable as error:
        raise CustomerRefused(str(error), field) from error


def tidy_email(text: str) -> str:
    """Without spaces around it; the domain in small letters. Raises CustomerRefused."""
    email = text.strip()
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError as error:
        raise CustomerRefused(_("Enter an e-mail address like maria@customer.example"), "email") from error
    name, _at, domain = email.rpartition("@")
    return f"{name}@{domain.lower()}"


@transaction.atomic(durable=True)
def register_customer(
    *, by: User | str, now: datetime, address: Mapping[str, str] | None = None, **facts: Any
) -> Customer:
    """Add a customer, with a default address when one is given.

    Raises CustomerRefused or AddressRefused. An e-mail that another customer has is allowed (families share them).
    """
    customer = register(facts, country=(address or {}).get("country", ""), by=by, now=now)
    if address:
        add(customer, address, now=now, is_default=True)
    return customer


def register(facts: Mapping[str, Any], *, country: str, by: User | str, now: datetime) -> Customer:
    """Inside the caller's transaction: one customer with a new number and a line of history."""
    customer = Customer.objects.create(number=next_number("C"), created_at=now, **tidy_facts(facts, country))
    record("register_customer", "Customer added", subject=customer.number, by=by, now=now)
    return customer


@transaction.atomic(durable=True)
def change_customer(*, customer: Customer, version: int, by: User | str, now: datetime, **facts: Any) -> Changed:
    """Change facts of a customer as seen at `version`. Raises ChangedMeanwhile, CustomerRefused."""
    customer = lock_customer(customer.pk)
    if customer.version != version:
        raise ChangedMeanwhile(customer)
    refuse_ended(customer)
    address = customer.current_address
    changed = set_facts(customer, tidy_facts(facts, address.country if address else ""))
    if changed:
        rise(customer)
        what = changed_words(customer, {name: pair for name, pair in changed.items() if name != "phone_digits"})
        _tell("change_customer", "Changed: {what}", customer, by, now, what=what, changed=changed_facts(changed))
    return changed


def lock_customer(pk: int) -> Customer:
    """Inside the caller's transaction: closes the race of two people changing the same customer."""
    locked: Customer = Customer.objects.select_for_update(of=("self",)).get(pk=pk)
    return locked


def rise(customer: Customer) -> None:
    """Inside the caller's transaction: edits made against the version before are refused from now on."""
    customer.version += 1
    customer.save(update_fields=["version"])


def refuse_ended(customer: Customer) -> None:
    """Raises CustomerRefused for a merged or erased customer."""
    if customer.status == CustomerStatus.MERGED:
        raise CustomerRefused(
            _("%(number)s was merged into %(other)s. Change that one.")
            % {"number": customer.number, "other": customer.merged_into}
        )
    if customer.status == CustomerStatus.ERASED:
        raise CustomerRefused(_("%(number)s was erased and cannot be changed.") % {"number": customer.number})


@transaction.atomic(durable=True)
def block_customer(*, customer: Customer, reason: str, by: User | str, now: datetime) -> Customer:
    """New orders of this customer are held from now on. Raises CustomerRefused without a reason."""
    if not reason.strip():
        raise CustomerRefused(_("Say why, so that others understand it"), "reason")
    customer = lock_customer(customer.pk)
    if customer.status == CustomerStatus.BLOCKED:
        return customer
    refuse_ended(customer)
    customer.move_to(CustomerStatus.BLOCKED, now=now, blocked_reason=reason.strip()[:200])
    rise(customer)
    _tell("block_customer", "Blocked: {reason}", customer, by, now, reason=customer.blocked_reason)
    return customer


@transaction.atomic(durable=True)
def unblock_customer(*, customer: Customer, by: User | str, now: datetime) -> Customer:
    """New orders are taken again; orders held before stay held until someone releases them."""
    customer = lock_customer(customer.pk)
    if customer.status != CustomerStatus.BLOCKED:
        return customer
    customer.move_to(CustomerStatus.ACTIVE, now=now, blocked_reason="", blocked_at=None)
    rise(customer)
    _tell("unblock_customer", "Unblocked", customer, by, now)
    return customer


@transaction.atomic(durable=True)
def note_customer(*, customer: Customer, text: str, by: User | str, now: datetime) -> None:
    """Add a note to the timeline (2,000 characters at most)."""
    text = text.strip()
    if not text:
        raise CustomerRefused(_("Write a note"), "text")
    if len(text) > 2000:
        raise CustomerRefused(_("A note has 2,000 characters at most"), "text")
    record("note", "{text}", subject=customer.number, by=by, now=now, category="notes", text=text)


def _tell(verb: str, sentence: str, customer: Customer, by: User | str, now: datetime, **facts: Any) -> None:
    record(verb, sentence, subject=customer.number, by=by, now=now, **facts)
