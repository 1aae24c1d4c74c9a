"""What a proof looks at: everything, the records that the history names, or a span of records by their keys."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Min, Model, Q, QuerySet

R = TypeVar("R", bound=QuerySet[Any, Any])


@dataclass
class Span:
    """Records with keys from `first` to `last`, of whatever kind a rule asks about.

    Each row belongs to the one record that its first path leads to, so that spans side by side are all rows, once.
    """

    first: int
    last: int
    kinds: set[type[Model]] = field(default_factory=set)

    def of(self, rows: R, path: str) -> R:
        way = path.rpartition("__")[0]
        self.kinds.add(_end_of(rows.model, way))
        key = f"{way}__pk" if way else "pk"
        return rows.filter(**{f"{key}__gte": self.first, f"{key}__lte": self.last})

    def next_first(self) -> int | None:
        """Where the next span begins; None when no record follows. Known once the rule has been asked."""
        nexts = [kind._default_manager.filter(pk__gt=self.last).aggregate(key=Min("pk"))["key"] for kind in self.kinds]
        return min((key for key in nexts if key is not None), default=None)


def _end_of(model: type[Model], way: str) -> Any:
    """The model that a path of relations leads to."""
    for name in filter(None, way.split("__")):
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    return model


@dataclass(frozen=True)
class Touched:
    """Which records a proof looks at: those of which the history named a number since the proof before, or all (None)."""

    numbers: frozenset[str] | None = None
    span: Span | None = None

    def of(self, rows: R, *paths: str) -> R:
        """The rows that belong to such a record by one of their paths to a number; the first leads to their own record."""
        if self.span:
            return self.span.of(rows, paths[0])
        if self.numbers is None:
            return rows
        named = Q()
        for path in paths:
            named |= Q(**{f"{path}__in": self.numbers})
        return rows.filter(named)


EVERYTHING = Touched()
