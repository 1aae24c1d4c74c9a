"""Saving the warehouses of a person."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory.actions.memberships import set_warehouses
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.models import User


@require_POST
@staff_page("people.edit")
def person_warehouses(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(User, pk=pk)
    set_warehouses(pk, request.POST.getlist("warehouse"), by=request.user, now=timezone.now())
    messages.success(request, _("Warehouses saved."))
    return redirect("person", pk)
