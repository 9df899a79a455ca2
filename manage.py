#!/usr/bin/env python
"""Runs Drivearr's commands from a checkout; `drivearr` is its installed name."""

from drivearr.cli import main

if __name__ == "__main__":
    main()
