"""`drivearr up`: all parts in one go. Plain Python in the parent, no Django."""
