"""People and households for tests of pages."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from drivearr.web import rights
from tests.scenes.household import Household, furnish

HTMX = {"HX-Request": "true"}


@pytest.fixture
def _calm_cache() -> Iterator[None]:
    """Let no test see what another one cached."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def owner(db: None, _calm_cache: None) -> User:
    return User.objects.create_superuser("olga", password="correct horse")


@pytest.fixture
def member(owner: User) -> User:
    return User.objects.create_user("max", password="battery staple")


@pytest.fixture
def owner_client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def member_client(member: User) -> Client:
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def viewer_client(owner: User) -> Client:
    """One who may look, and change nothing."""
    viewer = User.objects.create_user("vera", password="paper clip")
    rights.assign(user=viewer, role=rights.Role.VIEWER, subjects=None)
    client = Client()
    client.force_login(viewer)
    return client


@pytest.fixture
def household(db: None, _calm_cache: None) -> Household:
    return furnish()


@pytest.fixture
def home_client(household: Household) -> Client:
    client = Client()
    client.force_login(household.owner)
    return client
