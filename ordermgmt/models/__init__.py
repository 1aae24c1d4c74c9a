from ordermgmt.models.api import ApiClient, IdempotencyKey
from ordermgmt.models.documents import StoredDocument
from ordermgmt.models.exceptions import DismissReason, ExceptionItem, ExceptionState, ExceptionSubject, RuleLook
from ordermgmt.models.history import Activity, ActivityCategory
from ordermgmt.models.homes import HiddenConcern, HideReason
from ordermgmt.models.installation import Installation
from ordermgmt.models.kpis import KpiDay, KpiDigest, KpiMark, KpiNote, KpiPlace, KpiTarget
from ordermgmt.models.leases import Leased
from ordermgmt.models.mail_events import MailAddress, MailEvent
from ordermgmt.models.messages import MailFate, MessageState, OutgoingMessage
from ordermgmt.models.numbers import NumberSeries
from ordermgmt.models.operations import (
    BooksMark,
    BooksProof,
    BooksRound,
    ImportRun,
    ImportState,
    JobRun,
    JobState,
    ProofScope,
    WorkerBeat,
)
from ordermgmt.models.pages import SavedView
from ordermgmt.models.templates import SendRule, TemplateState, TemplateVersion
from ordermgmt.models.users import RoleGrant, User
from ordermgmt.models.watching import Duty, KnownProblem

__all__ = [
    "Activity",
    "ActivityCategory",
    "ApiClient",
    "BooksMark",
    "BooksProof",
    "BooksRound",
    "DismissReason",
    "Duty",
    "ExceptionItem",
    "ExceptionState",
    "ExceptionSubject",
    "HiddenConcern",
    "HideReason",
    "IdempotencyKey",
    "ImportRun",
    "ImportState",
    "Installation",
    "JobRun",
    "JobState",
    "KnownProblem",
    "KpiDay",
    "KpiDigest",
    "KpiMark",
    "KpiNote",
    "KpiPlace",
    "KpiTarget",
    "Leased",
    "MailAddress",
    "MailEvent",
    "MailFate",
    "MessageState",
    "NumberSeries",
    "OutgoingMessage",
    "ProofScope",
    "RoleGrant",
    "RuleLook",
    "SavedView",
    "SendRule",
    "StoredDocument",
    "TemplateState",
    "TemplateVersion",
    "User",
    "WorkerBeat",
]
