"""Addresses of the library's pages."""

from django.urls import path

from library.views import roots, titles

urlpatterns = [
    path("titles/", titles.title_list, name="title_list"),
    path("titles/<int:title_id>/", titles.title_detail, name="title_detail"),
    path("folders/", roots.root_list, name="root_list"),
    path("folders/add/", roots.add_root, name="add_root"),
    path("folders/<int:root_id>/scan/", roots.scan_root, name="scan_root"),
    path("folders/<int:root_id>/remove/", roots.remove_root, name="remove_root"),
]
