"""What Plex says."""
