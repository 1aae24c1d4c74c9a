import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ordermgmt.money import round_money
from orders.models import Subscription
from orders.projecting import project
from orders.upcoming import Upcoming
from orders.upcoming_wording import why_amount, why_date


class Command(BaseCommand):
    help = "What comes of a subscription: deliveries with days, contents, charges and invoices. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", help="of the subscription, such as SUB-882")
        parser.add_argument("--months", type=int, default=6, help="how far ahead (6)")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        related = ("version__plan", "next_version__plan", "customer", "address")
        s = Subscription.objects.select_related(*related).filter(number=options["number"]).first()
        if s is None:
            raise CommandError(f"There is no subscription {options['number']}.")
        if options["months"] < 1:
            raise CommandError("Look at least one month ahead.")
        coming = project(s, now=timezone.now(), months=options["months"])
        if not options["json"]:
            self.stdout.write("\n".join(_line(s, u) for u in coming) or "Nothing comes.")
            return
        facts = {"subscription": s.number, "status": s.status, "currency": s.currency, "mrr": str(s.mrr)}
        self.stdout.write(json.dumps(facts | _lists(coming, s.currency), ensure_ascii=False, indent=2))


def _line(s: Subscription, u: Upcoming) -> str:
    amount = round_money(u.amount, s.currency)
    return f"{u.number:>4}  {u.leaves_on}  {u.status:<9}  {amount} {s.currency}  {why_date(u)}"


def _lists(coming: list[Upcoming], currency: str) -> dict[str, Any]:
    return {
        "deliveries": [_delivery(u, currency) for u in coming],
        "invoices": [_invoice(u, currency) for u in coming if u.invoice],
    }


def _delivery(u: Upcoming, currency: str) -> dict[str, Any]:
    return {
        "number": u.number,
        "status": u.status,
        "skip_reason": u.skip_reason,
        "is_next": u.is_next,
        "planned_on": u.dates.planned_on.isoformat(),
        "leaves_on": u.leaves_on.isoformat(),
        "change_until": u.dates.lock_at.isoformat(),
        "charge_on": u.dates.charge_on.isoformat(),
        "amount": str(round_money(u.amount, currency)),
        "items": [{"sku": p.good.code, "quantity": p.quantity} for p in u.priced.parts] if u.priced else [],
        "why_date": why_date(u),
        "why_amount": [[term.words, str(round_money(term.amount, currency))] for term in why_amount(u)],
    }


def _invoice(u: Upcoming, currency: str) -> dict[str, Any] | None:
    if (bill := u.invoice) is None:
        return None
    return {
        "cycle": bill.number,
        "delivery": u.number,
        "deliveries": bill.deliveries,
        "starts_on": bill.starts_on.isoformat(),
        "ends_on": bill.ends_on.isoformat(),
        "charge_on": bill.charge_on.isoformat(),
        "net": str(round_money(bill.net, currency)),
        "tax": str(round_money(bill.amount - bill.net, currency)),
        "amount": str(round_money(bill.amount, currency)),
    }
