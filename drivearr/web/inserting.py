"""Many plain rows written at once: a third of the time of `bulk_create`."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    instead_of: Sequence[str] = (),
    **same: Any,
) -> None:
    """Insert a row for each of `rows`, whose values are those of the fields `names`.

    Values are written as they are: text (for JSON as well), whole numbers and None. Fields neither in `names` nor in `same` get their defaults. `instead_of`: the
    fields of a unique constraint; a row that has their values already is overwritten.
    No signal is sent, nothing is returned.
    """
    fields = {field.name: field for field in model._meta.local_concrete_fields}  # noqa: SLF001 - Django's own name
    rest = [
        field
        for name, field in fields.items()
        if name not in names and not field.primary_key
    ]
    constant = [
        field.get_db_prep_save(same.get(field.name, field.get_default()), connection)
        for field in rest
    ]
    columns = [fields[name].column for name in names] + [f.column for f in rest]
    sql = _make_sql(model, columns, [fields[name].column for name in instead_of])
    values = [(*row, *constant) for row in rows]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(sql, values)


def _make_sql(model: type[models.Model], columns: list[str], unique: list[str]) -> str:
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)  # noqa: SLF001 - Django's own name
    marks = ", ".join(["%s"] * len(columns))
    names = ", ".join(map(quote, columns))
    # Names of our own models, quoted; every value is a parameter.
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - see above
    if not unique:
        return sql
    sets = ", ".join(
        f"{quote(each)} = EXCLUDED.{quote(each)}"
        for each in columns
        if each not in unique
    )
    return f"{sql} ON CONFLICT ({', '.join(map(quote, unique))}) DO UPDATE SET {sets}"
