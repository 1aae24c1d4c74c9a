"""Where picked goods wait for the bench: the warehouse's staging place."""

from inventory.models import Bin
from inventory.states import BinKind


class NoStagingPlace(Exception):
    """The warehouse has no place for picked goods; add a staging bin first."""


def stage_bin(warehouse_id: int) -> Bin:
    """The one bin that picked goods stand on until dispatch. Raises NoStagingPlace."""
    found = Bin.objects.filter(warehouse_id=warehouse_id, kind=BinKind.STAGE, is_active=True).order_by("pk").first()
    if found is None:
        raise NoStagingPlace
    return found
