"""The drives app; makes its kinds of work known."""

from django.apps import AppConfig


class DrivesConfig(AppConfig):
    """Drives, their manifests and contents."""

    name = "drives"

    def ready(self) -> None:
        """Register kinds, schedules, and places that are no library."""
        from drivearr.jobs import kinds
        from drivearr.web.checking import register_check
        from drives import jobs
        from drives.services.examining import check_drives, check_visibility
        from drives.services.hinting import hint_at_speed
        from drives.services.listing import find_states
        from drives.services.noticing import notice_drives
        from drives.services.placing import list_drive_folders
        from library.services.following import register_companion
        from library.services.listing import register_drive_states
        from library.services.rooting import register_forbidden

        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_forbidden(list_drive_folders)
        register_drive_states(find_states)
        register_companion(notice_drives)
        register_check(check_drives)
        register_check(check_visibility)
        register_check(hint_at_speed)
