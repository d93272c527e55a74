"""The way in: accounts, drafts, the desk, the outbox; what submissions, revisions and organisations need for them."""

import json
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "20261120_way_in"
down_revision = "20261120_programme"
branch_labels = None
depends_on = None

NEW_CHECKS = {
    "editions": {
        "submit_deadline": "submit_opens_at <= submit_deadline_at",
        "submit_closes": "submit_deadline_at <= submit_closes_at",
    },
    "submissions": {
        "confirm": "(state = 'unconfirmed') = (confirm_until IS NOT NULL)",
        "claimed": "(claimed_by IS NULL) = (claimed_at IS NULL)",
        "merged": "merged_into_id <> id",
        "publish_on": "publish_on IS NULL OR state = 'approved'",
        "ended": "state NOT IN ('rejected','withdrawn') OR (waiting_since IS NULL AND claimed_by IS NULL)",
    },
    "revisions": {
        "subject": "(kind = 'event') = (submission_id IS NOT NULL)"
        " AND (kind = 'organisation') = (organisation_id IS NOT NULL)"
    },
    "decisions": {
        "verdict": "verdict IN ('approved','partly approved','refused','changes requested')",
        "reason": "verdict IN ('approved','changes requested') OR reason <> ''",
    },
    "organisations": {
        "state": "state IN ('proposed','listed','merged')",
        "merged": "(state = 'merged') = (merged_into_id IS NOT NULL)",
    },
}
#: Canned reasons for a verdict, in three languages: where staff begin from.
REASONS = Path(__file__).parents[1] / "reference" / "reasons_20261120.json"
#: What is append-only, and it is the database that says so.
PROTECTED = ("audit_entries", "audit_seals")
REFUSED = "audit entries are never changed or deleted"


@contextmanager
def changing(table):
    """Change a table, and put its new checks on it at the end."""
    with op.batch_alter_table(table) as batch_op:
        yield batch_op
        for name, rule in NEW_CHECKS.get(table, {}).items():
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)


@contextmanager
def changing_back(table):
    """Change a table back, without its new checks."""
    with op.batch_alter_table(table) as batch_op:
        for name in NEW_CHECKS.get(table, {}):
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        yield batch_op


def protect_audit():
    """Have the database refuse to change or delete an audit entry or a seal."""
    if op.get_bind().dialect.name == "sqlite":
        for table in PROTECTED:
            for act in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
                )
            # INSERT OR REPLACE deletes the row it takes the place of without asking the trigger above.
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
                f" WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    for table in PROTECTED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )


def unprotect_audit():
    """Take the guard away again."""
    if op.get_bind().dialect.name == "sqlite":
        for table in PROTECTED:
            for act in ("update", "delete", "replace"):
                op.execute(f"DROP TRIGGER {table}_no_{act}")
        return
    for table in PROTECTED:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_audit_change()")


def upgrade():
    op.create_table(
        "job_ticks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("good_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_ticks")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Integer(), nullable=False),
        sa.Column("through_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("previous_id", name=op.f("uq_audit_seals_previous_id")),
    )
    op.create_table(
        "editable_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editable_texts")),
        sa.UniqueConstraint("edition", "key", "language", name=op.f("uq_editable_texts_edition_key_language")),
    )
    op.create_table(
        "mail_switch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_switch_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_switch")),
    )
    op.create_table(
        "rate_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("window_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_starts_at", name=op.f("pk_rate_counts")),
    )
    with op.batch_alter_table("rate_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_counts_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "reasons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reasons")),
        sa.UniqueConstraint("slug", name=op.f("uq_reasons_slug")),
    )
    op.create_table(
        "suppressions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_consents_standing",
            ["person_id", "kind"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "logo_packs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("terms_version", sa.String(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_logo_packs_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo_packs")),
    )
    with op.batch_alter_table("logo_packs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logo_packs_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(
            "uq_logo_packs_standing",
            ["edition_id"],
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('sign-in','confirm-submission','invite','co-organiser','change-address')",
            name=op.f("ck_mail_tokens_purpose"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mail_tokens_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_mail_tokens_digest")),
    )
    with op.batch_alter_table("mail_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_tokens_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_tokens_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_token", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertain_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'sending') = (claim_token IS NOT NULL)", name=op.f("ck_messages_claim")),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR sealed <> '' OR state NOT IN ('queued','sending')", name=op.f("ck_messages_to")
        ),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_messages_sent")),
        sa.CheckConstraint("state <> 'skipped' OR reason <> ''", name=op.f("ck_messages_skipped")),
        sa.CheckConstraint(
            "state IN ('queued','sending','sent','failed','cancelled','expired','skipped')",
            name=op.f("ck_messages_state"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_messages_edition_id_editions")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_messages_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_messages_dedupe_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_messages_message_id")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            "ix_messages_due",
            ["not_before"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued','sending')"),
            postgresql_where=sa.text("state IN ('queued','sending')"),
        )
        batch_op.create_index(batch_op.f("ix_messages_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_subject_id"), ["subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_thread"), ["thread"], unique=False)

    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.Column("hint", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('text','choice','yes-no','number')", name=op.f("ck_questions_kind")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_questions_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("edition_id", "slug", name=op.f("uq_questions_edition_id_slug")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_questions_edition_id"), ["edition_id"], unique=False)

    op.create_table(
        "staff_members",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("totp_sealed", sa.String(), nullable=False),
        sa.Column("totp_next_sealed", sa.String(), nullable=False),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('reader','moderator','administrator')", name=op.f("ck_staff_members_role")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_staff_members_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_staff_members")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_staff_members_oidc_subject")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_web_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("id", name=op.f("uq_web_sessions_id")),
    )
    with op.batch_alter_table("web_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_sessions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "images",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("rights_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('logo','picture')", name=op.f("ck_images_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_images_person_id_people")),
        sa.ForeignKeyConstraint(["session_id"], ["web_sessions.id"], name=op.f("fk_images_session_id_web_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
    )
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_images_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_images_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_images_session_id"), ["session_id"], unique=False)

    op.create_table(
        "organisation_contacts",
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_contacts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_organisation_contacts_person_id_people")),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_organisation_contacts")),
    )
    with op.batch_alter_table("organisation_contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_contacts_person_id"), ["person_id"], unique=False)

    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["staff_members.person_id"], name=op.f("fk_recovery_codes_person_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_codes_person_id"), ["person_id"], unique=False)

    op.create_table(
        "co_organisers",
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('asked','confirmed','declined')", name=op.f("ck_co_organisers_state")),
        sa.CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name=op.f("ck_co_organisers_answered")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_co_organisers_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_co_organisers_person_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_co_organisers_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("submission_id", "organisation_id", name=op.f("pk_co_organisers")),
    )
    with op.batch_alter_table("co_organisers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_co_organisers_person_id"), ["person_id"], unique=False)

    op.create_table(
        "declarations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_declarations_person_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_declarations_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
        sa.UniqueConstraint(
            "submission_id", "kind", "version", name=op.f("uq_declarations_submission_id_kind_version")
        ),
    )
    with op.batch_alter_table("declarations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_declarations_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_declarations_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "logo_releases",
        sa.Column("pack_id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("terms_version", sa.String(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["logo_packs.id"], name=op.f("fk_logo_releases_pack_id_logo_packs")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_logo_releases_person_id_people")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_logo_releases_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("pack_id", "submission_id", name=op.f("pk_logo_releases")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("is_question", sa.Boolean(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("by_staff OR NOT is_private", name=op.f("ck_notes_private")),
        sa.CheckConstraint("NOT is_question OR (by_staff AND NOT is_private)", name=op.f("ck_notes_question")),
        sa.CheckConstraint("answered_at IS NULL OR is_question", name=op.f("ck_notes_answered")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_notes_submission_id_submissions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("submission_id", sa.String(), nullable=True),
        sa.Column("base_revision_id", sa.String(), nullable=True),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('event','organisation')", name=op.f("ck_drafts_kind")),
        sa.CheckConstraint("person_id IS NOT NULL OR session_id IS NOT NULL", name=op.f("ck_drafts_owner")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_drafts_version")),
        sa.ForeignKeyConstraint(
            ["base_revision_id"], ["revisions.id"], name=op.f("fk_drafts_base_revision_id_revisions")
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_drafts_edition_id_editions")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_drafts_organisation_id_organisations")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_drafts_person_id_people")),
        sa.ForeignKeyConstraint(["session_id"], ["web_sessions.id"], name=op.f("fk_drafts_session_id_web_sessions")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_drafts_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("form_token", name=op.f("uq_drafts_form_token")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drafts_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drafts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drafts_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_drafts_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "field_comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("revision_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name=op.f("fk_field_comments_revision_id_revisions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_field_comments_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_comments")),
    )
    with op.batch_alter_table("field_comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_comments_revision_id"), ["revision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_field_comments_submission_id"), ["submission_id"], unique=False)

    op.add_column("audit_entries", sa.Column("detail", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index(op.f("ix_audit_entries_actor"), "audit_entries", ["actor"], unique=False)

    with changing("decisions") as batch_op:
        batch_op.add_column(sa.Column("reasons", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("own", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("taken", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.create_index(
            "uq_decisions_final",
            ["revision_id"],
            unique=True,
            sqlite_where=sa.text("verdict <> 'changes requested'"),
            postgresql_where=sa.text("verdict <> 'changes requested'"),
        )

    with changing("editions") as batch_op:
        batch_op.add_column(sa.Column("submit_opens_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("submit_deadline_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("submit_closes_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("form", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("declarations", sa.JSON(), nullable=False, server_default="{}"))

    op.add_column("events", sa.Column("image_id", sa.String(), nullable=True))
    op.add_column("events", sa.Column("image_alt", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("events", sa.Column("image_credit", sa.String(), nullable=False, server_default=""))
    op.add_column("events", sa.Column("answers", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("events", sa.Column("public_reason", sa.JSON(), nullable=False, server_default="{}"))

    with changing("organisations") as batch_op:
        batch_op.add_column(sa.Column("public_email", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("social", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("is_member", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("image_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("image_alt", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("image_credit", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("state", sa.String(), nullable=False, server_default="listed"))
        batch_op.add_column(sa.Column("merged_into_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_organisations_merged_into_id_organisations"), "organisations", ["merged_into_id"], ["id"]
        )

    with changing("people") as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("address_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("role_title", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("phone", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default="en"))
        batch_op.add_column(sa.Column("zone", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_people_address_key"), ["address_key"])

    with changing("revisions") as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("actor", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("form_token", sa.String(), nullable=True))
        batch_op.alter_column("submission_id", existing_type=sa.VARCHAR(), nullable=True)
        batch_op.create_unique_constraint(batch_op.f("uq_revisions_form_token"), ["form_token"])
        batch_op.create_index(
            "uq_revisions_organisation_id_approved",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("state = 'approved'"),
            postgresql_where=sa.text("state = 'approved'"),
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_revisions_organisation_id_number"), ["organisation_id", "number"]
        )
        batch_op.create_index(
            "uq_revisions_organisation_id_pending",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending' AND source <> 'import'"),
            postgresql_where=sa.text("state = 'pending' AND source <> 'import'"),
        )
        batch_op.create_index(
            "uq_revisions_submission_id_approved",
            ["submission_id"],
            unique=True,
            sqlite_where=sa.text("state = 'approved'"),
            postgresql_where=sa.text("state = 'approved'"),
        )
        batch_op.create_index(
            "uq_revisions_submission_id_pending",
            ["submission_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending' AND source <> 'import'"),
            postgresql_where=sa.text("state = 'pending' AND source <> 'import'"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_revisions_organisation_id_organisations"), "organisations", ["organisation_id"], ["id"]
        )

    with changing("submissions") as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("person_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("second_person_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("wants_news", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("form_token", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("receipt", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("title", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("region", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("topics", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("flags", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("late_note", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirm_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("claimed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("suspect_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("publish_on", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("later_look_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_submissions_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_submissions_merged_into_id_submissions"), "submissions", ["merged_into_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_submissions_claimed_by"), ["claimed_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_submissions_queue", ["edition_id", "state", "waiting_since"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_submissions_form_token"), ["form_token"])
        batch_op.create_unique_constraint(batch_op.f("uq_submissions_receipt"), ["receipt"])
        batch_op.create_foreign_key(batch_op.f("fk_submissions_person_id_people"), "people", ["person_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_submissions_second_person_id"), ["second_person_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_submissions_second_person_id_people"), "people", ["second_person_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_submissions_organisation_id_organisations"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_submissions_claimed_by_people"), "people", ["claimed_by"], ["id"])

    switch = sa.table("mail_switch", sa.column("id"), sa.column("reason"))
    op.bulk_insert(switch, [{"id": 1, "reason": ""}])
    reasons = sa.table(
        "reasons",
        sa.column("slug"),
        sa.column("verdicts", sa.JSON()),
        sa.column("texts", sa.JSON()),
        sa.column("position"),
    )
    op.bulk_insert(reasons, json.loads(REASONS.read_text(encoding="utf-8")))
    protect_audit()


def downgrade():
    unprotect_audit()
    with changing_back("submissions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_submissions_merged_into_id_submissions"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_submissions_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_constraint(batch_op.f("fk_submissions_claimed_by_people"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_submissions_organisation_id_organisations"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_submissions_person_id_people"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_submissions_second_person_id_people"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_submissions_second_person_id"))
        batch_op.drop_column("second_person_id")
        batch_op.drop_column("wants_news")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_constraint(batch_op.f("uq_submissions_receipt"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_submissions_form_token"), type_="unique")
        batch_op.drop_index("ix_submissions_queue")
        batch_op.drop_index(batch_op.f("ix_submissions_person_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_submissions_claimed_by"))
        batch_op.drop_column("later_look_at")
        batch_op.drop_column("publish_on")
        batch_op.drop_column("suspect_at")
        batch_op.drop_column("claimed_at")
        batch_op.drop_column("claimed_by")
        batch_op.drop_column("waiting_since")
        batch_op.drop_column("confirm_until")
        batch_op.drop_column("late_note")
        batch_op.drop_column("flags")
        batch_op.drop_column("topics")
        batch_op.drop_column("region")
        batch_op.drop_column("language")
        batch_op.drop_column("title")
        batch_op.drop_column("receipt")
        batch_op.drop_column("form_token")
        batch_op.drop_column("person_id")
        batch_op.drop_column("organisation_id")

    with changing_back("revisions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_revisions_organisation_id_organisations"), type_="foreignkey")
        batch_op.drop_index(
            "uq_revisions_submission_id_pending",
            sqlite_where=sa.text("state = 'pending' AND source <> 'import'"),
            postgresql_where=sa.text("state = 'pending' AND source <> 'import'"),
        )
        batch_op.drop_index(
            "uq_revisions_submission_id_approved",
            sqlite_where=sa.text("state = 'approved'"),
            postgresql_where=sa.text("state = 'approved'"),
        )
        batch_op.drop_index(
            "uq_revisions_organisation_id_pending",
            sqlite_where=sa.text("state = 'pending' AND source <> 'import'"),
            postgresql_where=sa.text("state = 'pending' AND source <> 'import'"),
        )
        batch_op.drop_constraint(batch_op.f("uq_revisions_organisation_id_number"), type_="unique")
        batch_op.drop_index(
            "uq_revisions_organisation_id_approved",
            sqlite_where=sa.text("state = 'approved'"),
            postgresql_where=sa.text("state = 'approved'"),
        )
        batch_op.drop_constraint(batch_op.f("uq_revisions_form_token"), type_="unique")
        batch_op.alter_column("submission_id", existing_type=sa.VARCHAR(), nullable=False)
        batch_op.drop_column("form_token")
        batch_op.drop_column("actor")
        batch_op.drop_column("organisation_id")

    with changing_back("people") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_people_address_key"), type_="unique")
        batch_op.drop_column("last_active_at")
        batch_op.drop_column("zone")
        batch_op.drop_column("language")
        batch_op.drop_column("phone")
        batch_op.drop_column("role_title")
        batch_op.drop_column("address_key")
        batch_op.drop_column("address")

    with changing_back("organisations") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_organisations_merged_into_id_organisations"), type_="foreignkey")
        batch_op.drop_column("trusted_at")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("state")
        batch_op.drop_column("image_credit")
        batch_op.drop_column("image_alt")
        batch_op.drop_column("image_id")
        batch_op.drop_column("is_member")
        batch_op.drop_column("social")
        batch_op.drop_column("public_email")

    op.drop_column("events", "public_reason")
    op.drop_column("events", "answers")
    op.drop_column("events", "image_credit")
    op.drop_column("events", "image_alt")
    op.drop_column("events", "image_id")

    with changing_back("editions") as batch_op:
        batch_op.drop_column("declarations")
        batch_op.drop_column("form")
        batch_op.drop_column("submit_closes_at")
        batch_op.drop_column("submit_deadline_at")
        batch_op.drop_column("submit_opens_at")

    with changing_back("decisions") as batch_op:
        batch_op.drop_index(
            "uq_decisions_final",
            sqlite_where=sa.text("verdict <> 'changes requested'"),
            postgresql_where=sa.text("verdict <> 'changes requested'"),
        )
        batch_op.drop_column("taken")
        batch_op.drop_column("own")
        batch_op.drop_column("reasons")

    op.drop_index(op.f("ix_audit_entries_actor"), table_name="audit_entries")
    op.drop_column("audit_entries", "detail")

    with op.batch_alter_table("field_comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_field_comments_submission_id"))
        batch_op.drop_index(batch_op.f("ix_field_comments_revision_id"))

    op.drop_table("field_comments")
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drafts_submission_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_session_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_person_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_drafts_edition_id"))

    op.drop_table("drafts")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notes_submission_id"))

    op.drop_table("notes")
    op.drop_table("logo_releases")
    with op.batch_alter_table("declarations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declarations_submission_id"))
        batch_op.drop_index(batch_op.f("ix_declarations_person_id"))

    op.drop_table("declarations")
    with op.batch_alter_table("co_organisers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_co_organisers_person_id"))

    op.drop_table("co_organisers")
    with op.batch_alter_table("recovery_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_codes_person_id"))

    op.drop_table("recovery_codes")
    with op.batch_alter_table("organisation_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_contacts_person_id"))

    op.drop_table("organisation_contacts")
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_images_session_id"))
        batch_op.drop_index(batch_op.f("ix_images_person_id"))
        batch_op.drop_index(batch_op.f("ix_images_digest"))

    op.drop_table("images")
    with op.batch_alter_table("web_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_sessions_person_id"))

    op.drop_table("web_sessions")
    op.drop_table("staff_members")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_edition_id"))

    op.drop_table("questions")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_thread"))
        batch_op.drop_index(batch_op.f("ix_messages_subject_id"))
        batch_op.drop_index(batch_op.f("ix_messages_state"))
        batch_op.drop_index(batch_op.f("ix_messages_person_id"))
        batch_op.drop_index(batch_op.f("ix_messages_kind"))
        batch_op.drop_index(
            "ix_messages_due",
            sqlite_where=sa.text("state IN ('queued','sending')"),
            postgresql_where=sa.text("state IN ('queued','sending')"),
        )

    op.drop_table("messages")
    with op.batch_alter_table("mail_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_tokens_subject_id"))
        batch_op.drop_index(batch_op.f("ix_mail_tokens_person_id"))

    op.drop_table("mail_tokens")
    with op.batch_alter_table("logo_packs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_logo_packs_standing",
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_logo_packs_edition_id"))

    op.drop_table("logo_packs")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consents_standing",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_consents_person_id"))

    op.drop_table("consents")
    op.drop_table("suppressions")
    op.drop_table("reasons")
    with op.batch_alter_table("rate_counts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rate_counts_expires_at"))

    op.drop_table("rate_counts")
    op.drop_table("mail_switch")
    op.drop_table("editable_texts")
    op.drop_table("audit_seals")
    op.drop_table("job_ticks")
