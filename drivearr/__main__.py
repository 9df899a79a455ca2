"""`python -m drivearr` is the `drivearr` command."""

from drivearr.cli import main

main()
