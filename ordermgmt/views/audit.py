"""P34, the audit log: who did what to which record, before and after, from where and when."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext_lazy
from django_filters import CharFilter, ChoiceFilter, DateFromToRangeFilter, ModelChoiceFilter

from ordermgmt.access import staff_page
from ordermgmt.audit import KINDS, change_words, changes_of, sentence_of, whence
from ordermgmt.clock import business_zone
from ordermgmt.finding import starts_with
from ordermgmt.listing import Column, Empty, ListFilters, ListPage
from ordermgmt.models import Activity, ActivityCategory, User
from ordermgmt.templatetags import portal


class AuditFilters(ListFilters):
    """Each is answered from an index, however long the history."""

    q = CharFilter(method="find", label=gettext_lazy("Record, deed or person"))
    subject = CharFilter(method="of_record", label=gettext_lazy("Number of the record"))
    of = ChoiceFilter(method="of_kind", choices=list(KINDS.items()), label=gettext_lazy("Kind of record"))
    person = ModelChoiceFilter(method="by_person", queryset=User.objects.order_by("name"), label=gettext_lazy("Person"))
    actor = CharFilter(label=gettext_lazy("Who, in words (System, a customer)"))
    verb = CharFilter(label=gettext_lazy("Deed"))
    category = ChoiceFilter(choices=ActivityCategory.choices, label=gettext_lazy("About"))
    at = DateFromToRangeFilter(label=gettext_lazy("When"), method="by_day")

    class Meta:
        model = Activity
        fields: ClassVar[list[str]] = []

    def find(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        people = User.objects.filter(name__icontains=value).values_list("pk", flat=True)[:50]
        word = value.strip()
        return rows.filter(Q(subject=word.upper()) | Q(subject=word) | Q(verb=word) | Q(actor_id__in=list(people)))

    def of_record(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        return rows.filter(Q(subject=value.strip()) | Q(thread=value.strip()))

    def of_kind(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        return rows.filter(starts_with("subject", value))

    def by_person(self, rows: QuerySet[Activity], name: str, value: User) -> QuerySet[Activity]:
        return rows.filter(actor_id=value.pk)

    def by_day(self, rows: QuerySet[Activity], name: str, value: slice) -> QuerySet[Activity]:
        """Whole business days, both ends included."""
        zone = business_zone()
        if value.start:
            rows = rows.filter(at__gte=value.start.replace(tzinfo=zone))
        return rows.filter(at__lte=value.stop.replace(tzinfo=zone)) if value.stop else rows


def _what(line: Activity) -> SafeString | str:
    pairs = changes_of(line)
    if not pairs:
        return sentence_of(line)
    changed = format_html_join(
        "",
        '<li>{}<span class="muted">{}</span> → {}</li>',
        ((f"{name}: " if name else "", old, new) for name, old, new in pairs),
    )
    return format_html('{}<ul class="changes" role="list">{}</ul>', sentence_of(line), changed)


def _who(line: Activity) -> SafeString | str:
    where = whence(line)
    return format_html('{} <span class="muted nowrap">{}</span>', line.actor, where) if where else line.actor


class AuditLog(ListPage):
    name = "audit"
    title = gettext_lazy("Audit log")
    counted = ngettext_lazy("%(n)s line", "%(n)s lines", "count")
    filterset = AuditFilters
    columns = (
        Column("at", gettext_lazy("When"), lambda line: portal.when(line.at), sort="at", css="id nowrap"),
        Column("actor", gettext_lazy("Who and from where"), _who, lambda line: line.actor),
        Column("subject", gettext_lazy("Record"), css="nowrap"),
        Column("text", gettext_lazy("What, before and after"), _what, sentence_of, css="grow"),
        Column("verb", gettext_lazy("Deed"), css="wide", default=False),
        Column("changes", gettext_lazy("Before → after"), change_words, change_words, css="wide", default=False),
        Column("ip", gettext_lazy("Address"), css="wide", default=False),
        Column("request_id", gettext_lazy("Request"), css="wide", default=False),
        Column("category", gettext_lazy("About"), css="wide", default=False),
        Column("thread", gettext_lazy("Order"), css="wide", default=False),
    )
    sorts: ClassVar[Any] = {"at": ("at", "id")}
    default_sort = "-at"
    empty = Empty(gettext_lazy("Nothing happened yet"), gettext_lazy("Every deed leaves a line here."), icon="log")
    export_permission = "audit.view"

    def row_url(self, row: Activity) -> str:
        """Everything about the same record."""
        return self.url(subject=row.subject)


@staff_page("audit.view")
def audit_log(request: HttpRequest) -> HttpResponseBase:
    """Who did what to which record, when; an export of it is a line of its own."""
    return AuditLog(request, Activity.objects.all()).response()
