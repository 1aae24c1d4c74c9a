"""What the bench hands over when a parcel is packed (values; see actions/packing.py and labelling.py)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PackedUnits:
    """Units of one order line and lot in one carton."""

    order_line_id: int
    sku_id: int
    quantity: int
    lot_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class PackedCarton:
    """One closed carton; weight in grams with its packing, as weighed or as expected."""

    box_id: int
    weight_g: int
    units: Sequence[PackedUnits]
