"""The chart of accounts: ours by name, theirs by number (setting JOURNAL_ACCOUNTS, e.g. `bank=1930,revenue=3001`).

The numbers that come with the portal are of BAS, the Swedish chart. Amounts are signed: debit above zero.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RECEIVABLE, BANK, CLEARING, CREDIT = "receivable", "bank", "clearing", "account_credit"
DEFERRED, REVENUE, VAT = "deferred", "revenue", "vat"
LOSSES, GOODWILL, FEES = "losses", "goodwill", "fees"


@dataclass(frozen=True)
class Account:
    """An account of the chart."""

    name: str
    number: str
    title: str | Promise


_OURS = (
    Account(RECEIVABLE, "1510", _("Receivables from customers")),
    Account(CLEARING, "1580", _("Money at payment providers")),
    Account(BANK, "1930", _("Bank")),
    Account(CREDIT, "2420", _("Account credit of customers")),
    Account(VAT, "2611", _("VAT to be paid")),
    Account(DEFERRED, "2970", _("Deferred revenue")),
    Account(REVENUE, "3001", _("Revenue")),
    Account(GOODWILL, "3740", _("Goodwill and differences")),
    Account(LOSSES, "6351", _("Losses on receivables")),
    Account(FEES, "6570", _("Fees of banks and providers")),
)


def chart() -> dict[str, Account]:
    """By our name, with the numbers of this shop."""
    theirs = settings.JOURNAL_ACCOUNTS
    return {a.name: Account(a.name, theirs.get(a.name, a.number), a.title) for a in _OURS}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One side of an entry: `amount` above zero is debit, below is credit."""

    account: str
    amount: Decimal
    tax_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A document booked: its lines add up to zero in one currency. `counterpart` is the customer's number."""

    on: date
    document: str
    text: str
    currency: str
    lines: tuple[Line, ...]
    counterpart: str = ""


def entry(
    on: date, document: str, text: str, currency: str, *lines: tuple[str, Decimal, str], counterpart: str = ""
) -> Entry:
    """Lines as (account, amount, tax code); those without an amount are left out."""
    kept = tuple(Line(account=a, amount=amount, tax_code=code) for a, amount, code in lines if amount)
    return Entry(on=on, document=document, text=text, currency=currency, lines=kept, counterpart=counterpart)
