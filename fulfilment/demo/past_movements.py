"""Movements of the stock that the orders of the past took."""

from datetime import timedelta
from typing import Any

from fulfilment.demo.master import Master
from fulfilment.demo.told import Bins, Told
from inventory.models import StockMovement
from inventory.states import MovementKind


def movements_of(one: Told, master: Master, bins: Bins) -> list[StockMovement]:
    """What each line of a parcel did to the stock: out of its bin, onto the stage, away."""
    story, stage = one.story, master.stage[one.story.warehouse.pk]
    picked_at = story.dispatched_at - timedelta(minutes=55)
    moves: list[StockMovement] = []
    for line in one.shipment_lines:
        sku, bin_ = line.sku, bins[story.warehouse.pk, line.sku_id]
        key = f"past:{line.pk}"
        facts: dict[str, Any] = {"warehouse": story.warehouse, "sku": sku, "lot": line.lot, "actor": "Sam Holm"}
        moves += [
            StockMovement(
                at=picked_at,
                kind=MovementKind.PICKED,
                bin=bin_,
                quantity=-line.quantity,
                effect_key=f"{key}:out",
                transfer_key=key,
                document=str(one.work),
                **facts,
            ),
            StockMovement(
                at=picked_at,
                kind=MovementKind.PICKED,
                bin=stage,
                quantity=line.quantity,
                effect_key=f"{key}:in",
                transfer_key=key,
                document=str(one.work),
                **facts,
            ),
            StockMovement(
                at=story.dispatched_at,
                kind=MovementKind.SHIPPED,
                bin=stage,
                quantity=-line.quantity,
                effect_key=f"{key}:ship",
                document=str(one.shipment),
                **facts,
            ),
        ]
    return moves
