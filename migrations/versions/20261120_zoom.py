"""Rooms on Zoom: accounts and what they spent, bindings, drifts, what is on its way, webhooks, attendance; banners."""

import sqlalchemy as sa
from alembic import op

revision = "20261120_zoom"
down_revision = "20261120_attendees"
branch_labels = None
depends_on = None


def upgrade():
    # What organisers wrote went to those with a place and to those who wait.
    op.add_column(
        "registrant_letters",
        sa.Column("audience", sa.JSON(), nullable=False, server_default='["registered", "waiting"]'),
    )
    op.add_column("registrant_letters", sa.Column("by_staff", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("registrations", sa.Column("read_of_room", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "zoom_webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("zoom_account", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("event_ts", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'received') = (done_at IS NULL)", name=op.f("ck_zoom_webhooks_done")),
        sa.CheckConstraint("state IN ('received','done','ignored','failed')", name=op.f("ck_zoom_webhooks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_webhooks")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_zoom_webhooks_dedupe_key")),
    )
    with op.batch_alter_table("zoom_webhooks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_zoom_webhooks_due",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.create_index("ix_zoom_webhooks_received_at", ["received_at"], unique=False)

    op.create_table(
        "banners",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('info','warning')", name=op.f("ck_banners_kind")),
        sa.CheckConstraint("from_at < until_at", name=op.f("ck_banners_order")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_banners_created_by_people")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_banners_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banners")),
    )
    with op.batch_alter_table("banners", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_banners_edition_id"), ["edition_id"], unique=False)

    op.create_table(
        "zoom_accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("zoom_account", sa.String(), nullable=False),
        sa.Column("zoom_user", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("refresh", sa.String(), nullable=False),
        sa.Column("api_url", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("missing_scopes", sa.JSON(), nullable=False),
        sa.Column("access_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renew_token", sa.String(), nullable=True),
        sa.Column("renew_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'connected') = (reason = '')", name=op.f("ck_zoom_accounts_reason")),
        sa.CheckConstraint("kind = 'own' OR organisation_id IS NOT NULL", name=op.f("ck_zoom_accounts_partner")),
        sa.CheckConstraint("kind IN ('own','partner')", name=op.f("ck_zoom_accounts_kind")),
        sa.CheckConstraint("state <> 'ended' OR (access = '' AND refresh = '')", name=op.f("ck_zoom_accounts_emptied")),
        sa.CheckConstraint("state IN ('connected','lost','ended')", name=op.f("ck_zoom_accounts_state")),
        sa.ForeignKeyConstraint(["connected_by"], ["people.id"], name=op.f("fk_zoom_accounts_connected_by_people")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_zoom_accounts_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_accounts")),
    )
    with op.batch_alter_table("zoom_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zoom_accounts_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_zoom_accounts_zoom_account"), ["zoom_account"], unique=False)
        batch_op.create_index(
            "uq_zoom_accounts_own",
            ["kind"],
            unique=True,
            sqlite_where=sa.text("kind = 'own'"),
            postgresql_where=sa.text("kind = 'own'"),
        )

    op.create_table(
        "zoom_consents",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("session_digest", sa.String(), nullable=False),
        sa.Column("verifier", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_zoom_consents_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_zoom_consents_person_id_people")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_zoom_consents")),
    )
    op.create_table(
        "zoom_budgets",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shut_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["zoom_accounts.id"], name=op.f("fk_zoom_budgets_account_id_zoom_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "label", name=op.f("pk_zoom_budgets")),
    )
    op.create_table(
        "zoom_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["zoom_accounts.id"], name=op.f("fk_zoom_calls_account_id_zoom_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_calls")),
    )
    with op.batch_alter_table("zoom_calls", schema=None) as batch_op:
        batch_op.create_index("ix_zoom_calls_at", ["at"], unique=False)

    op.create_table(
        "webinar_bindings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("zoom_id", sa.String(), nullable=False),
        sa.Column("zoom_uuid", sa.String(), nullable=False),
        sa.Column("host_id", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("join_link_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("drift", sa.JSON(), nullable=False),
        sa.Column("registration", sa.String(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("snapshot_hash", sa.String(), nullable=False),
        sa.Column("told_hash", sa.String(), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.Column("push_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("crew", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hinted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.Column("miss_count", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconciled_on", sa.Date(), nullable=True),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'link') = (account_id IS NULL)", name=op.f("ck_webinar_bindings_account")),
        sa.CheckConstraint("kind IN ('link','lookup','managed','connected')", name=op.f("ck_webinar_bindings_kind")),
        sa.CheckConstraint(
            "registration IN ('none','open','manual','full','closed','unknown')",
            name=op.f("ck_webinar_bindings_registration"),
        ),
        sa.CheckConstraint("room IN ('','webinar','meeting')", name=op.f("ck_webinar_bindings_room")),
        sa.CheckConstraint(
            "state IN ('draft','checking','ok','drift','missing','trashed','gone','auth_lost','unreachable','ended')",
            name=op.f("ck_webinar_bindings_state"),
        ),
        sa.CheckConstraint("fail_count >= 0 AND miss_count >= 0", name=op.f("ck_webinar_bindings_counts")),
        sa.CheckConstraint("NOT push OR push_from IS NOT NULL", name=op.f("ck_webinar_bindings_push")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["zoom_accounts.id"], name=op.f("fk_webinar_bindings_account_id_zoom_accounts")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_webinar_bindings_event_id_events")),
        sa.ForeignKeyConstraint(
            ["join_link_id"], ["private_links.id"], name=op.f("fk_webinar_bindings_join_link_id_private_links")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webinar_bindings")),
    )
    with op.batch_alter_table("webinar_bindings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webinar_bindings_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_webinar_bindings_due",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_webinar_bindings_event_id", ["event_id"], unique=False)
        batch_op.create_index(
            "ix_webinar_bindings_managed",
            ["event_id"],
            unique=False,
            sqlite_where=sa.text("kind = 'managed'"),
            postgresql_where=sa.text("kind = 'managed'"),
        )
        batch_op.create_index(
            "ix_webinar_bindings_zoom_id",
            ["zoom_id"],
            unique=False,
            sqlite_where=sa.text("zoom_id <> ''"),
            postgresql_where=sa.text("zoom_id <> ''"),
        )
        batch_op.create_index(
            "uq_webinar_bindings_primary",
            ["event_id"],
            unique=True,
            sqlite_where=sa.text("is_primary AND ended_at IS NULL"),
            postgresql_where=sa.text("is_primary AND ended_at IS NULL"),
        )

    op.create_table(
        "binding_sessions",
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("occurrence_id", sa.String(), nullable=False),
        sa.Column("is_matched", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["webinar_bindings.id"], name=op.f("fk_binding_sessions_binding_id_webinar_bindings")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_binding_sessions_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("binding_id", "session_id", name=op.f("pk_binding_sessions")),
    )
    with op.batch_alter_table("binding_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_binding_sessions_session_id"), ["session_id"], unique=False)

    op.create_table(
        "zoom_attendance",
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.Column("average_s", sa.Integer(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["webinar_bindings.id"], name=op.f("fk_zoom_attendance_binding_id_webinar_bindings")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_zoom_attendance_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("binding_id", "session_id", name=op.f("pk_zoom_attendance")),
    )
    op.create_table(
        "zoom_drifts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("ours", sa.JSON(), nullable=False),
        sa.Column("theirs", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_zoom_drifts_closed")),
        sa.CheckConstraint(
            "field IN ('time','link','join','registration','type','host','title')", name=op.f("ck_zoom_drifts_field")
        ),
        sa.CheckConstraint("state IN ('open','ours','theirs','over')", name=op.f("ck_zoom_drifts_state")),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["webinar_bindings.id"], name=op.f("fk_zoom_drifts_binding_id_webinar_bindings")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["people.id"], name=op.f("fk_zoom_drifts_closed_by_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_drifts")),
    )
    with op.batch_alter_table("zoom_drifts", schema=None) as batch_op:
        batch_op.create_index("ix_zoom_drifts_binding_id", ["binding_id"], unique=False)
        batch_op.create_index(
            "uq_zoom_drifts_open",
            ["binding_id", "field", "session_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "zoom_pushes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("act IN ('create','update','delete')", name=op.f("ck_zoom_pushes_act")),
        sa.CheckConstraint(
            "state IN ('queued','sending','done','failed','dropped')", name=op.f("ck_zoom_pushes_state")
        ),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["webinar_bindings.id"], name=op.f("fk_zoom_pushes_binding_id_webinar_bindings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_pushes")),
    )
    with op.batch_alter_table("zoom_pushes", schema=None) as batch_op:
        batch_op.create_index("ix_zoom_pushes_binding_id", ["binding_id"], unique=False)
        batch_op.create_index(
            "ix_zoom_pushes_due",
            ["not_before"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued','sending')"),
            postgresql_where=sa.text("state IN ('queued','sending')"),
        )
        batch_op.create_index(
            "uq_zoom_pushes_waiting",
            ["binding_id", "act"],
            unique=True,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.create_table(
        "zoom_registrants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("binding_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("registration_id", sa.String(), nullable=True),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("occurrence_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("zoom_registrant", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("join_link", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "source = 'zoom' OR registration_id IS NOT NULL OR state IN ('unwanted','cancelled')",
            name=op.f("ck_zoom_registrants_registration"),
        ),
        sa.CheckConstraint("source IN ('here','zoom')", name=op.f("ck_zoom_registrants_source")),
        sa.CheckConstraint(
            "state IN ('queued','sending','registered','pending','rejected','parked','filtered','unwanted',"
            "'cancelled')",
            name=op.f("ck_zoom_registrants_state"),
        ),
        sa.ForeignKeyConstraint(
            ["binding_id"], ["webinar_bindings.id"], name=op.f("fk_zoom_registrants_binding_id_webinar_bindings")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_zoom_registrants_person_id_people")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_zoom_registrants_registration_id_registrations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoom_registrants")),
        sa.UniqueConstraint(
            "binding_id",
            "address_key",
            "occurrence_id",
            name=op.f("uq_zoom_registrants_binding_id_address_key_occurrence_id"),
        ),
    )
    with op.batch_alter_table("zoom_registrants", schema=None) as batch_op:
        batch_op.create_index(
            "ix_zoom_registrants_due",
            ["not_before"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued','sending','parked','unwanted','pending')"),
            postgresql_where=sa.text("state IN ('queued','sending','parked','unwanted','pending')"),
        )
        batch_op.create_index("ix_zoom_registrants_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_zoom_registrants_registration_id", ["registration_id"], unique=False)


def downgrade():
    with op.batch_alter_table("zoom_registrants", schema=None) as batch_op:
        batch_op.drop_index("ix_zoom_registrants_registration_id")
        batch_op.drop_index("ix_zoom_registrants_person_id")
        batch_op.drop_index(
            "ix_zoom_registrants_due",
            sqlite_where=sa.text("state IN ('queued','sending','parked','unwanted','pending')"),
            postgresql_where=sa.text("state IN ('queued','sending','parked','unwanted','pending')"),
        )

    op.drop_table("zoom_registrants")
    with op.batch_alter_table("zoom_pushes", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_zoom_pushes_waiting",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index(
            "ix_zoom_pushes_due",
            sqlite_where=sa.text("state IN ('queued','sending')"),
            postgresql_where=sa.text("state IN ('queued','sending')"),
        )
        batch_op.drop_index("ix_zoom_pushes_binding_id")

    op.drop_table("zoom_pushes")
    with op.batch_alter_table("zoom_drifts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_zoom_drifts_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index("ix_zoom_drifts_binding_id")

    op.drop_table("zoom_drifts")
    op.drop_table("zoom_attendance")
    with op.batch_alter_table("binding_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_binding_sessions_session_id"))

    op.drop_table("binding_sessions")
    with op.batch_alter_table("webinar_bindings", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_webinar_bindings_primary",
            sqlite_where=sa.text("is_primary AND ended_at IS NULL"),
            postgresql_where=sa.text("is_primary AND ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_webinar_bindings_zoom_id",
            sqlite_where=sa.text("zoom_id <> ''"),
            postgresql_where=sa.text("zoom_id <> ''"),
        )
        batch_op.drop_index(
            "ix_webinar_bindings_managed",
            sqlite_where=sa.text("kind = 'managed'"),
            postgresql_where=sa.text("kind = 'managed'"),
        )
        batch_op.drop_index("ix_webinar_bindings_event_id")
        batch_op.drop_index(
            "ix_webinar_bindings_due",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_webinar_bindings_account_id"))

    op.drop_table("webinar_bindings")
    with op.batch_alter_table("zoom_calls", schema=None) as batch_op:
        batch_op.drop_index("ix_zoom_calls_at")

    op.drop_table("zoom_calls")
    op.drop_table("zoom_budgets")
    op.drop_table("zoom_consents")
    with op.batch_alter_table("zoom_accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_zoom_accounts_own", sqlite_where=sa.text("kind = 'own'"), postgresql_where=sa.text("kind = 'own'")
        )
        batch_op.drop_index(batch_op.f("ix_zoom_accounts_zoom_account"))
        batch_op.drop_index(batch_op.f("ix_zoom_accounts_organisation_id"))

    op.drop_table("zoom_accounts")
    with op.batch_alter_table("banners", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_banners_edition_id"))

    op.drop_table("banners")
    with op.batch_alter_table("zoom_webhooks", schema=None) as batch_op:
        batch_op.drop_index("ix_zoom_webhooks_received_at")
        batch_op.drop_index(
            "ix_zoom_webhooks_due",
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )

    op.drop_table("zoom_webhooks")
    op.drop_column("registrations", "read_of_room")
    op.drop_column("registrant_letters", "by_staff")
    op.drop_column("registrant_letters", "audience")
