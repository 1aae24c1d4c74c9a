"""What customers are told once a change of their subscription is made: what it does to days and money."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from ordermgmt.templatetags.portal import money, weekday_words
from orders.billing_states import EventKind
from orders.models import SubscriptionEvent
from orders.standing import Standing


class Done(NamedTuple):
    title: str
    sentence: str


def done_words(event: SubscriptionEvent, st: Standing) -> Done:
    """The heading, and what comes next."""
    said = _TITLES.get(EventKind(event.kind), _saved)(event.facts)
    return Done(said, " ".join(filter(None, (_not_charged(event, st), _money_words(event, st), _next_words(st)))))


def _day(facts: dict[str, Any], name: str = "leaves_on") -> str:
    return str(weekday_words(date.fromisoformat(facts[name]))) if facts.get(name) else ""


def _not_charged(event: SubscriptionEvent, st: Standing) -> str:
    """A delivery that is left out is not charged either; its charge would have been on a day of its own."""
    if event.kind != EventKind.SKIPPED or event.delivery_number is None:
        return ""
    left_out = st.at(event.delivery_number)
    if left_out is None or st.s.deliveries_owed:
        return ""
    return _("We do not charge it on %(day)s.") % {"day": weekday_words(left_out.dates.charge_on)}


def _money_words(event: SubscriptionEvent, st: Standing) -> str:
    """What a change of deliveries that are paid credits or charges at once."""
    given, charged = (Decimal(event.facts.get(name) or 0) for name in ("credited", "charged"))
    if given == charged:
        return ""
    words = _("%(sum)s are credited to you.") if given > charged else _("%(sum)s are charged now.")
    return words % {"sum": money(abs(given - charged), st.s.currency)}


def _next_words(st: Standing) -> str:
    if st.last:
        return _("The last delivery is on %(day)s.") % {"day": weekday_words(st.last.leaves_on)}
    if st.is_over:
        return _("Nothing more is sent or charged.")
    if not st.scheduled:
        return ""
    day = {"day": weekday_words(st.scheduled[0].leaves_on)}
    return (_("It starts again on %(day)s.") if st.is_paused else _("Next is %(day)s.")) % day


def _saved(_facts: dict[str, Any]) -> str:
    return _("Saved.")


def _once(facts: dict[str, Any]) -> str:
    if facts.get("old"):
        return _("Swapped for this delivery: %(item)s instead of %(old)s.") % facts
    return _("Added: %(units)s × %(item)s.") % {"units": facts["units"], "item": facts["item"]}


_TITLES: dict[EventKind, Callable[[dict[str, Any]], str]] = {
    EventKind.SKIPPED: lambda f: _("Skipped: %(day)s.") % {"day": _day(f)},
    EventKind.UNSKIPPED: lambda f: _("Taken back in: %(day)s.") % {"day": _day(f)},
    EventKind.MOVED: lambda f: _("Moved to %(day)s.") % {"day": _day(f)},
    EventKind.REANCHORED: lambda f: _("Moved, from %(day)s on.") % {"day": _day(f)},
    EventKind.PAUSED: lambda _f: _("Paused."),
    EventKind.RESUMED: lambda _f: _("It goes on."),
    EventKind.FREQUENCY: lambda _f: _("Saved: how often it comes."),
    EventKind.CONTENT: lambda _f: _("Saved: what is in it."),
    EventKind.ADDED_ONCE: _once,
    EventKind.ADDRESS: lambda _f: _("Saved. It goes to the new address."),
    EventKind.CANCELLED: lambda _f: _("Cancelled."),
    EventKind.CANCEL_TAKEN_BACK: lambda _f: _("It goes on after all."),
    EventKind.REACTIVATED: lambda _f: _("Welcome back."),
    EventKind.UNDONE: lambda _f: _("Undone. All is as before."),
}
