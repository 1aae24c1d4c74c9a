"""P31: how a version looks, its review and publishing, the way back, a test, and the send rule."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace, csp_update
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.templates import (
    TemplateRefused,
    change_rule,
    discard_draft,
    draft_of,
    live_of,
    publish_draft,
    roll_back,
    send_test,
)
from ordermgmt.changes import ChangedMeanwhile
from ordermgmt.mail_checks import check
from ordermgmt.mail_forms import RuleForm
from ordermgmt.mail_kinds import MailKind
from ordermgmt.mail_previews import context_for, in_look, recent
from ordermgmt.mail_rules import rule_of
from ordermgmt.mail_versions import write
from ordermgmt.models import MessageState, OutgoingMessage, TemplateState, TemplateVersion
from ordermgmt.views.emails import LANGUAGE, editor_page, kind_at, shown_of


@require_safe
@xframe_options_sameorigin
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "img-src": ["'self'", "data:"],
              "frame-ancestors": ["'self'"], "script-src": ["'none'"], "form-action": ["'none'"], "sandbox": True})  # fmt: skip
@staff_page("emails.edit")
def email_frame(request: StaffRequest, slug: str) -> HttpResponse:
    """A version as it looks, for the sandboxed frame: no script, no form, no origin."""
    kind = kind_at(slug)
    number = request.GET.get("v", "")
    rows = TemplateVersion.objects.filter(kind=slug, language=LANGUAGE)
    if number == "0":
        shown = None
    elif number.isdecimal():
        shown = get_object_or_404(rows, number=int(number))
    else:
        shown = shown_of(kind)[0]
    facts = context_for(kind, recent(kind), request.GET.get("case", ""))
    written = write(kind, shown, facts, LANGUAGE)
    html = in_look(written.html, request.GET.get("look", ""))
    return HttpResponse(html or format_html("<pre>{}</pre>", written.text))


@csp_update({"frame-src": ["'self'"]})
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("emails.edit")
def email_publish(request: StaffRequest, slug: str) -> HttpResponse:
    """Side by side with what is sent now; then messages are sent in the new words."""
    kind = kind_at(slug)
    live, draft = live_of(slug), draft_of(slug)
    if draft is None:
        return redirect("email_kind", slug)
    base, status = context_for(kind, recent(kind), ""), 200
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            publish_draft(
                kind, seen=int(seen) if seen.isdecimal() else -1, context=base, by=request.user, now=timezone.now()
            )
        except (TemplateRefused, ChangedMeanwhile) as refused:
            messages.error(request, str(refused))
            status = 409
        else:
            messages.success(
                request,
                _("Version %(n)d is live. Messages that still wait are sent in its words, too.") % {"n": draft.number},
            )
            return redirect("email_kind", slug)
    context = {
        "page": "email-publish", "page_title": _("Publish %(kind)s") % {"kind": kind.title}, "kind": kind, "draft": draft,
        "live": live, "rows": differences(live, draft, kind), "checks": check(kind, draft, base, LANGUAGE),
        "waiting": OutgoingMessage.objects.filter(state=MessageState.WAITING, kind=slug).count(),
    }  # fmt: skip
    return render(request, "email_editor/publish.html", context, status=status)


def differences(old: TemplateVersion | None, new: TemplateVersion | None, kind: MailKind) -> list[dict[str, Any]]:
    """What each place of two versions says; changed ones are marked."""
    titles = {"subject": _("Subject"), "preheader": _("Preview line"), "heading": _("Headline")}
    rows = [{"title": title, "old": _word(old, name), "new": _word(new, name)} for name, title in titles.items()]
    rows.append({"title": _("Body"), "old": body_words(old, kind), "new": body_words(new, kind)})
    return [{**row, "is_changed": row["old"] != row["new"]} for row in rows]


def _word(version: TemplateVersion | None, name: str) -> str:
    return str(getattr(version, name)) if version and getattr(version, name) else _("built in")


def body_words(version: TemplateVersion | None, kind: MailKind) -> str:
    if version is None:
        return _("built in")
    words: dict[str, Callable[[dict[str, str]], str]] = {"part": lambda one: f"[{kind.parts.get(one['name'], one['name'])}]", "text": lambda one: one["text"],
             "button": lambda one: _("[Button: %(words)s]") % {"words": one["text"] or _("built in")}}  # fmt: skip
    return "\n\n".join(words[block["type"]](block) for block in version.blocks)


@csp_update({"frame-src": ["'self'"]})
@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("emails.edit")
def email_version(request: StaffRequest, slug: str, number: int) -> HttpResponse:
    """An earlier version beside the one that is live, and the way back to it. 0 is what is built in."""
    kind, live = kind_at(slug), live_of(slug)
    row = get_object_or_404(TemplateVersion, kind=slug, language=LANGUAGE, number=number) if number else None
    if request.method == "POST":
        try:
            roll_back(kind, number, by=request.user, now=timezone.now())
        except TemplateRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                _("Sent in the words of version %(n)d again.") % {"n": number}
                if number
                else _("Sent in the built-in words again."),
            )
        return redirect("email_kind", slug)
    is_past = live is not None if row is None else row.state == TemplateState.PAST
    context = {
        "page": "email-version", "page_title": _("%(kind)s, version %(n)d") % {"kind": kind.title, "n": number},
        "kind": kind, "row": row, "number": number, "live": live, "rows": differences(live, row, kind), "may_go_back": is_past,
        "case": "",
    }  # fmt: skip
    return render(request, "email_editor/version.html", context)


@require_POST
@staff_page("emails.edit")
def email_discard(request: StaffRequest, slug: str) -> HttpResponse:
    discard_draft(kind_at(slug), by=request.user, now=timezone.now())
    messages.success(request, _("The draft is gone. What is live stays as it is."))
    return redirect("email_kind", slug)


@require_POST
@staff_page("emails.edit")
def email_test(request: StaffRequest, slug: str) -> HttpResponse:
    """A test to whoever asks, through the real queue."""
    kind = kind_at(slug)
    shown = shown_of(kind)[0]
    facts = context_for(kind, recent(kind), request.POST.get("case", ""))
    try:
        send_test(kind, shown, facts, by=request.user, now=timezone.now())
    except Exception as error:
        messages.error(request, _("The test could not be written: %(why)s") % {"why": error})
    else:
        messages.success(request, _("A test is on its way to %(email)s.") % {"email": request.user.email})
    return redirect(
        f"{reverse('email_kind', args=[slug])}?case={request.POST.get('case', '')}&look={request.POST.get('look', '')}"
    )


@csp_update({"frame-src": ["'self'"]})
@require_POST
@staff_page("emails.edit")
def email_rule(request: StaffRequest, slug: str) -> HttpResponse:
    kind = kind_at(slug)
    form = RuleForm(kind, rule_of(slug), request.POST)
    if not form.is_valid():
        return editor_page(request, kind, status=422, rule_form=form)
    try:
        change_rule(kind, form.facts(), by=request.user, now=timezone.now())
    except TemplateRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Saved. It holds for messages that leave from now on."))
    return redirect("email_kind", slug)
