"""Goods coming in, and their way from the receiving place to a shelf."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from inventory.actions.moving import Move, write_moves
from inventory.models import Bin, Sku, StockMovement
from inventory.states import MovementKind
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory

MOST_UNITS = 1_000_000


class ReceiptRefused(Exception):
    """The receipt cannot be booked as given; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """Whole units of one SKU (and lot) that lie in the bin now."""

    sku_id: int
    units: int
    lot_id: int | None = None


@transaction.atomic(durable=True)
def receive_goods(
    *, place: Bin, lines: Sequence[ReceiptLine], document: str, by: User | str, now: datetime, device: str = ""
) -> list[StockMovement]:
    """Book what arrived into a bin. `document` names the delivery; booking it again changes nothing.

    Raises ReceiptRefused for an empty or absurd receipt, a bundle, or a document that was booked
    with other goods before.
    """
    lines = _together(lines)
    _check(lines, document)
    if booked := _booked(document):
        return _same(booked, place, lines, document)
    moves = [_move(place, line, document, is_first=not i) for i, line in enumerate(lines)]
    try:
        with transaction.atomic():
            written = write_moves(moves, by=by, now=now, device=device)
    except IntegrityError:
        # Closes the race of two people booking the same delivery: the second finds it done.
        if booked := _booked(document):
            return _same(booked, place, lines, document)
        raise
    record(
        "receive_goods",
        "Received {units} units of {items} items into {bin}, {document}",
        subject=document,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        units=sum(line.units for line in lines),
        items=len({line.sku_id for line in lines}),
        bin=place.code,
        document=document,
    )
    return written


def _together(lines: Sequence[ReceiptLine]) -> list[ReceiptLine]:
    units: dict[tuple[int, int | None], int] = {}
    for line in lines:
        if line.units < 1:
            raise ReceiptRefused(_("Enter 1 or more units for every item."))
        units[line.sku_id, line.lot_id] = units.get((line.sku_id, line.lot_id), 0) + line.units
    return [ReceiptLine(sku_id=sku, lot_id=lot, units=count) for (sku, lot), count in units.items()]


def _check(lines: Sequence[ReceiptLine], document: str) -> None:
    if not document.strip() or len(document) > 40:
        raise ReceiptRefused(_("Enter the number of the delivery note, up to 40 characters."))
    if not lines:
        raise ReceiptRefused(_("Add at least one item to the receipt."))
    if any(line.units > MOST_UNITS for line in lines):
        raise ReceiptRefused(_("More than 1,000,000 units in one line. Check the quantity."))
    bundles = Sku.objects.filter(pk__in=[line.sku_id for line in lines], is_bundle=True).values_list("code", flat=True)
    if bundles:
        raise ReceiptRefused(_("%(codes)s is a bundle. Receive its parts.") % {"codes": ", ".join(bundles)})


def _move(place: Bin, line: ReceiptLine, document: str, *, is_first: bool) -> Move:
    """The first line carries the key of the document: two deliveries of one number never both get through."""
    return Move(
        kind=MovementKind.RECEIVED,
        bin=place,
        sku_id=line.sku_id,
        lot_id=line.lot_id,
        quantity=line.units,
        key=f"receipt:{document}" if is_first else f"receipt-line:{document}:{line.sku_id}:{line.lot_id or 0}",
        document=document,
    )


def _booked(document: str) -> list[StockMovement]:
    rows = StockMovement.objects.filter(kind=MovementKind.RECEIVED, document=document, effect_key__startswith="receipt")
    return list(rows.order_by("pk"))


def _same(booked: list[StockMovement], place: Bin, lines: Sequence[ReceiptLine], document: str) -> list[StockMovement]:
    before = {(row.bin_id, row.sku_id, row.lot_id, row.quantity) for row in booked}
    if before != {(place.pk, line.sku_id, line.lot_id, line.units) for line in lines}:
        raise ReceiptRefused(
            _("%(document)s was booked before with other goods. Give this delivery its own number.")
            % {"document": document}
        )
    return booked
