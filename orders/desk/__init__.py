"""What orders, subscriptions and money show on the page of a customer (see customers/desks.py)."""

from orders.desk import helping, money, orders, plans

__all__ = ["helping", "money", "orders", "plans"]
