"""P31: the kinds of messages, their words in versions with a live preview, and when they are sent."""

from datetime import datetime, timedelta
from typing import Any

from csp.decorators import csp_update
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.templates import (
    draft_of,
    keep_draft,
    live_of,
)
from ordermgmt.changes import ChangedMeanwhile
from ordermgmt.mail import with_shop
from ordermgmt.mail_checks import check
from ordermgmt.mail_fields import field_values
from ordermgmt.mail_forms import BlockForms, RuleForm, WordsForm, typed_blocks
from ordermgmt.mail_kinds import KINDS, MailKind, kinds_in_order
from ordermgmt.mail_previews import LOOKS, choices, context_for, recent
from ordermgmt.mail_rules import active_stops, rule_of
from ordermgmt.mail_versions import write
from ordermgmt.models import MessageState, OutgoingMessage, SendRule, TemplateState, TemplateVersion
from ordermgmt.timelines import history_of

WEEK = timedelta(days=7)
LANGUAGE = "en-gb"


def kind_at(slug: str) -> MailKind:
    try:
        return KINDS[slug]
    except KeyError:
        raise Http404(slug) from None


@require_safe
@staff_page("emails.edit")
def email_list(request: StaffRequest) -> HttpResponse:
    """Every kind with its state, what was sent of it in a week, and what went wrong."""
    since = timezone.now() - WEEK
    sent = _counted(OutgoingMessage.objects.filter(sent_at__gte=since))
    dead = _counted(OutgoingMessage.objects.filter(state=MessageState.DEAD))
    failed = _counted(OutgoingMessage.objects.filter(sent_at__gte=since).exclude(words_error=""))
    versions = TemplateVersion.objects.filter(language=LANGUAGE).exclude(state=TemplateState.PAST)
    live = {row.kind: row for row in versions if row.state == TemplateState.LIVE}
    drafts = {row.kind: row for row in versions if row.state == TemplateState.DRAFT}
    rules = {rule.kind: rule for rule in SendRule.objects.all()}
    rows = [
        {
            "kind": kind, "live": live.get(kind.name), "draft": drafts.get(kind.name), "rule": rules.get(kind.name),
            "sent": sent.get(kind.name, 0), "errors": dead.get(kind.name, 0) + failed.get(kind.name, 0),
        }
        for kind in kinds_in_order()
    ]  # fmt: skip
    context = {"page": "emails", "page_title": _("Email templates"), "rows": rows}
    return render(request, "email_editor/list.html", context)


def _counted(rows: Any) -> dict[str, int]:
    return dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))


@csp_update({"frame-src": ["'self'"]})
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("emails.edit")
def email_kind(request: StaffRequest, slug: str) -> HttpResponse:
    """The editor: words on the left, how they look on the right. Saving keeps a draft; nothing is sent with it."""
    kind = kind_at(slug)
    if request.method != "POST":
        return editor_page(request, kind)
    form = WordsForm(request.POST)
    blocks, words = typed_blocks(kind, request.POST)
    if not form.is_valid() or words is None:
        return editor_page(request, kind, form=form, blocks=blocks, status=422)
    try:
        _save(request, kind, {**form.cleaned_data, "blocks": words})
    except ChangedMeanwhile:
        messages.error(
            request, _("Somebody else changed this draft meanwhile. Your words are below; save again to keep them.")
        )
        return editor_page(request, kind, form=form, blocks=blocks, status=409)
    if request.POST.get("do") == "review":
        return redirect("email_publish", slug)
    if request.POST.get("do", "save") == "save":
        messages.success(request, _("Draft saved. Nothing is sent with it before it is published."))
    asked = f"?case={request.POST.get('case', '')}&look={request.POST.get('look', '')}"
    return redirect(reverse("email_kind", args=[slug]) + asked)


def _save(request: StaffRequest, kind: MailKind, words: dict[str, Any]) -> TemplateVersion:
    seen = request.POST.get("seen", "")
    return keep_draft(kind, words, seen=int(seen) if seen.isdecimal() else -1, by=request.user, now=timezone.now())


def first_words(kind: MailKind) -> TemplateVersion:
    """What an editor begins with when no version was made yet."""
    return TemplateVersion(
        kind=kind.name, number=0, subject=kind.subject, preheader=kind.preheader, heading=kind.heading,
        blocks=kind.blocks(), revision=0,
    )  # fmt: skip


def shown_of(kind: MailKind) -> tuple[TemplateVersion, TemplateVersion | None, TemplateVersion | None]:
    """What the editor shows, the live version and the draft."""
    live, draft = live_of(kind.name), draft_of(kind.name)
    return draft or live or first_words(kind), live, draft


def editor_page(request: StaffRequest, kind: MailKind, status: int = 200, **typed: Any) -> HttpResponse:
    now = timezone.now()
    shown, live, draft = shown_of(kind)
    initial = {name: getattr(shown, name) for name in ("subject", "preheader", "heading")}
    form = typed.get("form") or WordsForm(initial=initial)
    blocks = typed.get("blocks") or BlockForms(prefix="blocks", initial=shown.blocks)
    for block in blocks:
        block.part_title = kind.parts.get(block.part, block.part)
    placed = {block.part for block in blocks if block.kind == "part"}
    rule = rule_of(kind.name)
    context = {
        "page": "email-editor", "page_title": kind.title, "kind": kind, "live": live, "draft": draft, "form": form,
        "blocks": blocks, "has_button": any(block.kind == "button" for block in blocks),
        "parts": [(name, title) for name, title in kind.parts.items() if name not in placed],
        "versions": TemplateVersion.objects.filter(kind=kind.name, language=LANGUAGE).order_by("-number")[:20],
        "rule": rule, "rule_form": typed.get("rule_form") or RuleForm(kind, rule),
        "fixed_stops": [stop.words for stop in active_stops(kind, rule) if stop.is_fixed],
        "days": history_of(kind.name, now=now), "sent": _sent(kind, now),
        **_look(request, kind, shown, draft),
    }  # fmt: skip
    return render(request, "email_editor/editor.html", context, status=status)


def _sent(kind: MailKind, now: datetime) -> int:
    return OutgoingMessage.objects.filter(sent_at__gte=now - WEEK, kind=kind.name).count()


def _look(
    request: StaffRequest, kind: MailKind, shown: TemplateVersion, draft: TemplateVersion | None
) -> dict[str, Any]:
    """The preview pane: the chosen case as it looks, the fields with their values, and the checks."""
    asked = request.POST if request.method == "POST" else request.GET
    rows = recent(kind)
    offered = choices(rows)
    case = asked.get("case", "")
    case = case if case in {one.name for one in offered} else offered[0].name
    look = asked.get("look", "") if asked.get("look", "") in LOOKS else "phone"
    facts = context_for(kind, rows, case)
    base = context_for(kind, rows, "")
    values = field_values(kind, with_shop(facts))
    checks = check(kind, shown, base, LANGUAGE)
    written = write(kind, shown, facts, LANGUAGE) if checks[0].title != _("All fields exist") else None
    return {
        "seen": draft.revision if draft else 0, "case": case, "cases": offered, "look": look,
        "looks": [("phone", _("Phone")), ("desktop", _("Desktop")), ("dark", _("Dark")), ("text", _("Text"))],
        "written": written, "checks": checks, "saved": draft,
        "fields": [(field, values[field.name]) for field in kind.every_field],
        "labels": {field.name: field.label for field in kind.every_field},
        "frame_url": f"{reverse('email_frame', args=[kind.name])}?case={case}&look={look}&r={draft.revision if draft else 0}",
    }  # fmt: skip


@csp_update({"frame-src": ["'self'"]})
@require_POST
@staff_page("emails.edit")
def email_look(request: StaffRequest, slug: str) -> HttpResponse:
    """While somebody types: keeps the draft and shows what it looks like."""
    kind, form = kind_at(slug), WordsForm(request.POST)
    _blocks, words = typed_blocks(kind, request.POST)
    problem = ""
    if not form.is_valid() or words is None:
        problem = _("Too long to be kept. Make it shorter.")
    else:
        try:
            typed = {**form.cleaned_data, "blocks": words}
            if not _is_same(kind, typed):
                _save(request, kind, typed)
        except ChangedMeanwhile:
            problem = _(
                "Somebody else changed this draft meanwhile. Save to see both, or reload the page to see theirs."
            )
    shown, live, draft = shown_of(kind)
    context = {
        "kind": kind,
        "live": live,
        "problem": problem,
        "is_update": not problem,
        **_look(request, kind, shown, draft),
    }
    return render(request, "email_editor/_look.html", context)


def _is_same(kind: MailKind, words: dict[str, Any]) -> bool:
    """Choosing another example changes no word, and begins no draft."""
    shown = shown_of(kind)[0]
    return all(getattr(shown, name) == value for name, value in words.items())
