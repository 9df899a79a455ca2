"""Pages of the link to Plex."""
