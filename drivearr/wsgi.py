"""The web part for an application server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")

application = get_wsgi_application()
