"""Cells that only the warehouse knows."""

from inventory.codes import CodeRefused, tidy_gtin, tidy_sku_code
from ordermgmt.importing.kinds import Wrong


def sku_code(cell: str) -> str:
    try:
        return tidy_sku_code(cell)
    except CodeRefused as error:
        raise Wrong(_small(str(error))) from error


def gtin(cell: str) -> str | None:
    try:
        return tidy_gtin(cell) or None
    except CodeRefused as error:
        raise Wrong(_small(str(error))) from error


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]
