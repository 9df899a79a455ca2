"""Addresses of the system's pages."""

from django.urls import path

from drivearr.system.views import keeping, noticing, starting, watching

urlpatterns = [
    path("start/", starting.start, name="start"),
    path("start/change/", starting.change_start, name="change_start"),
    path("system/", watching.health_page, name="health_page"),
    path("system/look/", watching.look_again, name="look_again"),
    path("system/schedules/", watching.schedule_list, name="schedule_list"),
    path(
        "system/schedules/<int:schedule_id>/",
        watching.change_schedule,
        name="change_schedule",
    ),
    path("system/statistics/", watching.statistics_page, name="statistics_page"),
    path("system/log/", watching.log_page, name="log_page"),
    path("system/log/download/", watching.download_log, name="download_log"),
    path("system/support/", watching.support_page, name="support_page"),
    path("about/", watching.about_page, name="about_page"),
    path("system/settings/", keeping.edit_settings, name="edit_settings"),
    path("system/people/", keeping.person_list, name="person_list"),
    path("system/people/add/", keeping.add_person, name="add_person"),
    path("system/people/<int:user_id>/", keeping.edit_person, name="edit_person"),
    path(
        "system/people/<int:user_id>/remove/",
        keeping.remove_person,
        name="remove_person",
    ),
    path("system/audit/", keeping.audit_trail, name="audit_trail"),
    path("system/backups/", keeping.backup_list, name="backup_list"),
    path("system/backups/make/", keeping.make_backup, name="make_backup"),
    path("system/backups/upload/", keeping.upload_backup, name="upload_backup"),
    path(
        "system/backups/<str:name>/download/",
        keeping.download_backup,
        name="download_backup",
    ),
    path(
        "system/backups/<str:name>/restore/",
        keeping.restore_backup,
        name="restore_backup",
    ),
    path("system/backups/<str:name>/drop/", keeping.drop_backup, name="drop_backup"),
    path("system/notices/", noticing.edit_outgoing, name="edit_outgoing"),
    path("system/notices/test/", noticing.test_outgoing, name="test_outgoing"),
    path("notices/", noticing.notice_list, name="notice_list"),
    path("notices/seen/", noticing.mark_notices_seen, name="mark_notices_seen"),
]
