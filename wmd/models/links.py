"""The one table of join links that are not public."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from wmd.db import Model, UtcDateTime


class PrivateLink(Model):
    """An encrypted join link; everything else holds its id. Emptied 7 days after ``ends_at``."""

    __tablename__ = "private_links"

    id: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
