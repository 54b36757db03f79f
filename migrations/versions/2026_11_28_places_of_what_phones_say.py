"""Places of what phones say.

Revision ID: c21f93da72f6
Revises: 5c51f585efe2
Create Date: 2026-11-28 00:09:08.205574+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c21f93da72f6"
down_revision = "5c51f585efe2"
branch_labels = None
depends_on = None

_FILL = (
    "UPDATE device SET turn = (SELECT count(*) FROM device AS earlier WHERE "
    "earlier.engineer_id = device.engineer_id AND earlier.enrolled_at < device.enrolled_at)",
    "UPDATE operation SET place = device_seq + 9007199254740992 * (SELECT CASE WHEN turn < 1023 THEN turn "
    "ELSE 1023 END FROM device WHERE device.id = operation.device_id)",
    "UPDATE step_here SET after_place = coalesce((SELECT max(place) FROM operation WHERE "
    "operation.assignment_id = step_here.assignment_id AND operation.device_seq <= step_here.after_seq "
    "AND operation.outcome IN ('applied', 'superseded')), after_seq)",
)


def upgrade() -> None:
    with op.batch_alter_table("device") as batch_op:
        batch_op.add_column(sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("operation") as batch_op:
        batch_op.add_column(sa.Column("place", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.drop_index("ix_operation_assignment_seq")
        batch_op.create_index("ix_operation_assignment_place", ["assignment_id", "place"], unique=False)
    with op.batch_alter_table("step_here") as batch_op:
        batch_op.add_column(sa.Column("after_place", sa.BigInteger(), server_default="0", nullable=False))
    for statement in _FILL:
        op.execute(statement)
    with op.batch_alter_table("operation") as batch_op:
        batch_op.alter_column("place", server_default=None)
    with op.batch_alter_table("step_here") as batch_op:
        batch_op.alter_column("after_place", server_default=None)
        batch_op.drop_column("after_seq")


def downgrade() -> None:
    with op.batch_alter_table("step_here") as batch_op:
        batch_op.add_column(sa.Column("after_seq", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE step_here SET after_seq = after_place % 9007199254740992")
    with op.batch_alter_table("step_here") as batch_op:
        batch_op.alter_column("after_seq", server_default=None)
        batch_op.drop_column("after_place")
    with op.batch_alter_table("operation") as batch_op:
        batch_op.drop_index("ix_operation_assignment_place")
        batch_op.create_index("ix_operation_assignment_seq", ["assignment_id", "device_seq"], unique=False)
        batch_op.drop_column("place")
    with op.batch_alter_table("device") as batch_op:
        batch_op.drop_column("turn")
