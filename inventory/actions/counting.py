"""Counting a bin: opened by a short pick or a person, closed by what was found."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.actions.adjusting import AdjustmentRefused, adjust, locked_level
from inventory.models import Bin, CountTask, Lot, Sku
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory


def open_count(*, place: Bin, sku: Sku, reason: str, now: datetime, suspect: bool = True) -> CountTask:
    """Inside the caller's transaction: ask for a count; a suspect bin gives no new picks until then."""
    task, _created = CountTask.objects.get_or_create(
        bin=place, sku=sku, done_at=None, defaults={"reason": reason[:120], "opened_at": now}
    )
    if suspect and not place.is_suspect:
        Bin.objects.filter(pk=place.pk).update(is_suspect=True)
        place.is_suspect = True
    return task


@transaction.atomic(durable=True)
def ask_for_count(*, place: Bin, sku: Sku, reason: str, by: User | str, now: datetime) -> CountTask:
    """A person asks for a bin to be counted; it stays open for picks."""
    task = open_count(place=place, sku=sku, reason=reason, now=now, suspect=False)
    tell_count("ask_for_count", "Count of {sku} in {bin} asked for: {reason}", task, by, now, reason=reason)
    return task


@transaction.atomic(durable=True)
def finish_count(
    *,
    task: CountTask,
    counted: Mapping[int | None, int],
    expected: Mapping[int | None, int],
    by: User | str,
    now: datetime,
    is_whole: bool = False,
    device: str = "",
) -> CountTask:
    """Book what was counted (units by lot id, None without a lot) and open the bin again.

    `expected` is what `lying` gave when the counting began. Lots that are not named stay as they are;
    when the count covers the whole bin (`is_whole`) they count as 0. A finished count changes nothing.
    Raises StockChanged when goods were moved since, AdjustmentRefused when promised or set-aside
    goods would be missing.
    """
    # Closes the race of two people finishing the same count.
    task = CountTask.objects.select_for_update(of=("self",)).select_related("bin", "sku").get(pk=task.pk)
    if not task.done_at:
        book_count(task=task, counted=counted, expected=expected, by=by, now=now, is_whole=is_whole, device=device)
    return task


def book_count(
    *,
    task: CountTask,
    counted: Mapping[int | None, int],
    expected: Mapping[int | None, int],
    by: User | str,
    now: datetime,
    is_whole: bool,
    reason: str = "",
    device: str = "",
) -> None:
    """Inside the caller's transaction, with the open task locked: as `finish_count`; `reason` goes into the ledger."""
    if any(units < 0 for units in counted.values()):
        raise AdjustmentRefused(_("A place cannot hold fewer than 0 units."))
    # Nothing moves in the bin from here on: moves lock the level first.
    locked_level(task.bin, task.sku)
    found = {**dict.fromkeys([*lying(task), *expected], 0), **counted} if is_whole else dict(counted)
    words = f"Count {task.pk}: {reason}" if reason else f"Count {task.pk}"
    change = sum(_book(task, lot, units, expected.get(lot, 0), words, by, now, device) for lot, units in found.items())
    close_count(task, now)
    tell_count(
        "finish_count", "Counted {sku} in {bin}: {change}", task, by, now, change=f"{change:+d}" if change else "right"
    )


def close_count(task: CountTask, now: datetime) -> None:
    """Inside the caller's transaction: done; the last open count of a place opens it for picks again."""
    task.done_at = now
    task.save(update_fields=["done_at"])
    if not CountTask.objects.filter(bin=task.bin, done_at=None).exists():
        Bin.objects.filter(pk=task.bin_id).update(is_suspect=False)


def lying(task: CountTask) -> dict[int | None, int]:
    """What the books say lies there, by lot id: what a count starts from and is compared with at its end."""
    return dict(task.bin.stock.filter(sku=task.sku, quantity__gt=0).values_list("lot_id", "quantity"))


def _book(
    task: CountTask,
    lot_id: int | None,
    units: int,
    expected: int,
    reason: str,
    by: User | str,
    now: datetime,
    device: str,
) -> int:
    lot = Lot.objects.get(pk=lot_id) if lot_id else None
    written = adjust(
        place=task.bin,
        sku=task.sku,
        lot=lot,
        units=units,
        expected=expected,
        reason=reason,
        key=f"count:{task.pk}:{lot_id or 0}",
        by=by,
        now=now,
        device=device,
    )
    return written.quantity if written else 0


def tell_count(verb: str, sentence: str, task: CountTask, by: User | str, now: datetime, **facts: str) -> None:
    """Inside the caller's transaction: a line in the history of the item."""
    record(
        verb,
        sentence,
        subject=task.sku.code,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        sku=task.sku.code,
        bin=task.bin.code,
        **facts,
    )
