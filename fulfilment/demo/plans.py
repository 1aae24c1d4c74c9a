"""What the demo shop offers by subscription, drafted and published as from the plan editor."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from fulfilment.demo.catalogue import RATE
from fulfilment.demo.master import Master
from ordermgmt.roles import Role
from orders.actions.plans import Drafted, create_plan, draft_of, publish
from orders.billing_states import ContentKind, PriceModel, ShortageRule
from orders.models import Plan
from orders.plan_facts import fingerprint
from orders.plan_rules import ItemFacts, PriceFacts


@dataclass(frozen=True)
class Offer:
    """`price` of one delivery in EUR; `contents` are (code, units, group); `share` of a hundred subscribers."""

    name: str
    text: str
    price: str
    share: int
    contents: tuple[tuple[str, int, str], ...]
    terms: dict[str, Any] = field(default_factory=dict)
    set_up_fee: str = "0"

    @property
    def is_prepaid(self) -> bool:
        names = ("every", "unit")
        return any(self.terms[f"bill_{name}"] != self.terms[f"deliver_{name}"] for name in names)


MONTH = {"deliver_every": 1, "deliver_unit": "month", "bill_every": 1, "bill_unit": "month"}
OFFERS = (
    Offer("Coffee monthly", "Two bags of beans, roasted the week they leave.", "18.90", 40, (("COD", 2, ""),), MONTH),
    Offer(
        "Breakfast every two weeks",
        "Oat drink, muesli and jam for two.",
        "16.90",
        30,
        (("OAT", 4, ""), ("MUB", 1, ""), ("JST", 1, "")),
        {"deliver_every": 2, "deliver_unit": "week", "bill_every": 2, "bill_unit": "week", "allowed_intervals": ["1 week", "2 week", "4 week"]},
    ),
    Offer(
        "Tea of your choice",
        "Choose two teas; change them whenever you like.",
        "10.50",
        15,
        tuple((code, 1, "tea") for code in ("TGR", "TRO", "TEG", "HON")),
        {"deliver_every": 4, "deliver_unit": "week", "bill_every": 4, "bill_unit": "week", "content": ContentKind.GROUP, "choices_per_box": 2, "shortage": ShortageRule.SHIP_REST},
    ),
    Offer(
        "Pantry, half a year paid ahead",
        "Pasta, rice and tomatoes each month, six boxes at one price.",
        "24.50",
        10,
        (("SPA", 2, ""), ("RIC", 1, ""), ("TOM", 4, ""), ("OLI", 1, "")),
        {"deliver_every": 1, "deliver_unit": "month", "bill_every": 6, "bill_unit": "month", "minimum_deliveries": 6},
    ),
    Offer(
        "Fika box with a first month free",
        "Coffee and something sweet. The first box is on us.",
        "19.50",
        5,
        (("COG", 1, ""), ("GIN", 1, ""), ("OBI", 1, "")),
        {**MONTH, "trial_days": 20},
        set_up_fee="3.00",
    ),
)  # fmt: skip


def load_plans(master: Master, *, now: datetime) -> dict[str, Plan]:
    """By name; published a year ago."""
    by = master.people[Role.MANAGER]
    made = {}
    for offer in OFFERS:
        plan = create_plan(_drafted(offer, master), by=by, now=now)
        draft = draft_of(plan)
        assert draft  # noqa: S101 - a new plan has one
        publish(draft=draft, seen=fingerprint(draft), by=by, now=now)
        made[offer.name] = plan
    return made


def in_currency(euros: str, currency: str) -> Decimal:
    return (Decimal(euros) * RATE[currency]).quantize(Decimal("0.1"))


def _drafted(offer: Offer, master: Master) -> Drafted:
    prices = [
        PriceFacts(
            currency=currency,
            model=PriceModel.PER_UNIT,
            amount=in_currency(offer.price, currency),
            set_up_fee=in_currency(offer.set_up_fee, currency),
        )
        for currency in RATE
    ]
    items = [
        ItemFacts(sku_id=master.skus[code].pk, code=code, quantity=units, group=group, is_default=n < 2 or not group)
        for n, (code, units, group) in enumerate(offer.contents)
    ]
    return Drafted(name=offer.name, description=offer.text, terms=offer.terms, prices=prices, items=items)
