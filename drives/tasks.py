"""Background work of the drives app: ids in, one service call."""
