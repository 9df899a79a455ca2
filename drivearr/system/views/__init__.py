"""Pages of the system."""
