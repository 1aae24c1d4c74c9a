"""What a database is made of, as lines of text that two databases can be compared by."""

import re
from typing import Any

Lines = set[str]

# Tables of libraries are theirs to answer for.
_OURS = r"^(ordermgmt|customers|inventory|orders|fulfilment)_"

_POSTGRESQL = {
    "column": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               coalesce(pg_get_expr(d.adbin, d.adrelid), ''), coalesce(col.collname, '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation col ON col.oid = a.attcollation
        WHERE c.relkind IN ('r', 'p', 'v', 'm')""",
    "constraint": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid),
               convalidated
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal""",
    "statistics": "SELECT stxrelid::regclass::text, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext",
    "sequence": "SELECT sequencename, start_value, increment_by, cycle FROM pg_sequences WHERE sequencename LIKE 'number%'",
    "function": """
        SELECT proname, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')""",
    "extension": "SELECT extname FROM pg_extension",
}
_FREE = ("sequence", "function", "extension")


def of_postgresql(cursor: Any) -> Lines:
    found = set()
    for kind, question in _POSTGRESQL.items():
        cursor.execute(question)
        for row in cursor.fetchall():
            if kind in _FREE or re.match(_OURS, row[0]):
                found.add(" ".join([kind, *(_in_one_line(str(value)) for value in row)]))
    return found


def of_sqlite(cursor: Any) -> Lines:
    cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    found = set()
    for kind, name, table, sql in cursor.fetchall():
        if not re.match(_OURS, table):
            continue
        if kind == "table":
            found |= {f"table {name} {part}" for part in _parts(sql)}
        else:
            found.add(" ".join([kind, _in_one_line(sql)]))
    return found


def _in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _parts(sql: str) -> Lines:
    """Columns and constraints of CREATE TABLE, in no order."""
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    parts, depth, quoted, at = [], 0, False, 0
    for nth, letter in enumerate(inside):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth == 0:
                parts.append(inside[at:nth])
                at = nth + 1
    return {_in_one_line(part) for part in [*parts, inside[at:]]}
