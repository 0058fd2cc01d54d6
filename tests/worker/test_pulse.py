"""Whether an engine still works, by its steps."""

from __future__ import annotations

from dataclasses import dataclass

from model_server.pulse import HANGS_SECONDS, MOST_FAILURES, Pulse


@dataclass
class Clock:
    """Goes on when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def well(pulse: Pulse) -> bool:
    """Whether there is nothing to complain of."""
    return not (pulse.fails or pulse.pause or pulse.complaint)


def test_a_few_failures_one_after_another_are_told_and_a_success_ends_them() -> None:
    pulse = Pulse(Clock())
    for _ in range(MOST_FAILURES):
        assert well(pulse)
        pulse.begin()
        pulse.end(RuntimeError("what somebody typed"))
    assert pulse.fails
    assert pulse.pause
    assert "every step (RuntimeError)" in pulse.complaint
    assert "typed" not in pulse.complaint
    pulse.end()
    assert well(pulse)


def test_failures_between_successes_are_accidents() -> None:
    pulse = Pulse(Clock())
    for _ in range(3 * MOST_FAILURES):
        pulse.end(ValueError())
        pulse.end()
    assert not pulse.complaint


def test_a_step_that_does_not_end_is_told_until_it_does() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    clock.now = 2 * HANGS_SECONDS
    assert not pulse.hangs
    pulse.begin()
    clock.now += HANGS_SECONDS - 1
    assert not pulse.complaint
    clock.now += 2
    assert "has not ended" in pulse.complaint
    pulse.end()
    assert not pulse.complaint
