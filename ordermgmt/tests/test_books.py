"""Every invariant of the frame is broken on purpose once and must name itself."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_q.models import Schedule

from ordermgmt.factories import (
    NOW,
    ActivityFactory,
    IdempotencyKeyFactory,
    JobRunFactory,
    OutgoingMessageFactory,
    StoredDocumentFactory,
)
from ordermgmt.guards import unguard_sql
from ordermgmt.models import BooksProof, IdempotencyKey, JobState, MessageState, OutgoingMessage
from ordermgmt.proofs import REGISTRY, CodeTaken, Invariant, invariant, prove
from ordermgmt.schedules import sync_schedules
from ordermgmt.tests.planting import found, lift_guards, plant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _schedules():
    sync_schedules()


def check_books(capsys):
    try:
        call_command("check_books", "--json")
        code = 0
    except SystemExit as error:
        code = error.code
    return code, json.loads(capsys.readouterr().out)


def test_everything_holds_in_a_portal_with_records(capsys):
    ActivityFactory()
    OutgoingMessageFactory()
    IdempotencyKeyFactory()
    JobRunFactory()
    code, said = check_books(capsys)
    assert [proof for proof in said["invariants"] if not proof["holds"]] == []
    assert code == 0
    assert said["checked_at"]
    assert set(said["invariants"][0]) == {"code", "title", "holds", "count", "rows"}
    assert BooksProof.objects.count() == len(REGISTRY)


def test_the_command_fails_when_one_is_broken(capsys):
    OutgoingMessageFactory(due_at=None)
    code, said = check_books(capsys)
    assert code == 1
    (broken,) = [proof for proof in said["invariants"] if not proof["holds"]]
    assert (broken["code"], broken["count"]) == ("I36", 1)
    assert broken["rows"][0]["model"] == "ordermgmt.OutgoingMessage"


def test_i35_two_rows_for_one_message():
    row = OutgoingMessageFactory()
    lift_guards(OutgoingMessage)
    assert found("I35").holds
    plant(row)
    assert found("I35").rows == [{"kind": row.kind, "about": row.about, "rows": 2}]


@pytest.mark.parametrize(
    "fault",
    [
        {"due_at": None},
        {"state": MessageState.DEAD, "due_at": None},
        {"state": MessageState.SENT, "sent_at": NOW},
        {"dead_at": NOW},
    ],
)
def test_i36_a_message_that_is_stuck(fault):
    OutgoingMessageFactory()
    assert found("I36").holds
    row = OutgoingMessageFactory(**fault)
    assert [line["id"] for line in found("I36").rows] == [row.pk]


@pytest.mark.parametrize(
    "fault", [{"message_id": "<a@b>", "sent_at": NOW}, {"message_id": "", "sent_at": NOW}, {"message_id": "<c@d>"}]
)
def test_i39_a_sent_message_without_its_own_id(fault):
    OutgoingMessageFactory(state=MessageState.SENT, sent_at=NOW, message_id="<a@b>", due_at=None)
    assert found("I39").holds
    row = OutgoingMessageFactory(**({"state": MessageState.SENT, "due_at": None} | fault))
    assert row.pk in [line["id"] for line in found("I39").rows]


def test_i39_a_moment_of_sending_without_being_sent():
    OutgoingMessageFactory(sent_at=NOW)
    assert not found("I39").holds


def test_i40_a_key_without_an_answer():
    IdempotencyKeyFactory(status=None)
    assert found("I40").count == 1


def test_i40_a_key_twice():
    row = IdempotencyKeyFactory()
    lift_guards(IdempotencyKey)
    plant(row)
    assert found("I40").rows[0]["key"] == row.key


@pytest.mark.parametrize("table", ["ordermgmt_activity", "inventory_stockmovement"])
def test_i43_history_that_can_be_rewritten(table):
    assert found("I43").holds
    with connection.cursor() as cursor:
        for statement in unguard_sql(table, connection.vendor):
            cursor.execute(statement)
    assert {row["table"] for row in found("I43").rows} == {table}


def test_i45_a_lease_nobody_took_back():
    assert found("I45", NOW).holds
    OutgoingMessageFactory(lease_until=NOW - timedelta(hours=1))
    assert found("I45", NOW).count == 1


def test_i45_too_many_attempts():
    StoredDocumentFactory(attempts=StoredDocumentFactory._meta.model.MAX_ATTEMPTS + 1)
    assert found("I45", NOW).rows[0]["model"] == "ordermgmt.StoredDocument"


def test_i45_a_run_that_never_ended():
    JobRunFactory(state=JobState.RUNNING, finished_at=None, beat_at=NOW - timedelta(hours=1))
    JobRunFactory(finished_at=None)
    assert found("I45", NOW).count == 2


def test_i46_foreign_missing_and_changed_schedules():
    assert found("I46").holds
    Schedule.objects.create(name="os", func="os.system", args="'true'", schedule_type=Schedule.MINUTES)
    assert found("I46").rows[0]["func"] == "os.system"
    Schedule.objects.filter(name="send_messages").update(schedule_type=Schedule.DAILY)
    assert found("I46").count == 2
    Schedule.objects.filter(name="send_messages").delete()
    assert "missing" in found("I46").rows[-1]["finding"]
    sync_schedules()
    assert found("I46").holds
    assert not Schedule.objects.filter(name="os").exists()


def test_i47_a_constraint_that_is_not_valid():
    assert found("I47").holds
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE ordermgmt_user ADD CONSTRAINT odd CHECK (id > 0) NOT VALID")
        else:
            cursor.execute("CREATE TABLE odd (id integer, user_id integer REFERENCES ordermgmt_user (id))")
            cursor.execute("PRAGMA defer_foreign_keys = ON")
            cursor.execute("INSERT INTO odd VALUES (1, 987654)")
    assert found("I47").count == 1
    if connection.vendor == "sqlite":
        connection.cursor().execute("DROP TABLE odd")


def test_a_question_that_fails_is_a_finding():
    def broken(now):
        raise ZeroDivisionError

    assert not prove(Invariant("X", "x", broken), now=NOW).holds


def test_many_rows_are_counted_and_a_few_shown():
    proof = prove(Invariant("X", "x", lambda now: ({"n": n} for n in range(500))), now=NOW)
    assert (proof.count, len(proof.rows)) == (500, 50)
    for _ in range(60):
        ActivityFactory()
    proof = prove(Invariant("X", "x", lambda now: ActivityFactory._meta.model.objects.all()), now=NOW)
    assert (proof.count, len(proof.rows)) == (60, 50)


def test_a_code_is_taken_once():
    with pytest.raises(CodeTaken):
        invariant("I36", "again")(lambda now: [])


def test_unknown_job_is_named():
    with pytest.raises(CommandError, match="no job 'nothing'"):
        call_command("run_jobs", "nothing")
