"""Pages of invoices, credit notes and customers' accounts."""

from django.urls import URLPattern, URLResolver, path

from orders.views import credit_notes, customer_account, invoice_deeds, invoices

urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
    path("invoices/<str:number>/credit/", invoice_deeds.invoice_credit, name="invoice_credit"),
    path("invoices/<str:number>/replace/", invoice_deeds.invoice_replace, name="invoice_replace"),
    path("invoices/<str:number>/send/", invoice_deeds.invoice_send, name="invoice_send"),
    path("invoices/<str:number>/write-off/", invoice_deeds.invoice_write_off, name="invoice_write_off"),
    path("invoices/<str:number>/write-off/<int:pk>/undo/", invoice_deeds.write_off_back, name="write_off_back"),
    path("credit-notes/", credit_notes.credit_note_list, name="credit_note_list"),
    path("credit-notes/<str:number>/", credit_notes.credit_note, name="credit_note"),
    path("customers/<str:number>/statement/", customer_account.customer_statement, name="customer_statement"),
    path("customers/<str:number>/receipt/", customer_account.customer_receipt, name="customer_receipt"),
    path("customers/<str:number>/credit/", customer_account.customer_use_credit, name="customer_use_credit"),
]
