"""The programme: editions, submissions, published events, and the reference data every edition uses."""

import sqlalchemy as sa
from alembic import op

revision = "20261120_programme"
down_revision = None
branch_labels = None
depends_on = None


TOPICS = (
    ("sustainability-and-climate-change", "Sustainability and climate change"),
    ("governance-and-citizen-engagement", "Governance and citizen engagement"),
    ("equity-in-health-and-care", "Equity in health and care"),
    ("gender-equality", "Gender equality"),
    ("public-space-and-housing", "Public space and housing"),
    ("mobility-accessibility-and-transport", "Mobility, accessibility and transport"),
    ("sustainable-economy", "Sustainable economy"),
    ("digitalisation-and-innovation", "Digitalisation and innovation"),
)
REGIONS = (
    ("metropolis", "africa", "Africa"),
    ("metropolis", "asia-pacific", "Asia-Pacific"),
    ("metropolis", "europe", "Europe"),
    ("metropolis", "latin-america-caribbean", "Latin America and the Caribbean"),
    ("metropolis", "north-america", "North America"),
    ("metropolis", "global", "Global"),
    ("un-habitat", "africa", "Africa"),
    ("un-habitat", "arab-states", "Arab States"),
    ("un-habitat", "asia-pacific", "Asia and the Pacific"),
    ("un-habitat", "europe", "Europe"),
    ("un-habitat", "latin-america-caribbean", "Latin America and the Caribbean"),
    ("un-habitat", "north-america", "North America"),
    ("un-habitat", "global", "Global"),
)


def insert_reference_data():
    """Add the toolkit's topics, both region schemes and the single row of the site's state."""
    topics = sa.table("topics", sa.column("slug"), sa.column("name"), sa.column("position"))
    op.bulk_insert(
        topics, [{"slug": slug, "name": name, "position": place} for place, (slug, name) in enumerate(TOPICS)]
    )
    regions = sa.table("regions", sa.column("scheme"), sa.column("slug"), sa.column("name"), sa.column("position"))
    op.bulk_insert(
        regions,
        [
            {"scheme": scheme, "slug": slug, "name": name, "position": place}
            for place, (scheme, slug, name) in enumerate(REGIONS)
        ],
    )
    state = sa.table("site_state", sa.column("id"), sa.column("version"), sa.column("status_version"))
    op.bulk_insert(state, [{"id": 1, "version": 0, "status_version": 0}])


def upgrade():
    op.create_table(
        "alarms",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarms")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("introduction", sa.String(), nullable=False),
        sa.Column("main_day", sa.Date(), nullable=False),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("hashtags", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("is_permanent", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 0", name=op.f("ck_editions_version")),
        sa.CheckConstraint("window_from <= window_to", name=op.f("ck_editions_window")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("slug", name=op.f("uq_editions_slug")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("key", name=op.f("uq_people_key")),
    )
    op.create_table(
        "private_links",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_links")),
    )
    op.create_table(
        "public_codes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_public_codes")),
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("scheme", "slug", name=op.f("uq_regions_scheme_slug")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
    )
    op.create_table(
        "site_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status_version", sa.Integer(), nullable=False),
        sa.Column("demo_refreshed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_site_state_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_state")),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("slug", name=op.f("uq_topics_slug")),
    )
    op.create_table(
        "edition_topics",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_topics_edition_id_editions")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_edition_topics_topic_id_topics")),
        sa.PrimaryKeyConstraint("edition_id", "topic_id", name=op.f("pk_edition_topics")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("acronym", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["public_codes.code"], name=op.f("fk_organisations_code_public_codes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
        sa.UniqueConstraint("key", name=op.f("uq_organisations_key")),
    )
    op.create_table(
        "edition_organisations",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_edition_organisations_edition_id_editions")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_edition_organisations_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("edition_id", "organisation_id", name=op.f("pk_edition_organisations")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('unconfirmed','submitted','in review','changes requested','approved','rejected','withdrawn')",
            name=op.f("ck_submissions_state"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_submissions_edition_id_editions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("edition_id", "key", name=op.f("uq_submissions_edition_id_key")),
        sa.UniqueConstraint("event_id", name=op.f("uq_submissions_event_id")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submissions_edition_id"), ["edition_id"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("base_revision_id", sa.String(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending','approved','partly approved','refused','superseded')", name=op.f("ck_revisions_state")
        ),
        sa.ForeignKeyConstraint(
            ["base_revision_id"], ["revisions.id"], name=op.f("fk_revisions_base_revision_id_revisions")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_revisions_submission_id_submissions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_revisions_submission_id_number")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("moderator", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_decisions_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decisions_revision_id"), ["revision_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("un_region", sa.String(), nullable=False),
        sa.Column("host_city", sa.String(), nullable=False),
        sa.Column("host_country", sa.String(), nullable=False),
        sa.Column("access_facts", sa.JSON(), nullable=False),
        sa.Column("access_note", sa.String(), nullable=False),
        sa.Column("has_venue", sa.Boolean(), nullable=False),
        sa.Column("venue_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("venue_city", sa.String(), nullable=False),
        sa.Column("venue_country", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("registration_state", sa.String(), nullable=False),
        sa.Column("registration_url", sa.String(), nullable=False),
        sa.Column("registration_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registration_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("private_link_id", sa.String(), nullable=True),
        sa.Column("stream_url", sa.String(), nullable=False),
        sa.Column("recording_url", sa.String(), nullable=False),
        sa.Column("web_url", sa.String(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("hashtags", sa.JSON(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("format IN ('online','hybrid','in-person')", name=op.f("ck_events_format")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_events_coordinates")),
        sa.ForeignKeyConstraint(["code"], ["public_codes.code"], name=op.f("fk_events_code_public_codes")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_events_edition_id_editions")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["events.id"], name=op.f("fk_events_merged_into_id_events")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_events_revision_id_revisions")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_events_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("code", name=op.f("uq_events_code")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_edition_id_version", ["edition_id", "version"], unique=False)

    op.create_table(
        "event_languages",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "\"use\" IN ('spoken','interpreted','captioned','signed')", name=op.f("ck_event_languages_use")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_languages_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", "use", "language", name=op.f("pk_event_languages")),
    )
    op.create_table(
        "event_organisations",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_organisations_event_id_events")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_event_organisations_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("event_id", "organisation_id", name=op.f("pk_event_organisations")),
    )
    with op.batch_alter_table("event_organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_organisations_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "event_sdgs",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("sdg", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("sdg BETWEEN 1 AND 17", name=op.f("ck_event_sdgs_sdg")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_sdgs_event_id_events")),
        sa.PrimaryKeyConstraint("event_id", "sdg", name=op.f("pk_event_sdgs")),
    )
    op.create_table(
        "event_sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("wall_starts", sa.String(), nullable=False),
        sa.Column("wall_ends", sa.String(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_text", sa.String(), nullable=False),
        sa.Column("time_confirmed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('scheduled','postponed','cancelled')", name=op.f("ck_event_sessions_status")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_event_sessions_sequence")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_event_sessions_order")),
        sa.ForeignKeyConstraint(["code"], ["public_codes.code"], name=op.f("fk_event_sessions_code_public_codes")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_sessions_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_sessions")),
        sa.UniqueConstraint("code", name=op.f("uq_event_sessions_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_event_sessions_uid")),
    )
    with op.batch_alter_table("event_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_sessions_event_id"), ["event_id"], unique=False)

    op.create_table(
        "event_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.CheckConstraint("origin IN ('original','human','machine')", name=op.f("ck_event_texts_origin")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_texts_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_texts")),
        sa.UniqueConstraint("owner_id", "field", "language", name=op.f("uq_event_texts_owner_id_field_language")),
    )
    with op.batch_alter_table("event_texts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_texts_event_id"), ["event_id"], unique=False)

    op.create_table(
        "event_topics",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_topics_event_id_events")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_event_topics_topic_id_topics")),
        sa.PrimaryKeyConstraint("event_id", "topic_id", name=op.f("pk_event_topics")),
    )
    op.create_table(
        "calendar_entries",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("full", sa.LargeBinary(), nullable=False),
        sa.Column("short", sa.LargeBinary(), nullable=False),
        sa.Column("tail", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("is_minimal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_calendar_entries_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "language", name=op.f("pk_calendar_entries")),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_changes_edition_id_editions")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_changes_event_id_events")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_changes_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.create_index("ix_changes_edition_id_id", ["edition_id", "id"], unique=False)

    op.create_table(
        "panels",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_panels_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panels")),
    )
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_panels_session_id"), ["session_id"], unique=False)

    op.create_table(
        "panel_questions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("panel_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_panel_questions_panel_id_panels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_questions")),
    )
    with op.batch_alter_table("panel_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_panel_questions_panel_id"), ["panel_id"], unique=False)

    op.create_table(
        "speakers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("panel_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_speakers_panel_id_panels")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_speakers_person_id_people")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["event_sessions.id"], name=op.f("fk_speakers_session_id_event_sessions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speakers")),
    )
    with op.batch_alter_table("speakers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_speakers_panel_id"), ["panel_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_speakers_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_speakers_session_id"), ["session_id"], unique=False)
    insert_reference_data()


def downgrade():
    with op.batch_alter_table("speakers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speakers_session_id"))
        batch_op.drop_index(batch_op.f("ix_speakers_person_id"))
        batch_op.drop_index(batch_op.f("ix_speakers_panel_id"))

    op.drop_table("speakers")
    with op.batch_alter_table("panel_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_panel_questions_panel_id"))

    op.drop_table("panel_questions")
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_panels_session_id"))

    op.drop_table("panels")
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_index("ix_changes_edition_id_id")

    op.drop_table("changes")
    op.drop_table("calendar_entries")
    op.drop_table("event_topics")
    with op.batch_alter_table("event_texts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_texts_event_id"))

    op.drop_table("event_texts")
    with op.batch_alter_table("event_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_sessions_event_id"))

    op.drop_table("event_sessions")
    op.drop_table("event_sdgs")
    with op.batch_alter_table("event_organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_organisations_organisation_id"))

    op.drop_table("event_organisations")
    op.drop_table("event_languages")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_edition_id_version")

    op.drop_table("events")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_revision_id"))

    op.drop_table("decisions")
    op.drop_table("revisions")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_edition_id"))

    op.drop_table("submissions")
    op.drop_table("edition_organisations")
    op.drop_table("organisations")
    op.drop_table("edition_topics")
    op.drop_table("topics")
    op.drop_table("site_state")
    op.drop_table("series")
    op.drop_table("regions")
    op.drop_table("public_codes")
    op.drop_table("private_links")
    op.drop_table("people")
    op.drop_table("editions")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_subject_id"))

    op.drop_table("audit_entries")
    op.drop_table("alarms")
