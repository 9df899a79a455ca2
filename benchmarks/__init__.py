"""One runnable benchmark per promise; each prints ratios against a peer or a limit."""
