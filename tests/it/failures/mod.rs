//! The list of field failures, and the tests that cover each of its entries. A test's doc comment
//! begins with the numbers of its entries; a test compares the list with the comments.
//!
//! The tests in this folder cover the parts of the list that no other test covers, one file for
//! each topic.

mod posting;
mod questions;
mod state;
mod streaks;
mod threads;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Number of entries of the list.
const ENTRIES: u32 = 38;

/// An entry: its number, a short description, and its tests.
type Entry = (u32, &'static str, &'static [&'static str]);

const LIST: &[Entry] = &[
    (
        1,
        "killed around the send",
        &[
            "killed_at_every_step_of_a_post_it_posts_once",
            "hundreds_of_kills_lose_and_repeat_nothing",
            "replies_to_an_unrecorded_post_count",
        ],
    ),
    (
        2,
        "down when it was due",
        &[
            "a_question_is_posted_late_within_the_catch_up_limit",
            "whole_days_of_downtime_break_no_streak",
        ],
    ),
    (
        3,
        "many sessions in one life",
        &[
            "sessions_that_come_and_go_lose_nothing",
            "many_session_starts_post_one_question",
        ],
    ),
    (4, "two processes, one state", &["a_second_process"]),
    (
        5,
        "a send that seems to fail",
        &[
            "a_failed_post_gives_one_post_per_round",
            "a_post_without_a_response_is_found",
            "any_response_to_any_request_loses_nothing",
            "requests_that_hang_are_retried",
        ],
    ),
    (
        6,
        "a failure after the send",
        &[
            "a_failed_post_gives_one_post_per_round",
            "a_failed_save_after_the_post_repeats_nothing",
            "a_failed_edit_repeats_nothing",
            "any_response_to_any_request_loses_nothing",
        ],
    ),
    (
        7,
        "one bad server among good ones",
        &["a_failing_server_does_not_affect_others"],
    ),
    (
        8,
        "refused again and again",
        &[
            "a_failing_server_does_not_affect_others",
            "the_admin_gets_one_alert_about_a_missing_permission",
            "permissions_removed_after_setup_give_one_alert",
            "refused_reactions_are_not_tried_for_each_reply",
        ],
    ),
    (
        9,
        "the time is changed",
        &[
            "changing_the_time_posts_at_most_once_a_day",
            "post_now_replaces_the_scheduled_post",
            "setup_after_the_posting_time_starts_tomorrow",
            "moving_the_time_later_posts_once_a_day",
        ],
    ),
    (
        10,
        "posted by hand today",
        &["post_now_replaces_the_scheduled_post"],
    ),
    (
        11,
        "thousands due at once",
        &["two_thousand_teams_due_at_one_minute_are_posted"],
    ),
    (
        12,
        "clocks that change",
        &[
            "a_local_time_is_due_once_across_clock_changes",
            "the_local_posting_time_survives_clock_changes",
            "a_time_within_a_clock_change_is_due_once",
            "wall_time_stays_across_clock_changes",
        ],
    ),
    (
        13,
        "names of zones",
        &["unknown_time_zones_are_rejected_with_similar_names"],
    ),
    (
        14,
        "the calendar's edges",
        &[
            "month_ends_leap_days_and_new_year_have_questions",
            "month_ends_leap_days_and_new_year_are_days_like_others",
        ],
    ),
    (
        15,
        "days without a question",
        &[
            "days_without_a_question_break_no_streak",
            "whole_days_of_downtime_break_no_streak",
        ],
    ),
    (
        16,
        "shown as recomputed",
        &[
            "the_displayed_streak_is_the_saved_one",
            "the_streak_is_what_the_rules_give",
            "duplicates_and_order_do_not_matter",
            "every_streak_matches_the_model",
        ],
    ),
    (
        17,
        "to the second",
        &["replies_count_for_their_round_to_the_second"],
    ),
    (
        18,
        "replies while away",
        &[
            "replies_during_downtime_are_counted",
            "replies_during_downtime_count_for_their_own_round",
            "a_failed_backfill_is_retried",
            "a_reply_to_the_question_itself_counts_after_downtime",
            "replies_to_an_unrecorded_post_count",
            "replies_during_an_outage_of_the_server_are_counted",
            "replies_in_a_hidden_channel_are_counted_when_it_is_visible_again",
            "a_changed_role_ends_backoffs_and_reads_the_history",
            "the_history_is_read_when_a_round_closes",
            "a_closed_round_is_read_after_a_restart",
            "a_thread_with_an_unknown_newer_message_is_read",
            "asking_for_a_streak_in_the_thread_reads_it",
            "messages_that_serenity_cannot_decode_are_counted",
        ],
    ),
    (
        19,
        "twice, late, edited, deleted",
        &["repeated_late_edited_and_deleted_replies"],
    ),
    (
        20,
        "freezes_cover_missed_rounds",
        &["freezes_cover_missed_rounds", "freezes_never_go_below_zero"],
    ),
    (
        21,
        "void and credit",
        &["void_and_credit_survive_a_restart"],
    ),
    (
        22,
        "who and what counts",
        &[
            "only_messages_of_people_count",
            "system_and_bot_messages_never_count",
        ],
    ),
    (
        23,
        "gone and back",
        &["leaving_and_returning_keeps_the_history"],
    ),
    (
        24,
        "a crash within a save",
        &[
            "a_crash_at_every_step_of_three_saves",
            "a_crash_at_any_step_of_any_saves",
            "hundreds_of_kills_lose_and_repeat_nothing",
        ],
    ),
    (
        25,
        "a snapshot that can't be read",
        &[
            "unreadable_state",
            "unreadable_snapshots_are_rejected_and_left_unchanged",
            "truncated",
            "empty_and_zeros",
            "broken_by_hand",
            "newer_and_foreign",
        ],
    ),
    (
        26,
        "a disk in trouble",
        &[
            "a_failing_disk_acknowledges_nothing_and_recovers",
            "nothing_is_acknowledged_and_saving_recovers",
            "every_disk_failure_recovers_without_false_acknowledgements",
            "a_full_file_system_recovers",
            "a_read_only_file_system_recovers",
        ],
    ),
    (
        27,
        "saves and requests apart",
        &[
            "replies_are_saved_while_a_request_hangs",
            "commands_are_answered_while_a_save_hangs",
        ],
    ),
    (
        28,
        "no thread",
        &[
            "replies_count_where_threads_are_not_allowed",
            "a_missing_thread_does_not_delay_the_next_question",
        ],
    ),
    (
        29,
        "permissions taken away",
        &[
            "missing_permissions_are_reported_before_the_first_post",
            "permissions_missing_in_the_server_are_reported_at_setup",
            "permissions_removed_after_setup_give_one_alert",
        ],
    ),
    (
        30,
        "channels and threads that change",
        &[
            "a_deleted_or_retyped_channel_is_handled",
            "a_deleted_locked_or_archived_thread_is_handled",
            "an_announcement_channel_works",
            "a_channel_that_was_a_forum_for_a_while_recovers",
        ],
    ),
    (31, "old buttons", &["old_buttons_still_work"]),
    (
        32,
        "three seconds",
        &[
            "a_slow_discord_defers_the_response",
            "commands_are_answered_while_a_save_hangs",
            "two_thousand_teams_due_at_one_minute_are_posted",
            "a_slow_disk_delays_only_what_must_be_saved",
            "a_failed_response_does_not_affect_the_next",
            "a_failed_response_is_sent_again_in_time",
        ],
    ),
    (
        33,
        "text that shouts or breaks out",
        &[
            "hostile_text_is_shown_literally",
            "only_the_configured_role_is_notified",
            "every_message_allows_only_the_configured_role",
            "any_text_in_any_option_gets_a_clear_message",
            "a_cut_fits_and_leaves_no_block_open",
        ],
    ),
    (
        34,
        "no content in events",
        &["only_messages_of_people_count"],
    ),
    (
        35,
        "refused by Discord",
        &[
            "a_refused_token",
            "a_refused_session",
            "permanently_rejected_sessions_end_the_process",
            "refuses_to_start_with_few_session_starts_left",
        ],
    ),
    (
        36,
        "sessions that end",
        &[
            "sessions_that_end_in_any_way_lose_nothing",
            "recovers_from_a_close_without_a_code",
            "recovers_from_refused_reconnects",
            "recovers_from_an_invalid_session",
            "recovers_from_a_half_open_connection",
            "recovers_from_missing_heartbeat_acks",
            "recovers_from_every_close_code",
            "recovers_from_an_hour_without_network",
        ],
    ),
    (
        37,
        "no repeat",
        &[
            "a_whole_pass_repeats_no_question",
            "no_repeat_before_the_deck_is_through",
            "a_bank_of_one_repeats_and_an_empty_one_has_nothing",
        ],
    ),
    (
        38,
        "question files with mistakes",
        &[
            "unreadable_question_files_are_rejected",
            "mistakes_in_question_files_name_line_and_fix",
            "question_files_with_windows_line_endings_are_accepted",
            "all_mistakes_are_found_at_once",
            "windows_line_ends_and_a_byte_order_mark_are_an_editors_habit",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Returns the test functions of a source file with the numbers in their doc comments.
fn tests(source: &str) -> Vec<(String, BTreeSet<u32>)> {
    let (mut doc, mut is_test, mut found) = (String::new(), false, Vec::new());
    // A function is a test only if its attributes say so.
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function(line) {
            if is_test {
                found.push((name, numbers(&doc)));
            }
            doc.clear();
            is_test = false;
        } else if !line.starts_with("#[") {
            doc.clear();
            is_test = false;
        }
    }
    found
}

fn function(line: &str) -> Option<String> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    Some(
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect(),
    )
}

/// Parses the numbers before a full stop: "5, 6. A post…", and further on "… 34. None of this…".
fn numbers(doc: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for word in doc.split_whitespace() {
        let bare = word.trim_end_matches([',', '.']);
        match bare.parse::<u32>() {
            Ok(number) if (1..=ENTRIES).contains(&number) && word.ends_with(',') => {
                open.push(number);
            }
            Ok(number) if (1..=ENTRIES).contains(&number) && word.ends_with('.') => {
                found.extend(open.drain(..).chain([number]));
            }
            // Letters after the numbers refer to another list.
            _ if bare.len() == 1 && word.ends_with(['.', ',']) && !open.is_empty() => {
                if word.ends_with('.') {
                    found.append(&mut open.drain(..).collect());
                }
            }
            _ => open.clear(),
        }
    }
    found
}

#[test]
fn every_entry_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("crates"), &mut files);
    sources(&root.join("tests"), &mut files);
    let mut documented: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for file in files {
        for (name, numbers) in tests(&std::fs::read_to_string(file).unwrap()) {
            documented.entry(name).or_default().extend(numbers);
        }
    }
    let mut errors = Vec::new();
    for (number, what, names) in LIST {
        if names.is_empty() {
            errors.push(format!("{number} ({what}) has no test"));
        }
        for name in *names {
            match documented.get(*name) {
                None => errors.push(format!("{number}: there is no test {name}")),
                Some(numbers) if !numbers.contains(number) => {
                    errors.push(format!("{number}: the comment of {name} does not say so"));
                }
                Some(_) => {}
            }
        }
    }
    let listed: Vec<u32> = LIST.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(listed, (1..=ENTRIES).collect::<Vec<_>>());
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn test_comments_are_parsed() {
    let source = "/// 5, 6. It fails.\n#[test]\nfn one() {\n\n/// Of 12 days.\n#[test]\nfn two() {\n\n/// 9. Set up. 10. After\n\
                  /// that 35, b. x\n#[tokio::test(flavor = \"x\")]\nasync fn three() {\n\n/// 7. No
                  /// test.\nfn four() {\n";
    let found = tests(source);
    let read: Vec<_> = found
        .iter()
        .map(|(name, numbers)| (name.as_str(), numbers.iter().copied().collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        read,
        [
            ("one", vec![5, 6]),
            ("two", vec![]),
            ("three", vec![9, 10, 35])
        ]
    );
}
