"""Undo of many records at once, by a worker, with progress."""

from tenants.jobs import Work, job

from . import undo


@job("operations.undo", lane="long")
def undo_operation(work: Work, operation_id: int, undo_operation_id: int) -> None:
    """Take an operation back chunk by chunk; what was kept is in the job's saved values."""
    undo.undo_chunks(work, operation_id, undo_operation_id)
