"""Which parts run, and how each is started."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivearr.processes import broker


@dataclass(frozen=True, slots=True)
class Plan:
    """What the prepare step read from the settings."""

    data_dir: Path
    runtime_dir: Path
    log_dir: Path
    broker_socket: Path
    has_own_broker: bool
    host: str
    port: int
    is_compact: bool
    worker_threads: int
    copy_threads: int

    @classmethod
    def of(cls, values: dict[str, str | int | bool]) -> "Plan":
        """Return the plan of the prepare step's JSON."""
        paths = {"data_dir", "runtime_dir", "log_dir", "broker_socket"}
        return cls(
            **{
                name: Path(str(value)) if name in paths else value
                for name, value in values.items()
            }  # type: ignore[arg-type]  # checked by the step that wrote them
        )


PART_ENV = {
    # Django's checks load every page and the admin; the prepare step ran them.
    "CELERY_SKIP_CHECKS": "true",
    # Without it each thread keeps a heap of its own.
    "MALLOC_ARENA_MAX": "2",
}
"""Set for every part beside what the supervisor has."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process."""

    name: str
    argv: tuple[str, ...]
    """The program, or of a Python part the module, with its arguments."""
    is_python: bool = True
    is_ready: Callable[[], bool] | None = None
    """Asked before the next part starts; None: at once."""
    mend: Callable[[], str] | None = None
    """Called when it dies young; returns what was mended, or an empty text."""


def _worker(name: str, queues: str, threads: int) -> Part:
    return Part(
        name=name,
        argv=(
            "celery",
            "--app",
            "drivearr",
            "--quiet",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            str(threads),
            "--queues",
            queues,
            "--hostname",
            f"{name}@%h",
            "--without-gossip",
            "--without-mingle",
            # Nobody listens to them, and a worker that is told to end while it sends
            # its first one to a broker that just went would try for ever.
            "--without-heartbeat",
            "--loglevel",
            "WARNING",
        ),
    )


def parts_of(plan: Plan) -> tuple[Part, ...]:
    """Return the parts in the order they start; they stop in the reverse."""
    parts: list[Part] = []
    if plan.has_own_broker:
        parts.append(
            Part(
                name="broker",
                argv=broker.command(plan.broker_socket, plan.data_dir / "broker"),
                is_python=False,
                is_ready=lambda: broker.answers(plan.broker_socket),
                mend=lambda: broker.set_damaged_aside(plan.data_dir / "broker"),
            )
        )
    parts.append(
        Part(
            name="web",
            argv=(
                "waitress",
                f"--listen={_address(plan.host)}:{plan.port}",
                "--threads=8",
                "--ident=",
                # Our own middleware believes trusted proxies alone.
                "--no-clear-untrusted-proxy-headers",
                "drivearr.wsgi:application",
            ),
            is_ready=lambda: broker.accepts(plan.host, plan.port),
        )
    )
    if plan.is_compact:
        both = plan.worker_threads + plan.copy_threads
        parts.append(_worker("worker", "default,copy", both))
    else:
        parts += [
            _worker("worker", "default", plan.worker_threads),
            _worker("copy", "copy", plan.copy_threads),
            Part(
                name="beat",
                argv=(
                    "celery",
                    "--app",
                    "drivearr",
                    "--quiet",
                    "beat",
                    "--loglevel",
                    "WARNING",
                    "--pidfile",
                    "",
                ),
            ),
        ]
    watch = ("drivearr", "watch_library")
    argv = (*watch, "--with-schedules") if plan.is_compact else watch
    parts.append(Part(name="watcher", argv=argv))
    return tuple(parts)


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
