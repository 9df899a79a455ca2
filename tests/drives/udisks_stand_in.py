"""Answers on the system bus as udisks does, for two drives; a program of its own."""

import sys
from pathlib import Path
from typing import Any

from jeepney import DBus, HeaderFields, Message, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.UDisks2"
ROOT = "/org/freedesktop/UDisks2"


def _block(node: str, drive: str) -> dict[str, Any]:
    return {
        f"{NAME}.Block": {
            "Device": ("ay", f"{node}\0".encode()),
            "Drive": ("o", f"{ROOT}/drives/{drive}"),
        },
        f"{NAME}.Filesystem": {},
    }


OBJECTS = {
    f"{ROOT}/block_devices/sdb1": _block("/dev/sdb1", "stick"),
    f"{ROOT}/block_devices/sdc1": _block("/dev/sdc1", "disk"),
    f"{ROOT}/drives/stick": {
        f"{NAME}.Drive": {
            "CanPowerOff": ("b", True),
            "Ejectable": ("b", True),
            "Vendor": ("s", "Acme"),
            "Model": ("s", "Stick"),
            "Serial": ("s", "S1"),
        }
    },
    f"{ROOT}/drives/disk": {f"{NAME}.Drive": {"CanPowerOff": ("b", False)}},
}


def _answer(message: Message, asked: Path) -> Message | None:
    path = message.header.fields.get(HeaderFields.path, "")
    method = message.header.fields.get(HeaderFields.member)
    if not path.startswith(ROOT):
        return None
    with asked.open("a") as log:
        log.write(f"{path}:{method}\n" if path != ROOT else f"{method}\n")
    if method == "GetManagedObjects":
        return new_method_return(message, "a{oa{sa{sv}}}", (OBJECTS,))
    if path.endswith("sdc1"):
        return new_error(message, f"{NAME}.Error.DeviceBusy", "s", ("target is busy",))
    return new_method_return(message)


def main(asked: Path) -> None:
    """Answer until killed; `asked` appears when it is ready."""
    connection = open_dbus_connection(bus="SYSTEM")
    connection.send_and_get_reply(DBus().RequestName(NAME))
    asked.touch()
    while True:
        reply = _answer(connection.receive(), asked)
        if reply is not None:
            connection.send(reply)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
