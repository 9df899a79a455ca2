"""What the templates of the system show."""
