"""Filters of the orders list."""

from django.utils.translation import gettext_lazy as _

STATES = [
    ("open", _("Open")),
    ("held", _("On hold")),
    ("backordered", _("Backordered")),
    ("ready", _("Ready to pick")),
    ("in_progress", _("Being picked or packed")),
    ("part_shipped", _("Partly shipped")),
    ("shipped", _("Shipped")),
    ("delivered", _("Delivered")),
    ("problem", _("Delivery problem")),
    ("draft", _("Draft")),
    ("cancelled", _("Cancelled")),
]
DUE = [("today", _("Today")), ("late", _("Late")), ("week", _("In the next 7 days")), ("none", _("No date yet"))]
