"""How well and how fast a library of untidy names is identified.

The real commands `scan`, `identify` and `files` on files made from a catalogue, against
stand-ins that rank by popularity and offer remakes. Beside them a plain way to do it:
guessit, and the first that a search finds. Without `--catalogue` the titles are invented.

The pace kept for the sake of the services is lifted, so that the work itself is measured.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine, table
from benchmarks.plainly import Plainly, identify_plainly
from tests.fakes.tmdb import READ_TOKEN, FakeTmdb, running_tmdb
from tests.fakes.tvdb import KEY, FakeTvdb, running_tvdb
from tests.scenes.catalogue import (
    Catalogue,
    invent_catalogue,
    read_catalogue,
    with_strangers,
)
from tests.scenes.counting import Tally, tally
from tests.scenes.rough import plan_rough
from tests.scenes.untidy import Planned, plan_library, write_library

PLANNERS: dict[str, Callable[..., list[Planned]]] = {
    "usual": plan_library,
    "rough": plan_rough,
}
POLITE_PER_SECOND = {"tmdb": 40, "tvdb": 15}
_UNPACED = (
    "import sys; from library.metadata import tmdb, tvdb; "
    "tmdb.REQUESTS_PER_SECOND = tvdb.REQUESTS_PER_SECOND = 100_000; "
    "sys.argv[0] = 'manage.py'; from drivearr.cli import main; main()"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--catalogue", type=Path, help="JSON lines, packed or not")
    parser.add_argument(
        "--source", choices=("tmdb", "tvdb", "both", "none"), default="tmdb"
    )
    parser.add_argument("--noise", choices=tuple(PLANNERS), default="usual")
    parser.add_argument("--no-peer", action="store_true", help="leave guessit out")
    parser.add_argument("--asked", type=Path, help="write each request to this file")
    parser.add_argument("--mistakes", type=int, default=0, help="how many to list")
    asked = parser.parse_args()
    catalogue = _catalogue(asked.catalogue, asked.files, asked.seed)
    planned = PLANNERS[asked.noise](catalogue, seed=asked.seed, files=asked.files)
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-"))
    try:
        write_library(folder, planned)
        _measure(folder, catalogue, planned, asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _catalogue(path: Path | None, files: int, seed: int) -> Catalogue:
    if path:
        return with_strangers(read_catalogue(path), seed=seed)
    invented = invent_catalogue(seed=seed, movies=files * 3 // 4, shows=files // 15)
    return with_strangers(invented, seed=seed)


def _measure(
    folder: Path,
    catalogue: Catalogue,
    planned: list[Planned],
    asked: argparse.Namespace,
) -> None:
    with ExitStack() as stack:
        env = os.environ | {"DRIVEARR_DATA_DIR": str(folder / "data")}
        services: list[FakeTmdb | FakeTvdb] = []
        if asked.source in {"tmdb", "both"}:
            tmdb = stack.enter_context(running_tmdb())
            tmdb.load(catalogue)
            env |= {
                "DRIVEARR_TMDB_KEY": READ_TOKEN,
                "DRIVEARR_TMDB_URL": f"{tmdb.url}/3",
            }
            services.append(tmdb)
        if asked.source in {"tvdb", "both"}:
            tvdb = stack.enter_context(running_tvdb())
            tvdb.load(catalogue)
            env |= {"DRIVEARR_TVDB_KEY": KEY, "DRIVEARR_TVDB_URL": f"{tvdb.url}/v4"}
            services.append(tvdb)
        roots = _add_roots(folder, env)
        scan = _run(env, "scan")
        summary = _run(env, "identify")
        sent = sum(len(service.asked) for service in services)
        if asked.asked:
            lines = [line for service in services for line in service.asked]
            asked.asked.write_text("\n".join(lines), encoding="utf-8")
        again = _run(env, "identify")
        sent_again = sum(len(service.asked) for service in services) - sent
        peer = None
        if asked.source == "tmdb" and not asked.no_peer:
            peer = identify_plainly(planned, url=services[0].url, key=READ_TOKEN)
    by = "tvdb" if asked.source == "tvdb" else "tmdb"
    count = tally(planned, _run(env, "files"), roots=roots, source=by)
    _show(asked, count, scan, summary, sent)
    if peer:
        _compare(count, summary["seconds"], sent, peer)
    print(f"  again: {again['seconds']:.1f} s, {sent_again} requests")
    for line in (count.mistakes + count.misses)[: asked.mistakes]:
        print(" ", line)


def _add_roots(folder: Path, env: dict[str, str]) -> dict[int, str]:
    _run(env, "migrate", "--verbosity", "0", as_json=False)
    for name in ("movies", "shows"):
        (folder / name).mkdir(exist_ok=True)
        _run(env, "roots", "add", str(folder / name), "--kind", name, as_json=False)
    rows = _run(env, "roots", "list")
    return {row["id"]: Path(row["path"]).name for row in rows}


def _run(env: dict[str, str], *command: str, as_json: bool = True) -> Any:
    words = [sys.executable, "-c", _UNPACED, *command]
    words += ["--json"] if as_json else []
    ended = subprocess.run(words, env=env, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{command}: {ended.stderr[-2000:]}")
    return json.loads(ended.stdout) if as_json else None


def _show(
    asked: argparse.Namespace,
    count: Tally,
    scan: dict[str, Any],
    summary: dict[str, Any],
    sent: int,
) -> None:
    scanned = sum(root["seconds"] for root in scan["roots"])
    left = ", ".join(f"{name} {number}" for name, number in count.left.items())
    considered = summary["considered"]
    table(
        f"Identifying {count.videos} videos, seed {asked.seed}, {asked.source} ({machine()})",
        [
            ("videos that a catalogue knows", str(count.matchable)),
            ("titles they belong to", str(count.titles)),
            ("precision", f"{count.precision:.4f}"),
            ("recall", f"{count.recall:.4f}"),
            ("right / wrong", f"{count.right} / {count.wrong}"),
            ("false, on what no catalogue knows", str(count.false)),
            ("left for a person", f"{sum(count.left.values())} ({left})"),
            ("requests, as counted by the service", str(sent)),
            ("requests, as told", str(summary["requests"])),
            ("requests per title", f"{sent / max(1, count.titles):.2f}"),
            ("scan, seconds", f"{scanned:.1f}"),
            ("identify, seconds", f"{summary['seconds']:.1f}"),
            ("files identified per second", f"{considered / summary['seconds']:.0f}"),
            (
                "titles identified per second",
                f"{count.titles / summary['seconds']:.0f}",
            ),
            (
                "at the polite pace, seconds at the least",
                f"{sent / POLITE_PER_SECOND.get(asked.source, 15):.0f}",
            ),
        ],
    )
    rows: list[tuple[str, ...]] = [("", "right", "left", "wrong", "well left", "false")]
    verdicts = rows[0][1:]
    rows += [
        (style, *(str(counts[each] or "") for each in verdicts))
        for style, counts in sorted(count.styles.items())
    ]
    table("By style of name", rows)


def _compare(count: Tally, seconds: float, sent: int, peer: Plainly) -> None:
    """Show both ways side by side."""
    ours, rate = count.titles / seconds, count.titles / peer.seconds
    asked = (sent / count.titles, peer.requests / count.titles)
    rows = [
        ("precision", f"{count.precision:.4f}", f"{peer.precision:.4f}"),
        ("recall", f"{count.recall:.4f}", f"{peer.recall:.4f}"),
        ("requests per title", f"{asked[0]:.2f}", f"{asked[1]:.2f}"),
        ("titles per second", f"{ours:.0f}", f"{rate:.0f}"),
    ]
    table(
        f"Beside guessit with the first hit ({ours / rate:.1f} times as many titles a second)",
        [("", "drivearr", "guessit, first hit"), *rows],
    )


if __name__ == "__main__":
    main()
