"""The in-house carrier: a rate table, its own tracking numbers, labels made here."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from fulfilment.carriers.protocol import LabelRequest, MadeLabel, Offer, Parcel
from fulfilment.carriers.zpl import label_zpl
from fulfilment.models import CarrierRate
from ordermgmt.numbering import next_numbers

ANYWHERE = "**"
# UPU S10: two letters, eight digits, check digit, country.
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def s10_check_digit(digits: str) -> str:
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def tracking_number(serial: int) -> str:
    """13 characters as other posts print them: NP000000418SE. Serials repeat after 99,999,999 parcels."""
    digits = f"{serial % 10**8:08d}"
    return f"NP{digits}{s10_check_digit(digits)}SE"


class HouseCarrier:
    is_local = True

    def offers(
        self,
        rates: Sequence[CarrierRate],
        parcels: Sequence[Parcel],
        *,
        country: str,
        ship_on: date,
        promised: date | None,
    ) -> list[Offer]:
        """Services that keep the promise first, cheapest first among them; then the fastest of the others."""
        offers = [
            offer
            for service_rates in _by_service(rates, country)
            if (offer := _offer(service_rates, parcels, ship_on, promised))
        ]
        return sorted(offers, key=_preference)

    def labels(self, requests: Sequence[LabelRequest]) -> list[MadeLabel]:
        numbers = [tracking_number(serial) for serial in next_numbers("TN", len(requests))]
        return [
            MadeLabel(tracking_number=number, zpl=label_zpl(request, number))
            for request, number in zip(requests, numbers, strict=True)
        ]


def _by_service(rates: Sequence[CarrierRate], country: str) -> Iterator[list[CarrierRate]]:
    """The rates of each service into the country; a country of its own beats "anywhere"."""
    fitting = sorted(
        (rate for rate in rates if rate.country in (country, ANYWHERE)),
        key=lambda rate: (rate.carrier_id, rate.service, rate.max_weight_g),
    )
    for _, group in groupby(fitting, key=lambda rate: (rate.carrier_id, rate.service)):
        ladder = list(group)
        own = [rate for rate in ladder if rate.country == country]
        yield own or ladder


def _offer(
    ladder: Sequence[CarrierRate], parcels: Sequence[Parcel], ship_on: date, promised: date | None
) -> Offer | None:
    steps = [next((rate for rate in ladder if parcel.weight_g <= rate.max_weight_g), None) for parcel in parcels]
    chosen = [step for step in steps if step]
    if not chosen or len(chosen) < len(steps):
        return None
    days = max(step.transit_days for step in chosen)
    return Offer(
        carrier=chosen[0].carrier,
        service=chosen[0].service,
        price=sum((step.price for step in chosen), Decimal(0)),
        transit_days=days,
        keeps_promise=promised is None or ship_on + timedelta(days=days) <= promised,
    )


def _preference(offer: Offer) -> tuple[bool, Decimal | int, Decimal | int, str]:
    if offer.keeps_promise:
        return (False, offer.price, offer.transit_days, offer.service)
    return (True, offer.transit_days, offer.price, offer.service)
