"""Related rows of hot pages: what `prefetch_related` loads, by statements that are compiled once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet

from ordermgmt.prepared import PreparedRecords


class Related:
    """Rows that point at their owners, as `Prefetch(relation, queryset, to)`.

    `build` is given the owners' primary keys as a list and filters by them. Without `to` the owner's
    manager `relation` answers `.all()` from what was loaded.
    """

    def __init__(self, relation: str, build: Callable[[list[int]], QuerySet[Any]], to: str = "") -> None:
        self.relation, self.to, self.read = relation, to, PreparedRecords(build)

    def load(self, owners: Sequence[Any]) -> list[Any]:
        """All rows of the owners, each also set on its own owner; no owners, no statement."""
        if not owners:
            return []
        field = owners[0]._meta.get_field(self.relation).field
        by_key, groups = {owner.pk: owner for owner in owners}, defaultdict(list)
        rows = list(self.read(list(by_key)))
        for row in rows:
            key = getattr(row, field.attname)
            field.set_cached_value(row, by_key[key])
            groups[key].append(row)
        for owner in owners:
            self._keep(owner, groups.get(owner.pk, []))
        return rows

    def _keep(self, owner: Any, rows: list[Any]) -> None:
        if self.to:
            setattr(owner, self.to, rows)
            return
        known = getattr(owner, self.relation).get_queryset()
        known._result_cache, known._prefetch_done = rows, True  # noqa: SLF001 - what Django's own prefetch sets
        owner.__dict__.setdefault("_prefetched_objects_cache", {})[self.relation] = known
