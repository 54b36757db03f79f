"""The feed knows when its epoch began.

Revision ID: 9d14a25d826a
Revises: c21f93da72f6
Create Date: 2026-11-28 00:28:36.871280+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.db

revision = "9d14a25d826a"
down_revision = "c21f93da72f6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed_head") as batch_op:
        batch_op.add_column(sa.Column("began_at", core.db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("feed_head") as batch_op:
        batch_op.drop_column("began_at")
