"""The words everyone speaks: titles, items, files."""

from library.models.artwork import Artwork
from library.models.folder_look import FolderLook
from library.models.media_facts import MediaFacts
from library.models.media_file import MediaFile, MediaFileItem, SideFile
from library.models.metadata_source import MetadataSource
from library.models.people import Collection, Credit, Genre, Person, Studio
from library.models.root import Root
from library.models.scan import LibraryScan
from library.models.source_reply import SourceReply
from library.models.title import EpisodeOrder, ExternalId, Item, Season, Title
from library.models.title_version import TitleVersion
from library.models.watch import WatchState

__all__ = [
    "Artwork",
    "Collection",
    "Credit",
    "EpisodeOrder",
    "ExternalId",
    "FolderLook",
    "Genre",
    "Item",
    "LibraryScan",
    "MediaFacts",
    "MediaFile",
    "MediaFileItem",
    "MetadataSource",
    "Person",
    "Root",
    "Season",
    "SideFile",
    "SourceReply",
    "Studio",
    "Title",
    "TitleVersion",
    "WatchState",
]
