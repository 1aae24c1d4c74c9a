"""Putting the books right: a counted quantity replaces an expected one, with a reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.actions.moving import Move, write_moves
from inventory.actions.reserving import give_way
from inventory.models import Bin, BinStock, Lot, Sku, StockLevel, StockMovement
from inventory.states import MovementKind
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory

MOST_UNITS = 1_000_000


class AdjustmentRefused(Exception):
    """The quantity cannot be booked; the sentence says why."""


class StockChanged(Exception):
    """Somebody moved these goods since the person looked; `actual` units lie there now."""

    def __init__(self, place: Bin, expected: int, actual: int) -> None:
        super().__init__(
            _(
                "%(bin)s held %(expected)d when you looked and holds %(actual)d now. Check it and enter the quantity again."
            )
            % {"bin": place.code, "expected": expected, "actual": actual}
        )
        self.expected, self.actual = expected, actual


@transaction.atomic(durable=True)
def adjust_stock(
    *,
    place: Bin,
    sku: Sku,
    units: int,
    expected: int,
    reason: str,
    key: str,
    by: User | str,
    now: datetime,
    lot: Lot | None = None,
    device: str = "",
    corrects: StockMovement | None = None,
) -> StockMovement | None:
    """Set what lies in a bin to `units`, if it still holds `expected`. `key` makes a repeated submit harmless.

    Returns None when there is nothing to change. Raises StockChanged when the bin holds another
    quantity by now, AdjustmentRefused without a reason or when promised goods would be missing.
    """
    _check(sku, units, reason)
    # Asked under the lock: closes the race of one form sent twice at once.
    locked_level(place, sku)
    if done := StockMovement.objects.filter(effect_key=key).first():
        return done
    written = adjust(
        place=place,
        sku=sku,
        lot=lot,
        units=units,
        expected=expected,
        reason=reason,
        key=key,
        by=by,
        now=now,
        device=device,
        corrects=corrects,
    )
    if written:
        _tell(written, place, sku, by, now)
    return written


def adjust(
    *,
    place: Bin,
    sku: Sku,
    lot: Lot | None,
    units: int,
    expected: int | None,
    reason: str,
    key: str,
    by: User | str,
    now: datetime,
    device: str = "",
    corrects: StockMovement | None = None,
) -> StockMovement | None:
    """Inside the caller's transaction: one adjustment line; `expected` None takes whatever is there."""
    # Closes the race of a pick or a promise between looking and booking: level first, then the bin.
    level = locked_level(place, sku)
    row = BinStock.objects.select_for_update().filter(bin=place, sku=sku, lot=lot).first()
    there, aside = (row.quantity, row.allocated) if row else (0, 0)
    if expected is not None and there != expected:
        raise StockChanged(place, expected, there)
    change = units - there
    _check_promises(level, place, units, change, aside)
    move = Move(
        kind=MovementKind.ADJUSTED,
        bin=place,
        sku_id=sku.pk,
        lot_id=lot.pk if lot else None,
        quantity=change,
        key=key,
        reason=reason.strip()[:120],
        corrects_id=corrects.pk if corrects else None,
    )
    written = write_moves([move], by=by, now=now, device=device)
    return written[0] if written else None


def locked_level(place: Bin, sku: Sku) -> StockLevel:
    """Inside the caller's transaction: the level of a place, made when there is none."""
    StockLevel.objects.get_or_create(warehouse_id=place.warehouse_id, sku=sku)
    return StockLevel.objects.select_for_update().get(warehouse_id=place.warehouse_id, sku=sku)


def _check(sku: Sku, units: int, reason: str) -> None:
    if not reason.strip():
        raise AdjustmentRefused(_("Choose or write a reason."))
    if units < 0:
        raise AdjustmentRefused(_("A place cannot hold fewer than 0 units."))
    if units > MOST_UNITS:
        raise AdjustmentRefused(_("More than 1,000,000 units in one place. Check the quantity."))
    if sku.is_bundle:
        raise AdjustmentRefused(_("%(sku)s is a bundle. Adjust its parts.") % {"sku": sku.code})


def _check_promises(level: StockLevel, place: Bin, units: int, change: int, aside: int) -> None:
    if units < aside:
        raise AdjustmentRefused(
            _("%(aside)d units in %(bin)s are set aside for picks. Finish or take back those picks first.")
            % {"aside": aside, "bin": place.code}
        )
    if place.is_saleable and _unpromised(level) + change < 0:
        give_way(level)
    free = _unpromised(level)
    if place.is_saleable and free + change < 0:
        raise AdjustmentRefused(
            _(
                "%(promised)d units are promised to customers. %(short)d more would be missing: cancel or move those orders first."
            )
            % {"promised": level.allocated, "short": -(free + change)}
        )


def _unpromised(level: StockLevel) -> int:
    return level.on_hand - level.unsaleable - level.allocated


def _tell(written: StockMovement, place: Bin, sku: Sku, by: User | str, now: datetime) -> None:
    record(
        "adjust_stock",
        "Adjusted {sku} in {bin} by {change}: {reason}",
        subject=sku.code,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        sku=sku.code,
        bin=place.code,
        change=f"{written.quantity:+d}",
        reason=written.reason,
    )
