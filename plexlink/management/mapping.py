"""Deeds of `drivearr plex map`: where files are here."""

from dataclasses import asdict

from drivearr.web.commands import DONE
from plexlink.management.finding import NoSuchThing, PlexCommand, find_server
from plexlink.models import PathMapping
from plexlink.services import mapping_paths, telling


class Mapping(PlexCommand):
    """List, guess, preview, test and change path rules."""

    def map_paths(self, *, what: str, values: list[str], server: int | None) -> None:
        """Do one of the deeds on path rules."""
        deeds = {
            "add": self._map_add,
            "list": self._map_list,
            "suggest": self._map_suggest,
            "preview": self._map_preview,
            "test": self._map_test,
            "remove": self._map_remove,
        }
        deeds[what](values, server)

    def _map_add(self, values: list[str], server: int | None) -> None:
        plex_path, local_path = _pair(values)
        row = mapping_paths.add_mapping(
            server=find_server(server), plex_path=plex_path, local_path=local_path
        )
        if self.as_json:
            self.emit(telling.mapping_row(row))
        else:
            self.say(f"{row.plex_path} is {row.local_path} here.")

    def _map_list(self, _values: list[str], server: int | None) -> None:
        rules = PathMapping.objects.order_by("server", "plex_path", "pk")
        if server is not None:
            rules = rules.filter(server=find_server(server))
        rows = [telling.mapping_row(rule) for rule in rules]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["Id", "Server", "At Plex", "Here"],
            ((r["id"], r["server"], r["plex_path"], r["local_path"]) for r in rows),
            empty="No rules. Guess some: drivearr plex map suggest",
        )

    def _map_suggest(self, _values: list[str], server: int | None) -> None:
        found = mapping_paths.suggest_mappings(server=find_server(server))
        rows = [
            {
                "plex_path": each.rule.plex_path,
                "local_path": each.rule.local_path,
                "files": each.files,
                "example": list(each.example),
            }
            for each in found
        ]
        if self.as_json:
            self.emit(rows)
            return
        self.table(
            ["At Plex", "Here", "Files"],
            ((r["plex_path"], r["local_path"], r["files"]) for r in rows),
            empty="No rule can be guessed. Scan the library folders first.",
        )

    def _map_preview(self, values: list[str], server: int | None) -> None:
        row = find_server(server)
        rules = None
        if values:
            rules = [
                *mapping_paths.kept_rules(row),
                mapping_paths.check_rule(*_pair(values)),
            ]
        found = mapping_paths.preview(server=row, rules=rules)
        if self.as_json:
            document = asdict(found)
            document["examples"] = [
                {"plex_path": plex, "local_path": local, "exists": is_there}
                for plex, local, is_there in found.examples
            ]
            self.emit(document)
            return
        self.say(
            f"{found.files} files: {found.mapped} mapped, {found.exist} there, "
            f"{found.missing} missing, {found.unmapped} without a rule."
        )
        self.table(
            ["At Plex", "Here", ""],
            ((p, here, "there" if ok else "missing") for p, here, ok in found.examples),
        )

    def _map_test(self, values: list[str], server: int | None) -> int:
        if len(values) != 1:
            raise NoSuchThing("Give one path, as Plex names it.")
        found = mapping_paths.try_path(server=find_server(server), path=values[0])
        if self.as_json:
            self.emit(asdict(found) | {"mapped": bool(found.local_path)})
        elif not found.local_path:
            self.say("No rule reaches this path.")
        else:
            self.say(f"{found.local_path} {'is' if found.exists else 'is not'} there.")
        return DONE

    def _map_remove(self, values: list[str], _server_id: int | None) -> None:
        pk = int(values[0]) if len(values) == 1 and values[0].isdigit() else 0
        mapping = PathMapping.objects.filter(pk=pk).first()
        if mapping is None:
            raise NoSuchThing("There is no such rule.")
        mapping_paths.remove_mapping(mapping=mapping)
        if self.as_json:
            self.emit({"removed": pk})
        else:
            self.say("The rule is gone.")


def _pair(values: list[str]) -> tuple[str, str]:
    if len(values) == 1 and "=" in values[0]:
        first, _, second = values[0].rpartition("=")
        return first, second
    if len(values) != 2:  # noqa: PLR2004 - a pair
        raise NoSuchThing("Give two paths: the folder at Plex, and the same one here.")
    return values[0], values[1]
