"""Files of the warehouse and of customers: preview, errors by row, applied once, and every odd file there is."""

import io
import zipfile
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from inventory.actions.holding import promise
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import (
    Bin,
    Closure,
    ServedZone,
    Sku,
    SkuCode,
    SkuPrice,
    StockLevel,
    StockMovement,
    Warehouse,
)
from ordermgmt.factories import UserFactory
from ordermgmt.importing.kinds import KINDS
from ordermgmt.importing.reading import Unreadable
from ordermgmt.importing.runs import ImportRefused, apply_run, take_file
from ordermgmt.importing.working import work
from ordermgmt.jobs import run_now
from ordermgmt.leases import claim
from ordermgmt.models import Activity, ImportRun, ImportState
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def upload(kind: str, content: str | bytes, name: str = "file.csv") -> ImportRun:
    data = content.encode() if isinstance(content, str) else content
    return take_file(kind=kind, file=SimpleUploadedFile(name, data), by=UserFactory(role=Role.ADMIN), now=NOW)


def checked(kind: str, content: str | bytes, name: str = "file.csv") -> ImportRun:
    run = upload(kind, content, name)
    run_now("imports", as_of=NOW)
    run.refresh_from_db()
    return run


def applied(kind: str, content: str | bytes, name: str = "file.csv") -> ImportRun:
    run = checked(kind, content, name)
    assert run.state == ImportState.CHECKED, run.error
    apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)
    run_now("imports", as_of=NOW)
    run.refresh_from_db()
    assert run.state == ImportState.DONE, run.error
    return run


def errors(run: ImportRun) -> list[str]:
    return [f"row {error['row']}, column {error['column']}: {error['words']}" for error in run.errors]


ITEMS = """SKU,Name,GTIN,Weight g,Price EUR,Bundle
OAT-1L,Oat drink 1 l,4006381333931,1030,2.40,no
TEA-1,Tea,,100,"4,50",no
BOX,Box,,,12.00,yes
"""


# Items -------------------------------------------------------------------------------------------
def test_the_preview_changes_nothing() -> None:
    run = checked("items", ITEMS)
    assert (run.state, run.to_create, run.to_change, run.error_count) == (ImportState.CHECKED, 3, 0, 0)
    assert not Sku.objects.exists()


def test_items_are_written_with_product_and_price() -> None:
    run = applied("items", ITEMS)
    assert (run.created, run.changed, run.skipped) == (3, 0, 0)
    sku = Sku.objects.get(code="OAT-1L")
    assert (sku.barcode, sku.weight_g, sku.product.code, sku.created_at) == ("4006381333931", 1030, "OAT-1L", NOW)
    assert {str(price.amount) for price in SkuPrice.objects.all()} == {"2.4000", "4.5000", "12.0000"}


def test_the_same_file_again_changes_nothing() -> None:
    applied("items", ITEMS)
    run = checked("items", ITEMS)
    assert (run.to_create, run.to_change, run.unchanged) == (0, 0, 3)
    with pytest.raises(ImportRefused, match="would change"):
        apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)


def test_a_change_is_shown_and_leaves_a_line_of_history() -> None:
    applied("items", ITEMS)
    change = "SKU,Name,Price EUR\nTEA-1,Green tea,4.80\n"
    run = applied("items", change)
    assert run.changed == 1
    assert run.sample[0]["changes"] == [["Name", "Tea", "Green tea"], ["Price EUR", "4.5", "4.8"]]
    assert Sku.objects.get(code="TEA-1").weight_g == 100
    line = Activity.objects.get(subject="TEA-1")
    assert "Name: Tea → Green tea" in line.text


def test_errors_name_row_and_column() -> None:
    SkuFactory(code="OLD", barcode="4006381333931")
    file = """SKU;Name;GTIN;Weight g;Price EUR;Bundle
A-1;Apple;4006381333932;10;1;no
A-2;;;10;1;no
A-3;Pear;;ten;1;no
A-4;Plum;;10;-1;no
A-5;Fig;;10;1;maybe
A-6;Kiwi;4006381333931;10;1;no
A-7;Lime;;10;1;no
A-7;Lime again;;10;1;no
a b;Bad code;;10;1;no
A-8;Melon;;10;1.999;no
"""
    run = checked("items", file)
    assert errors(run) == [
        "row 2, column GTIN: check digit should be 1, not 2",
        "row 3, column Name: is empty",
        "row 4, column Weight g: write a whole number, like 12",
        "row 5, column Price EUR: a price lies between 0 and 10 million",
        "row 6, column Bundle: write yes or no",
        "row 9, column SKU: stands in the file twice",
        "row 10, column SKU: use capital letters, digits and - . _ +, like OAT-1L",
        "row 11, column Price EUR: EUR amounts go down to 0.01",
        "row 7, column GTIN: 4006381333931 belongs to OLD",
    ]
    assert (run.to_create, run.error_count) == (1, 9)


def test_right_rows_are_written_and_wrong_ones_left_out() -> None:
    run = applied("items", "SKU,Name\nA-1,Apple\n!,Wrong\n")
    assert (run.created, run.skipped) == (1, 1)
    assert Sku.objects.get().code == "A-1"


def test_bundles_keep_away_from_items_with_stock() -> None:
    sku = SkuFactory(code="OAT-1L")
    stock(sku, WarehouseFactory(), 5)
    run = checked("items", f"SKU,Name,Bundle\nOAT-1L,{sku.name},yes\n")
    assert errors(run) == ["row 2, column Bundle: OAT-1L has stock of its own and cannot become a bundle"]


# The other kinds ---------------------------------------------------------------------------------
def test_codes_and_bundle_parts() -> None:
    applied("items", ITEMS)
    run = checked("codes", "Code,SKU,Units\nCASE-12,OAT-1L,12\nOAT-1L,TEA-1,1\n4006381333932,TEA-1,1\nX-1,NONE,1\n")
    assert errors(run) == [
        "row 4, column Code: check digit should be 1, not 2",
        "row 3, column Code: OAT-1L belongs to OAT-1L",
        "row 5, column SKU: we do not know NONE. Import it with the items first",
    ]
    applied("codes", "Code,SKU,Units\nCASE-12,OAT-1L,12\n")
    assert SkuCode.objects.get().quantity == 12
    run = checked("bundles", "Bundle,Part,Units\nBOX,OAT-1L,2\nTEA-1,OAT-1L,1\nBOX,BOX,1\n")
    assert errors(run) == [
        "row 3, column Bundle: TEA-1 is not marked as a bundle",
        "row 4, column Part: BOX is a bundle itself. List its parts instead",
    ]
    applied("bundles", "Bundle,Part,Units\nBOX,OAT-1L,2\n")
    assert Sku.objects.get(code="BOX").components.get().quantity == 2


def test_warehouses_places_zones_and_closed_days() -> None:
    applied("warehouses", "Code,Name,Country,Cut-off,Working days\nmal,Malmö,SE,13:30,12345\n")
    assert Warehouse.objects.get().cut_off.hour == 13
    applied("bins", "Warehouse,Code,Kind,Pick sequence\nMAL,A-01,pick,10\nMAL,QUAR,quarantine,\n")
    applied("zones", "Warehouse,Country,Transit days\nMAL,SE,1\nMAL,NO,2\n")
    applied("closures", "Warehouse,Day,Reason\nMAL,2026-12-24,Christmas\n")
    assert (Bin.objects.count(), ServedZone.objects.count(), Closure.objects.count()) == (2, 2, 1)
    run = checked("bins", "Warehouse,Code,Kind\nNONE,A-01,pick\nMAL,A-02,shelf\n")
    assert [error["column"] for error in run.errors] == ["Kind", "Warehouse"]
    assert checked("zones", "Warehouse,Country,Transit days\nMAL,SE,1\n").unchanged == 1


def test_stock_is_booked_as_adjustments() -> None:
    sku, warehouse = SkuFactory(code="OAT-1L"), WarehouseFactory(code="MAL")
    stock(sku, warehouse, 10)
    file = "Warehouse,Place,SKU,Units,Expected,Reason\nMAL,A-01,OAT-1L,84,10,Opening balance\nMAL,A-02,OAT-1L,5,,\n"
    run = applied("stock", file)
    assert StockLevel.objects.get().on_hand == 89
    rows = StockMovement.objects.filter(document=f"IMP-{run.pk}").order_by("pk")
    assert [(row.quantity, row.reason) for row in rows] == [(74, "Opening balance"), (5, "Import file.csv")]
    run = checked("stock", file)
    assert errors(run) == ["row 2, column Expected: 84 lie there now, not 10"]


def test_promised_stock_cannot_be_imported_away() -> None:
    sku, warehouse = SkuFactory(code="OAT-1L"), WarehouseFactory(code="MAL")
    stock(sku, warehouse, 10)
    promise({StockLevel.objects.get().pk: 8})
    run = checked("stock", "Warehouse,Place,SKU,Units\nMAL,A-01,OAT-1L,1\nMAL,NONE,OAT-1L,1\n")
    assert errors(run) == [
        "row 2, column Units: 2 fewer are possible; the rest is promised to customers",
        "row 3, column Place: we do not know the place NONE in MAL",
    ]


# Going on, twice, together ------------------------------------------------------------------------
def many(rows: int) -> str:
    return "SKU,Name\n" + "".join(f"SKU-{number},Item {number}\n" for number in range(rows))


def test_a_long_file_is_worked_in_several_goes() -> None:
    run = upload("items", many(2500))
    goes = count()
    while ImportRun.objects.get(pk=run.pk).state != ImportState.CHECKED:
        taken = claim(ImportRun.objects.all(), run.pk, now=NOW)
        assert taken is not None
        work(taken, now=NOW, enough=lambda: True)
        assert next(goes) < 5
    run.refresh_from_db()
    assert (run.to_create, run.done) == (2500, 2500)


def test_killed_between_chunks_it_goes_on_without_doing_anything_twice() -> None:
    run = checked("items", many(2500))
    apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)
    taken = claim(ImportRun.objects.all(), run.pk, now=NOW)
    assert taken is not None
    work(taken, now=NOW, enough=lambda: True)
    assert Sku.objects.count() == 1000
    run_now("imports", as_of=NOW)
    run.refresh_from_db()
    assert (run.state, run.created, Sku.objects.count()) == (ImportState.DONE, 2500, 2500)
    apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)
    assert ImportRun.objects.get(pk=run.pk).state == ImportState.DONE


# Odd files ---------------------------------------------------------------------------------------
def workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_files_of_every_program_are_read(encoding: str, delimiter: str) -> None:
    file = (
        f"SKU{delimiter}Name\r\nA-1{delimiter}Äpple, grön\r\n"
        if delimiter != ","
        else 'SKU,Name\r\nA-1,"Äpple, grön"\r\n'
    )
    run = checked("items", file.encode(encoding))
    assert run.sample[0]["changes"][0] == ["Name", "–", "Äpple, grön"]


def test_excel_files_are_read() -> None:
    run = applied(
        "items", workbook([["SKU", "Name", "Weight g", "GTIN"], ["A-1", "Apple", 12.0, 4006381333931]]), "a.xlsx"
    )
    sku = Sku.objects.get()
    assert (sku.weight_g, sku.barcode, run.notes[0]) == (12, "4006381333931", "Excel, first sheet")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "first row is empty"),
        (b"Name,Price\nA,1\n", "The column SKU is missing"),
        (b"SKU,Name,SKU\nA,1,B\n", "The column SKU is there twice"),
        (b"%PDF-1.7 ...", "This is not a table"),
        (b"\x89PNG\r\n\x1a\n", "This is not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        (bytes(range(256)) * 20, "This is not a table"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (archive("word/document.xml"), "ZIP file without a table"),
        (archive("xl/workbook.xml"), "damaged"),
        (b"\xff\xfeS\x00", "column"),
    ],
)
def test_what_is_no_such_table_is_refused_with_words(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        upload("items", content)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("SKU,Name\n", "no rows below"),
        ('SKU,Name\nA-1,"never closed\nA-2,x\n', "Row 2 cannot be read"),
        (f"SKU,Name\nA-1,{'x' * 30_000}\n", "Row 2 has a cell longer"),
    ],
)
def test_what_breaks_further_down_is_named(content: str, words: str) -> None:
    run = checked("items", content)
    assert run.state == ImportState.FAILED
    assert words in run.error


def test_short_long_and_blank_rows_are_taken() -> None:
    run = checked("items", "SKU,Name,Nonsense\nA-1,Apple\n\n,,,\nA-2,Pear,x,y,z\n")
    assert (run.to_create, run.error_count) == (2, 0)
    assert "Columns left out: Nonsense" in run.notes


# Out and in again --------------------------------------------------------------------------------
def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


def test_every_export_is_an_import_that_changes_nothing() -> None:
    sku = SkuFactory(code="OAT-1L", name="=1+1|cmd")
    stock(sku, WarehouseFactory(code="MAL"), 5)
    client = signed_in(Role.ADMIN)
    for slug in KINDS:
        content = b"".join(client.post(f"/imports/exports/{slug}/", {"format": "csv"}).streaming_content)
        assert b",=1" not in content
        if content.count(b"\n") > 1:
            run = checked(slug, content)
            assert (slug, run.to_create, run.to_change, run.error_count, run.error) == (slug, 0, 0, 0, "")


def test_excel_exports_hold_no_formula() -> None:
    SkuFactory(code="OAT-1L", name="=1+1|cmd")
    response = signed_in(Role.ADMIN).post("/imports/exports/items/", {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet.cell(2, 2).value == "'=1+1|cmd"
    assert sheet.cell(2, 2).data_type == "s"


def test_exports_are_for_those_who_may_and_are_logged() -> None:
    assert signed_in(Role.SUPPORT).post("/imports/exports/items/").status_code == 403
    assert signed_in(Role.LEAD).get("/imports/new/customers/").status_code == 403
    assert signed_in(Role.MANAGER).post("/imports/exports/items/").status_code == 200
    assert Activity.objects.get(verb="export_file").subject == "export items"


def test_the_pages_of_an_import() -> None:
    client = signed_in(Role.ADMIN)
    assert "No file yet" in client.get("/imports/").content.decode()
    assert "SKU" in client.get("/imports/new/items/").content.decode()
    response = client.post("/imports/new/items/", {"file": SimpleUploadedFile("x.csv", b"%PDF-")})
    assert response.status_code == 422
    assert "This is not a table" in response.content.decode()
    assert client.post("/imports/new/items/", {}).status_code == 422
    response = client.post("/imports/new/items/", {"file": SimpleUploadedFile("x.csv", b"SKU,Name\nA-1,Apple\n!,x\n")})
    url = response["Location"]
    assert "Reading the file" in client.get(url).content.decode()
    run_now("imports", as_of=ImportRun.objects.get().due_at)
    page = client.get(url).content.decode()
    assert "Apply 1 row" in page
    assert "1 row with errors is left out" in page
    assert client.get(url, headers={"HX-Target": "import-run"})["HX-Refresh"] == "true"
    assert "SKU" in client.get(f"{url}errors/").content.decode()
    client.post(f"{url}apply/")
    assert "Writing" in client.get(url).content.decode()
    run_now("imports", as_of=ImportRun.objects.get().due_at)
    assert "1 new, 0 changed, 1 left out" in client.get(url).content.decode()
    assert "x.csv" in client.get("/imports/").content.decode()
    assert client.get("/imports/new/nothing/").status_code == 404


def test_an_import_costs_the_same_statements_for_few_and_many_rows() -> None:
    costs = []
    for rows in (3, 900):
        run = checked("items", many(rows).replace("SKU-", f"S{rows}-"))
        apply_run(run=run, by=UserFactory(role=Role.ADMIN), now=NOW)
        with CaptureQueriesContext(connection) as queries:
            run_now("imports", as_of=NOW)
        costs.append(sum(not query["sql"].startswith("INSERT") for query in queries))
    assert Sku.objects.count() == 903
    assert costs[0] == costs[1] <= 40
