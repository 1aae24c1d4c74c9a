"""What every carrier gateway can do, and the plain values that go in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from fulfilment.models import Carrier, CarrierRate


class NoService(Exception):
    """No active delivery service carries these parcels there; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One box: weight in grams, outside sizes in millimetres."""

    weight_g: int
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service for all parcels of a shipment: price of the whole in the shop's currency, days on the way."""

    carrier: Carrier
    service: str
    price: Decimal
    transit_days: int
    keeps_promise: bool


@dataclass(frozen=True, kw_only=True)
class LabelRequest:
    """Everything a label needs; `reference` is the carton's SSCC and makes a repeat harmless."""

    reference: str
    shipment_number: str
    order_number: str
    service: str
    position: int
    count: int
    weight_g: int
    sender: Mapping[str, str]
    recipient: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MadeLabel:
    tracking_number: str
    zpl: str


class CarrierGateway(Protocol):
    """A gateway whose `is_local` is true touches nothing outside and may be used inside a transaction."""

    is_local: bool

    def offers(
        self,
        rates: Sequence[CarrierRate],
        parcels: Sequence[Parcel],
        *,
        country: str,
        ship_on: date,
        promised: date | None,
    ) -> list[Offer]:
        """Every service that carries all parcels, best first."""

    def labels(self, requests: Sequence[LabelRequest]) -> list[MadeLabel]:
        """One label per request, in the same order."""
