"""The tax rates kept in the database, read at once: load them once for a page or a run, never for a line."""

from collections import defaultdict

from django.conf import settings

from orders.models import TaxRate
from orders.tax import Key, OwnRate, Rates


def load_rates() -> Rates:
    """All of them, in one query: there are few, and a change holds from the next page on."""
    own: dict[Key, list[OwnRate]] = defaultdict(list)
    for row in TaxRate.objects.all():
        own[row.country, row.region, row.tax_class].append(OwnRate(row.starts_on, row.ends_on, row.rate))
    return Rates({key: tuple(rows) for key, rows in own.items()})


def seller_country() -> str:
    return str(settings.SHOP["country"])
