"""Invariants of invoices: gapless, frozen, dated in order, and everything that left is billed once."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.expressions import Window
from django.db.models.functions import Lag
from django.utils.translation import gettext_lazy as _

from ordermgmt.models import NumberSeries, StoredDocument
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.actions.crediting import facts_hash as credit_hash
from orders.actions.posting import facts_hash
from orders.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine

# Both are written once under a gapless number of their own series.
PAPERS: tuple[tuple[type[Invoice] | type[CreditNote], str], ...] = ((Invoice, "INV-"), (CreditNote, "CN-"))


@invariant("I19", _("Invoice and credit note numbers have no gap"))
def numbers_have_no_gap(now: datetime) -> Iterable[Any]:
    for model, _prefix in PAPERS:
        rows = model._default_manager.values("series")
        series = rows.annotate(first=Min("sequence"), last=Max("sequence"), count=Count("pk"))
        for row in series.order_by("series"):
            if row["first"] != 1 or row["last"] != row["count"]:
                yield row | {"missing": list(_missing(model, row["series"], row["last"]))}


def _missing(model: type[Invoice] | type[CreditNote], series: str, last: int) -> Iterator[int]:
    """The first numbers that are not there, at most ten."""
    there = set(model._default_manager.filter(series=series).values_list("sequence", flat=True))
    gaps = (number for number in range(1, last + 1) if number not in there)
    return (number for number, _i in zip(gaps, range(10), strict=False))


@invariant("I20", _("The counter of a series is its highest number"))
def counter_is_the_highest_number(now: datetime) -> Iterable[Any]:
    for model, prefix in PAPERS:
        papers = model._default_manager
        highest = papers.filter(series=OuterRef("key")).order_by("-sequence").values("sequence")[:1]
        counters = NumberSeries.objects.filter(key__startswith=prefix).annotate(highest=Subquery(highest))
        for row in counters:
            if row.last != (row.highest or 0):
                yield {"series": row.key, "counter": row.last, "highest": row.highest or 0}
        known = NumberSeries.objects.values("key")
        yield from papers.exclude(series__in=known).values("series").distinct().order_by("series")


@invariant("I21", _("Invoices, credit notes and stored papers are as they were issued"), is_local=True)
def issued_is_frozen(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    yield from _changed(
        touched.of(Invoice.objects.all(), "number", "order__number"), InvoiceLine.objects.all(), "invoice", facts_hash
    )
    yield from _changed(
        touched.of(CreditNote.objects.all(), "number", "invoice__number"),
        CreditNoteLine.objects.all(),
        "credit_note",
        credit_hash,
    )


def _changed(
    papers: QuerySet[Any], lines: QuerySet[Any], word: str, hash_of: Callable[[Any, Any], str]
) -> Iterator[dict[str, str]]:
    rows = papers.select_related("document").prefetch_related(Prefetch("lines", lines.order_by("position")))
    for row in rows.order_by("pk").iterator(chunk_size=500):
        if hash_of(row, row.lines.all()) != row.facts_hash:
            yield {word: row.number, "changed": "facts"}
        elif row.document and row.document.stored_at and not _bytes_hold(row.document):
            yield {word: row.number, "changed": "paper"}


def _bytes_hold(document: StoredDocument) -> bool:
    try:
        with document.file.open("rb") as file:
            return sha256(file.read()).hexdigest() == document.sha256
    except OSError:
        return False


@invariant("I22", _("Numbers and dates of invoices and credit notes rise together"))
def numbers_and_dates_rise_together(now: datetime) -> Iterable[Any]:
    before = Window(Lag("issued_on"), partition_by=F("series"), order_by=F("sequence").asc())
    for model, _prefix in PAPERS:
        for row in model._default_manager.annotate(before=before).order_by("series", "sequence").iterator():
            if row.before and row.before > row.issued_on:
                yield {"paper": row.number, "issued_on": row.issued_on, "number_before_is_of": row.before}
