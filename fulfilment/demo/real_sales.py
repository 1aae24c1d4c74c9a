"""Sales of a real shop (the columns of UCI Online Retail) as orders of the past, so that figures show real shapes.

The data say who bought what when, and nothing of the warehouse: each order is told as if it had left from one warehouse
on the next day and arrived two days later. Credits and lines without units are counted and left out.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from babel import Locale

from ordermgmt.money import ZERO, round_money

# What the shop books under a code although it is no item.
NO_ITEMS = frozenset({"POST", "DOT", "M", "D", "C2", "BANK CHARGES", "S", "AMAZONFEE", "CRUK", "PADS"})
CURRENCY = "GBP"
OTHER_NAMES = {"EIRE": "IE", "Channel Islands": "JE", "USA": "US", "RSA": "ZA", "European Community": "BE"}
COUNTRIES = {name: code for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}


@dataclass(frozen=True)
class Row:
    code: str
    name: str
    units: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return round_money(self.price * self.units, CURRENCY)


@dataclass
class Sale:
    """One invoice of the shop: its items, and other charges (postage and the like) as one sum."""

    number: str
    at: datetime
    customer: str
    country: str
    rows: list[Row] = field(default_factory=list)
    charges: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return sum((row.amount for row in self.rows), self.charges)


@dataclass
class Sales:
    """`left_out`: rows that are no sale, by why."""

    by_number: dict[str, Sale] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=lambda: {"credits": 0, "no_units": 0})
    rows: int = 0

    @property
    def orders(self) -> list[Sale]:
        """Those with an item and an amount to pay."""
        return [sale for sale in self.by_number.values() if sale.rows and sale.net > 0]


def read_sales(folder: Path) -> Sales:
    """Every CSV file of the folder, by name. Raises KeyError for a file with other columns."""
    found = Sales()
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                _take(found, row)
    return found


def _take(found: Sales, row: dict[str, str]) -> None:
    found.rows += 1
    number, units = row["InvoiceNo"].strip(), int(row["Quantity"])
    if number.upper().startswith("C"):
        found.left_out["credits"] += 1
        return
    if units <= 0:
        found.left_out["no_units"] += 1
        return
    at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
    customer = row["CustomerID"].split(".")[0].strip()
    sale = found.by_number.setdefault(number, Sale(number, at, customer, country_code(row["Country"])))
    code, price = row["StockCode"].strip().upper(), Decimal(row["UnitPrice"])
    line = Row(code, row["Description"].strip() or code, units, price)
    if code in NO_ITEMS:
        sale.charges += line.amount
    else:
        sale.rows.append(line)


def country_code(name: str) -> str:
    return OTHER_NAMES.get(name) or COUNTRIES.get(name, "GB")


def moved(sales: Iterable[Sale], last: date) -> None:
    """Move all sales by whole days so that the last one is on this day."""
    every = list(sales)
    days = last - max(sale.at for sale in every).date()
    for sale in every:
        sale.at += days


def leaves_at(sale: Sale) -> datetime:
    """The afternoon of the next working day."""
    day = sale.at.date() + timedelta(days=1)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(14), UTC)
