"""Three plans to begin with: as templates of the editor, and as plans of a demonstration."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.models import Sku
from ordermgmt.models import User
from orders.actions.plans import Drafted, create_plan, draft_of, publish
from orders.billing_states import ContentKind, PriceModel
from orders.models import Plan
from orders.plan_facts import fingerprint, known_items
from orders.plan_rules import PriceFacts

# Prices with tax; kronor at about 11 to the euro.
KRONOR = Decimal(11)


def starters() -> dict[str, Drafted]:
    """By key: what the editor begins with; the items are chosen there."""
    four_weeks = {"deliver_every": 4, "deliver_unit": "week", "bill_every": 4, "bill_unit": "week"}
    monthly = {"deliver_every": 1, "deliver_unit": "month"}
    return {
        "fixed": Drafted(
            name=_("Coffee every 4 weeks"),
            description=_("Two bags of our coffee, fresh every four weeks. Skip, pause or cancel whenever you like."),
            terms={**four_weeks, "allowed_intervals": ["2 week", "4 week", "6 week", "8 week"]},
            prices=_prices("42.10"),
        ),
        "choice": Drafted(
            name=_("Pick your breakfast"),
            description=_("Three things for breakfast that you choose anew each month."),
            terms={**monthly, "bill_every": 1, "bill_unit": "month", "content": ContentKind.GROUP,
                   "choices_per_box": 3},
            prices=_prices("29.90"),
        ),
        "prepaid": Drafted(
            name=_("Pantry box, a quarter in advance"),
            description=_("A surprise from the pantry every month, paid every three months."),
            terms={**monthly, "bill_every": 3, "bill_unit": "month", "content": ContentKind.BOX,
                   "delivery_charge": False},
            prices=_prices("34.00"),
        ),
    }  # fmt: skip


def _prices(euro: str) -> list[PriceFacts]:
    each = Decimal(euro)
    return [
        PriceFacts(currency="EUR", model=PriceModel.PER_UNIT, amount=each),
        PriceFacts(currency="SEK", model=PriceModel.PER_UNIT, amount=(each * KRONOR).quantize(Decimal(1))),
    ]


def starter_plans(*, now: datetime, by: User | str, skus: Sequence[Sku] = ()) -> list[Plan]:
    """The three as live plans, filled with these items (by default the first that are sold); none without items."""
    goods = list(skus or Sku.objects.active().filter(is_bundle=False).order_by("pk")[:6])
    return [_made(key, drafted, goods, by=by, now=now) for key, drafted in starters().items() if goods]


def _made(key: str, drafted: Drafted, goods: Sequence[Sku], *, by: User | str, now: datetime) -> Plan:
    group = _("Breakfast") if key == "choice" else ""
    chosen = goods[:1] if key == "fixed" else goods[:6]
    most_usual = drafted.terms.get("choices_per_box", len(chosen))
    rows: list[tuple[Sku, dict[str, Any]]] = [
        (sku, {"quantity": 2 if key == "fixed" else 1, "group": group, "is_default": at < most_usual})
        for at, sku in enumerate(chosen)
    ]
    terms = {**drafted.terms, "choices_per_box": min(most_usual, len(chosen)) if group else 0}
    wanted = Drafted(name=drafted.name, description=drafted.description, terms=terms, prices=drafted.prices,
                     items=known_items(rows))  # fmt: skip
    plan = create_plan(wanted, by=by, now=now)
    draft = draft_of(plan)
    if draft is not None:
        publish(draft=draft, seen=fingerprint(draft), by=by, now=now)
    return plan
