"""What the inbox shows: its queues with counts, the items of one of them, and what is known about the chosen one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.blocking import Fix
from ordermgmt.clock import business_day, business_zone
from ordermgmt.exceptions import REGISTRY, Row
from ordermgmt.models import Duty, ExceptionItem, ExceptionState, User
from ordermgmt.models.exceptions import ExceptionQuerySet
from ordermgmt.navigation import ROLE_ORDER
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from ordermgmt.timelines import history_of

PAGE = 50
MOST_ROWS = 10
MINE, ALL, SNOOZED, DISMISSED, SOLVED = "mine", "all", "snoozed", "dismissed", "solved"
# Short words of the queues; operators decide nothing here.
QUEUES: dict[str, Any] = {
    Role.SUPPORT: gettext_lazy("Support"),
    Role.LEAD: gettext_lazy("Warehouse"),
    Role.FINANCE: gettext_lazy("Finance"),
    Role.MANAGER: gettext_lazy("Manager"),
    Role.ADMIN: gettext_lazy("Admin"),
}
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str | Promise
    count: int | None

    @property
    def is_quiet(self) -> bool:
        """Empty queues of others are left out."""
        return not self.count


def counts_for(reader: User) -> Counts:
    """How many items each tab has: one statement over what is live."""
    live = ExceptionItem.objects.live().visible_to(reader).order_by()
    is_open, mine = Q(state=ExceptionState.OPEN), Q(person=reader, state=ExceptionState.OPEN)
    rows = live.values("owner_role").annotate(
        open_=Count("pk", filter=is_open),
        mine_=Count("pk", filter=mine),
        snoozed_=Count("pk", filter=Q(state=ExceptionState.SNOOZED)),
        dismissed_=Count("pk", filter=Q(state=ExceptionState.DISMISSED)),
    )
    found = dict.fromkeys([MINE, ALL, SNOOZED, DISMISSED, *QUEUES], 0)
    for row in rows:
        found[row["owner_role"]] = row["open_"]
        found[ALL] += row["open_"]
        found[MINE] += row["mine_"]
        found[SNOOZED] += row["snoozed_"]
        found[DISMISSED] += row["dismissed_"]
    return found


def default_view(reader: User, role: str) -> str:
    """The queue of the role the person works as."""
    return role if role in QUEUES else next((r for r in ROLE_ORDER if r in reader.roles and r in QUEUES), ALL)


def tabs_for(counts: Counts, current: str, own: str) -> list[Tab]:
    """Mine, the queues, everything, and what is out of sight."""
    queues = [Tab(role, label, counts[role]) for role, label in QUEUES.items()]
    shown = [tab for tab in queues if not tab.is_quiet or tab.slug in (current, own)]
    return [
        Tab(MINE, _("Mine"), counts[MINE]),
        *shown,
        Tab(ALL, _("All"), counts[ALL]),
        Tab(SNOOZED, _("Snoozed"), counts[SNOOZED]),
        Tab(DISMISSED, _("Dismissed"), counts[DISMISSED]),
        Tab(SOLVED, _("Solved"), None),
    ]


def items_of(view: str, reader: User, now: datetime) -> ExceptionQuerySet:
    """The rows of a tab in their order."""
    items: ExceptionQuerySet = ExceptionItem.objects.visible_to(reader).select_related("person")
    if view == SOLVED:
        return items.filter(state=ExceptionState.CLOSED).order_by("-closed_at", "-pk")
    if view == SNOOZED:
        return items.filter(state=ExceptionState.SNOOZED).order_by("snoozed_until", "pk")
    if view == DISMISSED:
        return items.filter(state=ExceptionState.DISMISSED).order_by("-dismissed_at", "pk")
    found = items.open().worst_first(now)
    if view == MINE:
        return found.filter(person=reader)
    return found.owned_by(view) if view in QUEUES else found


def on_duty(now: datetime) -> dict[str, User]:
    """Who watches each queue today."""
    rows = Duty.objects.filter(on=business_day(now)).select_related("person")
    return {duty.role: duty.person for duty in rows}


@dataclass(frozen=True)
class Solved:
    """What was solved today."""

    count: int
    median: timedelta | None


def solved_today(reader: User, now: datetime) -> Solved:
    """How many closed today and how long half of them took at most."""
    midnight = now.astimezone(business_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    closed = ExceptionItem.objects.visible_to(reader).filter(state=ExceptionState.CLOSED, closed_at__gte=midnight)
    spans = [(end - start).total_seconds() for start, end in closed.values_list("opened_at", "closed_at")[:5000] if end]
    return Solved(len(spans), timedelta(seconds=median(spans)) if spans else None)


def money_words(amounts: Mapping[str, str]) -> str:
    """€1,196.00 + SEK 200.00."""
    return " + ".join(portal.money(amount, currency) for currency, amount in sorted(amounts.items()))


@dataclass(frozen=True)
class Choice:
    """A suggested fix as a button: `key` is its number, `refused` why this person may not do it."""

    fix: Fix
    nth: int
    refused: str = ""

    @property
    def is_act(self) -> bool:
        return self.fix.method == "POST"


class Chosen:
    """The chosen item with everything the page says about it."""

    def __init__(self, item: ExceptionItem, reader: User, now: datetime) -> None:
        self.item, self.reader, self.now = item, reader, now
        self.rule = item.rule_of

    @cached_property
    def why(self) -> str:
        return self.rule.why(self.item) if self.rule else ""

    @cached_property
    def fixes(self) -> list[Choice]:
        found = self.rule.fixes(self.item) if self.rule and self.item.is_live else ()
        choices = [Choice(fix, nth, self._refusal(fix)) for nth, fix in enumerate(found)]
        return sorted(choices, key=lambda choice: bool(choice.refused))

    def _refusal(self, fix: Fix) -> str:
        may = not fix.permission or self.reader.has_perm(fix.permission)
        return "" if may else _("Your role may not do this; hand it over")

    @cached_property
    def rows(self) -> Sequence[Row]:
        return self.rule.rows(self.item, self.now)[:MOST_ROWS] if self.rule and self.item.is_live else ()

    @property
    def rows_url(self) -> str:
        return self.rule.rows_url(self.item) if self.rule and self.item.is_live else ""

    @property
    def amounts(self) -> str:
        return money_words(self.item.amounts)

    @cached_property
    def similar(self) -> ExceptionItem | None:
        """The last one that was solved: of the same cause, else of the same rule."""
        past = ExceptionItem.objects.filter(rule=self.item.rule, state=ExceptionState.CLOSED).exclude(pk=self.item.pk)
        same = past.filter(cause=self.item.cause).order_by("-closed_at").first() if self.item.cause else None
        return same or past.order_by("-closed_at").first()

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        return history_of(self.item.number, now=self.now)

    @property
    def late_by(self) -> timedelta | None:
        return self.now - self.item.target_at if self.item.is_late(self.now) else None


@dataclass(frozen=True)
class RuleReport:
    """How often what a rule told was dismissed: above a fifth, the rule is wrong, not the people."""

    name: str
    title: str
    opened: int
    dismissed: int
    reasons: str

    @property
    def share(self) -> float:
        return self.dismissed / self.opened if self.opened else 0

    @property
    def is_doubtful(self) -> bool:
        return self.share > 0.2


def dismissed_rules(now: datetime, days: int = 30) -> list[RuleReport]:
    """Each rule of the last days with what was opened and dismissed, most dismissed first: two statements."""
    since = now - timedelta(days=days)
    rows = ExceptionItem.objects.filter(opened_at__gte=since).order_by().values("rule")
    counted = rows.annotate(n=Count("pk"), away=Count("pk", filter=Q(dismissed_at__isnull=False)))
    why: dict[str, list[str]] = {}
    dismissed = ExceptionItem.objects.filter(opened_at__gte=since, dismissed_at__isnull=False).order_by()
    for rule, reason, n in dismissed.values_list("rule", "dismiss_reason").annotate(n=Count("pk")).order_by("-n"):
        why.setdefault(rule, []).append(f"{_reason(reason)}: {portal.number(n)}")
    reports = [
        RuleReport(row["rule"], _title(row["rule"]), row["n"], row["away"], ", ".join(why.get(row["rule"], ())))
        for row in counted
    ]
    return sorted(reports, key=lambda report: (-report.dismissed, -report.opened, report.name))


def _reason(value: str) -> str:
    return str(dict(ExceptionItem._meta.get_field("dismiss_reason").flatchoices).get(value, value))


def _title(rule: str) -> str:
    return str(REGISTRY[rule].title) if rule in REGISTRY else rule


def item_url(item: ExceptionItem, view: str = "") -> str:
    return reverse("exception", args=[item.pk]) + (f"?view={view}" if view else "")
