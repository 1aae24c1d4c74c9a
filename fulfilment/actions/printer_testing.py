"""A label printer is proved by scanning what it printed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from fulfilment.setting_up import PRINTER_TESTED
from ordermgmt import codes
from ordermgmt.history import record
from ordermgmt.models import Activity, User
from ordermgmt.models.history import ActivityCategory

TEST_CODE = codes.printed(codes.ORDER, "SO-000000")


class NotTheTestLabel(ValueError):
    """Something else was scanned, or the print could not be read."""


@transaction.atomic(durable=True)
def prove_printer(scanned: str, *, by: User, now: datetime) -> Activity:
    """The code on the test label came back through the scanner. Raises NotTheTestLabel."""
    if scanned.strip().upper() != TEST_CODE:
        raise NotTheTestLabel(scanned)
    sentence = gettext_noop("The test label was printed and scanned")
    return record(
        PRINTER_TESTED, sentence, subject="label printer", by=by, now=now, category=ActivityCategory.WAREHOUSE
    )
