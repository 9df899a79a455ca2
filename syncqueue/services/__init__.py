"""Deeds over several rows, or with disk or network."""
