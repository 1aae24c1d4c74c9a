"""What one delivery costs by its number of boxes. Pure: no database, no clock.

Five models, as in every billing system: one price, a price for each, tiered (each unit at the price of its
own tier), volume (all at the price of the tier reached) and stair-step (one price for the step reached).
Amounts are in the currency of the price, tax included, and rounded once at the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO, round_money
from orders.billing_states import PriceModel

TIERED_MODELS = (PriceModel.TIERED, PriceModel.VOLUME, PriceModel.STAIRSTEP)


class Price(Protocol):
    """What is needed of a `PlanPrice`."""

    @property
    def model(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def tiers(self) -> Sequence[Sequence[Any]]: ...


class TierError(ValueError):
    """`row` (from 0; None: all of them) is the tier the sentence is about."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to `up_to` (None: all above the tier before). `flat` is added when the tier is reached."""

    up_to: int | None
    amount: Decimal
    flat: Decimal


def read_tiers(rows: Sequence[Sequence[Any]]) -> list[Tier]:
    """The tiers of stored rows [up to, amount, flat fee]; raises TierError with a sentence for the editor."""
    if not rows:
        raise TierError(_("Add at least one tier."))
    tiers = [_read_tier(row, i) for i, row in enumerate(rows)]
    for i, tier in enumerate(tiers):
        _check_limit(tiers, tier, i)
    return tiers


def _read_tier(row: Sequence[Any], i: int) -> Tier:
    try:
        up_to, amount, flat = [*row, 0][:3]
        tier = Tier(None if up_to in (None, "") else int(up_to), Decimal(str(amount)), Decimal(str(flat or 0)))
    except (ValueError, TypeError, InvalidOperation):
        raise TierError(_("Tier %(row)d is not a number of units and an amount.") % {"row": i + 1}, i) from None
    if not (tier.amount.is_finite() and tier.flat.is_finite()):
        raise TierError(_("Tier %(row)d is not a number of units and an amount.") % {"row": i + 1}, i)
    if tier.amount < 0 or tier.flat < 0:
        raise TierError(_("Tier %(row)d has a negative amount.") % {"row": i + 1}, i)
    return tier


def _check_limit(tiers: Sequence[Tier], tier: Tier, i: int) -> None:
    is_last = i == len(tiers) - 1
    if is_last and tier.up_to is not None:
        raise TierError(_("Leave “up to” of the last tier empty, so that every number of units has a price."), i)
    if not is_last and tier.up_to is None:
        raise TierError(_("Only the last tier may be without an end."), i)
    before = (tiers[i - 1].up_to or 0) if i else 0
    if tier.up_to is not None and tier.up_to <= before:
        raise TierError(
            _("Tier %(row)d must end above %(before)d.") % {"row": i + 1, "before": before},
            i,
        )


def box_price(price: Price, boxes: int) -> Decimal:
    """The price of a delivery of so many boxes. Raises ValueError below one box, TierError for tiers with a fault."""
    if boxes < 1:
        raise ValueError("A delivery has at least one box")
    if price.model in TIERED_MODELS:
        exact = _tiered(PriceModel(price.model), read_tiers(price.tiers), boxes)
    else:
        exact = price.amount * (boxes if price.model == PriceModel.PER_UNIT else 1)
    return round_money(exact, price.currency)


def _tiered(model: PriceModel, tiers: Sequence[Tier], boxes: int) -> Decimal:
    reached = tiers[: _position(tiers, boxes) + 1]
    last = reached[-1]
    if model == PriceModel.TIERED:
        return sum((units * tier.amount + tier.flat for units, tier in _fill(reached, boxes)), ZERO)
    return last.flat + last.amount * (boxes if model == PriceModel.VOLUME else 1)


def _position(tiers: Sequence[Tier], boxes: int) -> int:
    return next(i for i, tier in enumerate(tiers) if tier.up_to is None or boxes <= tier.up_to)


def _fill(reached: Sequence[Tier], boxes: int) -> list[tuple[int, Tier]]:
    """How many of the boxes fall into each tier reached."""
    ends = [min(boxes, tier.up_to or boxes) for tier in reached]
    return [(end - start, tier) for start, end, tier in zip([0, *ends], ends, reached, strict=False)]
