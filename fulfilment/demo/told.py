"""A story of the past with its rows, and their writing in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from fulfilment.demo.stories import Story
from fulfilment.models import FulfilmentOrder, Shipment, ShipmentLine
from inventory.models import Bin
from orders.models import Order, OrderLine

# The bin each SKU is picked from, by (warehouse, SKU).
Bins = dict[tuple[int, int], Bin]


@dataclass
class Told:
    """A story with the rows written for it so far."""

    story: Story
    order: Order
    leaves: list[OrderLine] = field(default_factory=list)
    sold: list[OrderLine] = field(default_factory=list)
    work: FulfilmentOrder | None = None
    shipment: Shipment | None = None
    shipment_lines: list[ShipmentLine] = field(default_factory=list)


def save(model: type[models.Model], rows: Sequence[Any]) -> None:
    if rows:
        model._default_manager.bulk_create(rows, batch_size=1000)
