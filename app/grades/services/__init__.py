"""What the stage of grades writes (等级与状态): grade records, and what is derived from facts."""

from app.grades.services.following import follow_facts, rebuild_intervals
from app.grades.services.rebuilding import refresh_all_if_stale, refresh_in_parts
from app.grades.services.recording import GradeEntry, annul_grades, correct_grades, record_grades
from app.grades.services.shown import show_day, shown_standings

__all__ = [
    "GradeEntry",
    "annul_grades",
    "correct_grades",
    "follow_facts",
    "rebuild_intervals",
    "record_grades",
    "refresh_all_if_stale",
    "refresh_in_parts",
    "show_day",
    "shown_standings",
]
