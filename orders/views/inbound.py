"""Documents from channels: the list, one document with its findings, and what mends it."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from inventory.models import Sku
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.each import each
from ordermgmt.listing import Column, Empty, ListFilters, ListPage, View
from ordermgmt.models import User
from ordermgmt.templatetags.portal import state_tag, tag
from orders.actions import intake, mapping, revisions
from orders.actions.applying import CannotApply
from orders.actions.cancellation import TooLateToCancel
from orders.actions.taking_in import Outcome, take_in
from orders.documents_in_need import documents_in_need
from orders.inbound_forms import MapItemForm, TakeInForm
from orders.intake.printing import printed
from orders.intake.registry import parser_for
from orders.models import Channel, Hold, InboundOrder, InboundRevision
from orders.states import InboundState, RevisionState

MOST_OFFERED = 1000  # items the browser completes while somebody types

MENDS_AT_ONCE = 100


class InboundFilters(ListFilters):
    q = CharFilter(method="find", label=gettext_lazy("Words"))
    state = ChoiceFilter(choices=InboundState.choices, label=gettext_lazy("State"))
    channel = ModelChoiceFilter(queryset=Channel.objects.order_by("name"), label=gettext_lazy("Channel"))
    finding = CharFilter(method="with_finding", label=gettext_lazy("Finding"))
    need = ChoiceFilter(
        method="in_need",
        choices=[("person", gettext_lazy("a person")), ("document", gettext_lazy("a look at the document"))],
        label=gettext_lazy("Waits for"),
    )

    class Meta:
        model = InboundOrder
        fields: ClassVar = ["q", "state", "channel", "finding", "need"]

    def find(self, rows: QuerySet[InboundOrder], name: str, value: str) -> QuerySet[InboundOrder]:
        """By id or number at the channel, our number, file or error."""
        value = value.strip()
        exact = Q(external_id=value) | Q(external_number__in=[value, f"#{value}"]) | Q(order__number=value.upper())
        return rows.filter(exact | Q(source__icontains=value) | Q(error__icontains=value))

    def with_finding(self, rows: QuerySet[InboundOrder], name: str, value: str) -> QuerySet[InboundOrder]:
        return rows.filter(findings__icontains=f'"{value}"')

    def in_need(self, rows: QuerySet[InboundOrder], name: str, value: str) -> QuerySet[InboundOrder]:
        if value == "document":
            return documents_in_need(rows)
        waiting = Q(pk__in=documents_in_need(InboundOrder.objects.all()).values("pk")) | Q(state=InboundState.RECEIVED)
        return rows.filter(waiting | Q(state=InboundState.HELD, is_held=True))


def rows_of_list() -> QuerySet[InboundOrder]:
    """Documents without their text; `is_held` says whether the order still is."""
    open_holds = Hold.objects.open().filter(order=OuterRef("order"))
    rows = InboundOrder.objects.select_related("channel", "order").defer("payload")
    return rows.annotate(is_held=Exists(open_holds))


def words_of(row: InboundOrder) -> str:
    """What people call a document: its number, else its id, else its file."""
    if row.external_id.startswith("sha256:"):
        return row.source.partition(",")[0] or row.external_id
    return row.external_number or row.external_id


def _state(row: Any) -> str:
    """Held is what happened then; an order released since is no longer held."""
    if row.state == InboundState.HELD and not row.is_held:
        return tag(_("Held, released since"), "good", False)
    return state_tag(row, "state")


def _error(row: InboundOrder) -> str:
    count = sum(finding.get("severity") == "error" for finding in row.findings)
    more = ngettext("and %(n)s more", "and %(n)s more", count - 1) % {"n": count - 1} if count > 1 else ""
    return format_html("{} <span class='muted'>{}</span>", row.error, more) if row.error else ""


class InboundList(ListPage):
    name = "inbound"
    title = gettext_lazy("Incoming documents")
    counted = ngettext_lazy("%(n)s document", "%(n)s documents", "count")
    filterset = InboundFilters
    columns = (
        Column("external_number", gettext_lazy("Document"), cell=words_of, text=words_of, css="id"),
        Column("channel", gettext_lazy("Channel"), css="nowrap"),
        Column("state", gettext_lazy("State"), cell=_state, css="nowrap"),
        Column("error", gettext_lazy("What is wrong"), cell=_error, css="grow"),
        Column("order", gettext_lazy("Order"), css="nowrap"),
        Column("received_at", gettext_lazy("Received"), sort="received", css="low nowrap"),
        Column("source", gettext_lazy("File or request"), css="wide"),
        Column("external_id", gettext_lazy("Id at the channel"), default=False),
        Column("attempts", gettext_lazy("Attempts"), css="num", default=False),
    )
    sorts: ClassVar = {"received": ("received_at", "id")}
    default_sort = "-received"
    views = (
        View("person", gettext_lazy("Waiting for a person"), "need=person"),
        View("all", gettext_lazy("All")),
        View("refused", gettext_lazy("Refused"), "state=refused"),
        View("held", gettext_lazy("Held"), "state=held&need=person"),
        View("changed", gettext_lazy("Changed at the shop"), "state=changed"),
        View("unknown", gettext_lazy("Unknown items"), "finding=unknown_sku"),
    )
    empty = Empty(
        gettext_lazy("No document yet"),
        gettext_lazy("Orders of web shops, files and the API appear here as they come in."),
    )
    template = "orders/inbound_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_take_in": self.request.user.has_perm("orders.intake")}

    def row_url(self, row: InboundOrder) -> str:
        return reverse("inbound_detail", args=[row.pk])


@staff_page("orders.view")
def inbound_list(request: HttpRequest) -> HttpResponseBase:
    return InboundList(request, rows_of_list()).response()


@require_safe
@staff_page("orders.view")
def inbound_detail(request: StaffRequest, pk: int) -> HttpResponse:
    inbound = get_object_or_404(InboundOrder.objects.select_related("channel", "order"), pk=pk)
    return _detail(request, inbound)


def _detail(request: StaffRequest, inbound: InboundOrder, form: MapItemForm | None = None) -> HttpResponse:
    page = printed(inbound.payload, inbound.source_rows, [finding["place"] for finding in inbound.findings])
    versions = list(inbound.revisions.order_by("-received_at", "-pk").defer("payload"))
    holds = list(inbound.order.holds.open().order_by("opened_at")) if inbound.order else []
    context = {
        "inbound": inbound,
        "order": inbound.order,
        "holds": holds,
        "findings": [_shown(index, finding, page.anchors) for index, finding in enumerate(inbound.findings)],
        "unknown": (unknown := _unknown_codes(inbound)),
        "items": Sku.objects.order_by("code").values_list("code", "name")[:MOST_OFFERED] if unknown else [],
        "printed": page,
        "proposal": next((v for v in versions if v.state == RevisionState.PROPOSED), None),
        "versions": versions,
        "form": form or MapItemForm(),
        "may_act": request.user.has_perm("orders.intake"),
        "may_replay": inbound.state in intake.REPLAYABLE,
        "page": "inbound",
        "page_title": words_of(inbound),
        "facts": _facts(inbound),
    }
    return render(request, "orders/inbound_detail.html", context, status=422 if form and form.errors else 200)


def _shown(index: int, finding: dict[str, str], anchors: Any) -> dict[str, str]:
    tone = "bad" if finding["severity"] == "error" else "warn"
    return finding | {"tone": tone, "anchor": anchors.get(index, "document")}


def _unknown_codes(inbound: InboundOrder) -> list[str]:
    """Codes of items nobody knows yet, each once, in the order of the document."""
    codes = {f["value"]: None for f in inbound.findings if f["code"] == "unknown_sku" and f["value"]}
    known = inbound.channel.aliases.filter(external_code__in=codes).values_list("external_code", flat=True)
    return [code for code in codes if code not in set(known)]


def _facts(inbound: InboundOrder) -> list[dict[str, Any]]:
    return [
        {"term": _("Channel"), "value": inbound.channel},
        {"term": _("Id at the channel"), "value": inbound.external_id},
        {"term": _("File or request"), "value": inbound.source or "–"},
        {"term": _("Attempts"), "value": inbound.attempts},
        {"term": _("Fingerprint"), "value": f"{inbound.payload_hash[:16]}…"},
    ]


@require_safe
@staff_page("orders.view")
def inbound_payload(request: StaffRequest, pk: int) -> HttpResponse:
    """The stored text itself, to keep or to send on."""
    inbound = get_object_or_404(InboundOrder, pk=pk)
    answer = HttpResponse(inbound.payload, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="inbound-{inbound.pk}.txt"'
    return answer


@require_POST
@staff_page("orders.intake")
def inbound_replay(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(InboundOrder, pk=pk)
    try:
        inbound = intake.replay_inbound(pk, by=request.user, now=timezone.now())
    except intake.AlreadyUnderstood as error:
        messages.warning(request, str(error))
    else:
        _say_outcome(request, inbound)
    return redirect("inbound_detail", pk)


def _say_outcome(request: HttpRequest, inbound: InboundOrder) -> None:
    if inbound.order:
        words = _("Read again: it is order %(order)s now.") % {"order": inbound.order}
        messages.success(request, words)
    else:
        messages.warning(request, _("Read again, and still refused: %(error)s") % {"error": inbound.error})


@require_POST
@staff_page("orders.intake")
def inbound_map(request: StaffRequest, pk: int) -> HttpResponse:
    """Say once what a channel calls one of our SKUs; orders that wait for it go on."""
    inbound = get_object_or_404(InboundOrder.objects.select_related("channel", "order"), pk=pk)
    form = MapItemForm(request.POST)
    if not form.is_valid():
        return _detail(request, inbound, form)
    facts, now = form.cleaned_data, timezone.now()
    try:
        mapping.map_sku(channel=inbound.channel, by=request.user, now=now, **facts)
    except mapping.CannotMap as error:
        form.add_error(None, str(error))
        return _detail(request, inbound, form)
    # An order that cannot be mended is tried again by the job, which names it.
    mend = partial(mapping.identify_items, by=request.user, now=now)
    mended = each(mapping.mendable_orders(MENDS_AT_ONCE), mend).done
    words = _("“%(code)s” is %(sku)s from now on.") % {"code": facts["external_code"], "sku": facts["sku"]}
    orders = ngettext("%(n)s order goes on.", "%(n)s orders go on.", mended) % {"n": mended}
    messages.success(request, f"{words} {orders}")
    return redirect("inbound_detail", pk)


DECISIONS: dict[str, tuple[Callable[..., InboundOrder], Any]] = {
    "apply": (revisions.apply_change, gettext_lazy("The order is now as the shop says.")),
    "reject": (revisions.reject_change, gettext_lazy("The order stays as it is.")),
    "again": (revisions.retry_revision, gettext_lazy("It is read again within a minute.")),
    "settle": (revisions.settle_by_hand, gettext_lazy("Noted: the change was made by hand.")),
}


@require_POST
@staff_page("orders.intake")
def inbound_decide(request: StaffRequest, pk: int, deed: str) -> HttpResponse:
    """Accept, reject or settle a change at the shop."""
    revision = get_object_or_404(InboundRevision, pk=pk)
    verb, words = DECISIONS[deed]
    try:
        verb(pk, by=request.user, now=timezone.now())
    except (revisions.Decided, CannotApply, TooLateToCancel) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return redirect("inbound_detail", revision.inbound_id)


@require_http_methods(["GET", "POST"])
@staff_page("orders.intake")
def inbound_take_in(request: StaffRequest) -> HttpResponse:
    """Take in files of a channel by hand: what the command does, for people."""
    form = TakeInForm(request.POST or None, request.FILES or None)
    outcomes: list[Outcome] = []
    if request.method == "POST" and form.is_valid():
        channel = form.cleaned_data["channel"]
        outcomes = [made for file in form.cleaned_data["documents"] for made in _taken_in(channel, file, request.user)]
    context = {
        "form": form,
        "outcomes": outcomes,
        "counts": _counted(outcomes),
        "page": "inbound-take-in",
        "page_title": _("Take in a file"),
    }
    return render(request, "orders/inbound_take_in.html", context, status=422 if form.errors else 200)


def _taken_in(channel: Channel, file: "UploadedFile[Any]", by: User) -> list[Outcome]:
    data, name = file.read(), file.name or _("a file")
    documents = parser_for(channel.kind, data).split(data, name)
    return [take_in(channel, document, source=name, by=by, now=timezone.now()) for document in documents]


def _counted(outcomes: list[Outcome]) -> list[tuple[str, int]]:
    words = {
        "accepted": _("accepted"),
        "held": _("held"),
        "refused": _("refused"),
        "changed": _("changed"),
        "duplicate": _("known already"),
    }
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in words}
    return [(words[state], count) for state, count in counts.items() if count]
