"""Makes template tags known to Django, and gives the admin its name."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin


class WebConfig(AppConfig):
    """Helpers for pages."""

    name = "drivearr.web"
    label = "web"

    def ready(self) -> None:
        """Name the admin, and lead from it back to the pages."""
        admin.site.site_header = "Drivearr admin"
        admin.site.site_title = "Drivearr admin"
        admin.site.index_title = "Everything Drivearr knows"
        admin.site.site_url = f"{settings.BASE_URL}/"
