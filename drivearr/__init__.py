"""Drivearr: a household's films and episodes, whole and verified on its drives."""

from drivearr.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
