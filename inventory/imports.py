"""Files of the warehouse: items, codes, bundles, warehouses, places, zones, closed days, opening stock."""

from inventory.importing import houses, items, parts, stock

__all__ = ["houses", "items", "parts", "stock"]
