"""Adding and changing items."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.actions.products import ItemRefused, change_item, introduce_item, set_price
from inventory.documents.item_label import item_label
from inventory.forms import ItemForm
from inventory.models import Sku
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.documents import UnknownDocument
from ordermgmt.typesetting import typeset


@staff_page("inventory.edit")
def item_new(request: StaffRequest) -> HttpResponse:
    """A new item; bundles get their parts on the next page."""
    form = ItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (sku := _introduce(request, form)):
        messages.success(request, _("%(sku)s added.") % {"sku": sku.code})
        return redirect("item_parts" if sku.is_bundle else "item_detail", code=sku.code)
    return _page(request, form, _("New item"), 422 if request.method == "POST" else 200)


@staff_page("inventory.edit")
def item_edit(request: StaffRequest, code: str) -> HttpResponse:
    """Change an item; its code stays, because it is printed and scanned."""
    sku = get_object_or_404(Sku.objects.select_related("product"), code=code)
    form = ItemForm(request.POST or None, instance=sku)
    if request.method == "POST" and form.is_valid() and _change(request, form, code):
        messages.success(request, _("Saved."))
        return redirect("item_detail", code=code)
    title = _("Change %(sku)s") % {"sku": code}
    return _page(request, form, title, 422 if request.method == "POST" else 200, sku=sku)


def _page(request: HttpRequest, form: ItemForm, title: str, status: int, **more: Any) -> HttpResponse:
    prices = [form[name] for name in form.fields if name.startswith("price_")]
    context = {"page": "item-form", "page_title": title, "form": form, "prices": prices, **more}
    return render(request, "inventory/item_form.html", context, status=status)


def _introduce(request: StaffRequest, form: ItemForm) -> Sku | None:
    try:
        sku = introduce_item(by=request.user, now=timezone.now(), **form.facts())
    except ItemRefused as error:
        _explain(form, error)
        return None
    _set_prices(request, form, sku)
    return sku


def _change(request: StaffRequest, form: ItemForm, code: str) -> bool:
    try:
        change_item(sku=Sku.objects.get(code=code), by=request.user, now=timezone.now(), **form.facts())
    except ItemRefused as error:
        _explain(form, error)
        return False
    _set_prices(request, form, Sku.objects.get(code=code))
    return True


def _set_prices(request: StaffRequest, form: ItemForm, sku: Sku) -> None:
    for currency, amount in form.prices().items():
        set_price(sku=sku, currency=currency, amount=amount, by=request.user, now=timezone.now())


def _explain(form: ItemForm, error: ItemRefused) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


@staff_page("inventory.view")
def item_label_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The item's label as a PDF for the label printer."""
    try:
        content = typeset(item_label(code))
    except UnknownDocument as unknown:
        raise Http404 from unknown
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="label-{code}.pdf"'
    return response
