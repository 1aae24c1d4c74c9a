"""Order lines of the past, bundles with their components."""

from fulfilment.demo.master import Master
from fulfilment.demo.stories import LineStory, Story
from fulfilment.demo.told import Told, save
from orders.models import OrderLine
from orders.states import LineKind


def write_lines(told: list[Told], master: Master) -> None:
    heads: list[OrderLine] = []
    for one in told:
        position = 0
        for line in one.story.lines:
            position += 1 + len(line.item.parts)
            row = _line(one, line, position - len(line.item.parts), master)
            one.sold.append(row)
            heads.append(row)
    save(OrderLine, heads)
    parts: list[OrderLine] = []
    for one in told:
        for head, line in zip(one.sold, one.story.lines, strict=True):
            made = [_part(one, head, line, code, n, master) for n, code in enumerate(line.item.parts, 1)]
            one.leaves += made or [head]
            parts += made
    save(OrderLine, parts)


def _line(one: Told, line: LineStory, position: int, master: Master) -> OrderLine:
    is_bundle = bool(line.item.parts)
    return OrderLine(
        order=one.order,
        position=position,
        kind=LineKind.BUNDLE if is_bundle else LineKind.ITEM,
        sku=master.skus[line.item.code],
        name=line.item.name,
        ordered=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        total=line.total,
        tax=line.tax,
        tax_rate=one.story.tax_rate,
        **({"cancelled": line.quantity} if is_bundle and one.story.is_cancelled else {}),
        **({} if is_bundle else _went(one.story, line.quantity)),
    )


def _part(one: Told, head: OrderLine, line: LineStory, code: str, n: int, master: Master) -> OrderLine:
    return OrderLine(
        order=one.order,
        position=head.position + n,
        kind=LineKind.COMPONENT,
        bundle=head,
        sku=master.skus[code],
        name=master.items[code].name,
        ordered=line.quantity,
        tax_rate=one.story.tax_rate,
        **_went(one.story, line.quantity),
    )


def _went(story: Story, quantity: int) -> dict[str, int]:
    return {"cancelled" if story.is_cancelled else "shipped": quantity}
