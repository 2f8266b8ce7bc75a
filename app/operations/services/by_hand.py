"""What the system administrator asks for (立即备份、核对、演练), done by the job worker."""

from __future__ import annotations

from app.kernel import anchors, audit, clock, jobs
from app.kernel.jobs import JobFailed, JobRun
from app.kernel.system_words import why
from app.kernel.transaction import transaction
from app.operations.domain import OperationFailed
from app.operations.queries.backups import backup_folder, find_backup
from app.operations.queries.tasks import latest_job
from app.operations.services.backing_up import free_path, write_backup
from app.operations.services.drill import DRILL_TITLE, run_drill
from app.operations.services.scheduled import check_backup, look_over

BACKUP, CHECK, DRILL = "operations.backup", "operations.check", "operations.drill"
KINDS = (BACKUP, CHECK, DRILL)
HEALTH = "operations.health"


def define_jobs() -> None:
    """Name the jobs of this stage."""
    jobs.define(BACKUP, _back_up, title="立即备份", repeatable=True)
    jobs.define(CHECK, _check, title="核对备份 {name}", repeatable=True)
    jobs.define(DRILL, _drill, title=DRILL_TITLE, repeatable=True)
    jobs.define(HEALTH, _look_over, title="全面检查", repeatable=True)


def ask_for_backup() -> int:
    """Queue a backup unless one is under way; returns the job."""
    return _ask(BACKUP, "", "backup.asked")


def ask_for_check(name: str) -> int:
    """Queue the check of a backup unless one is under way; returns the job."""
    return _ask(CHECK, name, "backup.check_asked")


def ask_for_drill(name: str) -> int:
    """Queue a restore drill with this backup unless one is under way; returns the job."""
    return _ask(DRILL, name, "drill.asked")


def ask_for_health() -> int:
    """Queue a look at everything unless one is under way; returns the job."""
    return _ask(HEALTH, "", "health.asked", "health")


def _ask(kind: str, name: str, action: str, object_type: str = "backup") -> int:
    running = latest_job(kind)
    if running is not None and running.is_under_way:
        return running.id
    moment = clock.iso(transaction().moment)
    job_id = jobs.enqueue(kind, {"name": name}, key=f"{kind}:{moment}")
    audit.record(action, object_type, name or "manual")
    return job_id


def ask_again(job_id: int) -> bool:
    """Queue a failed job again. False when it cannot be."""
    if not jobs.repeat(job_id):
        return False
    audit.record("job.repeated", "job", job_id)
    return True


def _back_up(run: JobRun) -> None:
    try:
        path = free_path(backup_folder(), "manual")
        write_backup(path, via="立即备份", progress=run.progress)
    except OSError as error:
        raise JobFailed(f"备份目录不可写（{why(error)}）。请检查磁盘和权限。") from error
    except OperationFailed as problem:
        raise JobFailed(str(problem)) from problem
    run.progress(0, 0, "正在核对写成的备份")
    if not check_backup(path):
        raise JobFailed(f"{path.name} 写成后校验不符。请检查磁盘，再备份一次。")
    anchors.anchor()


def _check(run: JobRun) -> None:
    found = find_backup(run.payload["name"])
    if found is None:
        raise JobFailed("这份备份已不在备份目录中。")
    run.progress(0, 0, "正在逐字节核对")
    if not check_backup(backup_folder() / found.name):
        raise JobFailed(f"{found.name} 校验不符，不能用于恢复。请另作备份。")


def _drill(run: JobRun) -> None:
    found = find_backup(run.payload["name"])
    if found is None:
        raise JobFailed("这份备份已不在备份目录中。")
    result = run_drill(backup_folder() / found.name, found, progress=run.progress)
    if not result.passed:
        raise JobFailed(f"演练没有通过：{result.first_problem}")


def _look_over(run: JobRun) -> None:
    run.progress(0, 0, "正在逐项检查")
    look_over(clock.today())
