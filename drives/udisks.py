"""Speech with udisks over the system's D-Bus: unmount, and power a drive off.

Source: udisks2 reference, interfaces Block, Filesystem and Drive.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.UDisks2"
ROOT = "/org/freedesktop/UDisks2"
BLOCK = f"{NAME}.Block"
FILESYSTEM = f"{NAME}.Filesystem"
DRIVE = f"{NAME}.Drive"
_ANSWER_SECONDS = 10.0
_NO_QUESTIONS = {"auth.no_user_interaction": ("b", True)}


class UdisksAway(Exception):
    """There is no udisks to ask here, or it does not know the drive."""


class UdisksRefused(Exception):
    """Udisks does not do it; the text says why, in its words."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What udisks says of the block device a drive is on."""

    block: str
    """Object path of the block device."""
    drive: str
    """Object path of the whole device; empty when there is none (a loop device)."""
    can_power_off: bool = False
    is_ejectable: bool = False
    vendor: str = ""
    model: str = ""
    serial: str = ""


class Udisks:
    """One connection. Use `connect`."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection

    def find(self, node: str) -> Disk:
        """Return the disk whose device node is `node`.

        Raises: UdisksAway.
        """
        (objects,) = self._call(
            ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"
        )
        for path, interfaces in objects.items():
            block = interfaces.get(BLOCK, {})
            if _path_of(block.get("Device")) == node:
                drive = _value(block, "Drive", "/")
                facts = objects.get(drive, {}).get(DRIVE, {})
                return _disk(path, "" if drive == "/" else drive, facts)
        raise UdisksAway(f"udisks does not know {node}")

    def unmount(self, disk: Disk, *, timeout_seconds: float) -> None:
        """Unmount it, flushed; never forced.

        Raises: UdisksAway, UdisksRefused.
        """
        self._call(
            disk.block,
            FILESYSTEM,
            "Unmount",
            "a{sv}",
            (_NO_QUESTIONS,),
            timeout_seconds=timeout_seconds,
        )

    def power_off(self, disk: Disk, *, timeout_seconds: float) -> None:
        """Flush the device's own cache and cut its power, or eject its medium.

        Refused while the drive, or another partition on it, is in use.

        Raises: UdisksAway, UdisksRefused.
        """
        deed = "PowerOff" if disk.can_power_off else "Eject"
        self._call(
            disk.drive,
            DRIVE,
            deed,
            "a{sv}",
            (_NO_QUESTIONS,),
            timeout_seconds=timeout_seconds,
        )

    def _call(
        self,
        path: str,
        interface: str,
        method: str,
        signature: str | None = None,
        body: tuple[Any, ...] = (),
        *,
        timeout_seconds: float = _ANSWER_SECONDS,
    ) -> tuple[Any, ...]:
        address = DBusAddress(path, bus_name=NAME, interface=interface)
        message = new_method_call(address, method, signature, body)
        try:
            reply = self._connection.send_and_get_reply(
                message, timeout=timeout_seconds
            )
        except TimeoutError as error:
            raise UdisksRefused("udisks does not answer") from error
        except (OSError, EOFError) as error:
            raise UdisksAway(str(error)) from error
        if reply.header.message_type != MessageType.error:
            return tuple(reply.body)
        _raise(reply.header.fields.get(HeaderFields.error_name, ""), reply.body)
        raise AssertionError


def _raise(name: str, body: tuple[Any, ...]) -> None:
    said = str(body[0]) if body else name
    if name.startswith("org.freedesktop.DBus.Error."):
        raise UdisksAway(said)
    raise UdisksRefused(said)


@contextlib.contextmanager
def connect() -> Iterator[Udisks]:
    """Speak with the machine's udisks.

    Raises: UdisksAway.
    """
    try:
        connection = open_dbus_connection(bus="SYSTEM")
    except (OSError, KeyError, ValueError, RuntimeError, EOFError) as error:
        raise UdisksAway(f"no system bus: {error}") from error
    try:
        yield Udisks(connection)
    finally:
        connection.close()


def _disk(block: str, drive: str, facts: Mapping[str, Any]) -> Disk:
    return Disk(
        block=block,
        drive=drive,
        can_power_off=bool(_value(facts, "CanPowerOff", otherwise=False)),
        is_ejectable=bool(_value(facts, "Ejectable", otherwise=False)),
        vendor=str(_value(facts, "Vendor", "")),
        model=str(_value(facts, "Model", "")),
        serial=str(_value(facts, "Serial", "")),
    )


def _value(facts: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """Return a property; D-Bus gives it with its type in front."""
    return facts[name][1] if name in facts else otherwise


def _path_of(property_: Any) -> str:
    """Read a device node: bytes with a zero at the end."""
    if property_ is None:
        return ""
    raw = bytes(property_[1])
    return str(Path(raw.rstrip(b"\0").decode(errors="replace"))) if raw else ""
