"""Test records of the frame."""

from ordermgmt.factories.figures import (
    KpiDayFactory,
    KpiDigestFactory,
    KpiMarkFactory,
    KpiNoteFactory,
    KpiPlaceFactory,
    KpiTargetFactory,
)
from ordermgmt.factories.inbox import (
    ExceptionItemFactory,
    ExceptionSubjectFactory,
    HiddenConcernFactory,
    KnownProblemFactory,
    RuleLookFactory,
)
from ordermgmt.factories.machine import (
    BooksMarkFactory,
    BooksProofFactory,
    BooksRoundFactory,
    ImportRunFactory,
    JobRunFactory,
    WorkerBeatFactory,
)
from ordermgmt.factories.mails import (
    MailAddressFactory,
    MailEventFactory,
    OutgoingMessageFactory,
    SendRuleFactory,
    TemplateVersionFactory,
)
from ordermgmt.factories.moments import NOW
from ordermgmt.factories.people import (
    ApiClientFactory,
    DutyFactory,
    IdempotencyKeyFactory,
    RoleGrantFactory,
    SavedViewFactory,
    UserFactory,
)
from ordermgmt.factories.records import ActivityFactory, InstallationFactory, NumberSeriesFactory, StoredDocumentFactory

__all__ = [
    "NOW",
    "ActivityFactory",
    "ApiClientFactory",
    "BooksMarkFactory",
    "BooksProofFactory",
    "BooksRoundFactory",
    "DutyFactory",
    "ExceptionItemFactory",
    "ExceptionSubjectFactory",
    "HiddenConcernFactory",
    "IdempotencyKeyFactory",
    "ImportRunFactory",
    "InstallationFactory",
    "JobRunFactory",
    "KnownProblemFactory",
    "KpiDayFactory",
    "KpiDigestFactory",
    "KpiMarkFactory",
    "KpiNoteFactory",
    "KpiPlaceFactory",
    "KpiTargetFactory",
    "MailAddressFactory",
    "MailEventFactory",
    "NumberSeriesFactory",
    "OutgoingMessageFactory",
    "RoleGrantFactory",
    "RuleLookFactory",
    "SavedViewFactory",
    "SendRuleFactory",
    "StoredDocumentFactory",
    "TemplateVersionFactory",
    "UserFactory",
    "WorkerBeatFactory",
]
