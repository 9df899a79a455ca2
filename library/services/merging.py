"""Two titles turn out to be one: everything that pointed to either points to one."""

from typing import Any

from django.db import IntegrityError, models, transaction

from library.models import Item, Season, Title


def merge_titles(*, keep: Title, drop: Title) -> None:
    """Let `drop` become part of `keep`, whichever app's rows point to it.

    Where both have a row that there may be only one of, that of `keep` stays. Call
    within a transaction.
    """
    if keep.pk == drop.pk:
        return
    for season in drop.seasons.all():
        _merge_season(keep, season)
    ours = keep.items.filter(season=None).first()
    theirs = drop.items.filter(season=None).first()
    if ours and theirs:
        _repoint(theirs, ours)
        theirs.delete()
    _repoint(drop, keep)
    drop.delete()


def _merge_season(keep: Title, season: Season) -> None:
    ours = keep.seasons.filter(number=season.number).first()
    if ours is None:
        season.items.update(title=keep)
        Season.objects.filter(pk=season.pk).update(title=keep)
        return
    numbers = dict(ours.items.values_list("number", "pk"))
    for item in season.items.all():
        if item.number in numbers:
            _repoint(item, Item.objects.get(pk=numbers[item.number]))
            item.delete()
        else:
            Item.objects.filter(pk=item.pk).update(title=keep, season=ours)
    _repoint(season, ours)
    season.delete()


def _repoint(old: models.Model, new: models.Model) -> None:
    """Let every foreign key on `old` point to `new`; rows that would clash are left."""
    for relation in old._meta.related_objects:  # noqa: SLF001 - Django's own name
        if not isinstance(relation, models.ManyToOneRel):
            continue
        name = relation.field.name
        model: Any = relation.related_model
        rows = model._base_manager  # noqa: SLF001 - as above
        for pk in list(rows.filter(**{name: old}).values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    rows.filter(pk=pk).update(**{name: new})
            except IntegrityError:
                continue


def drop_if_unused(*, title_id: int) -> bool:
    """Delete a title that only a name spoke of, once nothing needs it any more."""
    title = Title.objects.filter(pk=title_id, facts_from="name").first()
    if title is None or title.media_files.exists():
        return False
    items = Item.objects.filter(title=title)
    seasons = Season.objects.filter(title=title)
    if any(
        _is_needed(rows) for rows in (Title.objects.filter(pk=title.pk), items, seasons)
    ):
        return False
    title.delete()
    return True


def _is_needed(rows: "models.QuerySet[Any]") -> bool:
    """Whether a file holds one of the rows, or another app points to one."""
    for relation in rows.model._meta.related_objects:  # noqa: SLF001 - Django's own name
        model: Any = relation.related_model
        is_ours = model._meta.app_label == "library"  # noqa: SLF001 - as above
        if is_ours and model.__name__ not in {"MediaFileItem", "WatchState"}:
            continue
        manager = model._base_manager  # noqa: SLF001 - as above
        if manager.filter(**{f"{relation.field.name}__in": rows}).exists():
            return True
    return False
