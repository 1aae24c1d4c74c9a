"""Lines of an order from the lines of a draft: bundles become what is sold and the parts that are picked. Pure."""

from collections.abc import Mapping, Sequence

from inventory.models import BundleComponent
from orders.drafts import DraftLine
from orders.models import OrderLine
from orders.states import LineKind


def explode(lines: Sequence[DraftLine], components: Mapping[int, Sequence[BundleComponent]]) -> list[OrderLine]:
    """Unsaved lines in the order they are shown; the parts of a bundle follow it. All units lack stock yet."""
    rows: list[OrderLine] = []
    for line in lines:
        parts = components.get(line.sku_id or 0, ())
        sold = _sold(line, is_bundle=bool(parts))
        rows += [sold, *parts_of(sold, parts)]
    for position, row in enumerate(rows, start=1):
        row.position = position
    return rows


def _sold(line: DraftLine, *, is_bundle: bool) -> OrderLine:
    kind = LineKind.BUNDLE if is_bundle and line.kind != LineKind.SERVICE else line.kind
    row = OrderLine(
        kind=kind,
        sku_id=line.sku_id,
        name=line.name,
        ordered=line.quantity,
        cancelled=line.cancelled,
        external_id=line.external_id,
        external_code=line.external_code,
        unit_price=line.unit_price,
        discount=line.discount,
        tax_rate=line.tax_rate,
        tax=line.tax,
        total=line.total,
        tax_lines=[dict(tax) for tax in line.tax_lines],
        properties=dict(line.properties),
    )
    row.backordered = row.ordered - row.cancelled if row.is_stocked else 0
    return row


def parts_of(sold: OrderLine, parts: Sequence[BundleComponent]) -> list[OrderLine]:
    """Unsaved lines for the parts of a bundle line."""
    return [_part(sold, part) for part in parts]


def _part(sold: OrderLine, part: BundleComponent) -> OrderLine:
    units = sold.ordered * part.quantity
    return OrderLine(
        kind=LineKind.COMPONENT,
        bundle=sold,
        sku_id=part.component_id,
        name=part.component.name,
        ordered=units,
        cancelled=sold.cancelled * part.quantity,
        backordered=units - sold.cancelled * part.quantity,
    )
