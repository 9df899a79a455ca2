"""Where the facts of titles come from: clients of sources, and the deciding."""
