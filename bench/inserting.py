"""`INSERT … SELECT` for a model, and words to pick from."""

import json
from decimal import Decimal
from typing import Any


def insert(model: Any, source: str, /, **values: str) -> str:
    """`INSERT … SELECT` with every column: given SQL, else the field's default."""
    columns, selected = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.attname not in values:
            continue
        columns.append(f'"{field.column}"')
        selected.append(values.get(field.attname) or _default(field))
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) SELECT {", ".join(selected)} FROM {source}'


def _default(field: Any) -> str:
    if field.null and not field.has_default():
        return "NULL"
    value = field.get_default() if field.has_default() else "" if field.empty_strings_allowed else 0
    if isinstance(value, list | dict):
        return f"'{json.dumps(value)}'::jsonb"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | Decimal) else f"'{value}'"


FIRST = "Maria Tom Jonas Ines Ana Sven Li Sam Eva Karl Nils Olga Paul Rosa Tove Ulf Vera Wim Yara Zoe".split()
LAST = (
    "Lindqvist Okafor Berg Nilsson Svensson Andersson Karlsson Mueller Schmidt Rossi Bianchi Dubois Martin Jansen Visser "
    "Nowak Kowalski Silva Santos Garcia Lopez Novak Horak Nagy Kovacs Jensen Hansen Virtanen Korhonen Murphy Kelly Byrne"
).split()
CITY = "Malmö Stockholm Berlin Hamburg Paris Lyon Amsterdam Utrecht Milano Roma Helsinki Dublin".split()


def pick(words: list[str], by: str) -> str:
    return f"(ARRAY[{', '.join(repr(word) for word in words)}])[1 + ({by}) % {len(words)}]"


NAME = f"{pick(FIRST, 'c')} || ' ' || {pick(LAST, 'c / 20')} || ' ' || chr((65 + c / 640 % 26)::int) || '.'"
