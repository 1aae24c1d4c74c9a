"""Equal requests have one effect; on PostgreSQL also when 200 come at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from ordermgmt.factories import NOW, ActivityFactory
from ordermgmt.idempotency import Answer, KeyReused, inside, once
from ordermgmt.models import Activity, IdempotencyKey


def ask(key="k", request=b"{}", effect=None):
    def write():
        ActivityFactory(subject=key)
        return Answer(201, {"subject": key, "n": Activity.objects.filter(subject=key).count()})

    facts = {"principal": "shop", "route": "POST /x/", "key": key, "request": request}
    return once(**facts, effect=effect or write, now=NOW)


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer():
    first, second = ask(), ask()
    assert (first.status, first.body, first.is_replay) == (201, {"subject": "k", "n": 1}, False)
    assert (second.status, second.body, second.is_replay) == (201, {"subject": "k", "n": 1}, True)
    assert Activity.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_refused():
    ask()
    with pytest.raises(KeyReused):
        ask(request=b"[]")
    assert Activity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failed_effect_leaves_nothing_and_may_be_tried_again():
    def broken():
        ActivityFactory(subject="k")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(effect=broken)
    assert not Activity.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert ask().status == 201


@pytest.mark.django_db
def test_keys_belong_to_their_principal():
    ask()
    facts = {"principal": "other", "route": "POST /x/", "key": "k", "request": b"{}", "now": NOW}
    assert not once(**facts, effect=lambda: Answer(200, None)).is_replay


@pytest.mark.django_db(transaction=True)
def test_a_verb_runs_inside():
    from django.db import transaction

    @transaction.atomic(durable=True)
    def verb(*, word):
        ActivityFactory(subject=word)
        return Answer(200, word)

    assert ask(effect=lambda: inside(verb)(word="w")).body == "w"


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="races need PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_200_posts_on_10_keys_have_10_effects():
    def post(n):
        try:
            return ask(key=f"key-{n % 10}").body
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(200)))
    assert Activity.objects.count() == 10
    assert IdempotencyKey.objects.count() == 10
    assert {(answer["subject"], answer["n"]) for answer in answers} == {(f"key-{n}", 1) for n in range(10)}
