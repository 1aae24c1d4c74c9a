"""Writes the orders of the past in bulk, with every row the live verbs would have written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from random import Random

from fulfilment.demo.master import Master
from fulfilment.demo.past_history import activities_of
from fulfilment.demo.past_lines import write_lines
from fulfilment.demo.past_movements import movements_of
from fulfilment.demo.past_orders import write_orders
from fulfilment.demo.past_shipments import write_shipments
from fulfilment.demo.past_works import write_works
from fulfilment.demo.stories import Story
from fulfilment.demo.told import Told, save
from fulfilment.demo.troubles import write_holds
from inventory.models import StockMovement
from ordermgmt.models import Activity

CHUNK = 500


class Past:
    """Writes stories chunk by chunk; `used` counts units that left, by (warehouse, SKU)."""

    def __init__(self, rng: Random, master: Master) -> None:
        self.rng, self.master = rng, master
        self.used: dict[tuple[int, int], int] = defaultdict(int)
        self.bins = {
            (warehouse, sku.pk): bins[index % len(bins)]
            for warehouse, bins in master.pick_bins.items()
            for index, sku in enumerate(master.skus.values())
        }
        self.moves: list[StockMovement] = []

    def write(self, stories: Iterable[Story]) -> Iterable[list[Told]]:
        iterator = iter(stories)
        while chunk := list(islice(iterator, CHUNK)):
            yield self._chunk(chunk)

    def _chunk(self, stories: Sequence[Story]) -> list[Told]:
        told = write_orders(stories, self.rng, self.master)
        write_lines(told, self.master)
        shipped = [one for one in told if not one.story.is_cancelled]
        write_works(shipped, self.master, self.bins)
        write_shipments(shipped, self.master)
        for one in shipped:
            self._take(one)
        save(Activity, [line for one in told for line in activities_of(one)])
        write_holds(told, self.rng)
        return told

    def _take(self, one: Told) -> None:
        for line in one.shipment_lines:
            self.used[one.story.warehouse.pk, line.sku_id] += line.quantity
        self.moves += movements_of(one, self.master, self.bins)
