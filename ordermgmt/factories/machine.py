"""Background work and what it proves."""

from datetime import timedelta

import factory
from django.utils import timezone

from ordermgmt.factories.moments import NOW
from ordermgmt.factories.people import UserFactory
from ordermgmt.models import BooksMark, BooksProof, BooksRound, ImportRun, JobRun, JobState, WorkerBeat


class JobRunFactory(factory.django.DjangoModelFactory[JobRun]):
    class Meta:
        model = JobRun

    name = "send_messages"
    state = JobState.DONE
    as_of = NOW
    started_at = NOW
    beat_at = NOW
    finished_at = NOW + timedelta(seconds=1)


class WorkerBeatFactory(factory.django.DjangoModelFactory[WorkerBeat]):
    class Meta:
        model = WorkerBeat

    cluster = factory.Sequence(lambda n: f"host-{n}")
    at = factory.LazyFunction(timezone.now)


class BooksProofFactory(factory.django.DjangoModelFactory[BooksProof]):
    class Meta:
        model = BooksProof

    code = "I01"
    title = "The stock on hand equals the ledger"
    checked_at = NOW
    holds = True


class BooksMarkFactory(factory.django.DjangoModelFactory[BooksMark]):
    class Meta:
        model = BooksMark

    table = factory.Sequence(lambda n: f"table_{n}")
    moved_at = NOW


class BooksRoundFactory(factory.django.DjangoModelFactory[BooksRound]):
    class Meta:
        model = BooksRound

    began_at = due_at = finished_at = NOW
    is_open = False


class ImportRunFactory(factory.django.DjangoModelFactory[ImportRun]):
    class Meta:
        model = ImportRun

    kind = "customers"
    file_name = "customers.csv"
    by = factory.SubFactory(UserFactory)
    created_at = NOW
