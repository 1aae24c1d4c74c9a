"""The commercial promise: order, lines, charges, addresses, links."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.places import PostalFields
from ordermgmt.money import ZERO, MoneyField
from ordermgmt.states import Stateful
from orders.billing_states import TaxTreatment
from orders.states import (
    ORDER_MOVES,
    STOCKED_KINDS,
    ChargeKind,
    FulfilmentStatus,
    LineKind,
    OrderStatus,
    PaymentStatus,
    ReplaceReason,
)


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        return self.filter(status=OrderStatus.ACCEPTED)

    def held(self) -> "OrderQuerySet":
        hold = apps.get_model("orders", "Hold")  # declared after Order, in promises.py
        open_holds = hold._default_manager.filter(order=models.OuterRef("pk"), released_at=None)
        return self.filter(models.Exists(open_holds))

    def with_state(self) -> "OrderQuerySet":
        """Loads what `wording.state_of` and the blockers read: three queries for any number of rows.

        Fulfilment is to the right of the arrow and is reached by the relations it declares.
        """
        hold = apps.get_model("orders", "Hold")
        work = apps.get_model("fulfilment", "FulfilmentOrder")
        parcels = apps.get_model("fulfilment", "Shipment")
        return self.prefetch_related(
            models.Prefetch(
                "holds", hold._default_manager.filter(released_at=None).order_by("opened_at"), "open_holds"
            ),
            models.Prefetch(
                "fulfilment_orders",
                work._default_manager.exclude(status="dispatched").select_related("warehouse", "wave"),
                "floor_work",
            ),
            models.Prefetch("shipments", parcels._default_manager.exclude(status="cancelled"), "live_shipments"),
        )

    def locked(self) -> "OrderQuerySet":
        """Row locks in primary-key order, only on orders (second in the lock order)."""
        return self.select_for_update(of=("self",)).order_by("pk")


class Order(Stateful):
    """`payment_status` and `fulfilment_status` are derived from rows and stored for filtering.

    Money: `items_total` is the sum of line nets or grosses as the currency of the channel shows
    them (see `prices_include_tax`) after line discounts; total = items + charges + tax if exclusive.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="orders")
    external_number = models.CharField(_("number at the channel"), max_length=80, blank=True)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    status = models.CharField(_("state"), max_length=10, choices=OrderStatus.choices, default=OrderStatus.DRAFT)
    payment_status = models.CharField(
        _("payment"), max_length=14, choices=PaymentStatus.choices, default=PaymentStatus.UNPAID
    )
    fulfilment_status = models.CharField(
        _("fulfilment"), max_length=14, choices=FulfilmentStatus.choices, default=FulfilmentStatus.UNFULFILLED
    )
    currency = models.CharField(_("currency"), max_length=3)
    prices_include_tax = models.BooleanField(_("prices include tax"), default=True)
    tax_treatment = models.CharField(
        _("tax"), max_length=14, choices=TaxTreatment.choices, default=TaxTreatment.STANDARD
    )
    items_total = MoneyField(_("items"), default=0)
    discount_total = MoneyField(_("discount"), default=0)
    shipping_total = MoneyField(_("delivery"), default=0)
    charges_total = MoneyField(_("other charges"), default=0)
    tax_total = MoneyField(_("tax"), default=0)
    total = MoneyField(_("total"), default=0)
    paid_total = MoneyField(_("paid"), default=0)
    refunded_total = MoneyField(_("refunded"), default=0)
    credited_total = MoneyField(
        _("credited"), default=0, help_text=_("By credit notes and write-offs that left the order as it is")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    recipient = models.CharField(_("recipient"), max_length=120, blank=True)
    ship_city = models.CharField(_("town"), max_length=120, blank=True)
    ship_postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    ship_country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(max_length=10, default="en-gb")
    units = models.PositiveIntegerField(_("units"), default=0, help_text=_("Units to ship"))
    priority = models.SmallIntegerField(_("priority"), default=0, help_text=_("Higher goes first"))
    shipping_method = models.CharField(_("delivery method"), max_length=80, blank=True)
    is_gift = models.BooleanField(_("gift"), default=False)
    gift_message = models.TextField(_("gift message"), blank=True)
    is_test = models.BooleanField(_("test order"), default=False)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replacements", verbose_name=_("replaces")
    )
    replaced_because = models.CharField(_("why replaced"), max_length=10, choices=ReplaceReason.choices, blank=True)
    ships_in_parts = models.BooleanField(_("ships in parts"), default=False)
    is_renewal = models.BooleanField(_("renewal"), default=False)
    note = models.TextField(_("note"), blank=True)
    tags = models.JSONField(default=list, blank=True)
    requested_delivery_on = models.DateField(_("wished for"), null=True, blank=True)
    ship_from = models.ForeignKey(
        "inventory.Warehouse", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    first_promised_ship_on = models.DateField(null=True, blank=True)
    first_promised_delivery_on = models.DateField(null=True, blank=True)
    promised_ship_on = models.DateField(_("ship by"), null=True, blank=True)
    promised_delivery_on = models.DateField(_("promised"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(_("why cancelled"), max_length=200, blank=True)
    assignee = models.ForeignKey(
        "ordermgmt.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_orders"
    )
    version = models.PositiveIntegerField(default=0, help_text=_("Rises at every change; guards edits"))

    moves: ClassVar = ORDER_MOVES
    stamps: ClassVar = {
        OrderStatus.ACCEPTED: "accepted_at",
        OrderStatus.CLOSED: "closed_at",
        OrderStatus.CANCELLED: "cancelled_at",
    }
    objects: ClassVar = OrderQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(
                condition=Q(status=OrderStatus.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=OrderStatus.CANCELLED) & Q(cancelled_at__isnull=True)),
                name="order_cancelled_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[OrderStatus.ACCEPTED, OrderStatus.CLOSED]) | Q(accepted_at__isnull=False),
                name="order_accepted_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.CLOSED) | Q(closed_at__isnull=False), name="order_closed_pair"
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True, replaced_because="")
                | (Q(replaces__isnull=False) & ~Q(replaced_because="")),
                name="order_replaces_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-placed_at", "-id"], name="order_placed"),
            models.Index(fields=["accepted_at"], name="order_accepted"),
            models.Index(fields=["cancelled_at"], name="order_cancelled", condition=Q(cancelled_at__isnull=False)),
            models.Index(fields=["status", "-placed_at", "-id"], name="order_status"),
            models.Index(fields=["fulfilment_status", "-placed_at", "-id"], name="order_fulfilment"),
            models.Index(fields=["customer", "-placed_at"], name="order_customer"),
            models.Index(
                fields=["promised_ship_on", "id"], name="order_ship_by", condition=Q(status=OrderStatus.ACCEPTED)
            ),
            models.Index(
                fields=["ship_from", "promised_ship_on"],
                name="order_load",
                include=["fulfilment_status"],
                condition=Q(status=OrderStatus.ACCEPTED),
            ),
            models.Index(
                fields=["payment_status", "-placed_at", "-id"],
                name="order_payment",
                condition=~Q(payment_status=PaymentStatus.PAID),
            ),
            models.Index(Upper("email"), F("placed_at").desc(), name="order_email"),  # customers who lost their link
            models.Index(fields=["external_number"], name="order_external", condition=~Q(external_number="")),
            models.Index(fields=["ship_postcode"], name="order_postcode"),
            models.Index(fields=["total", "id"], name="order_total"),
            models.Index(fields=["ship_country", "-placed_at", "-id"], name="order_country"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def open_work(self) -> list[Any]:
        """What is still to do on the floor; of an order loaded `with_state()`, else nothing."""
        return [work for work in getattr(self, "floor_work", ()) if work.status != "cancelled"]

    @property
    def balance(self) -> Any:
        """What the customer still owes (negative: we owe). Nothing is owed for a cancelled order.

        Money paid back lowers what is owed as a credit note does, unless it was more than the order cost.
        """
        kept = max(self.refunded_total - max(self.paid_total - self.total, ZERO), ZERO)
        given_up = max(self.credited_total, kept)
        due = ZERO if self.current_status == OrderStatus.CANCELLED else self.total - given_up
        return due - self.paid_total + self.refunded_total


class AddressKind(models.TextChoices):
    SHIPPING = "shipping", _("Delivery address")
    BILLING = "billing", _("Billing address")


class OrderAddress(PostalFields):
    """The address as it was when ordered; a change writes over it and the old one is in the history."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=AddressKind.choices)

    class Meta:
        verbose_name_plural = _("order addresses")
        constraints: ClassVar = [models.UniqueConstraint(fields=["order", "kind"], name="one_address_per_kind")]

    def __str__(self) -> str:
        return self.one_line


class OrderLine(models.Model):
    """What was ordered and where each unit stands now (units, never negative).

    ordered = cancelled + backordered + promised + allocated + picked + packed + shipped, for lines
    that are stocked. promised: covered at a warehouse; allocated: set aside in a bin; shipped and
    returned are cumulative.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=LineKind.choices, default=LineKind.ITEM)
    bundle = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="parts")
    sku = models.ForeignKey(
        "inventory.Sku", on_delete=models.PROTECT, null=True, blank=True, related_name="order_lines"
    )
    external_id = models.CharField(max_length=120, blank=True)
    external_code = models.CharField(_("code at the channel"), max_length=120, blank=True)
    name = models.CharField(_("item"), max_length=300)
    ordered = models.PositiveIntegerField(_("ordered"))
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    backordered = models.PositiveIntegerField(_("waiting for stock"), default=0)
    promised = models.PositiveIntegerField(_("promised"), default=0)
    allocated = models.PositiveIntegerField(_("set aside"), default=0)
    picked = models.PositiveIntegerField(_("picked"), default=0)
    packed = models.PositiveIntegerField(_("packed"), default=0)
    shipped = models.PositiveIntegerField(_("shipped"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)
    unit_price = MoneyField(_("unit price"), default=0)
    discount = MoneyField(_("discount"), default=0)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=9, decimal_places=6, default=0)
    tax = MoneyField(_("tax"), default=0)
    total = MoneyField(_("line total"), default=0, help_text=_("As priced, after discount; see prices_include_tax"))
    tax_lines = models.JSONField(default=list, blank=True)
    properties = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position"),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(STOCKED_KINDS))
                | Q(
                    ordered=F("cancelled")
                    + F("backordered")
                    + F("promised")
                    + F("allocated")
                    + F("picked")
                    + F("packed")
                    + F("shipped")
                ),
                name="line_units_add_up",
            ),
            models.CheckConstraint(condition=Q(returned__lte=F("shipped")), name="line_returned_within_shipped"),
            models.CheckConstraint(condition=Q(ordered__gte=1), name="line_has_units"),
            models.CheckConstraint(
                condition=Q(kind=LineKind.COMPONENT, bundle__isnull=False)
                | (~Q(kind=LineKind.COMPONENT) & Q(bundle__isnull=True)),
                name="line_component_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["sku", "order"], name="line_sku"),
            models.Index(fields=["sku", "id"], name="line_backordered", condition=Q(backordered__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.ordered} × {self.name}"

    @property
    def is_stocked(self) -> bool:
        return self.kind in STOCKED_KINDS

    @property
    def to_ship(self) -> int:
        """Units that still have to leave."""
        return self.ordered - self.cancelled - self.shipped


class OrderCharge(models.Model):
    """Delivery, fees, tips, duties: money beside the lines."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="charges")
    kind = models.CharField(max_length=12, choices=ChargeKind.choices)
    title = models.CharField(max_length=200)
    amount = MoneyField(_("amount"), help_text=_("As priced, before its discount"))
    discount = MoneyField(_("discount"), default=0)
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    tax = MoneyField(_("tax"), default=0)
    tax_lines = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"{self.title} {self.amount}"


LINK_LIFE = timedelta(days=180)
LINK_BYTES = 32


class OrderLinkQuerySet(models.QuerySet["OrderLink"]):
    def live(self, now: datetime) -> "OrderLinkQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)

    def issue(self, order: Order, *, now: datetime, life: timedelta = LINK_LIFE) -> "OrderLink":
        """A new link; the others stay as they are."""
        link = self.fresh(order, now=now, life=life)
        link.save(force_insert=True)
        return link

    def fresh(self, order: Order, *, now: datetime, life: timedelta = LINK_LIFE) -> "OrderLink":
        """A new link, unsaved."""
        token = secrets.token_urlsafe(LINK_BYTES)
        return self.model(order=order, token=token, created_at=now, expires_at=now + life)

    def lasting(self, order: Order, *, now: datetime) -> "OrderLink":
        """The link that lives longest, for a message that is read weeks later; a new one when none lives so long."""
        longest = self.filter(order=order).live(now + LINK_LIFE / 6).order_by("-expires_at", "-pk").first()
        return longest or self.issue(order, now=now)


class OrderLink(models.Model):
    """An unguessable, revocable link to the customer's status page."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = OrderLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.order} …{self.token[-4:]}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now
