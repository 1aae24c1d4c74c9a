"""Exceptions and known problems."""

from datetime import timedelta

import factory

from ordermgmt.factories.moments import NOW
from ordermgmt.factories.people import UserFactory
from ordermgmt.models import ExceptionItem, ExceptionSubject, HiddenConcern, HideReason, KnownProblem, RuleLook
from ordermgmt.roles import Role


class ExceptionItemFactory(factory.django.DjangoModelFactory[ExceptionItem]):
    """A row for its own sake; real ones come from the job."""

    class Meta:
        model = ExceptionItem

    rule = "job.failed"
    cause = factory.Sequence(lambda n: f"cause {n}")
    owner_role = Role.SUPPORT
    since = opened_at = seen_at = NOW
    target_at = NOW + timedelta(hours=4)
    count = 1


class ExceptionSubjectFactory(factory.django.DjangoModelFactory[ExceptionSubject]):
    class Meta:
        model = ExceptionSubject

    item = factory.SubFactory(ExceptionItemFactory)
    number = factory.Sequence(lambda n: f"SO-{100_000 + n}")


class RuleLookFactory(factory.django.DjangoModelFactory[RuleLook]):
    class Meta:
        model = RuleLook

    rule = factory.Sequence(lambda n: f"rule.{n}")


class HiddenConcernFactory(factory.django.DjangoModelFactory[HiddenConcern]):
    class Meta:
        model = HiddenConcern

    person = factory.SubFactory(UserFactory, role=Role.MANAGER)
    key = factory.Sequence(lambda n: f"exception:{n}")
    reason = HideReason.KNOWN
    hidden_at = NOW
    until = NOW + timedelta(days=1)


class KnownProblemFactory(factory.django.DjangoModelFactory[KnownProblem]):
    class Meta:
        model = KnownProblem

    sentence = factory.Sequence(lambda n: f"Parcels of depot {n} are a day late")
    customer_sentence = "Parcels take a day longer this week."
    told_at = NOW
    told_by = "Ines Krol"
