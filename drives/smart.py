"""What a disk says of itself, asked through smartctl; never woken, never tested.

Source: smartctl(8), sections EXIT STATUS and --json; drivedb of smartmontools.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SECONDS = 15
"""For all ways together: a bridge that hangs must not hold up the others."""
BRIDGES = ("", "sat", "sntasmedia", "sntjmicron", "sntrealtek")
"""Ways through a USB bridge, tried in this order; "" lets smartctl guess."""
_FORBIDDEN = ("permission denied", "operation not permitted")
_EXIT_ASLEEP_OR_CLOSED = 0b10
_MOST_BYTES = 4 * 1024**2

COUNTED = {
    5: "reallocated sectors",
    187: "uncorrectable errors",
    197: "sectors waiting to be reallocated",
    198: "sectors that cannot be read",
}
"""ATA attributes whose raw value should be 0 (low 32 bits)."""


@dataclass(frozen=True, slots=True)
class Smart:
    """What smartctl could find out; None and empty where the disk does not say."""

    is_available: bool
    """Whether the disk answered at all: "not available" is not "healthy"."""
    reason: str = ""
    """Why it is not, in words for people."""
    is_asleep: bool = False
    is_forbidden: bool = False
    """Whether we lack the right to ask."""
    passed: bool | None = None
    celsius: int | None = None
    power_on_hours: int | None = None
    model: str = ""
    serial: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Troubles by name, only those above 0."""
    wear_percent: int | None = None
    """How much of an SSD's written life is used; may be above 100."""
    spare_is_low: bool = False


def read_smart(node: str, *, places: str = _PLACES, seconds: float = _SECONDS) -> Smart:
    """Ask the disk that `node` is on; never takes longer than `seconds`.

    `places`: where smartctl is looked for.
    """
    program = shutil.which("smartctl", path=places)
    if program is None:
        return Smart(is_available=False, reason="smartctl is not installed here")
    ends = time.monotonic() + seconds
    found = Smart(is_available=False, reason="the disk does not answer")
    for bridge in BRIDGES:
        left = ends - time.monotonic()
        if left <= 0:
            break
        found = _ask(program, node, bridge, left)
        if found.is_available or found.is_asleep or found.is_forbidden:
            break
    return found


def _ask(program: str, node: str, bridge: str, seconds: float) -> Smart:
    way = ["-d", bridge] if bridge else []
    try:
        done = subprocess.run(
            [program, "-j", "-a", "-n", "standby", *way, "--", node],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Smart(is_available=False, reason="the disk does not answer in time")
    except OSError as error:
        reason = f"smartctl cannot be started: {error.strerror}"
        return Smart(is_available=False, reason=reason)
    return parse_smart(done.stdout[:_MOST_BYTES], done.returncode)


def parse_smart(reply: str, exit_status: int = 0) -> Smart:
    """Read smartctl's JSON; it says much also when its exit status is not 0."""
    try:
        document = json.loads(reply)
    except (ValueError, RecursionError):
        return Smart(is_available=False, reason="smartctl gave no answer")
    if not isinstance(document, dict):
        return Smart(is_available=False, reason="smartctl gave no answer")
    said = _messages(document)
    is_closed = bool(exit_status & _EXIT_ASLEEP_OR_CLOSED)
    if is_closed and ("STANDBY" in said.upper() or "SLEEP" in said.upper()):
        return Smart(is_available=False, is_asleep=True, reason="the disk sleeps")
    if is_closed and any(word in said.lower() for word in _FORBIDDEN):
        return Smart(
            is_available=False,
            is_forbidden=True,
            reason="Drivearr has no right to ask the disk (smartctl needs root)",
        )
    passed = _at(document, "smart_status", "passed")
    nvme = _at(document, "nvme_smart_health_information_log")
    if not isinstance(passed, bool) and not isinstance(nvme, dict):
        return Smart(
            is_available=False, reason=said or "the disk, or its bridge, has no SMART"
        )
    return Smart(
        is_available=True,
        passed=passed if isinstance(passed, bool) else None,
        celsius=_int(_at(document, "temperature", "current")),
        power_on_hours=_int(_at(document, "power_on_time", "hours")),
        model=str(document.get("model_name") or "")[:100],
        serial=str(document.get("serial_number") or "")[:100],
        counts=_counts(document) | _nvme_counts(nvme),
        wear_percent=_int(_at(nvme, "percentage_used")),
        spare_is_low=_is_spare_low(nvme),
    )


def _messages(document: Mapping[str, Any]) -> str:
    rows = _at(document, "smartctl", "messages")
    texts = [
        str(row.get("string", ""))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]
    return "; ".join(filter(None, texts))[:300]


def _counts(document: Mapping[str, Any]) -> dict[str, int]:
    table = _at(document, "ata_smart_attributes", "table")
    found = {}
    for row in table if isinstance(table, list) else []:
        name = COUNTED.get(_int(_at(row, "id")) or 0)
        # Some makers keep other numbers in the upper bytes.
        raw = (_int(_at(row, "raw", "value")) or 0) & 0xFFFFFFFF
        if name and raw:
            found[name] = raw
    return found


def _nvme_counts(nvme: Any) -> dict[str, int]:
    errors = _int(_at(nvme, "media_errors")) or 0
    warned = _int(_at(nvme, "critical_warning")) or 0
    found = {"media errors": errors, "critical warnings": warned}
    return {name: count for name, count in found.items() if count}


def _is_spare_low(nvme: Any) -> bool:
    spare = _int(_at(nvme, "available_spare"))
    least = _int(_at(nvme, "available_spare_threshold"))
    return spare is not None and least is not None and spare < least


def _at(part: Any, *keys: str) -> Any:
    """Return what lies at a path of keys; None where the shape is another."""
    for key in keys:
        if not isinstance(part, dict):
            return None
        part = part.get(key)
    return part


def _int(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**63 else None
