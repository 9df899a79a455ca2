"""Commands of the link to Plex."""
