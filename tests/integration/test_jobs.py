"""Long work: taken up once, given back when its worker dies, never done twice."""

from __future__ import annotations

import pytest
from flask import Flask

from app.kernel import audit, jobs
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze


@pytest.fixture(autouse=True)
def only_these_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_handlers", {})
    monkeypatch.setattr(jobs, "_in_parts", set())


def _queue(key: str = "k") -> int:
    with writing("测试"):
        job_id = jobs.enqueue("test", {"n": 1}, key=key)
        audit.record("test.queued", "job", job_id)
    return job_id


def _state(job_id: int) -> str:
    db.session.rollback()
    job = jobs.find_job(job_id)
    assert job is not None
    return job.state


def test_a_job_is_done_once(app: Flask) -> None:
    done: list[int] = []
    jobs.define("test", lambda run: done.append(run.attempt))
    with app.app_context():
        job_id = _queue()
        assert jobs.run_next() is True
        assert jobs.run_next() is False
        assert (done, _state(job_id)) == ([1], "done")


def test_the_same_key_is_queued_once(app: Flask) -> None:
    with app.app_context():
        assert _queue("same") == _queue("same")


def test_what_cannot_be_done_says_why(app: Flask) -> None:
    def refuse(_run: jobs.JobRun) -> None:
        raise jobs.JobFailed("文件无法读取。请重新上传。")

    jobs.define("test", refuse)
    with app.app_context():
        job_id = _queue()
        jobs.run_next()
        job = jobs.find_job(job_id)
        assert job is not None
        assert (job.state, job.error) == ("failed", "文件无法读取。请重新上传。")


def test_a_dead_workers_job_is_taken_up_again_after_its_lease(app: Flask, clock: Freeze) -> None:
    attempts: list[int] = []

    def die_at_first(run: jobs.JobRun) -> None:
        attempts.append(run.attempt)
        if run.attempt == 1:
            raise SystemExit  # the process ends here without tidying up

    jobs.define("test", die_at_first)
    with app.app_context():
        clock("2025-06-30 09:00")
        job_id = _queue()
        with pytest.raises(SystemExit):
            jobs.run_next()
        assert _state(job_id) == "running"
        assert jobs.run_next() is False, "its lease still runs"
        clock("2025-06-30 09:01")
        assert jobs.run_next() is True
        assert (attempts, _state(job_id)) == ([1, 2], "done")


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_job_that_always_fails_is_given_up_with_a_sentence(
    app: Flask, clock: Freeze, *, in_parts: bool
) -> None:
    def fail(_run: jobs.JobRun) -> None:
        raise ValueError("programming error")

    jobs.define("test", fail, in_parts=in_parts)
    with app.app_context():
        clock("2025-06-30 09:00")
        job_id = _queue()
        for minute in range(1, jobs.MAX_ATTEMPTS + 1):
            jobs.run_next()
            clock(f"2025-06-30 09:{minute:02d}")
        assert jobs.run_next() is False
        job = jobs.find_job(job_id)
        assert job is not None
        assert job.state == "failed"
        assert "联系管理员" in job.error
        assert ("未写入任何内容" in job.error) is not in_parts
        assert ("部分已经保存" in job.error) is in_parts


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_job_whose_worker_always_dies_is_given_up_and_what_it_kept_is_said(
    app: Flask, clock: Freeze, *, in_parts: bool
) -> None:
    def die(_run: jobs.JobRun) -> None:
        raise SystemExit

    jobs.define("test", die, in_parts=in_parts)
    with app.app_context():
        clock("2025-06-30 09:00")
        job_id = _queue()
        for minute in range(1, jobs.MAX_ATTEMPTS + 1):
            with pytest.raises(SystemExit):
                jobs.run_next()
            clock(f"2025-06-30 09:{minute:02d}")
        assert jobs.run_next() is False
        job = jobs.find_job(job_id)
        assert job is not None
        assert job.state == "failed"
        assert ("未写入任何内容" in job.error) is not in_parts
        assert ("部分已经保存" in job.error) is in_parts


def test_progress_is_seen_by_others_while_the_work_runs(app: Flask) -> None:
    seen: list[tuple[int, int, str]] = []

    def work(run: jobs.JobRun) -> None:
        run.progress(3, 10, "核对中")
        db.session.rollback()
        job = jobs.find_job(run.job_id)
        assert job is not None
        seen.append((job.done, job.total, job.note))

    jobs.define("test", work)
    with app.app_context():
        _queue()
        jobs.run_next()
    assert seen == [(3, 10, "核对中")]
