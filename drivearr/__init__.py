"""Drivearr: a household's films and episodes, whole and verified on its drives."""

__version__ = "0.1.0"
