"""Who works here and what they may do. Nobody changes their own rights."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import RoleGrant, User
from ordermgmt.roles import Role


class OwnRights(Exception):
    """People do not change their own roles; another admin does."""


class LastAdmin(Exception):
    """Somebody must remain who can give roles."""


class EmailTaken(Exception):
    """A person with this e-mail address exists already."""


@transaction.atomic(durable=True)
def add_person(*, email: str, name: str, roles: Collection[str], by: User, now: datetime) -> User:
    """A new person without a password; they set one by "Forgot your password?". Raises EmailTaken."""
    if User.objects.filter(email__iexact=email).exists():
        raise EmailTaken
    person = User.objects.create_user(email, None, name=name, joined_at=now)
    RoleGrant.objects.bulk_create(RoleGrant(user=person, role=role, granted_at=now) for role in sorted(set(roles)))
    words = ", ".join(sorted(roles))
    record("add_person", gettext_noop("Added {name} as {roles}"), subject=_subject(person), by=by, now=now, name=name, roles=words)  # fmt: skip
    return person


@transaction.atomic(durable=True)
def set_roles(person_id: int, roles: Collection[str], *, by: User, now: datetime) -> User:
    """Give and take roles until the person has exactly these. Raises OwnRights, LastAdmin."""
    person = _locked(person_id, by)
    held = set(RoleGrant.objects.filter(user=person).values_list("role", flat=True))
    given, taken = set(roles) - held, held - set(roles)
    if Role.ADMIN in taken:
        _keep_an_admin(person)
    RoleGrant.objects.filter(user=person, role__in=taken).delete()
    RoleGrant.objects.bulk_create(RoleGrant(user=person, role=role, granted_at=now) for role in sorted(given))
    for verb, sentence, changed in (
        ("grant_role", gettext_noop("Gave {name} the role {role}"), given),
        ("revoke_role", gettext_noop("Took the role {role} from {name}"), taken),
    ):
        for role in sorted(changed):
            record(verb, sentence, subject=_subject(person), by=by, now=now, name=person.name, role=str(role))
    return person


@transaction.atomic(durable=True)
def set_active(person_id: int, is_active: bool, *, by: User, now: datetime) -> User:
    """Let a person in or keep them out; their sessions end at once. Raises OwnRights, LastAdmin."""
    person = _locked(person_id, by)
    if person.is_active == is_active:
        return person
    if not is_active and RoleGrant.objects.filter(user=person, role=Role.ADMIN).exists():
        _keep_an_admin(person)
    person.is_active = is_active
    person.save(update_fields=["is_active"])
    sentence = gettext_noop("Let {name} in again") if is_active else gettext_noop("Keeps {name} out")
    record("set_active", sentence, subject=_subject(person), by=by, now=now, name=person.name)
    return person


def _locked(person_id: int, by: User) -> User:
    # Locking every admin's row first closes the race of two admins who each take the other's role.
    list(User.objects.select_for_update().filter(grants__role=Role.ADMIN).order_by("pk").values_list("pk"))
    person = User.objects.select_for_update().get(pk=person_id)
    if person.pk == by.pk:
        raise OwnRights
    return person


def _keep_an_admin(person: User) -> None:
    others = RoleGrant.objects.filter(role=Role.ADMIN, user__is_active=True).exclude(user=person)
    if not others.exists():
        raise LastAdmin


def _subject(person: User) -> str:
    return f"person {person.pk}"
