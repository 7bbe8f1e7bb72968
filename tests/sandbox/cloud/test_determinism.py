"""Scopes: the same label gives the same randomness and clock, whatever other threads do."""

from __future__ import annotations

import threading
import time

from sandbox.cloud.determinism import Stream, now, random_bytes, scope


def test_a_stream_does_not_depend_on_how_it_is_read() -> None:
    whole, parts = Stream(b"key"), Stream(b"key")
    assert whole.read(300) == b"".join(parts.read(count) for count in (1, 63, 64, 100, 72))


def test_the_same_label_draws_the_same_bytes() -> None:
    drawn = []
    for label in ("entry 1", "entry 1", "entry 2"):
        with scope(label):
            drawn.append(random_bytes(16))
    assert drawn[0] == drawn[1] != drawn[2]


def test_an_inner_scope_leaves_the_outer_one_alone() -> None:
    with scope("outer"):
        expected = random_bytes(32)
    with scope("outer"):
        first = random_bytes(16)
        with scope("inner"):
            random_bytes(5)
        assert first + random_bytes(16) == expected


def test_the_clock_stands_still_inside_and_is_inherited() -> None:
    with scope("outer", at=1000.5):
        assert now() == 1000.5
        with scope("inner"):
            assert now() == 1000.5
    assert abs(now() - time.time()) < 5


def test_other_threads_draw_from_the_operating_system() -> None:
    drawn: list[tuple[bytes, float]] = []
    with scope("entry", at=1.0):
        for _ in range(2):
            thread = threading.Thread(target=lambda: drawn.append((random_bytes(16), now())))
            thread.start()
            thread.join()
    assert drawn[0][0] != drawn[1][0]
    assert all(at > 1.0 for _, at in drawn)
