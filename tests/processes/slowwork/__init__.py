"""A kind of work for tests: it takes as long as it is told and says when it ran."""
