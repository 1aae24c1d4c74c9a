"""Forms of a list page: save, rename, archive and bring back a view."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from ordermgmt.listing import saving

if TYPE_CHECKING:
    from ordermgmt.listing.pages import ListPage


def answer(page: "ListPage") -> HttpResponse:
    """Do what the form asks, then show the list again."""
    asked = page.request.POST.get("do") or page.request.GET.get("do", "")
    deed = {"save_view": _save, "rename_view": _rename, "archive_view": _archive, "restore_view": _restore}.get(asked)
    if deed is None:
        return redirect(page.url())
    try:
        return deed(page)
    except saving.ViewNotYours as refusal:
        messages.error(page.request, str(refusal))
        return redirect(page.url())


def _name(page: "ListPage") -> str:
    return page.request.POST.get("name", "").strip()


def _save(page: "ListPage") -> HttpResponse:
    if not _name(page):
        messages.error(page.request, _("Enter a name for the view."))
        return redirect(page.url())
    view = saving.save_view(
        page=page.name,
        name=_name(page),
        query=page.own_query,
        audience=page.request.POST.get("audience", "me"),
        reserved={view.slug for view in page.views},
        by=page.request.user,
        now=page.now,
    )
    messages.success(page.request, _("View %(name)s saved.") % {"name": view.name})
    return redirect(f"{page.request.path}?view={view.slug}")


def _rename(page: "ListPage") -> HttpResponse:
    if not _name(page):
        messages.error(page.request, _("Enter a name for the view."))
        return redirect(page.url())
    slug = page.request.POST.get("slug", "")
    view = saving.rename_view(page=page.name, slug=slug, name=_name(page), by=page.request.user, now=page.now)
    return redirect(f"{page.request.path}?view={view.slug}")


def _archive(page: "ListPage") -> HttpResponse:
    slug = page.request.POST.get("slug", "")
    view = saving.archive_view(page=page.name, slug=slug, by=page.request.user, now=page.now)
    undo = f"{page.request.path}?do=restore_view&slug={view.slug}"
    messages.success(page.request, _("View %(name)s removed.") % {"name": view.name}, extra_tags=undo)
    return redirect(page.request.path)


def _restore(page: "ListPage") -> HttpResponse:
    slug = page.request.POST.get("slug") or page.request.GET.get("slug", "")
    view = saving.restore_view(page=page.name, slug=slug, by=page.request.user, now=page.now)
    return redirect(f"{page.request.path}?view={view.slug}")
