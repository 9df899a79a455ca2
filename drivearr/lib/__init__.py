"""Plain Python for all apps; knows no Django."""
