"""What a periodic task can't get done, so that it is moved back and doesn't stop the rest.

One row for each subject (a party, say) that keeps failing, in a table of its own: the subject's own row may
be just what is locked or broken. The wait doubles with each failure, from `FIRST_WAIT_MS` on.
"""

import logging
from uuid import UUID

from sqlalchemy import Float, Integer, String, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from partyapp.shared.storage.database import Base, Transactions, table_of, unavailable_when_gone
from partyapp.shared.storage.old_rows import OldRows

log = logging.getLogger(__name__)

#: The wait after the first failure, and the longest, in ms.
FIRST_WAIT_MS = 1000.0
LONGEST_WAIT_MS = 300_000.0

#: What nobody has tried for so long after it was to be tried again isn't due any more, in ms.
OVER_MS = 600_000.0

#: So often in a row something has to fail before an operator is told: a lock held for a moment is no fault.
TOLD_AFTER = 3


class FailingWorkEntity(Base):
    """What has failed since it last worked. `task` is the periodic task's name; instants in ms."""

    __tablename__ = "failing_work"

    task: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    since_ms: Mapped[float] = mapped_column(Float(53))
    not_before_ms: Mapped[float] = mapped_column(Float(53))
    error: Mapped[str] = mapped_column(String(64))


class FailingWork:
    """Counts the failures of one periodic task by subject.

    Every method raises `Unavailable` without Postgres.
    """

    def __init__(self, transactions: Transactions, task: str) -> None:
        self._transactions = transactions
        self._task = task

    def failed(self, subject_id: UUID, error: BaseException, now_ms: float) -> None:
        """Count a failure; the subject is not to be tried before its wait is over."""
        entity, name = FailingWorkEntity, _kind(error)
        first = insert(entity).values(
            task=self._task,
            subject_id=subject_id,
            failures=1,
            since_ms=now_ms,
            not_before_ms=now_ms + FIRST_WAIT_MS,
            error=name,
        )
        wait_ms = func.least(
            LONGEST_WAIT_MS, FIRST_WAIT_MS * func.power(2.0, func.least(entity.failures, 30))
        )
        again = first.on_conflict_do_update(
            index_elements=["task", "subject_id"],
            set_={"failures": entity.failures + 1, "not_before_ms": now_ms + wait_ms, "error": name},
        ).returning(entity.failures)
        with unavailable_when_gone(), self._transactions.begin() as session:
            failures = session.scalars(again).one()
        log.warning("%s of %s failed %s times: %s", self._task, subject_id, failures, name)

    def known(self) -> dict[UUID, float]:
        """Who has failed and not worked since, and before when they are not to be tried again, in ms."""
        entity = FailingWorkEntity
        statement = select(entity.subject_id, entity.not_before_ms).where(entity.task == self._task)
        with unavailable_when_gone(), self._transactions() as session:
            return {subject_id: not_before_ms for subject_id, not_before_ms in session.execute(statement)}

    def worked(self, subject_id: UUID) -> None:
        """Forget a subject's failures."""
        entity = FailingWorkEntity
        gone = delete(entity).where(entity.task == self._task, entity.subject_id == subject_id)
        with unavailable_when_gone(), self._transactions.begin() as session:
            session.execute(gone)


def failing_counts(transactions: Transactions, now_ms: float) -> dict[str, int]:
    """How many subjects of each task have failed `TOLD_AFTER` times in a row or more.

    What hasn't been tried for `OVER_MS` is not due any more, and doesn't count.
    """
    entity = FailingWorkEntity
    statement = (
        select(entity.task, func.count())
        .where(entity.failures >= TOLD_AFTER, entity.not_before_ms > now_ms - OVER_MS)
        .group_by(entity.task)
    )
    with unavailable_when_gone(), transactions() as session:
        return {task: count for task, count in session.execute(statement)}


def finished_work(transactions: Transactions, now_ms: float) -> OldRows:
    """What is not due any more: a party that has ended meanwhile, say."""
    entity = FailingWorkEntity
    return OldRows(transactions, table_of(entity), entity.not_before_ms <= now_ms - OVER_MS)


def _kind(error: BaseException) -> str:
    """What to call an error: the driver's own name for it, where there is one."""
    cause = error.__cause__ or error
    return type(getattr(cause, "orig", None) or cause).__name__[:64]
