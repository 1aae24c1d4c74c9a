"""The papers of the warehouse; importing registers them."""

from inventory.documents import item_label

__all__ = ["item_label"]
