"""Pages of one order, below its number."""

from django.urls import URLPattern, URLResolver, path

from orders.views import (
    customer_helping,
    order_changes,
    order_customer,
    order_detail,
    order_ending,
    order_holds,
    order_list,
    order_notes,
    order_payment,
    order_refund,
    order_replacing,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", order_detail.order_detail, name="order_detail"),
    path("notes/", order_notes.order_note, name="order_note"),
    path("hold/", order_holds.order_hold, name="order_hold"),
    path("holds/<int:hold_id>/release/", order_holds.order_release_hold, name="order_release_hold"),
    path("holds/<int:hold_id>/undo/", order_holds.order_undo_hold, name="order_undo_hold"),
    path(
        "holds/<int:hold_id>/undo-release/",
        order_holds.order_undo_release,
        name="order_undo_release",
    ),
    path("items/", order_changes.order_edit_items, name="order_edit_items"),
    path("address/", order_changes.order_edit_address, name="order_edit_address"),
    path("changes/<int:change_id>/", order_changes.order_change, name="order_change"),
    path("changes/<int:change_id>/undo/", order_changes.order_undo_change, name="order_undo_change"),
    path("payment/", order_payment.order_payment, name="order_payment"),
    path("refund/", order_refund.order_refund, name="order_refund"),
    path("replace/", order_replacing.order_replace, name="order_replace"),
    path("cancel/", order_ending.order_cancel, name="order_cancel"),
    path("split/", order_ending.order_split, name="order_split"),
    path("split/now/", order_ending.order_ship_rest, name="order_ship_rest"),
    path("customer/", order_customer.order_customer, name="order_customer"),
    path("customer/look/", customer_helping.order_as, name="order_as"),
    path("customer/link/", order_customer.order_send_link, name="order_send_link"),
    path("customer/end-links/", order_customer.order_revoke_links, name="order_revoke_links"),
    path("customer/messages/<int:message_id>/", order_customer.order_resend, name="order_resend"),
    path("peek/", order_list.order_peek, name="order_peek"),
]
