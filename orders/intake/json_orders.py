"""The frame of every parser of orders sent as JSON: a channel names its dialect and how one order is read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orders.intake.document import Document, Finding, ParsedOrder
from orders.intake.fields import Record
from orders.intake.splitting import Dialect, order_in, split
from orders.intake.standing import unique


@dataclass(frozen=True)
class JsonOrders:
    """`read` makes the order of a record, or None; what it finds wrong it adds to the record's findings."""

    dialect: Dialect
    read: Callable[[Record], ParsedOrder | None]

    def split(self, data: bytes, source_name: str) -> Iterable[Document]:
        return split(data, self.dialect)

    def parse(self, document: Document) -> tuple[ParsedOrder | None, list[Finding]]:
        tree, place, found = order_in(document, self.dialect)
        order = self.read(Record(tree, place, found)) if tree else None
        return order, unique(found)
