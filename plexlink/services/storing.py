"""Many rows written at once: by one prepared statement run often.

Django's own ways (bulk_create, bulk_update) compile an expression for each value of each
row; a first sync writes so many that it took two fifths of its time.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models

_PLAIN = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.ForeignKey,
    models.FloatField,
)
"""Fields whose texts and numbers the database takes as they are."""
_AS_IT_IS = frozenset({str, int, float, type(None)})


def insert_rows(
    rows: Sequence[models.Model], *, ignore_conflicts: bool = False
) -> None:
    """Insert rows of one model that nobody has saved; they get no ids.

    With `ignore_conflicts` those that break a constraint of uniqueness are left out.
    """
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001 - Django's own name
    fields = [each for each in meta.concrete_fields if not each.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(each.column) for each in fields)
    places = ", ".join(["%s"] * len(fields))
    end = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    _run(
        f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({places}){end}",  # noqa: S608 - our own names
        _values_of(rows, fields),
    )


def update_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these fields of many rows of one model."""
    if not rows:
        return
    meta = rows[0]._meta  # noqa: SLF001 - as above
    found = [meta.get_field(name) for name in names]
    fields = [each for each in found if isinstance(each, models.Field)]
    quote = connection.ops.quote_name
    said = ", ".join(f"{quote(each.column)} = %s" for each in fields)
    _run(
        f"UPDATE {quote(meta.db_table)} SET {said} WHERE id = %s",  # noqa: S608 - our own names
        _values_of(rows, [*fields, meta.pk]),
    )


def _run(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, [*rows])


def _values_of(
    rows: Sequence[models.Model], fields: Sequence["models.Field[Any, Any]"]
) -> Iterable[list[Any]]:
    ways = [(each.attname, _preparer(each)) for each in fields]
    for row in rows:
        said = row.__dict__
        yield [prepare(said[name]) for name, prepare in ways]


def _preparer(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return what makes of a value what the database takes."""

    def prepare(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    def prepare_if_odd(value: Any) -> Any:
        return value if type(value) in _AS_IT_IS else prepare(value)

    return prepare_if_odd if isinstance(field, _PLAIN) else prepare
