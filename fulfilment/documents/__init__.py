"""The papers of parcels; importing registers them."""

from fulfilment.documents import label, packing_slip

__all__ = ["label", "packing_slip"]
