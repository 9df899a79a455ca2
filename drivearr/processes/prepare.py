"""Prepares the data folder in a process of its own, and tells the parent what it read.

Prints one line of JSON, the plan's values, as the last line of standard output.
"""

import json
import os
import sys


def main() -> int:
    """Check, migrate, collect static files, install schedules."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        django.setup()
        _prepare()
    except (ImproperlyConfigured, DatabaseError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _prepare() -> None:
    from django.conf import settings
    from django.core.management import call_command

    from drivearr.jobs.schedules import install_schedules
    from drivearr.lib.catalogues import compile_all

    for folder in (settings.DATA_DIR, settings.ARTWORK_DIR, settings.LOG_DIR):
        folder.mkdir(parents=True, exist_ok=True)
    settings.DATA_DIR.chmod(0o700)
    texts, compiled = settings.LOCALE_PATHS
    compile_all(texts, to=compiled)
    call_command("check", verbosity=0)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    install_schedules()
    plan = {
        "data_dir": str(settings.DATA_DIR),
        "runtime_dir": str(settings.RUNTIME_DIR),
        "log_dir": str(settings.LOG_DIR),
        "broker_socket": str(settings.BROKER_SOCKET),
        "has_own_broker": not settings.REDIS_URL,
        "host": settings.HOST,
        "port": settings.PORT,
        "is_compact": settings.COMPACT,
        "worker_threads": settings.WORKER_THREADS,
        "copy_threads": settings.COPY_THREADS,
    }
    sys.stdout.write(json.dumps(plan) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
