"""The manifest's bytes: what we write is read, and nothing else is believed."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivearr.lib.rootfolder import UnsafePath
from drives import manifest_format
from drives.manifest_format import (
    MOST_HISTORY,
    Entry,
    Event,
    Manifest,
    ManifestFromTheFuture,
    ManifestHostile,
    ManifestUnreadable,
    Profile,
    TitleFacts,
    decode,
    digest_of,
    encode,
)

DRIVE = uuid.UUID(int=7)
ENTRY = Entry(
    relpath="TV Shows/Show (2001)/Season 01/Show (2001) - S01E01.mkv",
    size_bytes=5 * 1024**3,
    mtime_ns=-5,
    sha256="ab" * 32,
    block_digests=("cd" * 32, "ef" * 32),
    verified_by="DEVICE",
    verified_at="2026-01-02T03:04:05+00:00",
    copied_at="2026-01-02T03:04:05+00:00",
    source_fingerprint="5-abc",
    job=12,
    title=TitleFacts("SHOW", "Show", 2001, {"tmdb": "1"}, ((1, 1), (1, 2))),
    extra={"colour": "red"},
)
MANIFEST = Manifest(
    drive_uuid=DRIVE,
    generation=3,
    name="Grandmother’s",
    filesystem_uuid="7BB9-FD40",
    written_at="2026-01-02T03:04:05+00:00",
    profile=Profile("Ada", "STICK", "ALL", "ALL", 1024, {"rules": ["all"]}),
    files=(ENTRY, Entry(relpath="Movies/Ä.mkv", size_bytes=0)),
    history=(Event("2026-01-02T03:04:05+00:00", "COPIED", relpath="x", code="C"),),
    extra={"wanted": {"titles": [1]}},
)


def body(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "generation": 1,
        "drive": {"uuid": str(DRIVE)},
        "files": [],
        **changes,
    }


def signed(body: Any) -> bytes:
    document = {"drivearr": body, "sha256": digest_of(body)}
    return json.dumps(document).encode()


def with_file(**changes: Any) -> bytes:
    return signed(body(files=[{"relpath": "a.mkv", "size_bytes": 1, **changes}]))


class TestEncode:
    def test_writes_what_decode_reads(self) -> None:
        assert decode(encode(MANIFEST)) == MANIFEST

    def test_keeps_what_this_version_does_not_know(self) -> None:
        document = json.loads(encode(MANIFEST))["drivearr"]

        assert document["wanted"] == {"titles": [1]}
        assert document["profile"]["rules"] == ["all"]
        assert document["files"][0]["colour"] == "red"

    @given(st.text(max_size=40))
    def test_never_writes_what_decode_refuses(self, text: str) -> None:
        told = Manifest(
            DRIVE, name=text, history=(Event(text or "x", "COPIED", message=text),)
        )

        assert decode(encode(told)).drive_uuid == DRIVE

    def test_refuses_a_path_that_leads_out(self) -> None:
        with pytest.raises(UnsafePath):
            encode(Manifest(DRIVE, files=(Entry(relpath="../x", size_bytes=1),)))

    def test_caps_the_history(self) -> None:
        lines = tuple(Event(str(n), "COPIED") for n in range(MOST_HISTORY + 5))

        read = decode(encode(Manifest(DRIVE, history=lines)))

        assert read.history == lines[5:]


class TestDecode:
    def test_refuses_it_cut_off_anywhere(self) -> None:
        data = encode(Manifest(DRIVE, files=(Entry(relpath="a", size_bytes=1),)))

        for length in range(len(data.rstrip()) - 1):
            with pytest.raises(ManifestUnreadable):
                decode(data[:length])

    def test_refuses_any_changed_byte_or_reads_the_same(self) -> None:
        data = encode(MANIFEST)
        for at in range(0, len(data), 7):
            changed = bytearray(data)
            changed[at] ^= 0x04
            try:
                assert decode(bytes(changed)) == MANIFEST
            except (ManifestUnreadable, ManifestFromTheFuture):
                continue

    @given(st.binary(max_size=300))
    def test_refuses_rubbish_in_a_sentence(self, data: bytes) -> None:
        with pytest.raises(ManifestUnreadable):
            decode(data)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\0" * 4096,
            b"null",
            b"[]",
            b"5",
            b'"x"',
            b"{}",
            b"\xff\xfe",
            b'{"drivearr": {}, "sha256": ""}',
            json.dumps({"drivearr": body(), "sha256": "0" * 64}).encode(),
            signed(body(version="1")),
            signed(body(version=True)),
            signed(body(version=0)),
            signed(body(generation=-1)),
            signed(body(generation=None)),
            signed(body(drive={"uuid": "x"})),
            signed(body(drive=[])),
            signed(body(files={})),
            signed(body(history=5)),
            signed(body(profile=[])),
            signed(body(profile={"reserve_bytes": "1"})),
            with_file(size_bytes="1"),
            with_file(size_bytes=-1),
            with_file(size_bytes=2**63),
            with_file(size_bytes=True),
            with_file(sha256="xyz"),
            with_file(sha256=5),
            with_file(block_digests="ab"),
            with_file(title=[]),
            with_file(title={"episodes": [[1]]}),
            with_file(title={"ids": {"tmdb": 5}}),
            with_file(relpath=None),
            signed(body(files=[5])),
            signed(body(history=[{"at": 5, "action": "x"}])),
            b'{"drivearr": {"version": 1, "x": NaN}, "sha256": ""}',
            b'{"drivearr": {"version": 1, "x": 1e999}, "sha256": ""}',
        ],
        ids=repr,
    )
    def test_refuses_what_is_damaged(self, data: bytes) -> None:
        with pytest.raises(ManifestUnreadable) as refusal:
            decode(data)

        assert refusal.value.message.startswith("The manifest")

    @pytest.mark.parametrize(
        "data",
        [
            with_file(relpath="../outside.mkv"),
            with_file(relpath="/etc/passwd"),
            with_file(relpath="a/../../b"),
            with_file(relpath="a\0b"),
            with_file(relpath="a\nb"),
            with_file(relpath=""),
            with_file(relpath="x" * 5000),
            with_file(source_fingerprint="\x1b[2J"),
            with_file(title={"name": "x\ud800"}),
            signed(body(drive={"uuid": str(DRIVE), "name": "\x07"})),
            signed(body(files=[{"relpath": "a", "size_bytes": 1}] * 2)),
            b'{"drivearr": {"version": 1, "version": 1}, "sha256": ""}',
            b'{"x":' * 500 + b"1" + b"}" * 500,
            b"[" * 100_000,
            signed(body(extra=[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]])),
            b'{"drivearr": {"version": ' + b"1" * 5000 + b"}}",
            b"[" + b"0," * 4_100_000 + b"0]",
        ],
        ids=lambda data: repr(data[:60]),
    )
    def test_names_what_no_accident_makes(self, data: bytes) -> None:
        with pytest.raises(ManifestHostile):
            decode(data)

    def test_refuses_more_than_it_may_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(manifest_format, "MOST_BYTES", 10)

        with pytest.raises(ManifestHostile):
            decode(encode(MANIFEST))

    def test_refuses_more_files_than_it_may_list(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(manifest_format, "MOST_FILES", 1)

        with pytest.raises(ManifestHostile):
            decode(encode(MANIFEST))

    def test_refuses_the_future_in_a_sentence(self) -> None:
        with pytest.raises(ManifestFromTheFuture) as refusal:
            decode(signed(body(version=2)))

        assert "version 2" in refusal.value.message
        assert "Update" in refusal.value.advice
