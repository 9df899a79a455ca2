"""Background work of the library app: ids in, one service call."""
