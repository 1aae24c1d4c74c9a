"""Stock of the demo shop: what the past used up was received before it, and a believable rest is left."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random

from fulfilment.demo.master import Master
from fulfilment.demo.past import Past
from fulfilment.demo.told import save
from inventory.models import BinStock, StockLevel, StockMovement
from inventory.states import MovementKind

# Shares of the range: sold out everywhere, and running low somewhere.
SOLD_OUT, LOW = 0.03, 0.06


def write_stock(rng: Random, master: Master, past: Past, *, per_order: float, now: datetime) -> None:
    """Opening receipts of 130 days ago, today's balances, then the whole ledger in order of time."""
    left: dict[tuple[int, int], int] = {}
    singles = [sku for sku in master.skus.values() if not sku.is_bundle]
    sold_out = {sku.pk for sku in singles if rng.random() < SOLD_OUT}
    for warehouse in master.warehouses.values():
        for sku in singles:
            left[warehouse.pk, sku.pk] = 0 if sku.pk in sold_out else _rest(rng, warehouse.code, per_order)
    opening = [_receipt(master, past, key, past.used.get(key, 0) + rest, now) for key, rest in left.items()]
    save(StockMovement, [row for row in opening if row.quantity])
    save(StockMovement, sorted(past.moves, key=lambda move: move.at))
    save(
        StockLevel,
        [
            StockLevel(warehouse_id=w, sku_id=s, on_hand=rest, safety=2 if rest > 30 else 0)
            for (w, s), rest in left.items()
        ],
    )
    save(BinStock, _bin_stock(master, past, left))


def _rest(rng: Random, warehouse: str, per_order: float) -> int:
    share = {"MAL": 1.0, "HAM": 0.7, "LEE": 0.35}[warehouse]
    return round(rng.uniform(3, 9) if rng.random() < LOW else rng.uniform(60, 260) * share * max(1.0, per_order))


def _receipt(master: Master, past: Past, key: tuple[int, int], units: int, now: datetime) -> StockMovement:
    warehouse_id, sku_id = key
    return StockMovement(
        at=now - timedelta(days=130),
        kind=MovementKind.RECEIVED,
        warehouse_id=warehouse_id,
        sku_id=sku_id,
        bin=past.bins[key],
        lot=master.lots.get(sku_id),
        quantity=units,
        effect_key=f"opening:{warehouse_id}:{sku_id}",
        document="OPENING",
        actor="Tom Berg",
    )


def _bin_stock(master: Master, past: Past, left: dict[tuple[int, int], int]) -> list[BinStock]:
    rows: dict[tuple[int, int], BinStock] = {}
    for key, rest in left.items():
        rows[key] = BinStock(bin=past.bins[key], sku_id=key[1], lot=master.lots.get(key[1]), quantity=rest)
    emptied: dict[tuple[int, int, int | None], int] = defaultdict(int)
    for move in past.moves:
        if move.bin_id in {stage.pk for stage in master.stage.values()}:
            emptied[move.bin_id, move.sku_id, move.lot_id] += move.quantity
    return [
        *rows.values(),
        *(BinStock(bin_id=b, sku_id=s, lot_id=lot, quantity=n) for (b, s, lot), n in emptied.items()),
    ]
