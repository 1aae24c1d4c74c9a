"""The state of a subscription as plain values: what an event keeps for its undo, and how it is put back.

A state is {group: {key: fields}}; a difference is {group: {key: [old, new]}} with None for a row that is not there.
"""

from collections.abc import Mapping
from typing import Any

from django.db import models

from orders.billing_states import DeliveryStatus
from orders.models import CalendarSegment, Delivery, DeliveryItem, Subscription, SubscriptionLine

State = dict[str, dict[str, Any]]
Difference = dict[str, dict[str, list[Any]]]

SUBSCRIPTION = (
    "customer_id", "version_id", "next_version_id", "status", "quantity", "agreed_price", "collection", "payment_days",
    "method_id", "address_id", "shipping_method", "is_gift", "note", "deliveries_owed", "trial_ends_on", "ends_on",
    "resumes_on", "cancel_reason", "cancel_note", "paused_at", "cancelled_at", "expired_at",
)  # fmt: skip
DELIVERY = (
    "status", "planned_on", "leaves_on", "lock_at", "order_at", "moved_from", "skip_reason", "address_id", "skipped_at",
    "cancelled_at", "parked_at", "parked_code", "parked_reason",
)  # fmt: skip
SEGMENT = ("anchor_on", "anchor_day", "every", "unit", "created_at")
LINE = ("sku_id", "quantity", "group", "surcharge", "unit_price")


def state_of(s: Subscription) -> State:
    """What undo can put back: four statements. Ordered deliveries are not part of it: they cannot be undone."""
    own = Subscription.objects.get(pk=s.pk)
    rows = Delivery.objects.filter(subscription=s).exclude(status=DeliveryStatus.ORDERED).prefetch_related("items")
    lines = {line.pk: line for line in SubscriptionLine.objects.filter(subscription=s)}
    return {
        "subscription": {"": _fields(own, SUBSCRIPTION)},
        "segments": {str(x.first_number): _fields(x, SEGMENT) for x in CalendarSegment.objects.filter(subscription=s)},
        "lines": {str(line.position): _fields(line, LINE) for line in lines.values()},
        "deliveries": {str(row.number): _fields(row, DELIVERY) | {"items": _items(row, lines)} for row in rows},
    }


def _items(row: Delivery, lines: Mapping[int, SubscriptionLine]) -> list[list[Any]]:
    return [
        [x.sku_id, x.quantity, str(x.unit_price), lines[x.replaces_id].position if x.replaces_id else None]
        for x in sorted(row.items.all(), key=lambda x: x.pk)
    ]


def _fields(row: models.Model, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(row, name) for name in names}


def _plain(row: models.Model, name: str) -> Any:
    value = getattr(row, name)
    if value is None or isinstance(value, int | bool):
        return value
    return _field(type(row), name).value_to_string(row)


def difference(old: State, new: State) -> Difference:
    """Rows that differ; of the subscription itself only the fields that do."""
    found: Difference = {}
    for group, rows in new.items():
        keys = sorted({*rows, *old[group]})
        pairs = {key: [old[group].get(key), rows.get(key)] for key in keys}
        changed = {key: pair for key, pair in pairs.items() if pair[0] != pair[1] and not _is_as_planned(group, pair)}
        if changed:
            found[group] = changed
    if "subscription" in found:
        ((before, after),) = found["subscription"].values()
        names = [name for name in before if before[name] != after[name]]
        found["subscription"] = {name: [before[name], after[name]] for name in names}
    return found


def _is_as_planned(group: str, pair: list[Any]) -> bool:
    """A delivery written down only because it is the next one: the calendar says the same without the row."""
    old, new = pair
    if group != "deliveries" or old is not None or new is None:
        return False
    return new["status"] == DeliveryStatus.SCHEDULED and new["moved_from"] is None and not new["items"]


def conflicts(s: Subscription, made: Difference) -> list[str]:
    """What is not any more as the change left it: groups and keys."""
    now = state_of(s)
    own = now["subscription"][""]
    wrong = [name for name, (_old, new) in made.get("subscription", {}).items() if own[name] != new]
    for group in ("segments", "lines", "deliveries"):
        rows = made.get(group, {})
        wrong += [f"{group} {key}" for key, (_old, new) in rows.items() if now[group].get(key) != new]
    return wrong


def put_back(s: Subscription, made: Difference) -> None:
    """Inside the caller's transaction: every row as it was before the change."""
    fields = {name: _value(Subscription, name, old) for name, (old, _new) in made.get("subscription", {}).items()}
    if fields:
        Subscription.objects.filter(pk=s.pk).update(**fields)
    # Which one is next is found anew, from the rows as they were.
    Delivery.objects.filter(subscription=s, is_next=True).update(is_next=False)
    _put_rows(CalendarSegment, "first_number", s, made.get("segments", {}), SEGMENT)
    # Lines before items, which may stand for one of them; rows that go take their items along.
    _put_rows(SubscriptionLine, "position", s, made.get("lines", {}), LINE)
    _put_rows(Delivery, "number", s, made.get("deliveries", {}), DELIVERY)
    _put_items(s, made.get("deliveries", {}))


def _put_rows(
    model: type[models.Model], key: str, s: Subscription, rows: Mapping[str, list[Any]], names: tuple[str, ...]
) -> None:
    manager = model._default_manager
    for number, (old, _new) in rows.items():
        where: dict[str, Any] = {"subscription": s, key: int(number)}
        if old is None:
            manager.filter(**where).delete()
        else:
            manager.update_or_create(**where, defaults={name: _value(model, name, old[name]) for name in names})


def _put_items(s: Subscription, rows: Mapping[str, list[Any]]) -> None:
    lines = {line.position: line for line in SubscriptionLine.objects.filter(subscription=s)}
    for number, (old, _new) in rows.items():
        if old is None:
            continue
        row = Delivery.objects.get(subscription=s, number=int(number))
        row.items.all().delete()
        for sku_id, quantity, price, position in old["items"]:
            DeliveryItem.objects.create(
                delivery=row, sku_id=sku_id, quantity=quantity, unit_price=price, replaces=lines.get(position)
            )


def _value(model: type[models.Model], name: str, plain: Any) -> Any:
    return None if plain is None else _field(model, name).to_python(plain)


def _field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is not a field of {model.__name__}")
    return field
