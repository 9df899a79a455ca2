"""What the drives' templates show."""
