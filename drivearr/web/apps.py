"""Makes template tags known to Django, and gives the admin its name."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from drivearr.lib import wording


class WebConfig(AppConfig):
    """Helpers for pages."""

    name = "drivearr.web"
    label = "web"

    def ready(self) -> None:
        """Name the admin, lead from it back to the pages, and lend a language."""
        wording.speak_with(gettext=translation.gettext, ngettext=translation.ngettext)
        admin.site.site_header = _("Drivearr admin")
        admin.site.site_title = _("Drivearr admin")
        admin.site.index_title = _("Everything Drivearr knows")
        admin.site.site_url = f"{settings.BASE_URL}/"
