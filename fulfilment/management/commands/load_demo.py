"""A believable shop: `manage.py load_demo --orders 10000 --seed 7`."""

from datetime import datetime, timedelta
from heapq import merge
from random import Random
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fulfilment.demo.billing import write_invoices
from fulfilment.demo.buyers import load_customers
from fulfilment.demo.collected import collect
from fulfilment.demo.live import play_live
from fulfilment.demo.master import Master, load_master
from fulfilment.demo.past import Past
from fulfilment.demo.plans import load_plans
from fulfilment.demo.said import load_feedback
from fulfilment.demo.stock import write_stock
from fulfilment.demo.stories import Story, stories
from fulfilment.demo.subscribed import live_with_it, tie_deliveries
from fulfilment.demo.subscribers import load_subscribers, past_stories
from fulfilment.demo.talks import talk
from fulfilment.demo.tickets import play_tickets
from fulfilment.demo.told import Told
from fulfilment.demo.watching import watch
from inventory.models import Warehouse
from ordermgmt.roles import Role
from ordermgmt.schedules import sync_schedules
from orders.actions.recognising import recognise_revenue
from orders.actions.valuing import work_values
from orders.models import Order

LIVE_SHARE = 0.1
MOST_LIVE = 400


class Command(BaseCommand):
    help = "Fill an empty database with a believable shop; the same for the same seed, count and day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--as-of", default="", help="ISO 8601 instant the shop is told at; default now")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where orders exist already")

    def handle(self, *args: Any, **options: Any) -> None:
        if Order.objects.exists() or Warehouse.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("The database already holds a shop. load_demo fills empty databases only.")
        if not 1 <= options["orders"] <= 1_000_000:
            raise CommandError("--orders takes 1 to 1,000,000")
        now = parse_datetime(options["as_of"]) if options["as_of"] else timezone.now()
        if now is None or timezone.is_naive(now):
            raise CommandError("--as-of takes an instant with its zone, such as 2026-11-24T09:00:00Z")
        self._load(options["orders"], options["seed"], now)

    def _load(self, count: int, seed: int, now: datetime) -> None:
        started, rng = monotonic(), Random(seed)  # noqa: S311 - believable, not secret
        live = min(MOST_LIVE, max(1, round(count * LIVE_SHARE)))
        self.stdout.write("Loading the range, the warehouses and the people")
        with transaction.atomic():
            master = load_master(rng, now=now)
            customers = load_customers(rng, max(20, count // 3), now=now)
        plans = load_plans(master, now=now - timedelta(days=365))
        subscribers = load_subscribers(rng, master, customers, plans, now=now)
        with transaction.atomic():
            boxes = past_stories(rng, master, subscribers)
            told = self._past(rng, master, customers, max(0, count - live - len(boxes)), boxes, now)
        tie_deliveries(subscribers, told, now=now)
        self.stdout.write(f"Playing {live} orders of the last two days through the real steps (about a minute)")
        play_live(rng, master, customers, live, now=now)
        live_with_it(rng, subscribers, master.people[Role.SUPPORT], now=now)
        play_tickets(rng, master.people[Role.SUPPORT], now=now)
        load_feedback(rng, now=now)
        collect(told, master.people, now=now)
        talk(rng, customers, master.people[Role.SUPPORT], now=now)
        recognise_revenue(now=now)
        watch(master.people, now=now)
        work_values(now=now)
        sync_schedules()
        self.stdout.write(f"Loaded {Order.objects.count()} orders in {monotonic() - started:.0f} s")

    def _past(
        self, rng: Random, master: Master, customers: list[Any], count: int, boxes: list[Story], now: datetime
    ) -> list[Told]:
        past, told = Past(rng, master), list[Told]()
        shop = stories(rng, master, customers, count, now=now)
        for chunk in past.write(merge(shop, sorted(boxes, key=_placed), key=_placed)):
            told += chunk
            self.stdout.write(f"  {len(told)} of {count + len(boxes)} orders of the past")
        write_invoices([one for one in told if not one.story.is_cancelled])
        write_stock(rng, master, past, per_order=count / 3000, now=now)
        return told


def _placed(story: Story) -> datetime:
    return story.placed_at
