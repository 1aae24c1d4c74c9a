"""Which carrier an order will leave with, before it is packed: the service that packing would choose by weight."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import ceil

from fulfilment.carriers import Parcel
from fulfilment.carriers.offers import active_carriers, offers_of, preferred
from fulfilment.models import Carrier


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What decides about the carrier: destination, wished service, weight in grams, days."""

    country: str
    service: str
    weight_g: int
    ship_on: date
    promised: date | None


@dataclass
class ExpectedCarriers:
    """Every question is worked out once, whatever the number of orders: weights count by the step of the rates."""

    carriers: Sequence[Carrier] = field(default_factory=active_carriers)
    _known: dict[Journey, Carrier | None] = field(default_factory=dict)

    def of(self, journey: Journey) -> Carrier | None:
        """None when nobody carries it."""
        at = bisect_left(self._steps, journey.weight_g)
        key = replace(journey, weight_g=self._steps[at]) if at < len(self._steps) else journey
        if key not in self._known:
            self._known[key] = self._choose(key)
        return self._known[key]

    @cached_property
    def _steps(self) -> list[int]:
        return sorted({rate.max_weight_g for carrier in self.carriers for rate in carrier.rates.all()})

    def _choose(self, journey: Journey) -> Carrier | None:
        """What is too heavy for one box travels in equal ones."""
        boxes = max(ceil(journey.weight_g / self._steps[-1]), 1) if self._steps else 1
        parcels = [Parcel(weight_g=ceil(journey.weight_g / boxes))] * boxes
        offers = offers_of(
            self.carriers, parcels, country=journey.country, ship_on=journey.ship_on, promised=journey.promised
        )
        offer = preferred(offers, journey.service)
        return offer.carrier if offer else None
