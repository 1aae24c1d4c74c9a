"""Addresses of customer pages."""

from django.urls import URLPattern, URLResolver, include, path

from customers.views import (
    customer_deeds,
    customer_edit,
    customer_list,
    customer_page,
    feedback,
    feedback_page,
    mail_hook,
    mail_providers,
    privacy,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("tickets/", include("customers.ticket_urls")),
    path("hooks/mail/", mail_hook.mail_hook, name="mail_hook"),
    path("hooks/mail/<slug:provider>/", mail_providers.provider_mail, name="provider_mail"),
    path("feedback/", feedback.feedback_list, name="feedback_list"),
    path("feedback/<int:pk>/", feedback.feedback, name="feedback"),
    path("feedback/<int:pk>/told/", feedback.feedback_settle, name="feedback_settle"),
    path("feedback/<int:pk>/reopen/", feedback.feedback_reopen, name="feedback_reopen"),
    path("f/<str:token>/", feedback_page.feedback_page, name="feedback_page"),
    path("f/<str:token>/stop/", feedback_page.feedback_stop, name="feedback_stop"),
    path("customers/", customer_list.customer_list, name="customer_list"),
    path("customers/new/", customer_edit.customer_new, name="customer_new"),
    path("customers/<str:number>/", customer_page.customer_detail, name="customer_detail"),
    path("customers/<str:number>/edit/", customer_edit.customer_edit, name="customer_edit"),
    path("customers/<str:number>/actions/block/", customer_deeds.customer_block, name="customer_block"),
    path("customers/<str:number>/actions/unblock/", customer_deeds.customer_unblock, name="customer_unblock"),
    path("customers/<str:number>/actions/note/", customer_deeds.customer_note, name="customer_note"),
    path("customers/<str:number>/actions/consent/", customer_deeds.customer_consent, name="customer_consent"),
    path("customers/<str:number>/actions/checked/", customer_deeds.customer_checked, name="customer_checked"),
    path("customers/<str:number>/privacy/", privacy.customer_privacy, name="customer_privacy"),
    path("customers/<str:number>/privacy/export/", privacy.customer_export, name="customer_export"),
    path("customers/<str:number>/privacy/<int:pk>/", privacy.customer_export_file, name="customer_export_file"),
    path("customers/<str:number>/erase/", privacy.customer_erase, name="customer_erase"),
    path("customers/<str:number>/follow-ups/", customer_deeds.follow_up_new, name="follow_up_new"),
    path("customers/<str:number>/follow-ups/<int:pk>/done/", customer_deeds.follow_up_done, name="follow_up_done"),
    path("customers/<str:number>/follow-ups/<int:pk>/open/", customer_deeds.follow_up_reopen, name="follow_up_reopen"),
    path("customers/<str:number>/addresses/new/", customer_edit.address_new, name="address_new"),
    path("customers/<str:number>/addresses/<int:pk>/", customer_edit.address_replace, name="address_replace"),
    path("customers/<str:number>/addresses/<int:pk>/retire/", customer_edit.address_retire, name="address_retire"),
    path("customers/<str:number>/addresses/<int:pk>/prefer/", customer_edit.address_prefer, name="address_prefer"),
]
