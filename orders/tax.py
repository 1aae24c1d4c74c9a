"""Value-added tax by country, region, class of goods, customer and day. Pure: the rates of the database are passed in.

Prices of private customers include the tax of the country the goods go to (distance selling, one-stop shop).
Sources: European Commission, Taxes in Europe Database (SE, DK, FI, DE, NL, FR); for Swedish food
prop. 2025/26:55 (6 % from April 2026 to December 2027); Norwegian Tax Administration (NO);
HM Revenue & Customs, VAT rates and VAT Notice 701/14 (GB). Rates from before 2024 are not kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from stdnum.eu import vat as eu_vat

from ordermgmt.money import ZERO, tax_in
from orders.billing_states import TaxTreatment

STANDARD, FOOD = "standard", "food"
ALWAYS = date(2024, 1, 1)


class Rate(NamedTuple):
    """A rate (as a fraction) and the first day it holds; it ends when the next one begins."""

    starts_on: date
    rate: Decimal


def _rates(*pairs: tuple[date, str]) -> tuple[Rate, ...]:
    return tuple(Rate(day, Decimal(percent) / 100) for day, percent in pairs)


# Oldest first.
RATES: Mapping[tuple[str, str], tuple[Rate, ...]] = {
    ("SE", STANDARD): _rates((ALWAYS, "25")),
    ("SE", FOOD): _rates((ALWAYS, "12"), (date(2026, 4, 1), "6"), (date(2028, 1, 1), "12")),
    ("DK", STANDARD): _rates((ALWAYS, "25")),
    ("DK", FOOD): _rates((ALWAYS, "25")),
    ("NO", STANDARD): _rates((ALWAYS, "25")),
    ("NO", FOOD): _rates((ALWAYS, "15")),
    ("FI", STANDARD): _rates((ALWAYS, "24"), (date(2024, 9, 1), "25.5")),
    ("FI", FOOD): _rates((ALWAYS, "14"), (date(2026, 1, 1), "13.5")),
    ("DE", STANDARD): _rates((ALWAYS, "19")),
    ("DE", FOOD): _rates((ALWAYS, "7")),
    ("NL", STANDARD): _rates((ALWAYS, "21")),
    ("NL", FOOD): _rates((ALWAYS, "9")),
    ("FR", STANDARD): _rates((ALWAYS, "20")),
    ("FR", FOOD): _rates((ALWAYS, "5.5")),
    ("GB", STANDARD): _rates((ALWAYS, "20")),
    ("GB", FOOD): _rates((ALWAYS, "0")),
}


class OwnRate(NamedTuple):
    """A rate kept in the database; it ends the day before `ends_on`."""

    starts_on: date
    ends_on: date | None
    rate: Decimal


Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of the database by (country, region, class); they go before those that come with the portal."""

    own: Mapping[Key, tuple[OwnRate, ...]] = field(default_factory=dict)

    def find(self, country: str, tax_class: str, *, on: date, region: str = "") -> Decimal | None:
        """The rate of a class in a place on a day. A region with rates of its own is a territory of its own;
        a class nobody knows is taxed in full. None: we do not know."""
        found = (
            *((self._own(country, region, kind, on) for kind in (tax_class, STANDARD)) if region else ()),
            self._own(country, "", tax_class, on),
            _built_in(country, tax_class, on),
            self._own(country, "", STANDARD, on),
            _built_in(country, STANDARD, on),
        )
        return next((rate for rate in found if rate is not None), None)

    def _own(self, country: str, region: str, tax_class: str, on: date) -> Decimal | None:
        rows = self.own.get((country, region, tax_class), ())
        holding = [row for row in rows if row.starts_on <= on and (row.ends_on is None or on < row.ends_on)]
        return max(holding, key=lambda row: row.starts_on).rate if holding else None


def _built_in(country: str, tax_class: str, on: date) -> Decimal | None:
    holding = [rate.rate for rate in RATES.get((country, tax_class), ()) if rate.starts_on <= on]
    return holding[-1] if holding else None


BUILT_IN = Rates()


def tax_rate(country: str, tax_class: str, *, on: date, rates: Rates = BUILT_IN) -> Decimal | None:
    """The rate of a kind of goods in a country on a day; an unknown kind is taxed in full. None: we do not know."""
    return rates.find(country, tax_class, on=on)


def delivery_rate(rates: Iterable[Decimal]) -> Decimal:
    """Delivery is taxed like what is delivered; of several rates the highest counts, so that never too little is paid."""
    return max(rates, default=Decimal(0))


# ISO 3166 codes of the member states of the European Union.
MEMBER_STATES = frozenset(code.upper() for code in eu_vat.MEMBER_STATES - {"xi"})
_PREFIXES = {"EL": "GR"}


@dataclass(frozen=True, slots=True)
class Buyer:
    """Where the goods go (ISO 3166-1 alpha-2), and the VAT id of a business that buys them."""

    country: str
    region: str = ""
    vat_id: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """`rate` is charged. `contained` is the rate inside a list price, which this buyer does not pay when they differ."""

    rate: Decimal
    treatment: TaxTreatment
    contained: Decimal
    is_known: bool = True

    def price(self, listed: Decimal, currency: str) -> Decimal:
        """What this buyer pays of a price that includes tax, per unit or in all."""
        return listed if self.treatment == TaxTreatment.STANDARD else listed - tax_in(listed, self.contained, currency)

    @property
    def note(self) -> str:
        """What the paper must say about it."""
        return tax_note(self.treatment)


def tax_for(buyer: Buyer, tax_class: str, *, on: date, seller_country: str, rates: Rates = BUILT_IN) -> Tax:
    """How goods of a class are taxed for a buyer on a day. The one rule for orders, invoices and forecasts.

    Private customers pay the tax of where the goods go. A business with a VAT id of another member state that has them sent to
    another member state pays none (it accounts for it itself); goods that leave the union carry none
    unless we know a rate there, which means that we are registered there.
    """
    there = rates.find(buyer.country, tax_class, on=on, region=buyer.region)
    here = rates.find(seller_country, tax_class, on=on) or ZERO
    if _accounts_for_itself(buyer, seller_country):
        return Tax(ZERO, TaxTreatment.REVERSE_CHARGE, here if there is None else there)
    if there is not None:
        return Tax(there, TaxTreatment.STANDARD, there)
    if buyer.country and seller_country in MEMBER_STATES and buyer.country not in MEMBER_STATES:
        return Tax(ZERO, TaxTreatment.EXPORT, here)
    return Tax(ZERO, TaxTreatment.STANDARD, ZERO, is_known=False)


def _accounts_for_itself(buyer: Buyer, seller_country: str) -> bool:
    """Directive 2006/112/EC, Article 138: goods go to another member state, to a business registered in one."""
    states = MEMBER_STATES - {seller_country}
    return seller_country in MEMBER_STATES and buyer.country in states and vat_country(buyer.vat_id) in states


def vat_country(vat_id: str) -> str:
    """The member state of a VAT id whose form and check digits are right; empty otherwise."""
    if not eu_vat.is_valid(vat_id):
        return ""
    prefix = str(eu_vat.compact(vat_id))[:2]
    country = _PREFIXES.get(prefix, prefix)
    return country if country in MEMBER_STATES else ""


def tax_name(country: str) -> str:
    """What the tax on goods is called where they go."""
    return _("Sales tax") if country == "US" else _("VAT")


def tax_note(treatment: str) -> str:
    """The sentence the law wants on an invoice without tax; empty for one with."""
    if treatment == TaxTreatment.REVERSE_CHARGE:
        return _(
            "Intra-Community supply, exempt from VAT under Article 138 of Directive 2006/112/EC. "
            "Reverse charge: the buyer accounts for the VAT."
        )
    if treatment == TaxTreatment.EXPORT:
        return _("Export, exempt from VAT under Article 146 of Directive 2006/112/EC.")
    return ""
