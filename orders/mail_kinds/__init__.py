"""The kinds of messages about orders, plans and money."""

from orders.mail_kinds import money, orders, plans  # noqa: F401 - each registers its own
