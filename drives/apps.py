"""The drives app; makes its kinds of work known."""

from django.apps import AppConfig


class DrivesConfig(AppConfig):
    """Drives, their manifests and contents."""

    name = "drives"

    def ready(self) -> None:
        """Register kinds, schedules, marks on titles, and places that are no library."""
        from drivearr.jobs import kinds, subjects
        from drives import jobs
        from drives.contexts.marking import DriveMarker
        from drives.contexts.pages import name_drives
        from drives.services.listing import find_states
        from drives.services.placing import list_drive_folders
        from library import marks
        from library.services.listing import register_drive_states
        from library.services.rooting import register_forbidden

        subjects.register_namer("drive", name_drives)
        marks.register(DriveMarker())
        kinds.register(*jobs.KINDS, schedules=jobs.SCHEDULES)
        register_forbidden(list_drive_folders)
        register_drive_states(find_states)
