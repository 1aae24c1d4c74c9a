"""What a known problem may touch, as far as orders know: all of them, those of a warehouse, those with an item."""

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.models import Sku, Warehouse
from ordermgmt.known_problems import EVERYTHING, Scope, problem_scope
from orders.models import Order
from orders.search import has_item
from orders.unshipped import to_ship

NO_CHOICE = [("", "")]


def _url(**asked: str) -> str:
    return f"{reverse('order_list')}?{urlencode({'view': 'all', 'state': 'open', **asked})}"


def _of_house(code: str) -> QuerySet[Order]:
    """Asked of the list's own filter, so that both show the same rows."""
    from orders.filters import OrderFilters  # noqa: PLC0415  (filters stand above this in the app)

    house = Warehouse.objects.filter(code=code).first()
    rows: QuerySet[Order] = to_ship(Order.objects.all())
    return OrderFilters.by_warehouse(OrderFilters(), rows, "", house) if house else rows.none()


def _of_item(code: str) -> QuerySet[Order]:
    sku = Sku.objects.filter(code=code).first()
    return to_ship(Order.objects.all()).filter(has_item(sku)) if sku else Order.objects.none()


problem_scope(
    Scope(
        EVERYTHING,
        _("Every open order"),
        lambda: NO_CHOICE,
        lambda _key: to_ship(Order.objects.all()),
        lambda _key: _url(),
        lambda _key: True,
    )
)
problem_scope(
    Scope(
        "warehouse", _("A warehouse"),
        lambda: [(house.code, house.name) for house in Warehouse.objects.filter(is_active=True).order_by("name")],
        _of_house, lambda key: _url(warehouse=key), lambda key: Warehouse.objects.filter(code=key).exists(),
    )
)  # fmt: skip
problem_scope(
    Scope(
        "item", _("An item, named below"), lambda: NO_CHOICE, _of_item, lambda key: _url(item=key),
        lambda key: Sku.objects.filter(code=key).exists(),
    )
)  # fmt: skip
