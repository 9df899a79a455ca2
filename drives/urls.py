"""Addresses of the drives' pages."""

from django.urls import path

from drives.joining import join_pages
from drives.views import deeds, keeping, pages

join_pages()

urlpatterns = [
    path("drives/", pages.drive_list, name="drive_list"),
    path("drives/add/", deeds.add_drive, name="add_drive"),
    path("drives/history/", pages.all_history, name="all_history"),
    path("drives/<int:drive_id>/", pages.drive_detail, name="drive_detail"),
    path("drives/<int:drive_id>/status/", pages.drive_status, name="drive_status"),
    path(
        "drives/<int:drive_id>/contents/", pages.drive_contents, name="drive_contents"
    ),
    path("drives/<int:drive_id>/files/", pages.drive_files, name="drive_files"),
    path("drives/<int:drive_id>/history/", pages.drive_history, name="drive_history"),
    path("drives/<int:drive_id>/scan/", deeds.scan_drive, name="scan_drive"),
    path("drives/<int:drive_id>/edit/", deeds.edit_drive, name="edit_drive"),
    path("drives/<int:drive_id>/verify/", keeping.verify_drive, name="verify_drive"),
    path("drives/<int:drive_id>/eject/", keeping.eject_drive, name="eject_drive"),
    path(
        "drives/<int:drive_id>/delete/",
        keeping.delete_from_drive,
        name="delete_from_drive",
    ),
    path(
        "drives/<int:drive_id>/files/<int:file_id>/delete/",
        keeping.delete_foreign,
        name="delete_foreign",
    ),
    path("drives/<int:drive_id>/repair/", keeping.repair_drive, name="repair_drive"),
    path("drives/<int:drive_id>/health/", keeping.check_health, name="check_health"),
    path("drives/<int:drive_id>/assign/", deeds.assign_drive, name="assign_drive"),
    path("drives/<int:drive_id>/forget/", deeds.forget_drive, name="forget_drive"),
]
