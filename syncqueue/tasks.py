"""Background work of the syncqueue app: ids in, one service call."""
