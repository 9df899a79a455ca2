"""The jobs app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The record of background work."""

    name = "drivearr.jobs"
    label = "jobs"
