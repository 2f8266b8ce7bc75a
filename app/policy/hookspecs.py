"""The hooks of the policy stage: what a plugin may add to the measures."""

from app.kernel.hooks import hookspec
from app.policy.domain import Condition, Criterion, Measure


@hookspec
def policy_measures() -> list[Measure]:  # type: ignore[empty-body]
    """The measures (差异化政策) that the plugin offers beside all others."""


@hookspec
def policy_conditions(measure_id: str) -> list[Condition]:  # type: ignore[empty-body]
    """Further conditions that a plant must meet under the measure, taken in order of their ids."""


@hookspec
def policy_tie_breaks(measure_id: str) -> list[Criterion]:  # type: ignore[empty-body]
    """Criteria that decide where those of the measure are equal, taken in order of their ids."""
