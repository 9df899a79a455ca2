"""Triggers by which the database itself keeps `Title.is_here` true.

Source: https://www.sqlite.org/lang_createtrigger.html,
https://www.postgresql.org/docs/current/plpgsql-trigger.html
"""

NAMES = ("title_here_added", "title_here_gone", "title_here_changed", "title_here_said")
TABLES = (
    "library_mediafile",
    "library_mediafile",
    "library_mediafile",
    "library_title",
)
"""On which table each of them is."""

_SQLITE = (
    """
    CREATE TRIGGER title_here_added AFTER INSERT ON library_mediafile
    WHEN NEW.title_id IS NOT NULL AND NEW.state = 'PRESENT'
    BEGIN
      UPDATE library_title SET is_here = 1 WHERE id = NEW.title_id AND is_here = 0;
    END
    """,
    """
    CREATE TRIGGER title_here_gone AFTER DELETE ON library_mediafile
    WHEN OLD.title_id IS NOT NULL AND OLD.state = 'PRESENT'
    BEGIN
      UPDATE library_title SET is_here = 0 WHERE id = OLD.title_id AND is_here = 1
        AND NOT EXISTS (SELECT 1 FROM library_mediafile
                        WHERE title_id = OLD.title_id AND state = 'PRESENT');
    END
    """,
    """
    CREATE TRIGGER title_here_changed AFTER UPDATE OF title_id, state ON library_mediafile
    WHEN OLD.title_id IS NOT NEW.title_id OR OLD.state <> NEW.state
    BEGIN
      UPDATE library_title SET is_here = 1
        WHERE id = NEW.title_id AND NEW.state = 'PRESENT' AND is_here = 0;
      UPDATE library_title SET is_here = 0 WHERE id = OLD.title_id AND is_here = 1
        AND NOT EXISTS (SELECT 1 FROM library_mediafile
                        WHERE title_id = OLD.title_id AND state = 'PRESENT');
    END
    """,
    """
    -- Whoever writes a whole row writes the mark as it was read, which may be old by now.
    CREATE TRIGGER title_here_said AFTER UPDATE OF is_here ON library_title
    WHEN NEW.is_here <> EXISTS (SELECT 1 FROM library_mediafile
                                WHERE title_id = NEW.id AND state = 'PRESENT')
    BEGIN
      UPDATE library_title SET is_here = NOT NEW.is_here WHERE id = NEW.id;
    END
    """,
)

_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION title_here_settle(asked bigint) RETURNS void
    LANGUAGE plpgsql AS $$
    BEGIN
      IF asked IS NULL THEN
        RETURN;
      END IF;
      -- Two that take the last two files at once would each see the other's.
      PERFORM 1 FROM library_title WHERE id = asked AND is_here FOR NO KEY UPDATE;
      UPDATE library_title SET is_here = FALSE WHERE id = asked AND is_here
        AND NOT EXISTS (SELECT 1 FROM library_mediafile
                        WHERE title_id = asked AND state = 'PRESENT');
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION title_here_of_file() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'DELETE' AND NEW.state = 'PRESENT' THEN
        UPDATE library_title SET is_here = TRUE WHERE id = NEW.title_id AND NOT is_here;
      END IF;
      IF TG_OP <> 'INSERT' AND OLD.state = 'PRESENT' THEN
        PERFORM title_here_settle(OLD.title_id);
      END IF;
      RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION title_here_of_title() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
      NEW.is_here := EXISTS (SELECT 1 FROM library_mediafile
                             WHERE title_id = NEW.id AND state = 'PRESENT');
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER title_here_added AFTER INSERT ON library_mediafile
    FOR EACH ROW WHEN (NEW.title_id IS NOT NULL AND NEW.state = 'PRESENT')
    EXECUTE FUNCTION title_here_of_file()
    """,
    """
    CREATE TRIGGER title_here_gone AFTER DELETE ON library_mediafile
    FOR EACH ROW WHEN (OLD.title_id IS NOT NULL AND OLD.state = 'PRESENT')
    EXECUTE FUNCTION title_here_of_file()
    """,
    """
    CREATE TRIGGER title_here_changed AFTER UPDATE OF title_id, state ON library_mediafile
    FOR EACH ROW WHEN (OLD.title_id IS DISTINCT FROM NEW.title_id OR OLD.state <> NEW.state)
    EXECUTE FUNCTION title_here_of_file()
    """,
    """
    -- Whoever writes a whole row writes the mark as it was read, which may be old by now.
    CREATE TRIGGER title_here_said BEFORE UPDATE OF is_here ON library_title
    FOR EACH ROW EXECUTE FUNCTION title_here_of_title()
    """,
)

_WORDS_SQLITE = (
    # Words are looked for in it, past the wide rows of the table. PostgreSQL's indexes
    # take no text of any length, and its rows are narrow: long texts lie elsewhere.
    """
    CREATE INDEX IF NOT EXISTS title_words ON library_title (search_text, year)
    """,
)

MAKE = {"sqlite": _SQLITE + _WORDS_SQLITE, "postgresql": _POSTGRESQL}
"""What makes them, by the kind of database."""
LIST = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
"""What tells the names of all triggers there are."""
