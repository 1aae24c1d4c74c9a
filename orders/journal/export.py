"""The journal as a CSV file, and its sums by account."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ordermgmt.money import ZERO, minor_unit
from ordermgmt.spreadsheets import Echo, guarded
from orders.journal.accounts import Account, chart
from orders.journal.sources import Period, entries

# Fixed words: programs that read the file know them.
COLUMNS = (
    *("date", "document", "account", "account_name", "debit", "credit", "tax_code", "currency"),
    *("text", "counterpart"),
)


@dataclass
class Balance:
    """What a period brought to an account, in one currency."""

    account: Account
    currency: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        return self.debit - self.credit


def csv_lines(period: Period) -> Iterator[str]:
    """Line by line, so that a long period costs no memory."""
    writer, accounts = csv.writer(Echo()), chart()
    yield "\ufeff" + str(writer.writerow(COLUMNS))
    for one in entries(period):
        unit = minor_unit(one.currency)
        for line in one.lines:
            account, amount = accounts[line.account], format(abs(line.amount).quantize(unit), "f")
            sides = (amount, "") if line.amount > 0 else ("", amount)
            head = (one.on.isoformat(), guarded(one.document), account.number, str(account.title))
            tail = (line.tax_code, one.currency, guarded(one.text), guarded(one.counterpart))
            yield str(writer.writerow((*head, *sides, *tail)))


def trial_balance(period: Period) -> list[Balance]:
    """By currency and account number; debits and credits of a currency are equal."""
    accounts, found = chart(), dict[tuple[str, str], Balance]()
    sides: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for one in entries(period):
        for line in one.lines:
            sides[one.currency, line.account][line.amount < 0] += abs(line.amount)
    for (currency, name), (debit, credit) in sides.items():
        found[currency, accounts[name].number] = Balance(accounts[name], currency, debit, credit)
    return [found[key] for key in sorted(found)]
