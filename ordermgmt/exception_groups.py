"""Rows of a table as causes: counted and added up by the database, in two statements for any number of rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from ordermgmt.exceptions import MOST_SUBJECTS, Cause


@dataclass
class Group:
    """All rows that have the same values: `key` are those values as one text, `values` each by its name."""

    key: str
    values: Mapping[str, Any]
    since: datetime
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)

    def cause(self, **more: Any) -> Cause:
        """As a cause whose facts are the values; `more` replaces or adds what a cause has."""
        facts = {
            "key": self.key, "since": self.since, "subjects": self.subjects, "count": self.count,
            "amounts": self.amounts, "facts": self.values,
        }  # fmt: skip
        return Cause(**{**facts, **more})


def grouped(
    rows: QuerySet[Any],
    *,
    by: tuple[str, ...] = (),
    number: str = "number",
    since: str = "since",
    amount: str = "",
    currency: str = "currency",
) -> list[Group]:
    """The rows by the fields `by`, with their numbers (the oldest first) and, when `amount` is named, their sums.

    `by` must be JSON values; a record with several rows counts once, but its amount as often as it has rows.
    """
    groups: dict[tuple[Any, ...], Group] = {}
    sums = {"sum_": Sum(amount)} if amount else {}
    named = (*by, currency) if amount else by
    found = rows.order_by().values(*named).annotate(n_=Count(number, distinct=True), oldest_=Min(since), **sums)
    for row in found if named else [rows.aggregate(n_=Count(number, distinct=True), oldest_=Min(since))]:
        if row["n_"]:
            _add(groups, row, by, row.get(currency, "") if amount else "")
    for *values, subject in _subjects(rows, by, number, since) if groups else ():
        group = groups.get(tuple(values))
        if group and subject not in group.subjects:
            group.subjects.append(subject)
    return list(groups.values())


def _add(groups: dict[tuple[Any, ...], Group], row: Mapping[str, Any], by: tuple[str, ...], currency: str) -> None:
    values = {name: row[name] for name in by}
    key = " ".join(str(value) for value in values.values())
    group = groups.setdefault(tuple(values.values()), Group(key, values, row["oldest_"]))
    group.count += row["n_"]
    group.since = min(group.since, row["oldest_"])
    if currency:
        group.amounts[currency] = row["sum_"] or Decimal(0)


def _subjects(rows: QuerySet[Any], by: tuple[str, ...], number: str, since: str) -> Iterable[tuple[Any, ...]]:
    partition = [F(name) for name in by] or None
    nth = Window(RowNumber(), partition_by=partition, order_by=[F(since).asc(), F("pk").asc()])
    first = rows.order_by().annotate(nth=nth).filter(nth__lte=MOST_SUBJECTS).order_by("nth")
    found: Iterable[tuple[Any, ...]] = first.values_list(*by, number)
    return found
