"""Saved views: save, rename, archive, bring back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.history import record
from ordermgmt.listing.tabs import free_slug
from ordermgmt.models import SavedView, User
from ordermgmt.roles import Role

SHARERS = frozenset({Role.MANAGER, Role.LEAD, Role.ADMIN})


class ViewNotYours(Exception):
    """Only the owner, or somebody who may share views, changes a view."""

    def __init__(self) -> None:
        super().__init__(_("Only the person who saved this view can change it."))


def may_share(user: User) -> bool:
    return bool(user.roles & SHARERS)


def _own(page: str, slug: str, by: User) -> SavedView:
    """The view, if this person may change it."""
    views = SavedView.objects.select_for_update().filter(page=page, slug=slug)
    view = views.filter(owner=by).first() or views.filter(owner=None).first()
    if view is None or not (view.owner_id == by.pk or may_share(by)):
        raise ViewNotYours
    return view


@transaction.atomic(durable=True)
def save_view(
    *, page: str, name: str, query: str, audience: str, reserved: set[str], by: User, now: datetime
) -> SavedView:
    """Keep filters, sort and columns under a name. `audience`: me, everyone, or a role (the last two for sharers)."""
    shared = audience != "me" and may_share(by)
    taken = reserved | set(SavedView.objects.filter(page=page).values_list("slug", flat=True))
    view = SavedView.objects.create(
        page=page,
        slug=free_slug(name, taken),
        name=name[:60],
        query=query[:1000],
        owner=None if shared else by,
        role=audience if shared and audience in Role.values else "",
    )
    record(
        "view.saved",
        "View {name} saved on {page}",
        subject=f"view {view.pk}",
        by=by,
        now=now,
        name=view.name,
        page=page,
    )
    return view


@transaction.atomic(durable=True)
def rename_view(*, page: str, slug: str, name: str, by: User, now: datetime) -> SavedView:
    """Give a view another name; its address stays."""
    view = _own(page, slug, by)
    old, view.name = view.name, name[:60]
    view.save(update_fields=["name"])
    record(
        "view.renamed", "View {old} is now {name}", subject=f"view {view.pk}", by=by, now=now, old=old, name=view.name
    )
    return view


@transaction.atomic(durable=True)
def archive_view(*, page: str, slug: str, by: User, now: datetime) -> SavedView:
    """Take a view off the tabs; `restore_view` undoes it."""
    view = _own(page, slug, by)
    view.archived_at = now
    view.save(update_fields=["archived_at"])
    record("view.archived", "View {name} removed", subject=f"view {view.pk}", by=by, now=now, name=view.name)
    return view


@transaction.atomic(durable=True)
def restore_view(*, page: str, slug: str, by: User, now: datetime) -> SavedView:
    """Undo of archiving."""
    view = _own(page, slug, by)
    view.archived_at = None
    view.save(update_fields=["archived_at"])
    record("view.restored", "View {name} is back", subject=f"view {view.pk}", by=by, now=now, name=view.name)
    return view
