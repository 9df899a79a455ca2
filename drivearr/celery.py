"""The Celery app and nothing else."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # not in the stubs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")

# At home it often runs as root; the message format is JSON, which is what the warning
# is about.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("drivearr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
