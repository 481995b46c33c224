"""The catalogue of exercises, their checker, and what attendees call: check, hint, solution, borrow, progress."""

from workshop.exercises.interactive import borrow, check, hint, progress, solution

__all__ = ["borrow", "check", "hint", "progress", "solution"]
