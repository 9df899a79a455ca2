"""What may be believed about a request that came through a reverse proxy."""

import ipaddress
from collections.abc import Callable, Iterable

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Answer = Callable[[HttpRequest], HttpResponse]
_HTTPS = "https"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 one in IPv6 dress too."""
    try:
        found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def client_of(address: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """Return the nearest address that is no trusted proxy.

    `forwarded` is X-Forwarded-For; what stands left of the first stranger, counted
    from the right, was written by that stranger and is worth nothing.
    """
    networks = tuple(trusted)
    chain = [address, *reversed([part.strip() for part in forwarded.split(",")])]
    for place in chain:
        if place and not is_within(place, networks):
            return place if _is_address(place) else address
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class TrustedProxyMiddleware:
    """Takes address and scheme from trusted proxies; strips what others claim."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the request set right."""
        meta = request.META
        address = meta.get("REMOTE_ADDR", "")
        is_trusted = is_within(address, settings.TRUSTED_PROXIES)
        meta["drivearr.is_trusted_proxy"] = is_trusted
        if is_trusted:
            forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
            meta["REMOTE_ADDR"] = client_of(
                address, forwarded, settings.TRUSTED_PROXIES
            )
            if meta.get("HTTP_X_FORWARDED_PROTO", "") == _HTTPS:
                meta["wsgi.url_scheme"] = _HTTPS
                request.environ["wsgi.url_scheme"] = _HTTPS  # type: ignore[attr-defined] # WSGI has it
        elif settings.FORWARD_AUTH_HEADER:
            meta.pop(settings.FORWARD_AUTH_HEADER, None)
        return self.get_response(request)


class ForwardAuthMiddleware:
    """Signs in whom a trusted proxy vouches for, or who sits in an open network."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the person known."""
        name = self._vouched(request)
        if name:
            self._sign_in(request, name)
        elif isinstance(request.user, AnonymousUser) and settings.OPEN_NETWORKS:
            self._let_in(request)
        return self.get_response(request)

    def _vouched(self, request: HttpRequest) -> str:
        header = settings.FORWARD_AUTH_HEADER
        if not header or not request.META.get("drivearr.is_trusted_proxy"):
            return ""
        return str(request.META.get(header, ""))[:150]

    def _sign_in(self, request: HttpRequest, name: str) -> None:
        if request.user.get_username() == name:
            return
        user = _find(name)
        if user is not None:
            login(request, user, backend=BACKEND)
        else:
            # Nobody we know: what the proxy says outranks an older session.
            request.user = AnonymousUser()

    def _let_in(self, request: HttpRequest) -> None:
        if is_within(request.META.get("REMOTE_ADDR", ""), settings.OPEN_NETWORKS):
            request.user = _find(settings.OPEN_AS) or request.user


def _find(name: str) -> User | None:
    found = get_user_model().objects.filter(username=name, is_active=True).first()
    return found if isinstance(found, User) else None
