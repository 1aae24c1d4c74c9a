"""The papers of orders; importing registers them."""

from orders.documents import credit_note, invoice, statement

__all__ = ["credit_note", "invoice", "statement"]
