"""What there is to watch: titles, files, and where the facts come from."""
