"""What is plugged in, and what is on it."""
