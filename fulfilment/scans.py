"""What a scan brings and what it is answered (values)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fulfilment.states import Verdict
from inventory.models import Sku
from ordermgmt import codes, gs1
from ordermgmt.models import User


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One scan of one device. `task` is the number the screen works on, `found` and `reason` come with SHORT."""

    device: str
    sequence: int
    station: str
    code: str
    by: User
    now: datetime
    task: str = ""
    milliseconds: int = 0
    found: int | None = None
    reason: str = ""
    weight_g: int | None = None
    has_scale: bool = False

    @property
    def read(self) -> codes.Code | None:
        found = gs1.elements(self.code)
        return codes.Code(found.gtin or found.sscc) if found else codes.read(self.code)

    @property
    def lot(self) -> str:
        """The lot that the code names, or nothing."""
        found = gs1.elements(self.code)
        return found.lot if found else ""

    @property
    def key(self) -> str:
        """The beginning of the names of everything this scan causes."""
        return f"{self.device}:{self.sequence}"

    @property
    def command(self) -> str:
        """The name of a command card, or nothing."""
        read = self.read
        return read.name if read and read.kind == codes.COMMAND else ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The verdict in one word and one sentence; `effect` names moved units for UNDO.

    `ask` names a question that the screen puts to the person (short, reprint).
    """

    verdict: str
    message: str
    go: str = ""
    task: str = ""
    ask: str = ""
    effect: dict[str, Any] = field(default_factory=dict)


def right(message: str, *, verdict: str = Verdict.ACCEPTED, **more: Any) -> Answer:
    return Answer(verdict=verdict, message=message, **more)


def wrong(message: str) -> Answer:
    return Answer(verdict=Verdict.WRONG, message=message)


def stop(message: str, **more: Any) -> Answer:
    return Answer(verdict=Verdict.STOP, message=message, **more)


def item_codes(sku: Sku) -> dict[str, int]:
    """Every code that means this item, with the units one scan of it counts."""
    found = {code.code.upper(): code.quantity for code in sku.codes.all()}
    found[sku.code.upper()] = 1
    if sku.barcode:
        found[sku.barcode] = 1
    return found


def units_of(sku: Sku, text: str) -> int:
    """Units that this scan counts of the item; 0 when it is another item."""
    found = gs1.elements(text)
    text, times = (found.gtin, found.count) if found else ("".join(text.split()).upper(), 1)
    return next((units * times for code, units in item_codes(sku).items() if codes.same_item(code, text)), 0)


def sku_of(text: str, skus: Iterable[Sku]) -> Sku | None:
    return next((sku for sku in skus if units_of(sku, text)), None)
