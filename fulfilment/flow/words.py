"""What the map says in sentences."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.flow.reading import Figure, FlowMap
from ordermgmt.templatetags import portal

FEW_HOURS, FEW_DAYS = 10 * 60, 48 * 60


def short(minutes: Decimal | int | None) -> str:
    """25 min, 1 h 55, 26 h, 2.5 d: as long as there is room in a box."""
    if minutes is None:
        return "–"
    whole, nbsp = int(minutes), portal.NBSP
    if whole < 60:
        return f"{whole}{nbsp}{_('min')}"
    if whole < FEW_HOURS and whole % 60:
        return f"{whole // 60}{nbsp}{_('h')}{nbsp}{whole % 60:02d}"
    if whole < FEW_DAYS:
        return f"{(whole + 30) // 60 if whole >= FEW_HOURS else whole // 60}{nbsp}{_('h')}"
    days = Decimal(whole) / 1440
    return f"{portal.number(days, 0 if days == int(days) or days >= 10 else 1)}{nbsp}{_('d')}"


def bottleneck(flow: FlowMap) -> str:
    """Pack. 81 wait, 34 of them past 2 h. In 24 hours 40 came and 26 left."""
    figure = flow.bottleneck
    if figure is None:
        return _("Nothing is past its target.") if flow.is_now else _("Everything went through within its target.")
    return _standing(figure) if flow.is_now else _went(figure)


def _standing(figure: Figure) -> str:
    past = figure.parts.past
    wait = ngettext("%(n)s waits", "%(n)s wait", figure.count) % {"n": portal.number(figure.count)}
    facts = {
        "step": figure.node.label, "wait": wait, "past": portal.number(past), "target": short(figure.target),
        "came": portal.number(figure.came), "left": portal.number(figure.left),
    }  # fmt: skip
    if not figure.has_history:
        return _("%(step)s. %(wait)s, %(past)s past the target of %(target)s.") % facts
    if figure.came and not figure.left:
        return (
            _("%(step)s. %(wait)s, %(past)s past the target of %(target)s: in 24 hours %(came)s came and none left.")
            % facts
        )
    if figure.came > figure.left:
        return (
            _(
                "%(step)s. %(wait)s, %(past)s past the target of %(target)s: in 24 hours %(came)s came and only %(left)s left."
            )
            % facts
        )
    return (
        _(
            "%(step)s. %(wait)s, %(past)s past the target of %(target)s; it is shrinking: in 24 hours %(came)s came and %(left)s left."
        )
        % facts
    )


def _went(figure: Figure) -> str:
    facts = {
        "step": figure.node.label, "share": portal.percent(figure.parts.share_past), "target": short(figure.target),
        "past": portal.number(figure.parts.past), "all": portal.number(figure.count), "median": short(figure.median),
    }  # fmt: skip
    return (
        _(
            "%(step)s. %(past)s of %(all)s orders (%(share)s) stayed longer than %(target)s; half stayed up to %(median)s."
        )
        % facts
    )


def spoken(figure: Figure, flow: FlowMap) -> str:
    """What a screen reader hears of a box."""
    parts = figure.parts
    facts = {
        "step": figure.node.label, "n": portal.number(figure.count), "median": short(figure.median), "target": short(figure.target),
        "near": portal.number(parts.near), "past": portal.number(parts.past),
    }  # fmt: skip
    if flow.of_subscriptions:
        words = ngettext(
            "%(step)s: %(n)s subscription now, median %(median)s, target %(target)s, %(past)s past it",
            "%(step)s: %(n)s subscriptions now, median %(median)s, target %(target)s, %(past)s past it",
            figure.count,
        )
        return words % facts
    if flow.is_now:
        words = ngettext(
            "%(step)s: %(n)s order now, median %(median)s, target %(target)s, %(past)s past it, %(near)s near it",
            "%(step)s: %(n)s orders now, median %(median)s, target %(target)s, %(past)s past it, %(near)s near it",
            figure.count,
        )
        return words % facts
    words = ngettext(
        "%(step)s: %(n)s order went through, median %(median)s, target %(target)s, %(past)s past it",
        "%(step)s: %(n)s orders went through, median %(median)s, target %(target)s, %(past)s past it",
        figure.count,
    )
    return words % facts
