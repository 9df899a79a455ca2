"""Whether Plex's facts win is said once, by its place among the sources."""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SOURCES = ("tmdb", "tvdb", "nfo")


def put_plex_first(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Where a server's facts won, Plex comes before the services; else last."""
    servers = apps.get_model("plexlink", "PlexServer").objects.using(
        editor.connection.alias
    )
    if not servers.filter(facts_win=True).exists():
        return
    rows = apps.get_model("library", "MetadataSource").objects.using(
        editor.connection.alias
    )
    for place, name in enumerate(SOURCES):
        rows.get_or_create(name=name, defaults={"position": place})
    rows.update(position=models.F("position") + 1)
    rows.update_or_create(name="plex", defaults={"position": 0})


def let_servers_win(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Go back: Plex's facts win where it stands before TMDb."""
    rows = apps.get_model("library", "MetadataSource").objects.using(
        editor.connection.alias
    )
    places = dict(rows.values_list("name", "position"))
    if places.get("plex", 9) < places.get("tmdb", 0):
        servers = apps.get_model("plexlink", "PlexServer").objects
        servers.using(editor.connection.alias).update(facts_win=True)
    rows.filter(name="plex").delete()


class Migration(migrations.Migration):
    """See the module."""

    dependencies: ClassVar = [
        ("library", "0007_title_fact_sources_and_plex_as_one"),
        ("plexlink", "0004_plex_account_keeps_its_own_key"),
    ]

    operations: ClassVar = [
        migrations.RunPython(put_plex_first, let_servers_win, elidable=True),
        migrations.RemoveField(model_name="plexserver", name="facts_win"),
    ]
