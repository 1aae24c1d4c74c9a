"""Barcodes as SVG whose bars are a whole number of printer dots wide.

Sizes in millimetres, quiet zones included. A code is never scaled to fit: the widest bar that fits is chosen,
and what does not fit at two dots is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import segno
from barcode.codex import Code128, Gs1_128
from barcode.ean import EuropeanArticleNumber13
from barcode.writer import SVGWriter

MM_PER_INCH = 25.4
QUIET = 10
# Label printers have 8 dots a millimetre (203 dpi); office printers draw these widths finely enough.
LABEL_DPI = 203
FEWEST_DOTS, MOST_DOTS = 2, 4


class CodeTooLong(ValueError):
    """The code does not fit in the room it is given, even with the thinnest bars that scan."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An SVG and its size on paper."""

    svg: str
    width_mm: float
    height_mm: float
    module_mm: float


def dots(count: int, dpi: int = LABEL_DPI) -> float:
    """The width of whole dots: 203 dpi printers really have 8 dots a millimetre."""
    return count / 8 if dpi == LABEL_DPI else count * MM_PER_INCH / dpi


def code128(text: str, *, room_mm: float, height_mm: float = 12, most_dots: int = 3) -> Picture:
    """Code 128 for our own codes."""
    return _bars(Code128(text, writer=SVGWriter()).build()[0], room_mm, height_mm, most_dots)


def gs1_128(element_string: str, *, room_mm: float, height_mm: float = 32, most_dots: int = MOST_DOTS) -> Picture:
    """GS1-128 for logistic labels, such as 00 and an SSCC; bars of 0.5 mm where they fit."""
    return _bars(Gs1_128(element_string, writer=SVGWriter()).build()[0], room_mm, height_mm, most_dots)


def ean13(digits: str, *, room_mm: float, height_mm: float = 14) -> Picture:
    """EAN-13 for items; UPC-A is given a leading zero. Raises ValueError when the check digit is wrong."""
    code = EuropeanArticleNumber13(digits.zfill(13), writer=SVGWriter())
    if code.ean != digits.zfill(13):
        raise ValueError(digits)
    return _bars(code.build()[0].replace("G", "1"), room_mm, height_mm, 3)


def qr(text: str, *, least_mm: float = 25) -> Picture:
    """QR at level Q for customers' phones: at least `least_mm` wide, modules of whole dots."""
    matrix = [list(row) for row in segno.make(text, error="q", boost_error=False, micro=False).matrix]
    side = len(matrix) + 8
    module = next(dots(count) for count in range(3, 40) if dots(count) * side >= least_mm)
    rows = [_run_path([bool(cell) for cell in row], y, 1) for y, row in enumerate(matrix)]
    return _picture("".join(rows), side, side, module, offset=4)


def _bars(pattern: str, room_mm: float, height_mm: float, most_dots: int) -> Picture:
    modules = len(pattern) + 2 * QUIET
    module = next(
        (dots(count) for count in range(most_dots, FEWEST_DOTS - 1, -1) if modules * dots(count) <= room_mm), None
    )
    if module is None:
        raise CodeTooLong(f"{modules} modules do not fit in {room_mm} mm")
    height = height_mm / module
    return _picture(_run_path([bit == "1" for bit in pattern], 0, height), modules, height, module, offset=QUIET)


def _run_path(cells: Sequence[bool], y: int, height: float) -> str:
    """One rectangle for each run of dark cells, so that no hairline shows between neighbours."""
    parts, x = [], 0
    for is_dark, run in groupby(cells):
        width = len(list(run))
        if is_dark:
            parts.append(f"M{x} {y}h{width}v{height:g}h-{width}z")
        x += width
    return "".join(parts)


def _picture(path: str, width: float, height: float, module: float, *, offset: int) -> Picture:
    width_mm, height_mm = width * module, height * module
    down = offset if width == height else 0
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:g}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}"><path transform="translate({offset} {down})" d="{path}"/></svg>'
    )
    return Picture(svg=svg, width_mm=width_mm, height_mm=height_mm, module_mm=module)
