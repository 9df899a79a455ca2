"""Where each page lives."""

import drivearr.web.subscripts  # noqa: F401, I001 - before what it changes is used

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from drivearr import dashboard
from drivearr.web import styleguide, views
from drivearr.web.naming import name_models

admin.autodiscover()
name_models()

_pages: list[URLPattern | URLResolver] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("running/", dashboard.running_work, name="running_work"),
    path("setup/", views.setup, name="setup"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/", views.change_password, name="change_password"),
    path("more/", views.more, name="more"),
    path("theme/", views.set_theme, name="set_theme"),
    path("language/", views.set_language, name="set_language"),
    path("undo/", views.undo, name="undo"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("health/", views.health, name="health"),
    path("", include("library.urls")),
    path("", include("drives.urls")),
    path("", include("plexlink.urls")),
    path("", include("syncqueue.urls")),
    path("", include("drivearr.jobs.urls")),
    path("", include("drivearr.system.urls")),
    # Before the admin's own: there is one door.
    path("admin/login/", views.admin_sign_in, name="admin_sign_in"),
    path("admin/", admin.site.urls),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{settings.BASE_URL.lstrip('/')}/", include(_pages))
    if settings.BASE_URL
    else path("", include(_pages))
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
