"""What is a customer worth: value to date and expected, by plan and quarter of the first purchase."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.money import ZERO, round_money
from ordermgmt.report_forms import Question
from ordermgmt.report_sections import report_section
from ordermgmt.templatetags import portal
from orders.models import CustomerValue, Plan, ValueFit

NO_PLAN = "-"
MOST_ON_DASHBOARD = 6


@dataclass(frozen=True)
class Line:
    """The customers of one plan who began in one quarter; amounts of all of them and of each."""

    plan: str
    quarter: str
    customers: int
    to_date: Decimal
    expected: Decimal | None
    currency: str
    url: str

    @property
    def each_to_date(self) -> Decimal:
        return round_money(self.to_date / self.customers, self.currency)

    @property
    def each_expected(self) -> Decimal | None:
        return None if self.expected is None else round_money(self.expected / self.customers, self.currency)


def lines(currency: str, plan: str = "") -> list[Line]:
    """The newest quarter first, then by plan. One statement beside the names of plans."""
    rows = CustomerValue.objects.filter(currency=currency, **({"plan": plan} if plan else {})).order_by()
    grouped = rows.values("plan", "quarter").annotate(n=Count("pk"), spent=Sum("to_date"), more=Sum("expected"))
    names = dict(Plan.objects.values_list("number", "name"))
    found = [_line(row, names, currency) for row in grouped]
    return sorted(found, key=lambda line: (line.quarter, line.plan), reverse=True)


def _line(row: Any, names: dict[str, str], currency: str) -> Line:
    asked = {"currency": currency, "plan": row["plan"] or NO_PLAN, "quarter": row["quarter"]}
    name = names.get(row["plan"], row["plan"]) or _("Single orders")
    url = f"{reverse('value_customers')}?{urlencode(asked)}"
    return Line(name, row["quarter"], row["n"], row["spent"] or ZERO, row["more"], currency, url)


def newest_fit(currency: str) -> ValueFit | None:
    return ValueFit.objects.filter(currency=currency).order_by("-worked_on").first()


@report_section("customer-value", template="reports/_values.html", rank=15)
def value_section(question: Question) -> dict[str, Any] | None:
    currency = question.filters.get("currency") or settings.REPORT_CURRENCY
    found = lines(currency, question.filters.get("plan", ""))
    if not found:
        return None
    return {"lines": found[:MOST_ON_DASHBOARD], "answer": answer(found), "currency": currency, "all": len(found)}


def answer(found: Sequence[Line]) -> str:
    customers = sum(line.customers for line in found)
    spent, more = sum((line.to_date for line in found), ZERO), [line.expected for line in found]
    currency = found[0].currency
    facts = {"each": portal.money(round_money(spent / customers, currency), currency), "n": portal.quantity(customers)}
    if None in more:
        words = ngettext(
            "%(each)s a customer so far (%(n)s customer). Too few bought again to say what is to come.",
            "%(each)s a customer so far (%(n)s customers). Too few bought again to say what is to come.",
            customers,
        )
        return words % facts
    coming = round_money(sum((part for part in more if part is not None), ZERO) / customers, currency)
    words = ngettext(
        "%(each)s a customer so far, %(more)s more expected in twelve months (%(n)s customer).",
        "%(each)s a customer so far, %(more)s more expected in twelve months (%(n)s customers).",
        customers,
    )
    return words % {**facts, "more": portal.money(coming, currency)}
