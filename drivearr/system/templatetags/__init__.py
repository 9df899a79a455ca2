"""Tags of the system pages."""
