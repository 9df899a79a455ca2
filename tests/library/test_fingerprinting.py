"""The same content wherever it lies."""

import os
from pathlib import Path

import pytest

from library.fingerprinting import (
    SAMPLE_BYTES,
    FileUnreadable,
    FileVanished,
    read_fingerprint,
)


class TestReadFingerprint:
    def test_is_the_same_for_the_same_content(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(os.urandom(0) + b"x" * 400_000)

        assert read_fingerprint(tmp_path / "a") == read_fingerprint(tmp_path / "b")
        assert read_fingerprint(tmp_path / "a").startswith("400000-")

    @pytest.mark.parametrize("at", [0, SAMPLE_BYTES - 1, 500_000, 999_999])
    def test_differs_in_head_middle_and_tail(self, at: int, tmp_path: Path) -> None:
        data = bytearray(1_000_000)
        (tmp_path / "a").write_bytes(data)
        data[at] = 1
        (tmp_path / "b").write_bytes(data)

        assert read_fingerprint(tmp_path / "a") != read_fingerprint(tmp_path / "b")

    def test_fits_its_column(self, tmp_path: Path) -> None:
        with (tmp_path / "a").open("wb") as file:
            file.truncate(2**40)

        assert len(read_fingerprint(tmp_path / "a")) <= 80

    def test_names_what_is_wrong(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "link").symlink_to(tmp_path / "fifo")

        with pytest.raises(FileVanished):
            read_fingerprint(tmp_path / "gone")
        with pytest.raises(FileVanished):
            read_fingerprint(tmp_path / "fifo")
        with pytest.raises(FileUnreadable):
            read_fingerprint(tmp_path / "link")
