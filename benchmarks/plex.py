"""How fast Plex libraries are synced, beside fetching the same answers and dropping them.

The stand-in server runs in a process of its own and takes its time for each request.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine, seconds_of, table

SHOWS, EPISODES, MOVIES = 400, 17_000, 2_000
LARGE = 100_000


def serve(shows: int, episodes: int, movies: int, delay_ms: int) -> None:
    """Be the server until standard input ends; hears `change N` there."""
    from tests.fakes.plex import running_plex

    with running_plex() as fake:
        fake.add_section("1", "movie", "Films", "/data/Movies")
        fake.add_section("2", "show", "Shows", "/data/TV")
        for number in range(movies):
            fake.add_movie(100_000 + number, f"Film {number}", tmdb=number + 1)
        for number in range(shows):
            fake.add_show(200_000 + number, f"Show {number}", tvdb=number + 1)
        for number in range(episodes):
            show, place = number % shows, number // shows
            fake.add_episode(
                1_000_000 + number, 200_000 + show, 1 + place // 12, 1 + place % 12
            )
        fake.delay_seconds = delay_ms / 1000
        print(json.dumps({"url": fake.url}), flush=True)
        for line in sys.stdin:
            count = int(line.split()[1])
            for number in range(count):
                key = 1_000_000 + number * (episodes // count)
                fake.change(key, summary=f"Changed {number}")
            print("done", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--episodes", type=int, default=EPISODES)
    parser.add_argument("--shows", type=int, default=SHOWS)
    parser.add_argument("--movies", type=int, default=MOVIES)
    parser.add_argument("--delay-ms", type=int, default=20)
    parser.add_argument(
        "--memory",
        action="store_true",
        help="measure only how much memory a worker takes, here and with 100,000 episodes",
    )
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.shows, asked.episodes, asked.movies, asked.delay_ms)
        return
    if asked.memory and not asked.once:
        _compare_memory(asked)
        return
    folder = Path(tempfile.mkdtemp(prefix="drivearr-bench-"))
    os.environ["DRIVEARR_DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "drivearr.settings"
    words = [f"--{name}={getattr(asked, name)}" for name in ("episodes", "shows")]
    words += [f"--movies={asked.movies}", f"--delay-ms={asked.delay_ms}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plex", "--serve", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        _measure(json.loads(server.stdout.readline())["url"], server, asked)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _compare_memory(asked: Any) -> None:
    """Sync libraries of two sizes, each in a process of its own."""
    rows: list[tuple[str, ...]] = [
        ("episodes", "MiB idle", "first sync", "more", "everything again", "more")
    ]
    for episodes in (asked.episodes, LARGE):
        words = ["--memory", "--once", "--delay-ms=0", "--movies=0"]
        words += [f"--episodes={episodes}", f"--shows={max(1, episodes // 42)}"]
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.plex", *words],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        found = json.loads(ran.stdout.splitlines()[-1])
        idle = found["idle"]
        figures = [
            f"{each:.0f}"
            for name in ("first", "deep")
            for each in (idle + found[name], found[name])
        ]
        rows.append((f"{episodes:,}", f"{idle:.0f}", *figures))
    table(f"Memory of a worker syncing a Plex library ({machine()})", rows)


def _measure(url: str, server: "subprocess.Popen[str]", asked: Any) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from drivearr.lib.progress import SilentProgress
    from drivearr.web.sealing import seal
    from plexlink.models import PlexServer
    from plexlink.services.discovering import refresh_libraries, set_enabled
    from plexlink.services.running import Summary
    from plexlink.services.syncing import sync_library
    from tests.fakes.plex import TOKEN

    row = PlexServer.objects.create(
        machine_id="machine-one", name="Attic", sealed_token=seal(TOKEN)
    )
    row.connections.create(uri=url)
    libraries = refresh_libraries(server=row)
    for library in libraries:
        set_enabled(library=library, is_enabled=True)

    def sync(*, deep: bool = False) -> list[Summary]:
        return [
            sync_library(library_id=each.pk, progress=SilentProgress(), deep=deep)
            for each in libraries
        ]

    if asked.memory:
        idle = _rss()
        done = [sync(), sync(deep=True)]
        peaks = [max(run.peak_rss_bytes for run in runs) for runs in done]
        assert sum(run.listed for run in done[0]) >= asked.episodes
        more = [peak / 1024**2 - idle for peak in peaks]
        print(json.dumps({"idle": idle, "first": more[0], "deep": more[1]}))
        return
    items = asked.movies + asked.shows + asked.episodes
    plain = seconds_of(lambda: _only_fetch(url))
    idle = _rss()
    rows = [("", "seconds", "ratio", "items/s", "requests", "writes", "MiB more")]
    first = ("fetch and drop", f"{plain:.2f}", "1.0", f"{items / plain:,.0f}")
    rows.append((*first, "", "", ""))
    for name, deep, change in (
        ("first sync", False, 0),
        ("nothing changed", False, 0),
        ("1 % changed", False, max(1, asked.episodes // 100)),
        ("everything again", True, 0),
    ):
        if change:
            _change(server, change)
        begun = time.perf_counter()
        runs = sync(deep=deep)
        taken = time.perf_counter() - begun
        rows.append(
            (
                name,
                f"{taken:.2f}",
                f"{taken / plain:.2f}",
                f"{items / taken:,.0f}",
                " + ".join(str(run.requests) for run in runs),
                str(sum(run.writes for run in runs)),
                f"{_rss() - idle:.0f}",
            )
        )
    title = f"{asked.movies} movies, {asked.shows} shows, {asked.episodes} episodes"
    table(f"Plex sync of {title}, {asked.delay_ms} ms a request ({machine()})", rows)


def _change(server: "subprocess.Popen[str]", count: int) -> None:
    assert server.stdin
    assert server.stdout
    server.stdin.write(f"change {count}\n")
    server.stdin.flush()
    server.stdout.readline()


def _only_fetch(url: str) -> None:
    """Fetch the pages and details that a first sync needs, one after another."""
    from tests.fakes.plex import TOKEN

    def get(path: str) -> Any:
        headers = {"X-Plex-Token": TOKEN, "Accept": "application/json"}
        request = urllib.request.Request(url + path, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request) as reply:  # noqa: S310 - ours
            return json.loads(reply.read())["MediaContainer"]

    for section, kinds in (("1", (1,)), ("2", (2, 3, 4))):
        for kind in kinds:
            keys: list[str] = []
            total = 1
            while len(keys) < total:
                page = get(
                    f"/library/sections/{section}/all?type={kind}"
                    f"&X-Plex-Container-Start={len(keys)}&X-Plex-Container-Size=1000"
                )
                total = page["totalSize"]
                keys += [row["ratingKey"] for row in page["Metadata"]]
            for start in range(0, len(keys), 100):
                get("/library/metadata/" + ",".join(keys[start : start + 100]))


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
