"""History, numbers, papers and the installation."""

import factory

from ordermgmt.factories.moments import NOW
from ordermgmt.models import Activity, Installation, NumberSeries, StoredDocument


class InstallationFactory(factory.django.DjangoModelFactory[Installation]):
    """There is one; asked again it is the same."""

    class Meta:
        model = Installation
        django_get_or_create = ("is_only",)

    is_only = True
    identity = "0" * 64
    address = "https://portal.example"
    confirmed_at = NOW
    confirmed_by = "Ana"


class ActivityFactory(factory.django.DjangoModelFactory[Activity]):
    class Meta:
        model = Activity

    at = NOW
    actor = "System"
    verb = "place_order"
    subject = factory.Sequence(lambda n: f"SO-{100_000 + n}")
    sentence = "Order placed"


class NumberSeriesFactory(factory.django.DjangoModelFactory[NumberSeries]):
    class Meta:
        model = NumberSeries

    key = factory.Sequence(lambda n: f"T{n}")


class StoredDocumentFactory(factory.django.DjangoModelFactory[StoredDocument]):
    class Meta:
        model = StoredDocument

    kind = "invoice"
    number = factory.Sequence(lambda n: f"INV-2026-{n:05d}")
    requested_at = NOW
