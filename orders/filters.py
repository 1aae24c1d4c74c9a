"""Filters of the orders list."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import Warehouse
from ordermgmt.clock import business_day
from ordermgmt.listing import ListFilters
from ordermgmt.models import User
from orders.models import Channel, Hold, Order, OrderLine
from orders.states import FulfilmentStatus, HoldCode, OrderStatus, PaymentStatus

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
