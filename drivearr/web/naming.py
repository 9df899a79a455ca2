"""Names of models and fields as the admin shows them: in good plural, and translated."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db.models import Field, Model
from django.utils import translation
from django.utils.translation import gettext_lazy

OURS = frozenset({"drivearr", "library", "drives", "syncqueue", "plexlink"})
_IRREGULAR = {"person": "people"}
_WITH_IES = ("py", "ry", "ly")


def our_models() -> Iterator[type[Model]]:
    """Yield the models that are ours."""
    return (
        model
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in OURS
    )


def name_models() -> None:
    """Give every model and field of ours a name that is translated when it is shown.

    Done here and not in each field: Django makes the names from those of the code.
    """
    for model in our_models():
        meta = model._meta  # noqa: SLF001 - documented by Django
        meta.verbose_name_plural = gettext_lazy(_plural(model))
        meta.verbose_name = gettext_lazy(_english(meta.verbose_name))
        for field in _fields(model):
            field.verbose_name = gettext_lazy(_english(field.verbose_name))


def words_of(models: Iterable[type[Model]]) -> list[str]:
    """Return the names, for those who translate."""
    words = set()
    for model in models:
        meta = model._meta  # noqa: SLF001
        words |= {_english(meta.verbose_name), _plural(model)}
        words |= {_english(field.verbose_name) for field in _fields(model)}
    return sorted(words)


def _fields(model: type[Model]) -> "Iterable[Field[object, object]]":
    meta = model._meta  # noqa: SLF001
    return (*meta.local_fields, *meta.local_many_to_many)


def _english(name: object) -> str:
    with translation.override(None):
        return str(name)


def _plural(model: type[Model]) -> str:
    """Return the plural; where nobody gave one, Django's with its "s" put right."""
    meta = model._meta  # noqa: SLF001
    name, plural = _english(meta.verbose_name), _english(meta.verbose_name_plural)
    if plural != f"{name}s":
        return plural
    if name in _IRREGULAR:
        return _IRREGULAR[name]
    return f"{name[:-1]}ies" if name.endswith(_WITH_IES) else plural
