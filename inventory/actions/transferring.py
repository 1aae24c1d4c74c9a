"""Goods moving inside a warehouse: put away, moved, into quarantine and back. Two ledger rows that sum to zero."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from inventory.actions.moving import Move, write_moves
from inventory.actions.reserving import give_way
from inventory.models import Bin, BinStock, Lot, Sku, StockLevel, StockMovement
from inventory.states import BinKind, MovementKind
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory


class TransferRefused(Exception):
    """The goods cannot be moved so; the sentence says why and what is possible."""


@transaction.atomic(durable=True)
def move_stock(
    *,
    sku: Sku,
    units: int,
    origin: Bin,
    target: Bin,
    key: str,
    by: User | str,
    now: datetime,
    lot: Lot | None = None,
    reason: str = "",
    device: str = "",
) -> list[StockMovement]:
    """Move whole units from one bin to another of the same warehouse. `key` names the move: repeating it changes nothing.

    Out of a receiving place it is a put-away. Raises TransferRefused when the units are not free
    there, or when goods promised to customers would become unsaleable.
    """
    _check(units, origin, target)
    StockLevel.objects.get_or_create(warehouse_id=origin.warehouse_id, sku=sku)
    # Closes the race with a promise: units that leave the saleable bins must not be promised meanwhile.
    level = StockLevel.objects.select_for_update().get(warehouse_id=origin.warehouse_id, sku=sku)
    if done := list(StockMovement.objects.filter(transfer_key=key).order_by("pk")):
        return done
    _check_there(units, origin, sku, lot)
    _check_promised(level, units, origin, target)
    kind = MovementKind.PUT_AWAY if origin.kind == BinKind.RECEIVING else MovementKind.MOVED
    pair = [
        Move(
            kind=kind,
            bin=place,
            sku_id=sku.pk,
            lot_id=lot.pk if lot else None,
            quantity=signed,
            key=f"{key}:{side}",
            transfer=key,
            reason=reason,
        )
        for place, signed, side in ((origin, -units, "from"), (target, units, "to"))
    ]
    written = write_moves(pair, by=by, now=now, device=device)
    record(
        "move_stock",
        "Moved {units} × {sku} from {origin} to {target}",
        subject=sku.code,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        units=units,
        sku=sku.code,
        origin=origin.code,
        target=target.code,
        reason=reason,
    )
    return written


def _check(units: int, origin: Bin, target: Bin) -> None:
    if units < 1:
        raise TransferRefused(_("Enter 1 or more units."))
    if origin.pk == target.pk:
        raise TransferRefused(_("The goods are in %(bin)s already.") % {"bin": origin.code})
    if origin.warehouse_id != target.warehouse_id:
        raise TransferRefused(_("%(bin)s is in another warehouse.") % {"bin": target.code})
    if not target.is_active:
        raise TransferRefused(_("%(bin)s is not in use. Choose another place.") % {"bin": target.code})


def _check_promised(level: StockLevel, units: int, origin: Bin, target: Bin) -> None:
    if not origin.is_saleable or target.is_saleable:
        return
    if units > level.on_hand - level.unsaleable - level.allocated:
        give_way(level)
    free = level.on_hand - level.unsaleable - level.allocated
    if units > free:
        raise TransferRefused(
            _("%(promised)d units are promised to customers, so only %(free)d can be taken off sale.")
            % {"promised": level.allocated, "free": max(free, 0)}
        )


def _check_there(units: int, origin: Bin, sku: Sku, lot: Lot | None) -> None:
    # Closes the race of two people taking the same goods from the bin.
    row = BinStock.objects.select_for_update(of=("self",)).filter(bin=origin, sku=sku, lot=lot).first()
    there, aside = (row.quantity, row.allocated) if row else (0, 0)
    if units <= there - aside:
        return
    if aside:
        words = _("%(bin)s holds %(there)d, %(aside)d of them set aside for picks. %(free)d can be moved.")
        raise TransferRefused(words % {"bin": origin.code, "there": there, "aside": aside, "free": there - aside})
    raise TransferRefused(_("Only %(there)d left in %(bin)s.") % {"there": there, "bin": origin.code})
