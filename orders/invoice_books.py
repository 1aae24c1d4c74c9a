"""Invariants of invoices: gapless, frozen, dated in order, and everything that left is billed once."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Prefetch, Subquery
from django.db.models.expressions import Window
from django.db.models.functions import Lag
from django.utils.translation import gettext_lazy as _

from ordermgmt.models import NumberSeries, StoredDocument
from ordermgmt.proofs import invariant
from orders.actions.posting import facts_hash
from orders.models import Invoice, InvoiceLine


@invariant("I19", _("Invoice numbers have no gap"))
def numbers_have_no_gap(now: datetime) -> Iterable[Any]:
    series = Invoice.objects.values("series").annotate(first=Min("sequence"), last=Max("sequence"), count=Count("pk"))
    for row in series.order_by("series"):
        if row["first"] != 1 or row["last"] != row["count"]:
            yield row | {"missing": list(_missing(row["series"], row["last"]))}


def _missing(series: str, last: int) -> Iterator[int]:
    """The first numbers that are not there, at most ten."""
    there = set(Invoice.objects.filter(series=series).values_list("sequence", flat=True))
    gaps = (number for number in range(1, last + 1) if number not in there)
    return (number for number, _i in zip(gaps, range(10), strict=False))


@invariant("I20", _("The counter of a series is its highest number"))
def counter_is_the_highest_number(now: datetime) -> Iterable[Any]:
    highest = Invoice.objects.filter(series=OuterRef("key")).order_by("-sequence").values("sequence")[:1]
    counters = NumberSeries.objects.filter(key__startswith="INV-").annotate(highest=Subquery(highest))
    for row in counters:
        if row.last != (row.highest or 0):
            yield {"series": row.key, "counter": row.last, "highest": row.highest or 0}
    known = NumberSeries.objects.values("key")
    yield from Invoice.objects.exclude(series__in=known).values("series").distinct().order_by("series")


@invariant("I21", _("Invoices and stored papers are as they were issued"))
def issued_is_frozen(now: datetime) -> Iterable[Any]:
    rows = Invoice.objects.select_related("document").prefetch_related(
        Prefetch("lines", InvoiceLine.objects.order_by("position"))
    )
    for row in rows.order_by("pk").iterator(chunk_size=500):
        if facts_hash(row, row.lines.all()) != row.facts_hash:
            yield {"invoice": row.number, "changed": "facts"}
        elif row.document and row.document.stored_at and not _bytes_hold(row.document):
            yield {"invoice": row.number, "changed": "paper"}


def _bytes_hold(document: StoredDocument) -> bool:
    try:
        with document.file.open("rb") as file:
            return sha256(file.read()).hexdigest() == document.sha256
    except OSError:
        return False


@invariant("I22", _("Invoice numbers and dates rise together"))
def numbers_and_dates_rise_together(now: datetime) -> Iterable[Any]:
    before = Window(Lag("issued_on"), partition_by=F("series"), order_by=F("sequence").asc())
    for row in Invoice.objects.annotate(before=before).order_by("series", "sequence").iterator():
        if row.before and row.before > row.issued_on:
            yield {"invoice": row.number, "issued_on": row.issued_on, "number_before_is_of": row.before}
