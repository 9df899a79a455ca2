"""Addresses of the Plex pages."""

from django.urls import path

from plexlink.joining import join_pages
from plexlink.views import deeds, pages, signing, titles

join_pages()

urlpatterns = [
    path("plex/", pages.plex, name="plex"),
    path("plex/sign-in/", signing.begin_plex_sign_in, name="begin_plex_sign_in"),
    path("plex/sign-in/<int:sign_in_id>/", signing.plex_sign_in, name="plex_sign_in"),
    path("plex/token/", signing.paste_plex_token, name="paste_plex_token"),
    path(
        "plex/accounts/<int:account_id>/check/",
        signing.check_plex_account,
        name="check_plex_account",
    ),
    path(
        "plex/accounts/<int:account_id>/shared/",
        signing.take_shared_servers,
        name="take_shared_servers",
    ),
    path(
        "plex/accounts/<int:account_id>/sign-out/",
        signing.plex_sign_out,
        name="plex_sign_out",
    ),
    path("plex/servers/add/", signing.add_plex_server, name="add_plex_server"),
    path("plex/servers/<int:server_id>/", pages.plex_server, name="plex_server"),
    path(
        "plex/servers/<int:server_id>/libraries/",
        pages.plex_libraries,
        name="plex_libraries",
    ),
    path(
        "plex/servers/<int:server_id>/connect/",
        signing.connect_plex_server,
        name="connect_plex_server",
    ),
    path(
        "plex/servers/<int:server_id>/edit/",
        deeds.edit_plex_server,
        name="edit_plex_server",
    ),
    path(
        "plex/servers/<int:server_id>/map/", deeds.map_plex_path, name="map_plex_path"
    ),
    path(
        "plex/servers/<int:server_id>/try/", deeds.try_plex_path, name="try_plex_path"
    ),
    path(
        "plex/servers/<int:server_id>/settle/",
        deeds.settle_plex_errors,
        name="settle_plex_errors",
    ),
    path(
        "plex/mappings/<int:mapping_id>/remove/",
        deeds.unmap_plex_path,
        name="unmap_plex_path",
    ),
    path(
        "plex/libraries/<int:library_id>/choose/",
        deeds.choose_plex_library,
        name="choose_plex_library",
    ),
    path(
        "plex/libraries/<int:library_id>/sync/",
        deeds.sync_plex_library,
        name="sync_plex_library",
    ),
    path(
        "plex/libraries/<int:library_id>/edit/",
        deeds.edit_plex_library,
        name="edit_plex_library",
    ),
    path("plex/libraries/<int:library_id>/gone/", pages.plex_gone, name="plex_gone"),
    path(
        "plex/libraries/<int:library_id>/gone/settle/",
        deeds.settle_plex_gone,
        name="settle_plex_gone",
    ),
    path(
        "plex/libraries/<int:library_id>/take-folder/",
        titles.take_plex_folder,
        name="take_plex_folder",
    ),
    path(
        "plex/servers/<int:server_id>/activity/",
        pages.plex_activity,
        name="plex_activity",
    ),
    path(
        "plex/titles/<int:title_id>/send/",
        titles.send_plex_title,
        name="send_plex_title",
    ),
    path(
        "plex/titles/<int:title_id>/sync/",
        titles.sync_plex_title,
        name="sync_plex_title",
    ),
    path(
        "plex/titles/<int:title_id>/mark/",
        titles.mark_plex_title,
        name="mark_plex_title",
    ),
]
