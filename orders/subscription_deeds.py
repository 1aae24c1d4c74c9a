"""What can be done to a subscription from its page: the words, the form, and when it is offered."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import box_forms as box
from orders import calendar_forms as calendar
from orders import subscription_forms as forms
from orders.billing_states import SubscriptionStatus
from orders.change_fields import ChangeForm
from orders.models import Subscription

ACTIVE, PAUSED = SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED
LIVE = (ACTIVE, PAUSED)
OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)


@dataclass(frozen=True)
class Deed:
    """`button` repeats the verb on the review; `is_grave`: it ends something."""

    slug: str
    title: str | Promise
    button: str | Promise
    form: type[ChangeForm]
    icon: str
    states: Sequence[str] = LIVE
    is_grave: bool = False
    in_menu: bool = True

    def is_offered(self, s: Subscription) -> bool:
        if self.slug == "take-back":
            return s.current_status == ACTIVE and s.ends_on is not None
        if self.slug == "settle" and not s.deliveries_owed:
            return False
        if self.slug == "cancel" and s.ends_on is not None:
            return False
        return s.current_status in self.states


ALL = (
    Deed("skip", _("Skip a delivery"), _("Skip this delivery"), calendar.SkipForm, "right", (ACTIVE,), in_menu=False),
    Deed("unskip", _("Take a delivery back in"), _("Take it back in"), calendar.UnskipForm, "undo", (ACTIVE,), in_menu=False),
    Deed("move", _("Move a delivery"), _("Move"), calendar.MoveForm, "calendar", (ACTIVE,), in_menu=False),
    Deed("swap", _("Swap an item"), _("Swap"), box.SwapForm, "repeat", in_menu=False),
    Deed("add", _("Add an item"), _("Add"), box.AddForm, "plus"),
    Deed("units", _("Change units of an item"), _("Change units"), box.UnitsForm, "edit"),
    Deed("boxes", _("Change the number of boxes"), _("Change boxes"), box.BoxesForm, "box"),
    Deed("order-now", _("Deliver now"), _("Deliver now"), calendar.OrderNowForm, "truck", (ACTIVE,)),
    Deed("frequency", _("Change how often"), _("Change how often"), calendar.FrequencyForm, "clock"),
    Deed("plan", _("Change plan"), _("Change plan"), forms.PlanForm, "layers"),
    Deed("address", _("Change address"), _("Change address"), forms.AddressForm, "place"),
    Deed("method", _("Change payment"), _("Change payment"), forms.MethodForm, "card"),
    Deed("transfer", _("Give to another customer"), _("Give away"), forms.TransferForm, "people"),
    Deed("note", _("Note and gift"), _("Save note"), forms.NoteForm, "note", (*LIVE, *OVER)),
    Deed("pause", _("Pause"), _("Pause"), calendar.PauseForm, "pause", (ACTIVE,)),
    Deed("resume", _("Resume"), _("Resume"), calendar.ResumeForm, "play", (PAUSED,)),
    Deed("take-back", _("Take the cancellation back"), _("Go on"), forms.TakeBackForm, "undo", (ACTIVE,)),
    Deed("settle", _("Paid deliveries were given back"), _("Nothing is owed any more"), forms.SettleForm, "money", OVER),
    Deed("reactivate", _("Reactivate"), _("Reactivate"), forms.ReactivateForm, "play", OVER),
    Deed("cancel", _("Cancel subscription"), _("Cancel subscription"), forms.CancelForm, "close", is_grave=True),
)  # fmt: skip
DEEDS = {deed.slug: deed for deed in ALL}


def menu_of(s: Subscription) -> list[Deed]:
    """What the menu of a subscription offers in its state."""
    return [deed for deed in ALL if deed.in_menu and deed.is_offered(s)]
