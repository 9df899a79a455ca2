"""Makes template tags known to Django."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Helpers for pages."""

    name = "drivearr.web"
    label = "web"
