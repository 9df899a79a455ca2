"""The shape of the codebase, as far as the import contracts cannot show it."""

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

FLOORS = ["jobs", "library", "drives", "plexlink", "syncqueue"]
OURS = [apps.get_app_config(label) for label in FLOORS]


def floor(label: str) -> int:
    return FLOORS.index(label) if label in FLOORS else -1


class TestForeignKeys:
    def test_point_to_their_own_app_or_a_lower_one(self) -> None:
        upward = [
            f"{model.__name__}.{field.name}"
            for app in OURS
            for model in app.get_models()
            for field in model._meta.get_fields()
            if isinstance(field, ForeignKey | ManyToManyField)
            if floor(field.remote_field.model._meta.app_label) > floor(app.label)
        ]

        assert upward == []
