"""Test records of the frame."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.utils import timezone

from ordermgmt.models import (
    Activity,
    ApiClient,
    BooksMark,
    BooksProof,
    Duty,
    ExceptionItem,
    ExceptionSubject,
    HiddenConcern,
    HideReason,
    IdempotencyKey,
    ImportRun,
    Installation,
    JobRun,
    JobState,
    KnownProblem,
    KpiDay,
    KpiDigest,
    KpiMark,
    KpiNote,
    KpiPlace,
    KpiTarget,
    MailAddress,
    MailEvent,
    NumberSeries,
    OutgoingMessage,
    RoleGrant,
    SavedView,
    SendRule,
    StoredDocument,
    TemplateVersion,
    User,
    WorkerBeat,
)
from ordermgmt.roles import Role

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


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


class UserFactory(factory.django.DjangoModelFactory[User]):
    """`UserFactory(role=Role.SUPPORT)` or `roles=[…]`; the password is "secret" unless given."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    joined_at = NOW

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(kwargs.pop("email"), kwargs.pop("password", "secret"), **kwargs)

    @factory.post_generation
    def role(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            RoleGrant.objects.create(user=self, role=extracted, granted_at=NOW)

    @factory.post_generation
    def roles(self: Any, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for role in extracted or []:
            RoleGrant.objects.create(user=self, role=role, granted_at=NOW)


class RoleGrantFactory(factory.django.DjangoModelFactory[RoleGrant]):
    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = Role.SUPPORT
    granted_at = NOW


class ApiClientFactory(factory.django.DjangoModelFactory[ApiClient]):
    """`ApiClientFactory(key="…", scopes=["orders:write"])`: the key itself is never stored."""

    class Meta:
        model = ApiClient

    class Params:
        key = "key-for-tests"

    name = factory.Sequence(lambda n: f"Client {n}")
    key_hash = factory.LazyAttribute(lambda o: hashlib.sha256(o.key.encode()).hexdigest())
    scopes = factory.List(["orders:read", "orders:write", "inventory:read", "fulfilment:read"])
    created_at = NOW


class IdempotencyKeyFactory(factory.django.DjangoModelFactory[IdempotencyKey]):
    class Meta:
        model = IdempotencyKey

    principal = "Client"
    route = "POST /api/v1/orders/"
    key = factory.Sequence(lambda n: f"key-{n}")
    request_hash = "0" * 64
    status = 201
    body = factory.Dict({})
    created_at = NOW


class StoredDocumentFactory(factory.django.DjangoModelFactory[StoredDocument]):
    class Meta:
        model = StoredDocument

    kind = "invoice"
    number = factory.Sequence(lambda n: f"INV-2026-{n:05d}")
    requested_at = NOW


class ActivityFactory(factory.django.DjangoModelFactory[Activity]):
    class Meta:
        model = Activity

    at = NOW
    actor = "System"
    verb = "place_order"
    subject = factory.Sequence(lambda n: f"SO-{100_000 + n}")
    sentence = "Order placed"


class OutgoingMessageFactory(factory.django.DjangoModelFactory[OutgoingMessage]):
    class Meta:
        model = OutgoingMessage

    kind = "order_confirmation"
    about = factory.Sequence(lambda n: f"SO-{100_000 + n}")
    thread = factory.SelfAttribute("about")
    recipient = "ann@example.com"
    subject_line = "Thank you for your order"
    text = "Thank you.\n"
    html = "<p>Thank you.</p>"
    created_at = NOW
    due_at = NOW


class NumberSeriesFactory(factory.django.DjangoModelFactory[NumberSeries]):
    class Meta:
        model = NumberSeries

    key = factory.Sequence(lambda n: f"T{n}")


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


class ImportRunFactory(factory.django.DjangoModelFactory[ImportRun]):
    class Meta:
        model = ImportRun

    kind = "customers"
    file_name = "customers.csv"
    by = factory.SubFactory(UserFactory)
    created_at = NOW


class SavedViewFactory(factory.django.DjangoModelFactory[SavedView]):
    class Meta:
        model = SavedView

    page = "orders"
    slug = factory.Sequence(lambda n: f"view-{n}")
    name = "Mine"


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


class TemplateVersionFactory(factory.django.DjangoModelFactory[TemplateVersion]):
    class Meta:
        model = TemplateVersion

    kind = factory.Sequence(lambda n: f"kind-{n}")
    number = factory.Sequence(lambda n: n + 1)
    state = "draft"
    subject = "Order {{ order.number }} left us"
    blocks = factory.List(
        [
            factory.Dict({"type": "part", "name": "content", "text": ""}),
            factory.Dict({"type": "button", "name": "", "text": ""}),
        ]
    )
    made_by = "Ana"
    made_at = NOW


class SendRuleFactory(factory.django.DjangoModelFactory[SendRule]):
    class Meta:
        model = SendRule

    kind = factory.Sequence(lambda n: f"kind-{n}")
    changed_by = "Ana"
    changed_at = NOW


class MailEventFactory(factory.django.DjangoModelFactory[MailEvent]):
    class Meta:
        model = MailEvent

    provider = "postmark"
    event_id = factory.Sequence(lambda n: f"event-{n}")
    kind = "bounced"
    happened_at = NOW
    received_at = NOW


class MailAddressFactory(factory.django.DjangoModelFactory[MailAddress]):
    class Meta:
        model = MailAddress

    address = factory.Sequence(lambda n: f"person{n}@example.com")


class DutyFactory(factory.django.DjangoModelFactory[Duty]):
    class Meta:
        model = Duty

    on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
    role = Role.SUPPORT
    person = factory.SubFactory(UserFactory, role=Role.SUPPORT)


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
