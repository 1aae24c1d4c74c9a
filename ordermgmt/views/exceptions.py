"""P22, the inbox of exceptions: the list, the chosen item beside it, and the report of what is dismissed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions.exceptions import may_own, may_take_over
from ordermgmt.exception_badge import note_count
from ordermgmt.exception_forms import SNOOZES, WORKING_ROLES
from ordermgmt.exception_inbox import (
    PAGE,
    QUEUES,
    Chosen,
    Counts,
    Tab,
    counts_for,
    default_view,
    dismissed_rules,
    item_url,
    items_of,
    money_words,
    on_duty,
    solved_today,
    tabs_for,
)
from ordermgmt.known_problems import told_now
from ordermgmt.models import DismissReason, ExceptionItem, User
from ordermgmt.navigation import active_role
from ordermgmt.roles import Role

MOST_PAGES = 1000


@dataclass(frozen=True)
class Line:
    """One row of the list on the left."""

    item: ExceptionItem
    href: str
    amount: str
    owner: str
    late: bool
    current: bool


@require_safe
@staff_page("exceptions.work")
def exception_list(request: StaffRequest) -> HttpResponse:
    """A queue, with its first item beside it on wide screens."""
    return _inbox(request, None)


@require_safe
@staff_page("exceptions.work")
def exception(request: StaffRequest, pk: int) -> HttpResponse:
    """One item, with its queue beside it on wide screens."""
    item = ExceptionItem.objects.visible_to(request.user).select_related("person").filter(pk=pk).first()
    if item is None:
        raise Http404
    return _inbox(request, item)


@require_safe
@staff_page("exceptions.work")
def exception_rules(request: StaffRequest) -> HttpResponse:
    """How often what each rule told was dismissed, so that rules can be tuned."""
    context = {"page": "exception-rules", "page_title": _("Rules and what was dismissed")}
    return render(request, "exceptions/rules.html", {**context, "rules": dismissed_rules(timezone.now())})


def _inbox(request: StaffRequest, asked: ExceptionItem | None) -> HttpResponse:
    now = timezone.now()
    own = default_view(request.user, active_role(request))
    view = request.GET.get("view", "")
    view = view if view in {tab.slug for tab in tabs_for(_NO_COUNTS, view, own)} else own
    counts = counts_for(request.user)
    note_count(request, request.user, counts[own])
    page = _page(request.GET.get("page", ""))
    found = list(items_of(view, request.user, now)[(page - 1) * PAGE : page * PAGE + 1])
    items = found[:PAGE]
    item = asked or (items[0] if items else None)
    context = {
        "page": "exceptions",
        "page_title": _("Exceptions"),
        "view": view,
        "tabs": _tabs(tabs_for(counts, view, own), view),
        "total": counts.get(view, len(items)),
        "lines": [_line(one, item, view, now) for one in items],
        "is_asked": asked is not None,
        "now": now,
        "told": told_now(),
        "solved": solved_today(request.user, now),
        "previous_page": page - 1,
        "next_page": page + 1 if len(found) > PAGE else 0,
        "may_tell": request.user.has_perm("exceptions.tell"),
        **(_chosen(request, item, items, view, now) if item else {}),
    }
    return render(request, "exceptions/inbox.html", context)


def _page(asked: str) -> int:
    return min(max(int(asked), 1), MOST_PAGES) if asked.isdecimal() and len(asked) < 5 else 1


_NO_COUNTS: Counts = dict.fromkeys([*QUEUES, "mine", "all", "snoozed", "dismissed"], 1)


def _tabs(tabs: list[Tab], view: str) -> list[dict[str, Any]]:
    return [
        {"label": tab.label, "href": f"?view={tab.slug}", "count": tab.count, "current": tab.slug == view}
        for tab in tabs
    ]


def _line(one: ExceptionItem, current: ExceptionItem | None, view: str, now: datetime) -> Line:
    return Line(
        item=one,
        href=item_url(one, view),
        amount=money_words(one.amounts),
        owner=str(QUEUES.get(one.owner_role, one.get_owner_role_display())),
        late=one.is_late(now),
        current=current is not None and one.pk == current.pk,
    )


def _chosen(
    request: StaffRequest, item: ExceptionItem, items: list[ExceptionItem], view: str, now: datetime
) -> dict[str, Any]:
    at = next((nth for nth, one in enumerate(items) if one.pk == item.pk), -1)
    after = items[at + 1] if 0 <= at < len(items) - 1 else None
    before = items[at - 1] if at > 0 else None
    duty = on_duty(now)
    return {
        "chosen": Chosen(item, request.user, now),
        "item": item,
        "next_url": item_url(after, view) if after else "",
        "previous_url": item_url(before, view) if before else "",
        "next_pk": (after or before).pk if (after or before) else "",  # type: ignore[union-attr]
        "duty": duty.get(item.owner_role),
        "is_mine": item.person_id == request.user.pk,
        "may_take": item.person_id is None or may_take_over(item, request.user, now),
        "owner": QUEUES.get(item.owner_role, item.get_owner_role_display()),
        "roles": [(role.value, QUEUES[role], duty.get(role)) for role in _roles_of(item)],
        "people": [person for person in _people(item) if person.pk != request.user.pk],
        "snoozes": SNOOZES,
        "reasons": DismissReason.choices,
    }


def _roles_of(item: ExceptionItem) -> list[Role]:
    """Queues it may be handed to."""
    return [role for role in WORKING_ROLES if role != item.owner_role and may_own(item, role)]


def _people(item: ExceptionItem) -> list[User]:
    """Those who may be given it."""
    may = [role for role in WORKING_ROLES if may_own(item, role)]
    rows = User.objects.filter(is_active=True, grants__role__in=may).distinct().order_by("name")
    return list(rows[:60])
