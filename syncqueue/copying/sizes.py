"""Measures of copying; each was measured, see docs/performance.md."""

BLOCK_BYTES = 64 * 1024**2
"""The journal's unit, and what is written again when it came back wrong."""
CHUNK_BYTES = 4 * 1024**2
"""One buffer: 1 to 8 MiB are equally fast, 16 MiB is slower."""
BUFFERS = 6
SMALL_BYTES = 1024**2
"""Up to here a file is copied in one piece."""
ALIGNED_BYTES = 4096
"""What writing past the cache asks of offset, length and memory."""

LEAST_PIECE_BYTES = 512 * 1024
MOST_WINDOW_BYTES = 16 * 1024**2
"""Where nothing goes past the cache: the most that is in memory only."""
SLOW_SECONDS, FAST_SECONDS = 0.5, 0.02
"""A piece that takes longer is halved, one that takes less is doubled."""

JOURNAL_SECONDS = 5.0
"""A slow drive's block is journaled in between, so that little is written twice."""
ASK_SECONDS = 0.25
"""How often somebody who waits asks whether to stop."""

SOURCE_TRIES = 3
MEND_TRIES = 2
PROVEN_RATIO = 0.95
"""Of the bytes read back, what the device must have read to count as proof."""
