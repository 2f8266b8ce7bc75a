"""Requests take turns, and a long one keeps nobody waiting (轮流)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from app.kernel.turns import Turns

FOREVER = 3600.0


def test_one_after_the_other() -> None:
    turns, inside, most = Turns(FOREVER), [], []
    together = threading.Barrier(8)

    def work(number: int) -> None:
        together.wait()
        for _ in range(200):
            with turns.turn():
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(8) as everybody:
        list(everybody.map(work, range(8)))
    assert (len(most), max(most)) == (1600, 1)


def test_whoever_takes_long_goes_on_beside_the_others() -> None:
    """And does not end the turn of another when it ends at last."""
    turns = Turns(0.01)
    others_are_done, begun = threading.Event(), threading.Event()

    def take_long() -> bool:
        with turns.turn():
            begun.set()
            return others_are_done.wait(30)

    with ThreadPoolExecutor(1) as other:
        long = other.submit(take_long)
        assert begun.wait(30)
        for _ in range(3):
            with turns.turn():
                assert not long.done()
        others_are_done.set()
        assert long.result()


def test_a_turn_that_was_overtaken_does_not_free_the_next_ones() -> None:
    turns = Turns(FOREVER)
    first = turns.turn()
    first.__enter__()
    turns._until = 0.0  # noqa: SLF001 - as if it had lasted for ever
    with turns.turn():
        first.__exit__(None, None, None)
        entered = threading.Event()

        def enter() -> None:
            with turns.turn():
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.05)
    waiting.join(30)
    assert entered.is_set()


def test_a_fault_ends_the_turn() -> None:
    turns = Turns(FOREVER)
    for _ in range(2):
        try:
            with turns.turn():
                raise ValueError
        except ValueError:
            pass
