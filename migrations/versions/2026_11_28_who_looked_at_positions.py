"""Who looked at positions.

Revision ID: 9ee7b0feab88
Revises: 9d14a25d826a
Create Date: 2026-11-28 00:47:16.746498+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.db

revision = "9ee7b0feab88"
down_revision = "9d14a25d826a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "position_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engineer_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", core.db.UtcDateTime(), nullable=False),
        sa.Column("from_at", core.db.UtcDateTime(), nullable=False),
        sa.Column("until_at", core.db.UtcDateTime(), nullable=False),
        sa.CheckConstraint("until_at >= from_at", name=op.f("ck_position_look_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["engineer_id"],
            ["engineer.id"],
            name=op.f("fk_position_look_engineer_id_engineer"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_look")),
    )
    op.make_append_only("position_look")
    with op.batch_alter_table("position_look") as batch_op:
        batch_op.create_index(batch_op.f("ix_position_look_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_position_look_engineer_id"), ["engineer_id"], unique=False)
        batch_op.create_index("ix_position_look_lately", ["engineer_id", "by_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("position_look") as batch_op:
        batch_op.drop_index("ix_position_look_lately")
        batch_op.drop_index(batch_op.f("ix_position_look_engineer_id"))
        batch_op.drop_index(batch_op.f("ix_position_look_at"))

    op.drop_table("position_look")
    op.clear_append_only("position_look")
