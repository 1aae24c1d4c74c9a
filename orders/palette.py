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
