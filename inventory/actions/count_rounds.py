"""Counting places blind: opened by a lead, counted, counted again by somebody else when far off, then decided.

What is open is told by rows: no valid entry, to be counted; one, to be counted again by another person; two, to be
decided. A count within tolerance is booked at once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from inventory.actions.adjusting import AdjustmentRefused, locked_level
from inventory.actions.counting import book_count, close_count, lying, open_count, tell_count
from inventory.models import Bin, CountEntry, CountTask, Sku, StockMovement
from inventory.tolerance import beyond_tolerance
from ordermgmt.models import User

Units = Mapping[int | None, int]


class CountRefused(Exception):
    """The count cannot be taken as given; the sentence says why."""


@transaction.atomic(durable=True)
def open_counts(*, places: Iterable[Bin], reason: str, by: User, now: datetime) -> list[CountTask]:
    """Ask for everything that lies in these places to be counted; what is asked for already stays as it is."""
    tasks = [
        open_count(place=place, sku=sku, reason=reason, now=now, suspect=False)
        for place in places
        for sku in Sku.objects.filter(bin_stock__bin=place, bin_stock__quantity__gt=0).distinct().order_by("pk")
    ]
    for task in tasks:
        tell_count("open_counts", "Count of {sku} in {bin} asked for: {reason}", task, by, now, reason=reason)
    return tasks


def newest_movement(place: Bin) -> int:
    """Names the moment in the ledger of a place: goods were moved when it differs later (0 without any)."""
    return StockMovement.objects.filter(bin=place).aggregate(newest=Max("pk"))["newest"] or 0


@transaction.atomic(durable=True)
def enter_counts(
    *, place: Bin, found: Mapping[Sku, Units], since: int, by: User, now: datetime, device: str = ""
) -> list[CountTask]:
    """Take what one person counted in a place: units of each SKU by lot id (None without a lot).

    `since` is what `newest_movement` gave when the counting began. What is within tolerance, or confirms the books
    the second time, is booked and closed; the rest stays open for the next person. Raises CountRefused when goods
    were moved meanwhile, when this person counted it before, or when a count waits for its decision.
    """
    asked = [open_count(place=place, sku=sku, reason=_("Counted unasked"), now=now, suspect=False) for sku in found]
    # Two people finishing the same count wait for each other here; moves wait for the levels.
    tasks = list(CountTask.objects.select_for_update(of=("self",)).select_related("bin", "sku").filter(
        pk__in=[task.pk for task in asked]).order_by("sku_id"))  # fmt: skip
    for task in tasks:
        locked_level(task.bin, task.sku)
    if newest_movement(place) != since:
        raise CountRefused(_("Goods were moved in %(bin)s while you counted. Count it again.") % {"bin": place.code})
    for task in tasks:
        _enter(task, found[task.sku], by, now, device)
    return tasks


def _enter(task: CountTask, units: Units, by: User, now: datetime, device: str) -> None:
    earlier = list(task.entries.valid())
    if task.done_at or len(earlier) > 1:
        raise CountRefused(_("%(sku)s waits for a decision and is not counted now.") % {"sku": task.sku.code})
    if any(entry.by_id == by.pk for entry in earlier):
        raise CountRefused(_("You counted %(sku)s before. Somebody else counts it again.") % {"sku": task.sku.code})
    if any(number < 0 for number in units.values()):
        raise CountRefused(_("A place cannot hold fewer than 0 units."))
    there = lying(task)
    entry = CountEntry.objects.create(
        task=task, by=by, counted_at=now, device=device, counted=_rows(units), expected=_rows(there)
    )
    tell_count("enter_counts", "Counted {units} of {sku} in {bin}", task, by, now, units=str(entry.units))
    if beyond_tolerance(sum(there.values()), entry.units) or not _booked(task, units, there, by, now):
        Bin.objects.filter(pk=task.bin_id).update(is_suspect=True)


def _booked(task: CountTask, units: Units, there: Units, by: User, now: datetime) -> bool:
    """False when promised or set-aside goods would be missing: that is for a lead to decide."""
    try:
        with transaction.atomic():
            book_count(task=task, counted=units, expected=there, by=by, now=now, is_whole=True)
    except AdjustmentRefused:
        return False
    return True


def _rows(units: Units) -> list[list[int | None]]:
    return [[lot, number] for lot, number in units.items()]


@transaction.atomic(durable=True)
def approve_count(*, task: CountTask, reason: str, by: User, now: datetime) -> CountTask:
    """Book what the last person counted. Raises CountRefused, StockChanged and AdjustmentRefused."""
    task, last = _to_decide(task, reason)
    book_count(
        task=task, counted=last.counted_units, expected=last.expected_units, reason=reason, by=by, now=now,
        is_whole=True,
    )  # fmt: skip
    return task


@transaction.atomic(durable=True)
def count_again(*, task: CountTask, reason: str, by: User, now: datetime) -> CountTask:
    """Believe neither count; both stay in the history and the place is counted anew. Raises CountRefused."""
    task, _last = _to_decide(task, reason)
    task.entries.valid().update(voided_at=now)
    tell_count("count_again", "{sku} in {bin} is counted anew: {reason}", task, by, now, reason=reason)
    return task


@transaction.atomic(durable=True)
def reject_count(*, task: CountTask, reason: str, by: User, now: datetime) -> CountTask:
    """Leave the books as they are. Raises CountRefused."""
    task, _last = _to_decide(task, reason)
    close_count(task, now)
    tell_count("reject_count", "The books of {sku} in {bin} stay: {reason}", task, by, now, reason=reason)
    return task


def _to_decide(task: CountTask, reason: str) -> tuple[CountTask, CountEntry]:
    # Closes the race of two leads deciding, and of a decision with a count.
    task = CountTask.objects.select_for_update(of=("self",)).select_related("bin", "sku").get(pk=task.pk)
    entries = list(task.entries.valid())
    if task.done_at or len(entries) < 2:
        raise CountRefused(_("Somebody has decided this count already."))
    if not reason.strip():
        raise CountRefused(_("Choose or write a reason."))
    return task, entries[-1]
