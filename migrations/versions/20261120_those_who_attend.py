"""Attendees: who follows, registers and is reminded; what jobs did; how often links were used."""

import sqlalchemy as sa
from alembic import op

revision = "20261120_attendees"
down_revision = "20261120_way_in"
branch_labels = None
depends_on = None

DEFAULT_REMINDERS = '["start-1d", "start-1h", "start", "end+1d"]'
FORMER = ("sign-in", "confirm-submission", "invite", "co-organiser", "change-address")
ADDED = ("confirm-follow", "confirm-registration", "attendee")


def allow_purposes(*names):
    """Say what a mailed link may be for."""
    rule = f"purpose IN ({','.join(repr(name) for name in names)})"
    with op.batch_alter_table("mail_tokens") as batch_op:
        batch_op.drop_constraint(op.f("ck_mail_tokens_purpose"), type_="check")
        batch_op.create_check_constraint(op.f("ck_mail_tokens_purpose"), rule)


def upgrade():
    op.create_table(
        "counted_files",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counted_files")),
    )
    op.create_table(
        "go_counts",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("hour_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "way", "hour_at", name=op.f("pk_go_counts")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scheduler", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
    )
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.create_index("ix_job_runs_name_id", ["name", "id"], unique=False)
    op.create_table(
        "attendees",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reminders", sa.JSON(), nullable=True),
        sa.Column("invitations", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("invitations IN ('request','publish','none')", name=op.f("ck_attendees_invitations")),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_attendees_generation")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attendees_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_attendees")),
    )
    op.create_table(
        "personal_feeds",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_personal_feeds_person_id_people")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_personal_feeds")),
    )
    with op.batch_alter_table("personal_feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_personal_feeds_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_personal_feeds_person",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
    op.create_table(
        "change_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("through_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after_person", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alerted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_id <= through_id", name=op.f("ck_change_notices_order")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_change_notices_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_notices")),
    )
    with op.batch_alter_table("change_notices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_change_notices_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_change_notices_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            "uq_change_notices_event",
            ["event_id"],
            unique=True,
            sqlite_where=sa.text("told_at IS NULL AND began_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL AND began_at IS NULL"),
        )
    op.create_table(
        "follows",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("told_change_id", sa.Integer(), nullable=False),
        sa.Column("digest_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(event_id IS NULL) = (cadence <> '')", name=op.f("ck_follows_kind")),
        sa.CheckConstraint("cadence IN ('','daily','weekly')", name=op.f("ck_follows_cadence")),
        sa.CheckConstraint("event_id IS NULL OR query = ''", name=op.f("ck_follows_query")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_follows_edition_id_editions")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_follows_event_id_events")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_follows_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
    )
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follows_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index("ix_follows_event_id_person_id", ["event_id", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follows_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_follows_event",
            ["person_id", "event_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND event_id IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND event_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_follows_query",
            ["person_id", "edition_id", "query"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND event_id IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND event_id IS NULL"),
        )
    op.create_table(
        "problem_reports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("suspect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_problem_reports_closed")),
        sa.CheckConstraint("state IN ('open','solved','not a problem')", name=op.f("ck_problem_reports_state")),
        sa.CheckConstraint("what IN ('time','link','text','other')", name=op.f("ck_problem_reports_what")),
        sa.ForeignKeyConstraint(["closed_by"], ["people.id"], name=op.f("fk_problem_reports_closed_by_people")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_problem_reports_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_reports")),
    )
    with op.batch_alter_table("problem_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_problem_reports_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            "ix_problem_reports_open",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
    op.create_table(
        "registrant_letters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_registrant_letters_decided")),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("ck_registrant_letters_reason")),
        sa.CheckConstraint(
            "state IN ('pending','approved','refused','withdrawn')", name=op.f("ck_registrant_letters_state")
        ),
        sa.ForeignKeyConstraint(["author"], ["people.id"], name=op.f("fk_registrant_letters_author_people")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_registrant_letters_decided_by_people")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_registrant_letters_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrant_letters")),
        sa.UniqueConstraint("form_token", name=op.f("uq_registrant_letters_form_token")),
    )
    with op.batch_alter_table("registrant_letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registrant_letters_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registrant_letters_state"), ["state"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sessions", sa.JSON(), nullable=False),
        sa.Column("answers", sa.String(), nullable=False),
        sa.Column("shares_name", sa.Boolean(), nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("muted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name=op.f("ck_registrations_offered")),
        sa.CheckConstraint(
            "(state IN ('cancelled','lapsed')) = (ended_at IS NOT NULL)", name=op.f("ck_registrations_ended")
        ),
        sa.CheckConstraint(
            "state IN ('unconfirmed','cancelled') OR confirmed_at IS NOT NULL", name=op.f("ck_registrations_confirmed")
        ),
        sa.CheckConstraint(
            "state IN ('unconfirmed','registered','waiting','offered','cancelled','lapsed')",
            name=op.f("ck_registrations_state"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_registrations_event_id_events")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_registrations_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.create_index("ix_registrations_event_id_person_id", ["event_id", "person_id"], unique=False)
        batch_op.create_index("ix_registrations_event_id_state", ["event_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_registrations_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_registrations_event",
            ["person_id", "event_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table(
        "link_checks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.CheckConstraint("(answer = '') = (answered_at IS NULL)", name=op.f("ck_link_checks_answered")),
        sa.CheckConstraint("answer IN ('','works','wrong')", name=op.f("ck_link_checks_answer")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_link_checks_answered_by_people")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_link_checks_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_checks")),
        sa.UniqueConstraint("session_id", "starts_at", name=op.f("uq_link_checks_session_id_starts_at")),
    )
    op.create_table(
        "reminder_runs",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("after_person", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name=op.f("ck_reminder_runs_finished")),
        sa.CheckConstraint("state IN ('planning','done')", name=op.f("ck_reminder_runs_state")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_reminder_runs_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "rule", "starts_at", name=op.f("pk_reminder_runs")),
    )
    with op.batch_alter_table("reminder_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reminder_runs_missed",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("missed > 0"),
            postgresql_where=sa.text("missed > 0"),
        )
        batch_op.create_index(
            "ix_reminder_runs_open",
            ["session_id"],
            unique=False,
            sqlite_where=sa.text("state = 'planning'"),
            postgresql_where=sa.text("state = 'planning'"),
        )
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminders", sa.JSON(), nullable=False, server_default=DEFAULT_REMINDERS))
    with op.batch_alter_table("event_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_sessions_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_sessions_ends_at"), ["ends_at"], unique=False)
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("registration_here", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("registration_questions", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("registration_waits", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("reminders", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("link_wrong_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    allow_purposes(*FORMER, *ADDED)


def downgrade():
    added = ",".join(repr(name) for name in ADDED)
    op.execute(f"DELETE FROM mail_tokens WHERE purpose IN ({added})")
    allow_purposes(*FORMER)
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("bounced_at")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_column("link_wrong_at")
        batch_op.drop_column("reminders")
        batch_op.drop_column("registration_waits")
        batch_op.drop_column("registration_questions")
        batch_op.drop_column("registration_here")
    with op.batch_alter_table("event_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_sessions_ends_at"))
        batch_op.drop_index(batch_op.f("ix_event_sessions_starts_at"))
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.drop_column("reminders")
    with op.batch_alter_table("reminder_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_reminder_runs_missed", sqlite_where=sa.text("missed > 0"), postgresql_where=sa.text("missed > 0")
        )
    op.drop_table("reminder_runs")
    op.drop_table("link_checks")
    with op.batch_alter_table("registrations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_registrations_event",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_registrations_person_id"))
        batch_op.drop_index("ix_registrations_event_id_state")
        batch_op.drop_index("ix_registrations_event_id_person_id")
    op.drop_table("registrations")
    with op.batch_alter_table("registrant_letters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registrant_letters_state"))
        batch_op.drop_index(batch_op.f("ix_registrant_letters_event_id"))
    op.drop_table("registrant_letters")
    with op.batch_alter_table("problem_reports", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_problem_reports_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_problem_reports_event_id"))
    op.drop_table("problem_reports")
    with op.batch_alter_table("follows", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_follows_query",
            sqlite_where=sa.text("ended_at IS NULL AND event_id IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND event_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_follows_event",
            sqlite_where=sa.text("ended_at IS NULL AND event_id IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND event_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_follows_person_id"))
        batch_op.drop_index("ix_follows_event_id_person_id")
        batch_op.drop_index(batch_op.f("ix_follows_edition_id"))
    op.drop_table("follows")
    with op.batch_alter_table("change_notices", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_change_notices_event",
            sqlite_where=sa.text("told_at IS NULL AND began_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL AND began_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_change_notices_event_id"))
        batch_op.drop_index(
            "ix_change_notices_due",
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )
    op.drop_table("change_notices")
    with op.batch_alter_table("personal_feeds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_personal_feeds_person",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_personal_feeds_person_id"))
    op.drop_table("personal_feeds")
    op.drop_table("attendees")
    with op.batch_alter_table("job_runs", schema=None) as batch_op:
        batch_op.drop_index("ix_job_runs_name_id")
    op.drop_table("job_runs")
    op.drop_table("heartbeats")
    op.drop_table("go_counts")
    op.drop_table("counted_files")
