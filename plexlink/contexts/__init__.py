"""What the Plex pages' templates show."""
