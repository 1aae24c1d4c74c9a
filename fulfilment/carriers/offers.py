"""What the active carriers offer for parcels, and which offer is taken."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Prefetch

from fulfilment.carriers.protocol import Offer, Parcel
from fulfilment.carriers.registry import gateway_of
from fulfilment.models import Carrier, CarrierRate


def active_carriers() -> list[Carrier]:
    """With their rates: two statements."""
    rates = Prefetch("rates", CarrierRate.objects.select_related("carrier"))
    return list(Carrier.objects.filter(is_active=True).order_by("pk").prefetch_related(rates))


def offers_of(
    carriers: Iterable[Carrier], parcels: Sequence[Parcel], *, country: str, ship_on: date, promised: date | None
) -> list[Offer]:
    """Every service that carries all parcels."""
    return [
        offer
        for carrier in carriers
        for offer in gateway_of(carrier.gateway).offers(
            list(carrier.rates.all()), parcels, country=country, ship_on=ship_on, promised=promised
        )
    ]


def preferred(offers: Sequence[Offer], wish: str) -> Offer | None:
    """The service the customer chose by name, else the cheapest that keeps the promise, else the fastest."""
    wanted = [offer for offer in offers if offer.service.casefold() == wish.casefold()]
    best = wanted or offers
    return min(best, key=lambda o: (not o.keeps_promise, o.price if o.keeps_promise else o.transit_days), default=None)
