"""The thread count follows what others do on the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from model_server.threads import LOAD, Reading, Threads, busy_seconds, others_running, threads_for, usable_cores


@pytest.mark.parametrize(
    ("others", "cores", "most", "threads"),
    [
        (0.0, 2, 2, 2),
        (0.2, 2, 2, 2),
        (0.5, 2, 2, 1),
        (1.0, 2, 2, 1),
        (1.9, 2, 2, 1),
        (0.9, 1, 1, 1),
        (0.0, 8, 8, 8),
        (2.1, 8, 8, 6),
        (9.0, 8, 8, 1),
        (3.0, 64, 4, 4),
        (61.9, 64, 4, 2),
        (0.0, 2, 4, 2),
    ],
)
def test_others_keep_the_cores_they_use(others: float, cores: int, most: int, threads: int) -> None:
    assert threads_for(others, cores, most) == threads


def test_what_others_use_is_taken_from_all_cores_and_not_from_the_few_that_are_shared() -> None:
    applied: list[int] = []
    threads = Threads(applied.append, 4, iter([Reading(0, 0, 0), Reading(1, 3, 0)]).__next__, cores=16)
    threads.follow()
    assert (applied, threads.count) == ([], 4)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux tells a process where it may run")
def test_only_cores_that_may_be_used_count() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)
    assert usable_cores() == len(before)


def test_the_count_goes_down_with_load_and_up_again() -> None:
    readings = [Reading(0, 0, 0), Reading(1, 2.0, 1.0), Reading(2, 3.0, 2.0), Reading(3, 3.05, 2.0)]
    applied: list[int] = []
    threads = Threads(applied.append, 2, iter(readings).__next__, cores=2)
    for _ in readings[1:]:
        threads.follow()
    assert applied == [1, 2]


def test_own_work_does_not_count_as_others() -> None:
    assert Reading(1, 2.0, 2.0).others_since(Reading(0, 0.0, 0.0)) == 0.0


def test_after_a_pause_counts_who_runs_now() -> None:
    """Others computed in it, but nobody does any more; and the other way round."""
    applied: list[int] = []
    readings = [Reading(0, 0, 0), Reading(9, 9.0, 0.0, running=0), Reading(20, 9.0, 0.0, running=1)]
    threads = Threads(applied.append, 2, iter(readings).__next__, cores=2)
    threads.follow()
    assert (applied, threads.count) == ([], 2)
    threads.follow()
    assert (applied, threads.count) == ([1], 1)


def test_who_runs_is_read_from_the_machine() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        looks = []
        for _ in range(200):
            time.sleep(0.01)
            looks.append(others_running())
        busy.kill()
    assert min(looks) >= 0
    assert not LOAD.exists() or sum(looks) > len(looks) / 2


def test_the_clock_of_all_cores_goes_forward() -> None:
    assert busy_seconds() >= 0
