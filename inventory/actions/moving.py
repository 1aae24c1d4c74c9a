"""The only writer of quantities: movements, with the bin and level balances they change."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, F, IntegerField, Value, When

from inventory.models import Bin, BinStock, StockLevel, StockMovement
from ordermgmt.models import User


class NotInBin(Exception):
    """More units were to leave a bin than lie free in it; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One signed line of the ledger to be written. `key` names the effect and must be unique."""

    kind: str
    bin: Bin
    sku_id: int
    quantity: int
    key: str
    lot_id: int | None = None
    transfer: str = ""
    document: str = ""
    reason: str = ""
    corrects_id: int | None = None
    # Units of BinStock.allocated and StockLevel.allocated that this movement uses up (picks, dispatch).
    bin_allocated: int = 0
    level_allocated: int = 0


@dataclass
class _Change:
    quantity: int = 0
    allocated: int = 0
    unsaleable: int = 0
    keys: list[str] = field(default_factory=list)


def write_moves(moves: Sequence[Move], *, by: User | str, now: datetime, device: str = "") -> list[StockMovement]:
    """Inside the caller's transaction: write ledger lines and the balances they change.

    Locks levels, then bin stock, in primary-key order. Raises IntegrityError when an effect key
    exists already (the effect happened), NotInBin when a balance would fall below zero.
    """
    moves = [move for move in moves if move.quantity]
    if not moves:
        return []
    _change_levels(moves)
    _change_bins(moves)
    return StockMovement.objects.bulk_create([_row(move, by, now, device) for move in moves])


def _row(move: Move, by: User | str, now: datetime, device: str) -> StockMovement:
    return StockMovement(
        at=now,
        kind=move.kind,
        warehouse_id=move.bin.warehouse_id,
        sku_id=move.sku_id,
        bin=move.bin,
        lot_id=move.lot_id,
        quantity=move.quantity,
        effect_key=move.key,
        transfer_key=move.transfer,
        document=move.document,
        reason=move.reason,
        corrects_id=move.corrects_id,
        device=device,
        actor=str(by),
        actor_id=by.pk if isinstance(by, User) else None,
    )


def _change_levels(moves: Iterable[Move]) -> None:
    changes: dict[tuple[int, int], _Change] = defaultdict(_Change)
    for move in moves:
        change = changes[move.bin.warehouse_id, move.sku_id]
        change.quantity += move.quantity
        change.allocated -= move.level_allocated
        change.unsaleable += 0 if move.bin.is_saleable else move.quantity
    levels = _levels(changes)
    by_pk = {levels[key].pk: change for key, change in changes.items()}
    StockLevel.objects.filter(pk__in=sorted(by_pk)).update(
        on_hand=F("on_hand") + _case({pk: change.quantity for pk, change in by_pk.items()}),
        allocated=F("allocated") + _case({pk: change.allocated for pk, change in by_pk.items()}),
        unsaleable=F("unsaleable") + _case({pk: change.unsaleable for pk, change in by_pk.items()}),
    )


def _levels(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    wanted = sorted(set(keys))
    rows = StockLevel.objects.filter(
        warehouse_id__in={warehouse for warehouse, _ in wanted}, sku_id__in={sku for _, sku in wanted}
    )
    known = {(row.warehouse_id, row.sku_id) for row in rows}
    missing = [
        StockLevel(warehouse_id=warehouse, sku_id=sku) for warehouse, sku in wanted if (warehouse, sku) not in known
    ]
    if missing:
        StockLevel.objects.bulk_create(missing, ignore_conflicts=True)
    locked = rows.all().select_for_update().order_by("pk")
    return {(row.warehouse_id, row.sku_id): row for row in locked}


def _change_bins(moves: Iterable[Move]) -> None:
    changes: dict[tuple[int, int, int | None], _Change] = defaultdict(_Change)
    for move in moves:
        change = changes[move.bin.pk, move.sku_id, move.lot_id]
        change.quantity += move.quantity
        change.allocated -= move.bin_allocated
    stock = _bin_stock(changes)
    for key, change in changes.items():
        row = stock[key]
        if row.quantity + change.quantity < max(0, row.allocated + change.allocated):
            raise NotInBin(
                f"{row.bin.code}: {row.quantity} there, {row.allocated} set aside, {change.quantity:+d} wanted"
            )
    by_pk = {stock[key].pk: change for key, change in changes.items()}
    BinStock.objects.filter(pk__in=sorted(by_pk)).update(
        quantity=F("quantity") + _case({pk: change.quantity for pk, change in by_pk.items()}),
        allocated=F("allocated") + _case({pk: change.allocated for pk, change in by_pk.items()}),
    )


def _bin_stock(keys: Iterable[tuple[int, int, int | None]]) -> dict[tuple[int, int, int | None], BinStock]:
    wanted = list(keys)
    rows = BinStock.objects.filter(bin_id__in={key[0] for key in wanted}, sku_id__in={key[1] for key in wanted})
    known = {(row.bin_id, row.sku_id, row.lot_id) for row in rows}
    missing = [BinStock(bin_id=b, sku_id=s, lot_id=lot) for b, s, lot in wanted if (b, s, lot) not in known]
    if missing:
        BinStock.objects.bulk_create(missing, ignore_conflicts=True)
    locked = rows.all().select_for_update(of=("self",)).select_related("bin").order_by("pk")
    return {(row.bin_id, row.sku_id, row.lot_id): row for row in locked}


def _case(values: dict[int, int]) -> Case:
    return Case(*(When(pk=pk, then=Value(value)) for pk, value in values.items()), output_field=IntegerField())
