"""Everything of orders in the admin zone."""

from orders.admin import billing, orders, subscriptions

__all__ = ["billing", "orders", "subscriptions"]
