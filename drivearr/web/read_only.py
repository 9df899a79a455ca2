"""Admin pages of rows that Drivearr itself keeps: to look at, not to edit."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shows rows whose editing would make them lie."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """See ModelAdmin; never."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        """See ModelAdmin; never."""
        return False
