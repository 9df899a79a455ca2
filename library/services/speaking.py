"""In which language titles are named and sorted, when the home chooses another."""

from django.conf import settings

from library.models import MetadataSource, Title
from library.services.filing import make_sort_name


def note_languages() -> None:
    """When the home speaks another language now, let titles be named and sorted by it."""
    wanted = settings.METADATA_LANGUAGE[:200]
    stale = MetadataSource.objects.exclude(languages=wanted)
    names = list(stale.exclude(languages="").values_list("name", flat=True))
    if names:
        Title.objects.filter(facts_from__in=names).update(facts_at=None)
        sort_anew()
    stale.update(languages=wanted)


def sort_anew() -> int:
    """Sort all titles by the articles of the home's language; returns how many moved."""
    changed = []
    for row in Title.objects.only("pk", "name", "sort_name").iterator():
        name = make_sort_name(row.name)[:500]
        if row.sort_name != name:
            row.sort_name = name
            changed.append(row)
    Title.objects.bulk_update(changed, ["sort_name"], batch_size=200)
    return len(changed)
