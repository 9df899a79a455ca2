"""Wishes, plans, copying."""
