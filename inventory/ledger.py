"""The ledger of an item with its running balance, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum

from inventory.models import StockMovement

ORDER = ("-at", "-id")


@dataclass(frozen=True)
class Line:
    """A movement and what was on hand right after it, in the warehouses of the ledger."""

    movement: StockMovement
    balance: int


def sum_of(scope: QuerySet[StockMovement]) -> int:
    return scope.order_by().aggregate(units=Sum("quantity"))["units"] or 0


def with_balances(scope: QuerySet[StockMovement], shown: Sequence[StockMovement]) -> list[Line]:
    """Lines for movements of one page (newest first). `scope` holds every movement, filtered or not."""
    if not shown:
        return []
    balance = sum_of(scope) - sum_of(scope.filter(_after(shown[0])))
    between = scope.filter(_after(shown[-1]) | Q(pk=shown[-1].pk)).exclude(_after(shown[0]))
    wanted = {movement.pk: movement for movement in shown}
    lines = []
    for pk, quantity in between.order_by(*ORDER).values_list("pk", "quantity").iterator():
        if pk in wanted:
            lines.append(Line(wanted[pk], balance))
        balance -= quantity
    return lines


def _after(movement: StockMovement) -> Q:
    return Q(at__gt=movement.at) | Q(at=movement.at, pk__gt=movement.pk)
