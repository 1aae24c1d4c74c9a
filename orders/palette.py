"""Commands about orders."""

from django.utils.translation import gettext_lazy as _

from ordermgmt.commands import command

HERE = r"^/orders/(?P<number>SO-\d+)/"

command(_("Place hold"), "/orders/{number}/hold/", permission="orders.hold", key="h", icon="pause", where=HERE)
command(_("Cancel order"), "/orders/{number}/cancel/", permission="orders.cancel", icon="close", where=HERE)
command(_("New order"), "order_new", permission="orders.create", key="n", icon="plus")
command(_("Orders on hold"), "/orders/?view=on-hold", permission="orders.view", icon="pause")
command(_("Late orders"), "/orders/?view=late", permission="orders.view", icon="clock")
command(_("Ready to pick"), "/orders/?view=ready", permission="orders.view", icon="pick")

THERE = r"^/subscriptions/(?P<number>SUB-\d+)/"
ACT = "/subscriptions/{number}/change/"
command(_("Move delivery"), f"{ACT}move/", permission="subscriptions.edit", key="m", icon="calendar", where=THERE)
command(_("Swap item"), f"{ACT}swap/", permission="subscriptions.edit", key="w", icon="repeat", where=THERE)
command(_("Pause subscription"), f"{ACT}pause/", permission="subscriptions.edit", icon="pause", where=THERE)
command(_("Cancel subscription"), f"{ACT}cancel/", permission="subscriptions.edit", icon="close", where=THERE)
command(_("New subscription"), "subscription_new", permission="subscriptions.edit", icon="plus")
command(_("Renewing tomorrow"), "/subscriptions/?view=tomorrow", permission="subscriptions.view", icon="repeat")
command(_("Payment problems"), "/subscriptions/?view=unpaid", permission="subscriptions.view", icon="card")
