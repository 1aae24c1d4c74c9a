"""The papers of parcels; importing registers them."""

from fulfilment.documents import label, packing_slip, pick_list

__all__ = ["label", "packing_slip", "pick_list"]
