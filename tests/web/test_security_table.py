"""The security checklist, line by line: which test shows it, or why it does not apply yet.

The lines are those of the project's reliability and security notes (S01 to S68; the numbers in brackets are OWASP ASVS
5.0). A line names the tests that show it; each must exist. What has no part of the service yet says so.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

#: Line -> tests as ``file::name``, from ``tests/`` on.
SHOWN: dict[str, tuple[str, ...]] = {
    # The same answer to known and unknown addresses (6.3.8).
    "S01": ("web/account/test_sign_in.py::test_known_and_unknown_address_get_the_same_answer_for_the_same_work",),
    # Scanners use nothing up (7.6.2, 3.5.3).
    "S02": ("web/account/test_sign_in.py::test_scanner_opening_the_link_uses_nothing_up",),
    "S03": ("e2e/test_sign_in.py::test_browser_that_opens_the_link_with_scripts_on_uses_nothing_up",),
    "S04": ("web/account/test_sign_in.py::test_twenty_presses_at_once_make_one_session",),
    "S05": (
        "web/account/test_sign_in.py::test_link_ends_after_ten_minutes",
        "web/account/test_sign_in.py::test_newer_link_takes_the_place_of_the_older",
    ),
    "S06": ("web/account/test_sign_in.py::test_only_digests_of_secrets_are_stored",),
    "S07": ("web/account/test_sign_in.py::test_link_signs_in",),
    "S08": ("web/test_guards.py::test_mailed_link_alone_opens_no_page_of_the_staff",),
    "S09": ("web/account/test_sign_in.py::test_session_cookie_is_new_after_signing_in",),
    "S10": (
        "web/test_guards.py::test_cookie_of_a_session_that_was_ended_opens_nothing",
        "web/organiser/test_account.py::test_sessions_are_listed_and_ended_one_by_one_or_all_others",
    ),
    "S11": ("web/test_guards.py::test_demoted_or_disabled_moderator_is_stopped_at_the_next_request",),
    "S12": ("web/test_guards.py::test_session_ends_when_idle_and_when_old",),
    "S13": ("web/test_guards.py::test_cookies_in_production_are_bound_to_the_host",),
    "S14": (
        "web/test_csrf.py::test_form_from_elsewhere_is_refused",
        "web/test_csrf.py::test_form_without_or_with_a_wrong_token_is_refused",
        "web/test_forged_forms.py::test_forged_form_changes_nothing",
    ),
    "S15": ("web/test_reading_writes_nothing.py::test_get_and_head_change_nothing",),
    "S16": (
        "web/test_security_headers.py::test_every_kind_of_page_has_all_headers",
        "web/test_security.py::test_faults_of_ours_carry_the_headers_as_well",
    ),
    # No page holds inline code, so that no nonce is needed: docs/decisions.md.
    "S17": (
        "web/test_look.py::test_template_holds_no_inline_style_script_or_handler",
        "web/test_security.py::test_no_page_holds_inline_code_and_the_policy_allows_none",
        "e2e/test_policy.py::test_no_page_behind_the_sign_in_breaks_the_policy",
    ),
    "S18": ("web/test_security_headers.py::test_every_kind_of_page_has_all_headers",),
    "S19": (
        "web/test_security_headers.py::test_no_page_lets_another_site_read_it",
        "web/test_hostile_queries.py::test_forwarded_host_and_origin_change_nothing",
    ),
    "S20": (
        "web/test_roles.py::test_every_route_is_in_the_table",
        "web/test_roles.py::test_status_is_the_one_of_the_table",
    ),
    "S21": (
        "web/organiser/test_submissions.py::test_nobody_else_reaches_a_submission",
        "web/organiser/test_submit.py::test_nobody_else_reaches_a_draft",
        "web/organiser/test_contacts.py::test_person_of_another_organisation_finds_nothing",
        "web/organiser/test_preview.py::test_draft_of_another_is_not_found",
    ),
    "S22": (
        "web/organiser/test_submit.py::test_fields_that_the_form_has_not_change_nothing",
        "web/staff/test_settings.py::test_nobody_sets_what_the_sheet_does_not_show",
    ),
    "S23": ("services/test_submissions.py::test_edit_after_approval_waits_while_the_listing_stays",),
    "S24": (
        "services/test_two_moderators.py::test_of_two_verdicts_at_the_same_moment_one_stands",
        "services/test_verdicts.py::test_second_moderator_is_told_what_the_first_did",
    ),
    "S25": (
        "web/test_security_headers.py::test_pages_with_a_secret_send_it_nowhere",
        "test_logs.py::test_path_is_logged_without_what_may_be_secret",
    ),
    "S27": (
        "web/test_hostile_texts.py::test_whatever_is_typed_is_text_wherever_it_is_shown",
        "services/test_mail_texts.py::test_markup_in_values_is_text_in_the_html_part",
        "domain/exports/test_changes_atom.py::test_hostile_title_is_escaped_and_cleaned",
    ),
    "S28": (
        "web/test_markdown.py::test_hostile_text_yields_only_allowed_elements_and_no_handler",
        "web/test_markdown.py::test_links_say_that_they_are_the_organisers",
    ),
    "S29": ("domain/exports/test_jsonld.py::test_dumps_is_safe_inside_a_script_element_and_reads_back_equal",),
    "S30": (
        "services/test_mail_texts.py::test_what_looks_like_code_stays_as_it_was_typed",
        "services/test_mail_texts.py::test_broken_or_unknown_place_is_refused_beside_its_field",
        "web/test_hostile_texts.py::test_whatever_is_typed_is_text_wherever_it_is_shown",
    ),
    # No statement is built from what was sent; what a scanner would send is sent here.
    "S31": ("web/test_odd_input.py::test_every_field_of_every_form_takes_whatever_is_typed",
            "web/test_security.py::test_no_statement_is_put_together_from_text"),
    "S32": ("domain/test_mail_bytes.py::test_hostile_text_stays_in_one_header",),
    "S33": (
        "domain/ical/test_lines.py::test_text_line_with_hostile_characters_escapes_or_drops_them",
        "domain/ical/test_lines.py::test_fold_with_any_text_keeps_lines_short_and_unfolds_to_the_same",
        "web/test_hostile_texts.py::test_whatever_is_typed_is_text_wherever_it_is_shown",
    ),
    "S34": (
        "domain/documents/test_csv.py::test_cell_that_a_spreadsheet_would_calculate_gets_an_apostrophe",
        "domain/exports/test_programme_csv.py::test_no_cell_begins_like_a_formula",
        "services/test_audit_log.py::test_the_export_holds_every_entry_and_no_spreadsheet_calculates_with_it",
    ),
    "S35": (
        "services/test_images.py::test_what_cannot_be_taken_is_refused_with_words_within_a_second",
        "services/test_images.py::test_file_that_is_two_things_becomes_one",
    ),
    "S36": (
        "services/test_images.py::test_what_cannot_be_taken_is_refused_with_words_within_a_second",
        "services/test_images.py::test_memory_stays_small_whatever_is_sent",
    ),
    "S37": (
        "services/test_images.py::test_metadata_is_gone_and_the_photo_stands_upright",
        "services/test_images.py::test_kept_picture_has_a_random_name_its_owner_and_the_word_on_rights",
    ),
    "S39": (
        "web/account/test_sign_in.py::test_signing_in_leads_only_to_own_pages",
        "web/public/test_zone.py::test_local_path_of_anything_foreign_is_the_start",
    ),
    "S40": (
        "web/account/test_sign_in.py::test_link_of_an_unknown_or_evil_host_is_never_mailed",
        "web/test_hostile_queries.py::test_forged_host_is_refused_and_never_repeated",
    ),
    "S41": (
        "web/account/test_sign_in.py::test_client_cannot_choose_the_network_it_is_counted_by",
        "web/test_security_headers.py::test_network_is_the_one_that_trusted_proxies_say",
    ),
    "S42": (
        "services/test_rate_limits.py::test_processes_count_together",
        "web/account/test_sign_in.py::test_seventh_link_for_one_address_must_wait_and_keeps_what_was_typed",
    ),
    "S44": (
        "domain/test_spam.py::test_how_an_entry_came_is_enough_to_set_it_aside",
        "domain/test_spam.py::test_signs_in_the_text",
        "web/test_security.py::test_suspected_spam_gets_the_same_page_and_waits_in_a_queue_of_its_own",
    ),
    "S45": ("services/test_submissions.py::test_twenty_at_once_make_one_submission",),
    "S46": (
        "web/organiser/test_submit.py::test_form_larger_than_any_is_refused_before_it_is_read",
        "web/test_odd_input.py::test_every_address_that_takes_a_form_answers_one_that_is_none",
        "web/test_security.py::test_forms_beyond_every_bound_are_refused_at_once",
    ),
    "S47": (
        "web/test_hostile_queries.py::test_hostile_query_is_refused_or_bounded",
        "web/test_odd_input.py::test_every_page_answers_whatever_is_asked",
    ),
    "S48": (
        "web/test_hostile_queries.py::test_flood_of_distinct_addresses_is_bounded_and_leaves_the_plain_feed_alone",
        "web/test_feeds.py::test_what_the_client_holds_is_not_sent_again",
    ),
    "S53": (
        "web/test_leaks.py::test_the_secrets_really_lie_in_the_database",
        "services/test_submissions.py::test_join_link_is_sealed_and_nowhere_else",
        "services/test_outbox.py::test_address_and_secret_are_nowhere_in_the_row",
        "web/account/test_second_factor.py::test_secret_is_sealed",
        "test_secretbox.py::test_rotation_opens_with_the_old_key_and_reseals_with_the_new",
    ),
    "S54": (
        "test_logs.py::test_exception_is_logged_without_its_message",
        "test_logs.py::test_hostile_text_stays_on_its_line",
        "web/test_leaks.py::test_log_of_what_was_asked_holds_no_secret",
    ),
    "S55": (
        "test_config.py::test_missing_setting_is_named",
        "test_config.py::test_sample_or_short_secret_is_refused_and_not_repeated",
        "test_ground.py::test_production_without_settings_does_not_start",
    ),
    "S58": (
        "models/test_audit_guard.py::test_what_was_written_down_cannot_be_changed_or_removed",
        "services/test_audit_seals.py::test_tampering_is_found",
        "services/test_status_changes.py::test_every_status_change_leaves_exactly_one_entry",
    ),
    "S59": (
        "services/test_erasure.py::test_a_person_gets_everything_that_is_kept_about_them",
        "services/test_erasure.py::test_no_value_of_an_erased_person_is_left_in_any_table_or_file",
        "services/test_erasure.py::test_every_way_in_is_closed_and_what_they_held_is_handed_back",
    ),
    "S60": ("services/test_retention.py::test_after_400_days_what_must_go_is_gone_and_what_must_stay_is_there",),
    "S61": (
        "cli/test_backup.py::test_a_copy_comes_back_row_for_row",
        "cli/test_backup.py::test_a_copy_made_while_others_write_is_of_one_moment",
    ),
    "S62": (
        "web/test_errors.py::test_fault_shows_its_number_and_nothing_of_its_inside",
        "web/test_security.py::test_no_answer_says_what_it_was_made_with",
    ),
    "S63": ("web/test_security_headers.py::test_nothing_behind_a_door_is_kept_and_nothing_kept_has_a_cookie",),
    "S64": ("web/test_security.py::test_files_are_for_the_service_alone_and_none_is_served",),
    "S65": (
        "web/organiser/test_account.py::test_address_cannot_be_changed_from_a_session_that_is_not_fresh",
        "web/organiser/test_account.py::test_new_address_holds_after_its_button_and_the_old_one_is_told",
        "web/account/test_second_factor.py::test_link_alone_cannot_replace_a_second_step",
    ),
    "S67": ("web/test_security.py::test_proxy_sample_asks_for_tls_and_says_so",),
    "S68": (
        "gateways/test_mail.py::test_server_that_says_a_letter_now_and_then_is_given_up_as_a_whole",
        "web/account/test_single_sign_on.py::test_provider_that_is_away_is_said",
    ),
}  # fmt: skip

#: Line -> why there is nothing to show yet.
NOT_YET: dict[str, str] = {
    "S26": "there are no personal feeds yet: they come with the attendees",
    "S38": "nothing fetches an address that somebody gave yet: the link check and Zoom come later",
    "S43": "there is no sign-up for events yet",
    "S49": "slow clients are the proxy's matter: docs/operations.md puts nginx before the server, which is on loopback",
    "S50": "there is no webhook yet",
    "S51": "there is no webhook yet",
    "S52": "there is no webhook yet",
    "S56": "there is no list to unsubscribe from yet: every mail here is about the reader's own event",
    "S57": "signing is the mail server's; flask mail doctor prints the records",
    "S66": "static analysis is part of make lint (ruff's bandit rules); a look-up of known faults needs the network",
}


@lru_cache(maxsize=200)
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_line_is_shown_or_says_why_not() -> None:
    lines = {f"S{number:02d}" for number in range(1, 69)}
    assert SHOWN.keys() | NOT_YET.keys() == lines
    assert SHOWN.keys() & NOT_YET.keys() == set()


@pytest.mark.parametrize("line", sorted(SHOWN))
def test_tests_that_are_named_are_there(line: str) -> None:
    assert SHOWN[line]
    for each in SHOWN[line]:
        file, _, name = each.partition("::")
        assert name in names_in(TESTS / file), each
