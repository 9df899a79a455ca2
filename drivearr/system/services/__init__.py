"""Deeds on the house itself."""
