"""The papers of orders; importing registers them."""

from orders.documents import invoice

__all__ = ["invoice"]
