"""Which carton the units need, and what it should weigh."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fulfilment.cartonising import Box, Thing, smallest_for, suggest
from fulfilment.models import BoxType, FulfilmentLine, FulfilmentOrder, PackBox
from fulfilment.scans import Answer, Scan
from fulfilment.states import Verdict

# A parcel may differ from what its parts weigh by this share, but at least by these grams.
TOLERANCE, LEAST_TOLERANCE_G = 0.05, 50


@dataclass(frozen=True)
class Weight:
    """What an open carton should weigh, in grams."""

    expected_g: int

    @property
    def slack_g(self) -> int:
        return max(LEAST_TOLERANCE_G, round(self.expected_g * TOLERANCE))

    def accepts(self, weight_g: int) -> bool:
        return abs(weight_g - self.expected_g) <= self.slack_g


def open_box(work: FulfilmentOrder) -> PackBox:
    """The carton being filled."""
    box = work.boxes.order_by("-position").first()
    return box or PackBox.objects.create(work=work, position=1)


def box_types() -> list[BoxType]:
    return list(BoxType.objects.filter(is_active=True))


def as_box(row: BoxType) -> Box:
    return Box(row.pk, (row.length_mm, row.width_mm, row.height_mm), row.tare_g, row.max_weight_g)


def things_of(pairs: Sequence[tuple[FulfilmentLine, int]]) -> list[Thing]:
    """Units as things to lay into a carton."""
    return [
        Thing(line.pk, (line.sku.length_mm, line.sku.width_mm, line.sku.height_mm), line.sku.weight_g)
        for line, units in pairs
        for _unit in range(units)
    ]


def suggested(pairs: Sequence[tuple[FulfilmentLine, int]], types: Sequence[BoxType]) -> BoxType | None:
    """The carton for these units: the smallest that takes all, else the first of several."""
    boxes, things = [as_box(row) for row in types], things_of(pairs)
    one = smallest_for(things, boxes) if things else None
    key = one.key if one else next((filled.box.key for filled in suggest(things, boxes)), None)
    return next((row for row in types if row.pk == key), None)


def weight_of(pairs: Sequence[tuple[FulfilmentLine, int]], box: BoxType | None) -> Weight:
    return Weight(sum(line.sku.weight_g * units for line, units in pairs) + (box.tare_g if box else 0))


def contents_of(box: PackBox) -> list[tuple[FulfilmentLine, int]]:
    return [(item.line, item.quantity) for item in box.items.select_related("line__sku").order_by("pk")]


def weigh(work: FulfilmentOrder, scan: Scan) -> Answer | None:
    """Keeps the weight of the open carton; amber when it is not what the parts weigh, unless a reason is given."""
    box, weight_g = open_box(work), scan.weight_g or 0
    contents = contents_of(box)
    expected = weight_of(contents, box.box or suggested(contents, box_types()))
    if not expected.accepts(weight_g) and not scan.reason:
        return Answer(verdict=Verdict.EXTRA, message=_off_by(weight_g - expected.expected_g), task=work.number)
    box.weight_g = weight_g
    box.save(update_fields=["weight_g"])
    return None


def _off_by(grams: int) -> str:
    amount = f"{abs(grams) / 1000:.1f}"
    if grams > 0:
        return _("%(kg)s kg too heavy. Check for an extra item, then weigh again") % {"kg": amount}
    return _("%(kg)s kg too light. Check for a missing item, then weigh again") % {"kg": amount}
