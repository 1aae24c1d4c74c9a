from inventory.models.products import BundleComponent, Lot, Product, Sku, SkuCode, SkuPrice
from inventory.models.reservations import Reservation
from inventory.models.stock import BinStock, CountEntry, CountTask, StockLevel, StockMovement
from inventory.models.warehouses import Bin, Closure, Membership, ServedZone, Warehouse

__all__ = [
    "Bin",
    "BinStock",
    "BundleComponent",
    "Closure",
    "CountEntry",
    "CountTask",
    "Lot",
    "Membership",
    "Product",
    "Reservation",
    "ServedZone",
    "Sku",
    "SkuCode",
    "SkuPrice",
    "StockLevel",
    "StockMovement",
    "Warehouse",
]
