"""What errands begin from."""

from tests.journeys.servers import servers

__all__ = ["servers"]
