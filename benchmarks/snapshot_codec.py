"""Bytes, seconds and memory of an encoded snapshot, by kind of key.

``bytes`` are those of JSON text per record. ``encode`` and ``decode`` give CPU seconds, and MB
(10**6 bytes) of memory on top of the input. Each step runs in a process of its own. Memory is the
resident peak from /proc, hence 0 on other systems than Linux.
"""

from __future__ import annotations

import gc
import json
import random
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from source_phenom.snapshot import Snapshot, decode, encode


def object_ids(n: int, rng: random.Random) -> Iterator[str]:
    """Application ids as a MongoDB driver makes them: three years, six processes, office hours.

    Two thirds arrive on weekdays between 8 and 18. A process lives for two weeks; the next one has
    another number and starts its counter anywhere. A counter serves other collections too, so it
    rises by 10 on average.
    """
    generator = np.random.default_rng(rng.getrandbits(64))
    day, hour, days = 86400, 3600, 3 * 365
    arrival = generator.integers(0, days * day, 3 * n + 1000)
    weekday, clock = arrival // day % 7 < 5, arrival % day // hour
    busy = weekday & (clock >= 8) & (clock < 18)
    arrival = arrival[busy | (generator.random(len(arrival)) < 0.22)]
    seconds = np.sort(generator.permutation(arrival)[:n]) + 1_640_995_200
    assert len(seconds) == n
    process: dict[tuple[int, int], tuple[int, int]] = {}
    pods = generator.integers(0, 6, n).tolist()
    for second, pod, step in zip(
        seconds.tolist(), pods, generator.geometric(0.1, n).tolist(), strict=True
    ):
        life = (pod, (second + pod * day) // (14 * day))
        number, counter = process.get(life) or (rng.getrandbits(40), rng.getrandbits(24))
        counter = (counter + step) % 2**24
        process[life] = number, counter
        yield f"{second:08x}{number:010x}{counter:06x}"


def object_ids_with_loose_counters(n: int, rng: random.Random) -> Iterator[str]:
    """As above from eight processes, at any time, and with random counters: probably the worst."""
    numbers = [rng.getrandbits(40) for _ in range(8)]
    return (
        f"{rng.randrange(1_640_995_200, 1_735_689_600):08x}"
        f"{rng.choice(numbers):010x}{rng.getrandbits(24):06x}"
        for _ in range(n)
    )


def random_hex_24(n: int, rng: random.Random) -> Iterator[str]:
    return (f"{rng.getrandbits(96):024x}" for _ in range(n))


def uuids(n: int, rng: random.Random) -> Iterator[str]:
    return (str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(n))


def uuids_without_dashes(n: int, rng: random.Random) -> Iterator[str]:
    return (uuid.UUID(int=rng.getrandbits(128), version=4).hex for _ in range(n))


def pseudonyms(n: int, rng: random.Random) -> Iterator[str]:
    """Keys of candidates without an id, with ``personal_data: pseudonymous``."""
    return (f"email:{rng.getrandbits(128):032x}" for _ in range(n))


def time_ordered_uuids(n: int, rng: random.Random) -> Iterator[str]:
    """Version 7: milliseconds, then 74 random bits."""
    for _ in range(n):
        moment = rng.randrange(1_640_995_200_000, 1_735_689_600_000)
        value = moment << 80 | rng.getrandbits(80)
        yield str(uuid.UUID(int=value & ~(0xF << 76) | 7 << 76))


def emails(n: int, rng: random.Random) -> Iterator[str]:
    """First name, last name, often a number, at one of three big hosts or 3000 small ones."""
    syllables = re.findall("..", "anbecodaelfigahaisjokalemaneolperastiurviweyazo")

    def word() -> str:
        return "".join(rng.choices(syllables, k=rng.randint(2, 4)))

    names = [word() for _ in range(4000)]
    hosts = ["gmail.com", "yahoo.com", "outlook.com"]
    hosts = hosts * 1000 + [f"{word()}{word()}.{rng.choice(['com', 'de'])}" for _ in range(3000)]
    numbers = ["", "", *map(str, range(1, 100)), *map(str, range(1960, 2010))]
    while True:
        number = rng.choice(numbers) if rng.random() < 0.7 else ""
        separator = rng.choice([".", "_", ""])
        yield f"{rng.choice(names)}{separator}{rng.choice(names)}{number}@{rng.choice(hosts)}"


def job_ids(n: int, rng: random.Random) -> Iterator[str]:
    return (f"REQ-{number}" for number in rng.sample(range(10**5, 10**5 + 10 * n), n))


def assignments(n: int, rng: random.Random) -> Iterator[str]:
    """`jobId:email:ROLE`, four for each job, from one recruiter for each fifty assignments."""
    staff = list(islice(unique(emails(n, rng)), max(1, n // 50)))
    while True:
        role = rng.choice(["HIRING_MANAGER", "RECRUITER", "RECRUITER"])
        yield f"REQ-{rng.randrange(10**5, 10**5 + n // 4 + 1)}:{rng.choice(staff)}:{role}"


def assignments_of_uuid_jobs(n: int, rng: random.Random) -> Iterator[str]:
    """As above with a random UUID for each job."""
    jobs = list(uuids(n // 4 + 1, rng))
    staff = list(islice(unique(emails(n, rng)), max(1, n // 50)))
    while True:
        role = rng.choice(["HIRING_MANAGER", "RECRUITER"])
        yield f"{rng.choice(jobs)}:{rng.choice(staff)}:{role}"


DISTRIBUTIONS: dict[str, Callable[[int, random.Random], Iterator[str]]] = {
    "ObjectIds": object_ids,
    "ObjectIds, loose counters": object_ids_with_loose_counters,
    "24 random hex digits": random_hex_24,
    "UUIDs": uuids,
    "UUIDs without dashes": uuids_without_dashes,
    "UUIDs, version 7": time_ordered_uuids,
    "email:pseudonym": pseudonyms,
    "e-mail addresses": emails,
    "job ids": job_ids,
    "jobId:email:ROLE": assignments,
    "UUID:email:ROLE": assignments_of_uuid_jobs,
}


def unique(keys: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for key in keys:
        if key not in seen:
            seen.add(key)
            yield key


def keys_of(name: str, n: int) -> list[str]:
    """`n` distinct keys of a distribution, the same ones every time, shuffled."""
    rng = random.Random(f"{name} {n}")
    keys = list(islice(unique(DISTRIBUTIONS[name](n + n // 100 + 10, rng)), n))
    rng.shuffle(keys)
    return keys


def snapshot_of(name: str, n: int) -> Snapshot:
    """A snapshot of `n` keys with random digests."""
    rng = random.Random(n)
    return Snapshot.from_records((key, rng.getrandbits(32)) for key in keys_of(name, n))


class Peak:
    """Measures the peak of resident bytes over those at its creation; 0 where unknown."""

    def __init__(self) -> None:
        gc.collect()
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        self._before = self._resident("VmRSS")

    def bytes(self) -> int:
        return self._resident("VmHWM") - self._before

    @staticmethod
    def _resident(entry: str) -> int:
        try:
            found = re.search(rf"{entry}:\s+(\d+)", Path("/proc/self/status").read_text())
        except OSError:
            found = None
        return int(found[1]) * 1024 if found else 0


def measure_encode(name: str, n: int, text_file: str) -> dict[str, float]:
    snapshot = snapshot_of(name, n)
    peak, start = Peak(), time.process_time()
    text = encode(snapshot)
    seconds = time.process_time() - start
    encode_mb = peak.bytes() / 1e6
    Path(text_file).write_text(text)
    size = (len(json.dumps(text)) - 2) / n
    return {"bytes": size, "encode s": seconds, "encode MB": encode_mb}


def measure_decode(name: str, n: int, text_file: str) -> dict[str, float]:
    text = Path(text_file).read_text()
    peak, start = Peak(), time.process_time()
    decode(text)
    seconds = time.process_time() - start
    return {"decode s": seconds, "decode MB": peak.bytes() / 1e6}


def measure(name: str, n: int, folder: Path) -> dict[str, float]:
    """The figures above, of ``n`` records with keys of that distribution."""
    figures: dict[str, float] = {}
    for step in (measure_encode, measure_decode):
        with get_context("spawn").Pool(1) as pool:
            figures |= pool.apply(step, (name, n, str(folder / "state.txt")))
    return figures
