"""The journal: what was answered is kept, what was refused or torn is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox.cloud.journal import LARGE, SESSION_LIMIT, Entry, Journal, replaying


def entry(index: int, *, service: str = "ec2", at: float | None = None, body: bytes = b"Action=CreateVpc") -> Entry:
    return Entry(
        index=index,
        at=time.time() if at is None else at,
        account="111111111111",
        access_key="AKIA",
        arn="arn:aws:iam::111111111111:user/x",
        service=service,
        action="CreateVpc",
        environ={"REQUEST_METHOD": "POST"},
        body=body,
    )


def opened(path: Path) -> tuple[Journal, list[Entry]]:
    found: list[Entry] = []
    journal = Journal(path)
    journal.replay(lambda one: found.append(one) or 200)  # type: ignore[func-returns-value]
    return journal, found


def test_entries_come_back_in_order_with_their_bodies(tmp_path: Path) -> None:
    journal, _ = opened(tmp_path / "journal")
    kept = [entry(0), entry(1, body=b"\xff\x00 not text")]
    for one in kept:
        with journal.keeping(one):
            pass
    again, found = opened(tmp_path / "journal")
    assert found == kept
    assert again.next_index() == 2


def test_large_bodies_stand_beside_the_journal_and_go_with_their_entries(tmp_path: Path) -> None:
    path, bodies = tmp_path / "journal", tmp_path / "journal.bodies"
    journal, _ = opened(path)
    large = entry(0, body=b"\xff" * LARGE)
    with journal.keeping(large):
        assert path.stat().st_size < 1024
        assert (bodies / "0").stat().st_mode & 0o777 == 0o600
    with journal.keeping(entry(1, body=b"x" * LARGE)) as take_back:
        take_back()
    (bodies / "7").write_bytes(b"of a request that was never written")
    assert opened(path)[1] == [large]
    assert [file.name for file in bodies.iterdir()] == ["0"]


def test_an_entry_is_on_disk_before_it_is_carried_out(tmp_path: Path) -> None:
    journal, _ = opened(tmp_path / "journal")
    with journal.keeping(entry(0)):
        assert (tmp_path / "journal").read_bytes().endswith(b"\n")


def test_a_refused_entry_is_taken_back(tmp_path: Path) -> None:
    journal, _ = opened(tmp_path / "journal")
    with journal.keeping(entry(0)):
        pass
    with journal.keeping(entry(1)) as take_back:
        take_back()
    with journal.keeping(entry(2)):
        pass
    assert [one.index for one in opened(tmp_path / "journal")[1]] == [0, 2]


def test_a_torn_line_is_dropped_and_writing_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "journal"
    journal, _ = opened(path)
    for index in range(2):
        with journal.keeping(entry(index)):
            pass
    path.write_bytes(path.read_bytes()[:-20])
    again, found = opened(path)
    assert [one.index for one in found] == [0]
    assert "torn" in caplog.text
    with again.keeping(entry(again.next_index())):
        pass
    assert [one.index for one in opened(path)[1]] == [0, 1]


def test_dead_role_sessions_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal, _ = opened(path)
    with journal.keeping(entry(0, service="sts", at=time.time() - SESSION_LIMIT - 1)):
        pass
    with journal.keeping(entry(1, service="sts")):
        pass
    assert [one.index for one in opened(path)[1]] == [1]


def test_a_request_that_fails_in_replay_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "journal"
    journal, _ = opened(path)
    with journal.keeping(entry(0)):
        pass
    assert Journal(path).replay(lambda _: 404) == (1, 1)
    assert "entry 0 ec2:CreateVpc answered 404" in caplog.text


def test_data_planes_know_of_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal, _ = opened(path)
    with journal.keeping(entry(0)):
        pass
    seen: list[bool] = []
    Journal(path).replay(lambda _: seen.append(replaying()) or 200)  # type: ignore[func-returns-value]
    assert seen == [True]
    assert not replaying()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    opened(tmp_path / "journal")
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
