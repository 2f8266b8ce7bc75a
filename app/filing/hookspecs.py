"""The hooks of the filing stage: what a plugin may check before a filing is submitted."""

from app.filing.domain import Assessment, CheckFinding
from app.filing.queries.working import Working
from app.kernel.hooks import hookspec


@hookspec
def filing_checks(working: Working, assessment: Assessment) -> list[CheckFinding]:  # type: ignore[empty-body]
    """What is wrong with a filing, or to be explained; keys must be unlike those of others."""
