"""The `drivearr` command: Django's commands without tracebacks for expected failures."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    if sys.argv[1:2] == ["up"]:
        # The parent of all parts knows no Django: it stays small and cannot hang on it.
        from drivearr.processes.up import up

        raise SystemExit(up(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drivearr.settings")
    from django.core.exceptions import ImproperlyConfigured

    try:
        # Marked words ask for the settings while they are imported.
        from drivearr.web.command_line import CommandLine

        CommandLine(sys.argv).execute()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        raise SystemExit(130) from None
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
    except BrokenPipeError:
        # The reader of our output went away (`drivearr files | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
