"""Figures."""

from datetime import date, timedelta

import factory

from ordermgmt.factories.moments import NOW
from ordermgmt.factories.people import UserFactory
from ordermgmt.models import KpiDay, KpiDigest, KpiMark, KpiNote, KpiPlace, KpiTarget


class KpiDayFactory(factory.django.DjangoModelFactory[KpiDay]):
    """A row for its own sake; real ones come from the job."""

    class Meta:
        model = KpiDay

    kpi = "orders_taken"
    on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
    numerator = denominator = count = 1


class KpiMarkFactory(factory.django.DjangoModelFactory[KpiMark]):
    class Meta:
        model = KpiMark

    kpi = factory.Sequence(lambda n: f"figure_{n}")
    version = 1
    moved_at = refreshed_at = NOW


class KpiTargetFactory(factory.django.DjangoModelFactory[KpiTarget]):
    class Meta:
        model = KpiTarget

    kpi = "otif"
    value = "0.95"
    starts_on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
    set_by = "Test"
    set_at = NOW


class KpiDigestFactory(factory.django.DjangoModelFactory[KpiDigest]):
    class Meta:
        model = KpiDigest

    user = factory.SubFactory(UserFactory)
    since = NOW


class KpiPlaceFactory(factory.django.DjangoModelFactory[KpiPlace]):
    class Meta:
        model = KpiPlace

    user = factory.SubFactory(UserFactory)
    kpi = "otif"
    place = factory.Sequence(lambda n: n + 1)


class KpiNoteFactory(factory.django.DjangoModelFactory[KpiNote]):
    class Meta:
        model = KpiNote

    on = date(2026, 11, 23)
    words = "Free delivery started"
    by = "Test"
    at = NOW
