"""What an order should become: the wish behind a change set, kept as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from ordermgmt.money import ZERO


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """Units of a SKU to add at a price (of one unit, as the order's prices are)."""

    sku_id: int
    units: int
    unit_price: Decimal
    tax_rate: Decimal = ZERO


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an order should be: live units by line id, new items, the address, plain fields."""

    units: Mapping[int, int] = field(default_factory=dict)
    add: tuple[NewItem, ...] = ()
    address: Mapping[str, str] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "units": {str(pk): count for pk, count in self.units.items()},
            "add": [{k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(new).items()} for new in self.add],
            "address": dict(self.address) if self.address else None,
            "fields": {k: v.isoformat() if isinstance(v, date) else v for k, v in self.fields.items()},
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> "Wanted":
        new = [
            {**item, "unit_price": Decimal(item["unit_price"]), "tax_rate": Decimal(item["tax_rate"])}
            for item in data["add"]
        ]
        fields = dict(data["fields"])
        if fields.get("requested_delivery_on"):
            fields["requested_delivery_on"] = date.fromisoformat(fields["requested_delivery_on"])
        units = {int(pk): count for pk, count in data["units"].items()}
        return cls(units=units, add=tuple(NewItem(**item) for item in new), address=data["address"], fields=fields)
