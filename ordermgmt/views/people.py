"""People and roles, the account of the signed-in person, and the audit log."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ordermgmt.abilities import abilities
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import people
from ordermgmt.models import Activity, RoleGrant, User
from ordermgmt.people import PANELS
from ordermgmt.roles import PERMISSIONS_OF, Role

if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm

REFUSALS: dict[type[Exception], Any] = {
    people.OwnRights: gettext_lazy("You cannot change your own rights. Ask another admin."),
    people.LastAdmin: gettext_lazy("Somebody must remain who can give roles. Make another person admin first."),
}


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, required=False
    )


class PersonForm(RolesForm):
    """A new person."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    field_order = ("name", "email", "roles")


class AccountForm(_UserForm):
    class Meta:
        model = User
        fields = ("name", "language", "theme", "has_single_keys")
        widgets: ClassVar = {"language": forms.Select(choices=[("en-gb", "English")])}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("people.view")
def people_list(request: StaffRequest) -> HttpResponse:
    """Everybody with their roles, the matrix of roles in words, and a form for a new person."""
    may_edit = request.user.has_perm("people.edit")
    form = PersonForm(request.POST if request.method == "POST" and may_edit else None)
    if form.is_bound and form.is_valid():
        person = _add(request, form)
        if person:
            return redirect("person", person.pk)
    grants = Prefetch("grants", RoleGrant.objects.order_by("role"))
    context = {
        "page": "people",
        "page_title": _("People and roles"),
        "people": User.objects.prefetch_related(grants).order_by("-is_active", "name", "pk"),
        "roles": Role.choices,
        "matrix": [(words, [name in PERMISSIONS_OF[role] for role in Role.values]) for name, words in abilities()],
        "form": form if may_edit else None,
    }
    return render(request, "people/list.html", context, status=422 if form.errors else 200)


def _add(request: StaffRequest, form: PersonForm) -> User | None:
    try:
        person = people.add_person(**form.cleaned_data, by=request.user, now=timezone.now())
    except people.EmailTaken:
        form.add_error("email", _("A person with this e-mail address exists already."))
        return None
    messages.success(
        request, _("%(name)s was added. They set a password by “Forgot your password?”.") % {"name": person}
    )
    return person


@require_safe
@staff_page("people.view")
def person(request: StaffRequest, pk: int) -> HttpResponse:
    """One person: roles, warehouses, what they did last."""
    row = get_object_or_404(User.objects.prefetch_related("grants"), pk=pk)
    panels = [html for html in (panel(request, row) for panel in PANELS) if html]
    context = {
        "page": "person",
        "page_title": str(row),
        "person": row,
        "panels": panels,
        "form": RolesForm(initial={"roles": sorted(row.roles)}),
        "may_edit": request.user.has_perm("people.edit") and row.pk != request.user.pk,
        "is_self": row.pk == request.user.pk,
        "history": Activity.objects.filter(subject=f"person {row.pk}").order_by("-pk")[:20],
        "deeds": Activity.objects.filter(actor_id=row.pk).order_by("-pk")[:20]
        if request.user.has_perm("audit.view")
        else (),
    }
    return render(request, "people/person.html", context)


@require_POST
@staff_page("people.edit")
def person_roles(request: StaffRequest, pk: int) -> HttpResponse:
    get_object_or_404(User, pk=pk)
    form = RolesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("One of these roles is not known. Nothing was changed."))
        return redirect("person", pk)
    try:
        people.set_roles(pk, form.cleaned_data["roles"], by=request.user, now=timezone.now())
        messages.success(request, _("Roles saved."))
    except tuple(REFUSALS) as error:
        messages.error(request, REFUSALS[type(error)])
    return redirect("person", pk)


@require_POST
@staff_page("people.edit")
def person_active(request: StaffRequest, pk: int) -> HttpResponse:
    """Keep a person out, or let them in again."""
    get_object_or_404(User, pk=pk)
    try:
        row = people.set_active(pk, request.POST.get("active") == "1", by=request.user, now=timezone.now())
        said = _("%(name)s may sign in again.") if row.is_active else _("%(name)s can no longer sign in.")
        messages.success(request, said % {"name": row})
    except tuple(REFUSALS) as error:
        messages.error(request, REFUSALS[type(error)])
    return redirect("person", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page()
def account(request: StaffRequest) -> HttpResponse:
    """What a person sets for themselves; password and second factor are on their own pages."""
    form = AccountForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("account")
    roles = [Role(role).label for role in sorted(request.user.roles)]
    context = {"page": "account", "page_title": _("Account"), "form": form, "roles": roles}
    return render(request, "people/account.html", context, status=422 if form.errors else 200)
