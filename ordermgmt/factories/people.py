"""People of staff and what is theirs."""

import hashlib
from datetime import date, timedelta
from typing import Any

import factory

from ordermgmt.factories.moments import NOW
from ordermgmt.models import ApiClient, Duty, IdempotencyKey, RoleGrant, SavedView, User
from ordermgmt.roles import Role


class UserFactory(factory.django.DjangoModelFactory[User]):
    """`UserFactory(role=Role.SUPPORT)` or `roles=[…]`; the password is "secret" unless given."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    joined_at = NOW

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(kwargs.pop("email"), kwargs.pop("password", "secret"), **kwargs)

    @factory.post_generation
    def role(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            RoleGrant.objects.create(user=self, role=extracted, granted_at=NOW)

    @factory.post_generation
    def roles(self: Any, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for role in extracted or []:
            RoleGrant.objects.create(user=self, role=role, granted_at=NOW)


class RoleGrantFactory(factory.django.DjangoModelFactory[RoleGrant]):
    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = Role.SUPPORT
    granted_at = NOW


class ApiClientFactory(factory.django.DjangoModelFactory[ApiClient]):
    """`ApiClientFactory(key="…", scopes=["orders:write"])`: the key itself is never stored."""

    class Meta:
        model = ApiClient

    class Params:
        key = "key-for-tests"

    name = factory.Sequence(lambda n: f"Client {n}")
    key_hash = factory.LazyAttribute(lambda o: hashlib.sha256(o.key.encode()).hexdigest())
    scopes = factory.List(["orders:read", "orders:write", "inventory:read", "fulfilment:read"])
    created_at = NOW


class IdempotencyKeyFactory(factory.django.DjangoModelFactory[IdempotencyKey]):
    class Meta:
        model = IdempotencyKey

    principal = "Client"
    route = "POST /api/v1/orders/"
    key = factory.Sequence(lambda n: f"key-{n}")
    request_hash = "0" * 64
    status = 201
    body = factory.Dict({})
    created_at = NOW


class SavedViewFactory(factory.django.DjangoModelFactory[SavedView]):
    class Meta:
        model = SavedView

    page = "orders"
    slug = factory.Sequence(lambda n: f"view-{n}")
    name = "Mine"


class DutyFactory(factory.django.DjangoModelFactory[Duty]):
    class Meta:
        model = Duty

    on = factory.Sequence(lambda n: date(2026, 1, 1) + timedelta(days=n))
    role = Role.SUPPORT
    person = factory.SubFactory(UserFactory, role=Role.SUPPORT)
