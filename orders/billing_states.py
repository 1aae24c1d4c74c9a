"""States of plans, subscriptions, their deliveries, and of the money they owe."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class IntervalUnit(models.TextChoices):
    DAY = "day", _("day")
    WEEK = "week", _("week")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class PlanStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    ARCHIVED = "archived", _("Archived")


PLAN_MOVES: dict[str, frozenset[str]] = {
    PlanStatus.ACTIVE: frozenset({PlanStatus.ARCHIVED}),
    PlanStatus.ARCHIVED: frozenset({PlanStatus.ACTIVE}),
}


class VersionStatus(models.TextChoices):
    """One live version a plan: new subscribers get it. Superseded ones stay with those who have them."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    SUPERSEDED = "superseded", _("Superseded")


VERSION_MOVES: dict[str, frozenset[str]] = {
    VersionStatus.DRAFT: frozenset({VersionStatus.LIVE}),
    VersionStatus.LIVE: frozenset({VersionStatus.SUPERSEDED}),
    VersionStatus.SUPERSEDED: frozenset(),
}


class PriceModel(models.TextChoices):
    """How the price of one delivery follows from its number of boxes or units."""

    FLAT = "flat", _("One price")
    PER_UNIT = "per_unit", _("Price for each")
    TIERED = "tiered", _("Tiered: each unit at the price of its tier")
    VOLUME = "volume", _("Volume: all units at the price of the tier reached")
    STAIRSTEP = "stairstep", _("Stair-step: one price for the step reached")


class ContentKind(models.TextChoices):
    FIXED = "fixed", _("The same each time")
    GROUP = "group", _("Chosen by the customer from a group")
    BOX = "box", _("Box of the month")


class ShortageRule(models.TextChoices):
    """What a renewal does about an item that is out of stock (per line)."""

    WAIT = "wait", _("Everything waits for it")
    SHIP_REST = "ship_rest", _("Ship the rest, send it later")
    SKIP_LINE = "skip_line", _("Leave it out and do not charge it")


class LastStep(models.TextChoices):
    """What happens when every attempt to collect has failed."""

    PAUSE = "pause", _("Pause the subscription")
    SKIP = "skip", _("Skip the delivery")
    CANCEL = "cancel", _("Cancel the subscription")


class Collection(models.TextChoices):
    AUTOMATIC = "automatic", _("Charge the saved method")
    INVOICE = "invoice", _("On invoice")


class SubscriptionStatus(models.TextChoices):
    PENDING = "pending", _("Not started")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Ended")


SUBSCRIPTION_MOVES: dict[str, frozenset[str]] = {
    SubscriptionStatus.PENDING: frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCELLED}),
    SubscriptionStatus.ACTIVE: frozenset(
        {SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED}
    ),
    SubscriptionStatus.PAUSED: frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCELLED}),
    SubscriptionStatus.CANCELLED: frozenset({SubscriptionStatus.ACTIVE}),
    SubscriptionStatus.EXPIRED: frozenset({SubscriptionStatus.ACTIVE}),
}


class DeliveryStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    SKIPPED = "skipped", _("Skipped")
    ORDERED = "ordered", _("Ordered")
    CANCELLED = "cancelled", _("Cancelled")


DELIVERY_MOVES: dict[str, frozenset[str]] = {
    DeliveryStatus.SCHEDULED: frozenset({DeliveryStatus.SKIPPED, DeliveryStatus.ORDERED, DeliveryStatus.CANCELLED}),
    DeliveryStatus.SKIPPED: frozenset({DeliveryStatus.SCHEDULED, DeliveryStatus.CANCELLED}),
    DeliveryStatus.ORDERED: frozenset(),
    DeliveryStatus.CANCELLED: frozenset({DeliveryStatus.SCHEDULED}),
}


class SkipReason(models.TextChoices):
    CUSTOMER = "customer", _("By the customer")
    STAFF = "staff", _("By staff")
    PAUSE = "pause", _("Paused")
    DUNNING = "dunning", _("Not paid")
    STOCK = "stock", _("Out of stock")
    OUTAGE = "outage", _("Missed, then left out")


class EventKind(models.TextChoices):
    """One line of history for every action on a subscription (domain.md 4)."""

    STARTED = "started", _("Started")
    IMPORTED = "imported", _("Imported")
    SKIPPED = "skipped", _("Delivery skipped")
    UNSKIPPED = "unskipped", _("Delivery taken back in")
    MOVED = "moved", _("Delivery moved")
    REANCHORED = "reanchored", _("All later deliveries moved")
    ORDERED_NOW = "ordered_now", _("Ordered now")
    ORDERED = "ordered", _("Delivery ordered")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    CONTENT = "content", _("Contents changed")
    ADDED_ONCE = "added_once", _("Added once")
    FREQUENCY = "frequency", _("Frequency changed")
    ADDRESS = "address", _("Address changed")
    PAYMENT_METHOD = "payment_method", _("Payment method changed")
    PLAN = "plan", _("Plan changed")
    PRICE = "price", _("Price changed")
    PROMOTION = "promotion", _("Promotion applied")
    CANCELLED = "cancelled", _("Cancelled")
    CANCEL_PLANNED = "cancel_planned", _("Cancellation planned")
    CANCEL_TAKEN_BACK = "cancel_taken_back", _("Cancellation taken back")
    GIVEN_BACK = "given_back", _("Paid deliveries given back")
    OWED_AGAIN = "owed_again", _("Paid delivery owed again")
    REACTIVATED = "reactivated", _("Reactivated")
    EXPIRED = "expired", _("Ended with its term")
    TRANSFERRED = "transferred", _("Given to another customer")
    NOTE = "note", _("Note")
    UNDONE = "undone", _("Undone")


class MovementKind(models.TextChoices):
    """Movements of monthly recurring revenue (subscriptions.md 2.12)."""

    NEW = "new", _("New")
    EXPANSION = "expansion", _("Expansion")
    CONTRACTION = "contraction", _("Contraction")
    CHURN = "churn", _("Churn")
    REACTIVATION = "reactivation", _("Reactivation")


class BillingCycleStatus(models.TextChoices):
    BILLED = "billed", _("Billed")
    FREE = "free", _("Nothing to bill")
    CANCELLED = "cancelled", _("Cancelled")


class MethodStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    REMOVED = "removed", _("Removed")


class ChargeStatus(models.TextChoices):
    """UNKNOWN: the answer was lost; the provider is asked before anything is tried again."""

    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent to the provider")
    SUCCEEDED = "succeeded", _("Succeeded")
    DECLINED = "declined", _("Declined")
    UNKNOWN = "unknown", _("Outcome unknown")
    CANCELLED = "cancelled", _("Not needed any more")


CHARGE_MOVES: dict[str, frozenset[str]] = {
    ChargeStatus.PLANNED: frozenset({ChargeStatus.SENT, ChargeStatus.CANCELLED}),
    ChargeStatus.SENT: frozenset(
        {ChargeStatus.SUCCEEDED, ChargeStatus.DECLINED, ChargeStatus.UNKNOWN, ChargeStatus.CANCELLED}
    ),
    ChargeStatus.UNKNOWN: frozenset(
        {ChargeStatus.SUCCEEDED, ChargeStatus.DECLINED, ChargeStatus.SENT, ChargeStatus.CANCELLED}
    ),
    ChargeStatus.SUCCEEDED: frozenset(),
    # A provider that says no and then yes has our money: yes wins, in whatever order both arrive.
    ChargeStatus.DECLINED: frozenset({ChargeStatus.SUCCEEDED}),
    ChargeStatus.CANCELLED: frozenset({ChargeStatus.SUCCEEDED}),
}
LIVE_CHARGES = (ChargeStatus.PLANNED, ChargeStatus.SENT, ChargeStatus.UNKNOWN)
# The provider may be moving money: nothing else is tried, and nobody is told that it failed.
ASKED_CHARGES = (ChargeStatus.SENT, ChargeStatus.UNKNOWN)


class WaitReason(models.TextChoices):
    """Why a charge that is due is put off; it leaves by itself when the reason is gone."""

    NOT_LIVE = "not_live", _("This is not the live system")
    STOPPED = "stopped", _("Renewals are stopped")
    STOCK = "stock", _("Goods are missing")
    NO_PROVIDER = "no_provider", _("No payment provider is set up")


class DunningStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    PROMISED = "promised", _("Payment promised")
    RECOVERED = "recovered", _("Recovered")
    EXHAUSTED = "exhausted", _("Last step taken")
    STOPPED = "stopped", _("Stopped")
    WRITTEN_OFF = "written_off", _("Written off")


_ENDS_OF_DUNNING = {
    DunningStatus.RECOVERED,
    DunningStatus.EXHAUSTED,
    DunningStatus.STOPPED,
    DunningStatus.WRITTEN_OFF,
}
DUNNING_MOVES: dict[str, frozenset[str]] = {
    DunningStatus.OPEN: frozenset({DunningStatus.PAUSED, DunningStatus.PROMISED, *_ENDS_OF_DUNNING}),
    DunningStatus.PAUSED: frozenset({DunningStatus.OPEN, *_ENDS_OF_DUNNING}),
    DunningStatus.PROMISED: frozenset({DunningStatus.OPEN, *_ENDS_OF_DUNNING}),
    DunningStatus.EXHAUSTED: frozenset({DunningStatus.RECOVERED, DunningStatus.WRITTEN_OFF}),
    DunningStatus.STOPPED: frozenset({DunningStatus.OPEN, DunningStatus.RECOVERED, DunningStatus.WRITTEN_OFF}),
    DunningStatus.RECOVERED: frozenset({DunningStatus.OPEN}),
    DunningStatus.WRITTEN_OFF: frozenset({DunningStatus.RECOVERED}),
}
LIVE_DUNNING = (DunningStatus.OPEN, DunningStatus.PAUSED, DunningStatus.PROMISED)


class RefundStatus(models.TextChoices):
    REQUESTED = "requested", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent to the provider")
    SUCCEEDED = "succeeded", _("Paid back")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    REFUSED = "refused", _("Refused")


REFUND_MOVES: dict[str, frozenset[str]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.APPROVED, RefundStatus.REFUSED}),
    RefundStatus.APPROVED: frozenset({RefundStatus.SENT, RefundStatus.REFUSED}),
    RefundStatus.SENT: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.UNKNOWN}),
    RefundStatus.UNKNOWN: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.SENT}),
    RefundStatus.FAILED: frozenset({RefundStatus.APPROVED, RefundStatus.REFUSED}),
    # Banks send refunds back days later; then the money is with us again.
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.REFUSED: frozenset(),
}
# Money that may still go back: counted against what was captured.
LIVE_REFUNDS = (
    RefundStatus.REQUESTED,
    RefundStatus.APPROVED,
    RefundStatus.SENT,
    RefundStatus.UNKNOWN,
    RefundStatus.SUCCEEDED,
)


class CreditReason(models.TextChoices):
    RETURN = "return", _("Goods came back")
    CANCELLED = "cancelled", _("Not delivered")
    PRICE = "price", _("Price corrected")
    GOODWILL = "goodwill", _("Goodwill")
    CORRECTION = "correction", _("Invoice corrected and replaced")
    TERM = "term", _("Prepaid deliveries given back")


# What these credit is not billed any more: its units may be billed again.
TAKEN_BACK = (CreditReason.CANCELLED, CreditReason.CORRECTION)


class PriceChangeStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    NOTICE = "notice", _("Notices going out")
    DONE = "done", _("In force")
    CANCELLED = "cancelled", _("Cancelled")


PRICE_CHANGE_MOVES: dict[str, frozenset[str]] = {
    PriceChangeStatus.DRAFT: frozenset({PriceChangeStatus.NOTICE, PriceChangeStatus.CANCELLED}),
    PriceChangeStatus.NOTICE: frozenset({PriceChangeStatus.DONE, PriceChangeStatus.CANCELLED}),
    PriceChangeStatus.DONE: frozenset(),
    PriceChangeStatus.CANCELLED: frozenset(),
}


class DiscountKind(models.TextChoices):
    PERCENT = "percent", _("Per cent")
    AMOUNT = "amount", _("Amount")
    FREE_DELIVERY = "free_delivery", _("Free delivery")


class RecognitionRule(models.TextChoices):
    AT_DELIVERY = "at_delivery", _("When delivered")
    OVER_TIME = "over_time", _("Day by day over its period")
    AT_ONCE = "at_once", _("When invoiced")


class TaxTreatment(models.TextChoices):
    """How tax is treated on an order and its invoices (EN 16931: S or Z, K, G)."""

    STANDARD = "standard", _("With VAT")
    REVERSE_CHARGE = "reverse_charge", _("Reverse charge")
    EXPORT = "export", _("Export")
