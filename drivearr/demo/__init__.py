"""The demo: a small library, made here, and two drives to look around with."""
