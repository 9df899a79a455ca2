"""The house itself: health, schedules, figures, logs, settings, people, backups."""
