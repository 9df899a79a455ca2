"""fingerprint: the same content is the same wherever it lies, another differs."""

import os
from pathlib import Path

import pytest

from drivearr.lib.fingerprint import SAMPLE_BYTES, FileNotSteady, fingerprint

BIG = 10 * SAMPLE_BYTES + 7


def write(path: Path, data: bytes | bytearray) -> Path:
    path.write_bytes(data)
    return path


class TestFingerprint:
    @pytest.mark.parametrize("size", [0, 1, SAMPLE_BYTES, 3 * SAMPLE_BYTES, BIG])
    def test_is_the_same_for_the_same_content(self, tmp_path: Path, size: int) -> None:
        data = os.urandom(size)
        one = write(tmp_path / "one", data)
        other = write(tmp_path / "other", data)

        mark = fingerprint(one, size)

        assert mark == fingerprint(other, size)
        assert mark.startswith(f"{size}-")
        assert len(mark.partition("-")[2]) == 32

    @pytest.mark.parametrize("offset", [0, BIG // 2, BIG - 1])
    def test_differs_when_a_sample_differs(self, tmp_path: Path, offset: int) -> None:
        data = bytearray(os.urandom(BIG))
        before = fingerprint(write(tmp_path / "file", data), BIG)
        data[offset] ^= 1

        assert fingerprint(write(tmp_path / "file", data), BIG) != before

    @pytest.mark.parametrize("offset", range(0, 3 * SAMPLE_BYTES, 20_000))
    def test_reads_a_small_file_whole(self, tmp_path: Path, offset: int) -> None:
        data = bytearray(3 * SAMPLE_BYTES)
        before = fingerprint(write(tmp_path / "file", data), len(data))
        data[offset] = 1

        assert fingerprint(write(tmp_path / "file", data), len(data)) != before

    def test_leaves_a_descriptor_where_it_was(self, tmp_path: Path) -> None:
        with write(tmp_path / "file", b"12345").open("rb") as stream:
            stream.read(2)
            fingerprint(stream.fileno(), 5)

            assert stream.read() == b"345"

    def test_refuses_a_file_of_another_size(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotSteady):
            fingerprint(write(tmp_path / "file", b"12345"), 4)

    def test_refuses_a_fifo_without_waiting(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")

        with pytest.raises(FileNotSteady):
            fingerprint(tmp_path / "fifo", 0)

    def test_follows_no_link(self, tmp_path: Path) -> None:
        write(tmp_path / "file", b"12345")
        (tmp_path / "link").symlink_to(tmp_path / "file")

        with pytest.raises(OSError):
            fingerprint(tmp_path / "link", 5)
