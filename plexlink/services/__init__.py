"""What is done with Plex."""
