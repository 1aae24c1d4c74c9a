"""Everything of orders in the admin zone."""

from orders.admin import collecting, documents, orders, plans, subscriptions

__all__ = ["collecting", "documents", "orders", "plans", "subscriptions"]
