"""Addresses of the pages on background work."""

from django.urls import path

from drivearr.jobs import views

urlpatterns = [
    path("jobs/", views.job_list, name="job_list"),
    path("jobs/errors/", views.error_list, name="error_list"),
    path("jobs/errors/resolve/", views.resolve_errors, name="resolve_errors"),
    path("jobs/<int:job_id>/", views.job_detail, name="job_detail"),
    path("jobs/<int:job_id>/cancel/", views.cancel_job, name="cancel_job"),
]
