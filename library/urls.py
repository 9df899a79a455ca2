"""Addresses of the library's pages."""

from django.urls import path

from library.joining import join_pages
from library.views import mending, missing, pictures, roots, sources, titles, unmatched

join_pages()

urlpatterns = [
    path("titles/", titles.title_list, name="title_list"),
    path("titles/weight/", titles.titles_weight, name="titles_weight"),
    path("titles/<int:title_id>/", titles.title_detail, name="title_detail"),
    path("titles/<int:title_id>/mend/", mending.mend_title, name="mend_title"),
    path("titles/<int:title_id>/edit/", mending.edit_title, name="edit_title"),
    path(
        "titles/<int:title_id>/versions/<int:version_id>/",
        mending.take_back_version,
        name="take_back_version",
    ),
    path("people/<int:person_id>/", titles.person_detail, name="person_detail"),
    path(
        "collections/<int:collection_id>/",
        titles.collection_detail,
        name="collection_detail",
    ),
    path("where/", titles.where_list, name="where_list"),
    path("artwork/<int:artwork_id>/<int:width>/", pictures.artwork, name="artwork"),
    path("unmatched/", unmatched.unmatched_list, name="unmatched_list"),
    path("unmatched/match/", unmatched.match_files, name="match_files"),
    path("unmatched/decide/", unmatched.decide_files, name="decide_files"),
    path("unmatched/identify/", unmatched.identify, name="identify"),
    path(
        "unmatched/<int:file_id>/accept/",
        unmatched.accept_candidate,
        name="accept_candidate",
    ),
    path("missing/", missing.missing_list, name="missing_list"),
    path("missing/back/", missing.bring_back, name="bring_back"),
    path("missing/forget/", missing.forget_missing, name="forget_missing"),
    path("system/sources/", sources.source_list, name="source_list"),
    path("system/sources/<slug:name>/", sources.change_source, name="change_source"),
    path(
        "system/sources/<slug:name>/key/",
        sources.edit_source_key,
        name="edit_source_key",
    ),
    path("folders/", roots.root_list, name="root_list"),
    path("folders/add/", roots.add_root, name="add_root"),
    path("folders/<int:root_id>/scan/", roots.scan_root, name="scan_root"),
    path("folders/<int:root_id>/poll/", roots.poll_root, name="poll_root"),
    path("folders/<int:root_id>/move/", roots.move_root, name="move_root"),
    path("folders/<int:root_id>/remove/", roots.remove_root, name="remove_root"),
]
