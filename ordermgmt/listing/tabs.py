"""Views of a list: those the portal brings and those people saved, as tabs with their counts."""

from dataclasses import dataclass, field

from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.text import slugify

from ordermgmt.models import SavedView, User
from ordermgmt.prepared import PreparedRecords


@dataclass(frozen=True)
class View:
    """A name for filters + sort + columns; `query` is a query string of the list."""

    slug: str
    label: str | Promise
    query: str = ""
    saved: SavedView | None = field(default=None, compare=False)

    @property
    def parameters(self) -> QueryDict:
        return QueryDict(self.query)

    def is_mine(self, user: User) -> bool:
        return self.saved is not None and self.saved.owner_id == user.pk


def saved_views(page: str, user: User) -> list[View]:
    """Everyone's, the person's roles' and the person's own, oldest first."""
    return [View(row.slug, row.name, row.query, row) for row in _VISIBLE(page, user.pk, sorted(user.roles))]


_VISIBLE = PreparedRecords(
    lambda page, person, roles: SavedView.objects.filter(
        Q(owner=person) | Q(owner=None, role="") | Q(owner=None, role__in=roles), page=page, archived_at=None
    ).order_by("pk")
)


def free_slug(name: str, taken: set[str]) -> str:
    """`mine`, `mine-2`, … so that a saved view never hides another."""
    base = slugify(name)[:50] or "view"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
