"""Addresses of tickets, their canned replies, and the mail they come by."""

from django.urls import URLPattern, URLResolver, path

from customers.views import canned_replies, mail_aside, ticket_deeds, ticket_list, ticket_new, ticket_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("", ticket_list.ticket_list, name="ticket_list"),
    path("new/", ticket_new.ticket_new, name="ticket_new"),
    path("replies/", canned_replies.reply_list, name="canned_reply_list"),
    path("replies/new/", canned_replies.reply_edit, name="canned_reply_new"),
    path("replies/<int:pk>/", canned_replies.reply_edit, name="canned_reply"),
    path("replies/<int:pk>/archive/", canned_replies.reply_archive, name="canned_reply_archive"),
    path("replies/<int:pk>/restore/", canned_replies.reply_restore, name="canned_reply_restore"),
    path("files/<int:pk>/", ticket_new.ticket_file, name="ticket_file"),
    path("mail/", mail_aside.mail_list, name="inbound_mail_list"),
    path("mail/<int:pk>/", mail_aside.mail_detail, name="inbound_mail"),
    path("mail/<int:pk>/raw/", mail_aside.mail_raw, name="inbound_mail_raw"),
    path("mail/<int:pk>/open/", mail_aside.mail_open, name="inbound_mail_open"),
    path("<str:number>/", ticket_page.ticket, name="ticket"),
    path("<str:number>/answer/", ticket_deeds.ticket_answer, name="ticket_answer"),
    path("<str:number>/answer/<int:pk>/undo/", ticket_deeds.ticket_undo_answer, name="ticket_undo_answer"),
    path("<str:number>/note/", ticket_deeds.ticket_note, name="ticket_note"),
    path("<str:number>/take/", ticket_deeds.ticket_take, name="ticket_take"),
    path("<str:number>/assign/", ticket_deeds.ticket_assign, name="ticket_assign"),
    path("<str:number>/priority/", ticket_deeds.ticket_priority, name="ticket_priority"),
    path("<str:number>/place/", ticket_deeds.ticket_place, name="ticket_place"),
    path("<str:number>/solve/", ticket_deeds.ticket_solve, name="ticket_solve"),
    path("<str:number>/reopen/", ticket_deeds.ticket_reopen, name="ticket_reopen"),
    path("<str:number>/merge/", ticket_deeds.ticket_merge, name="ticket_merge"),
    path("<str:number>/unmerge/", ticket_deeds.ticket_unmerge, name="ticket_unmerge"),
]
