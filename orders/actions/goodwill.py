"""Credit given without a payment: within what a role may give, once per form."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.customers import refuse_ended
from customers.models import Customer
from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, User
from ordermgmt.money import ZERO, exact, round_money
from ordermgmt.retrying import retries_conflicts
from ordermgmt.roles import Role
from ordermgmt.templatetags.portal import money
from orders.models import AccountEntry

# What one person may give one customer within WINDOW, in the currency of the credit.
LIMITS: dict[str, Decimal] = {
    Role.SUPPORT: Decimal(50),
    Role.MANAGER: Decimal(500),
    Role.FINANCE: Decimal(500),
    Role.ADMIN: Decimal(500),
}
WINDOW = timedelta(days=30)
CAUSE = "goodwill:"


class CreditRefused(Exception):
    """So much may not be given; the sentence says how much may."""


def limit_of(person: User) -> Decimal:
    """The highest limit of the person's roles."""
    return max((LIMITS.get(role, ZERO) for role in person.roles), default=ZERO)


def given_by(person: User, customer: Customer, currency: str, *, now: datetime) -> Decimal:
    """What the person gave the customer lately."""
    rows = AccountEntry.objects.filter(
        customer=customer, currency=currency, cause__startswith=CAUSE, by=str(person), at__gt=now - WINDOW
    )
    return exact(rows.aggregate(sum=Sum("amount"))["sum"])


def left_to_give(person: User, customer: Customer, currency: str, *, now: datetime) -> Decimal:
    return max(limit_of(person) - given_by(person, customer, currency, now=now), ZERO)


@retries_conflicts
@transaction.atomic(durable=True)
def give_credit(
    customer_id: int, *, amount: Decimal, currency: str, reason: str, key: str, by: User, now: datetime
) -> AccountEntry:
    """Put credit on a customer's account, once per key; the next invoices use it. Raises CreditRefused."""
    # Closes the race of one form sent twice, and of two gifts that together are too much.
    customer = Customer.objects.select_for_update(of=("self",)).get(pk=customer_id)
    cause = f"{CAUSE}{key}"[:80]
    if known := AccountEntry.objects.filter(cause=cause, customer=customer).first():
        return known
    refuse_ended(customer)
    amount, reason = round_money(amount, currency), reason.strip()
    _refuse(customer, amount, currency, reason, by, now)
    entry = AccountEntry.objects.create(
        customer=customer, currency=currency, amount=amount, cause=cause, reason=reason[:200], at=now, by=str(by)
    )
    record("credit.given", gettext_noop("Credit of {amount} {currency}: {reason}"), subject=customer.number, by=by,
           now=now, category=ActivityCategory.MONEY, amount=str(amount), currency=currency, reason=entry.reason)  # fmt: skip
    return entry


def _refuse(customer: Customer, amount: Decimal, currency: str, reason: str, by: User, now: datetime) -> None:
    if not reason:
        raise CreditRefused(_("Say why, so that others understand it"))
    if amount <= 0:
        raise CreditRefused(_("Enter an amount above 0"))
    left = left_to_give(by, customer, currency, now=now)
    if amount > left:
        words = _("You can give %(left)s more to this customer now. Above that, ask a manager.")
        raise CreditRefused(words % {"left": money(left, currency)})
