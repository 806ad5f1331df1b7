//! The list of field failures, and the tests that show each of its lines. A test's doc comment begins with the
//! numbers of its lines; this table and those comments are compared.
//!
//! What is in this folder shows what no other test does: each file a part of the list.

mod posting;
mod questions;
mod state;
mod streaks;
mod threads;
mod time;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many lines the list has.
const LINES: u32 = 38;

/// A line in our own words, with its tests.
type Line = (u32, &'static str, &'static [&'static str]);

const LIST: &[Line] = &[
    (
        1,
        "killed around the send",
        &[
            "killed_at_every_step_of_a_post",
            "killed_hundreds_of_times",
            "replies_to_what_was_not_written_down",
        ],
    ),
    (
        2,
        "down when it was due",
        &["down_at_the_minute", "down_over_whole_days"],
    ),
    (
        3,
        "many sessions in one life",
        &["sessions_come_and_go", "sessions_begin_many_times"],
    ),
    (4, "two processes, one state", &["a_second_process"]),
    (
        5,
        "a send that seems to fail",
        &[
            "a_post_that_fails",
            "an_answer_that_never_comes",
            "every_answer_to_every_request",
            "requests_that_hang",
        ],
    ),
    (
        6,
        "a failure after the send",
        &[
            "a_post_that_fails",
            "a_save_that_fails_after_the_post",
            "an_edit_that_fails",
            "every_answer_to_every_request",
        ],
    ),
    (7, "one bad server among good ones", &["one_bad_server"]),
    (
        8,
        "refused again and again",
        &[
            "one_bad_server",
            "the_admin_is_told_once",
            "taken_away_before_the_question",
        ],
    ),
    (
        9,
        "the time is changed",
        &[
            "the_time_changes",
            "post_now",
            "set_up_for_a_time_that_has_passed",
            "moved_to_later_again_and_again",
        ],
    ),
    (10, "posted by hand today", &["post_now"]),
    (
        11,
        "thousands due at once",
        &["two_thousand_teams_at_one_minute"],
    ),
    (
        12,
        "clocks that change",
        &[
            "clock_changes",
            "nine_stays_nine",
            "within_the_change_itself",
            "wall_time_stays_across_clock_changes",
        ],
    ),
    (13, "names of zones", &["zones"]),
    (
        14,
        "the calendar's edges",
        &[
            "the_calendar_s_edges",
            "month_ends_leap_days_and_new_year_are_days_like_others",
        ],
    ),
    (
        15,
        "days without a question",
        &["days_without_a_round_break_nothing", "down_over_whole_days"],
    ),
    (
        16,
        "shown as recomputed",
        &[
            "shown_as_saved",
            "the_streak_is_what_the_rules_give",
            "duplicates_and_order_do_not_matter",
            "every_streak_is_what_the_model_says",
        ],
    ),
    (17, "to the second", &["replies_at_the_edge"]),
    (
        18,
        "replies while away",
        &[
            "away_while_people_reply",
            "away_over_an_opening",
            "a_history_that_can_not_be_read_at_first",
            "a_reply_to_the_question_while_away",
            "replies_to_what_was_not_written_down",
        ],
    ),
    (
        19,
        "twice, late, edited, deleted",
        &["twice_late_edited_and_deleted"],
    ),
    (20, "freezes", &["freezes", "a_freeze_is_never_below_zero"]),
    (21, "void and credit", &["void_and_credit"]),
    (
        22,
        "who and what counts",
        &["who_counts", "messages_nobody_wrote"],
    ),
    (23, "gone and back", &["leaving_and_coming_back"]),
    (
        24,
        "a crash within a save",
        &[
            "a_crash_at_every_step_of_three_saves",
            "a_crash_at_any_step_of_any_saves",
            "killed_hundreds_of_times",
        ],
    ),
    (
        25,
        "a snapshot that can't be read",
        &[
            "unreadable_state",
            "snapshots",
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
            "a_disk_in_trouble",
            "nothing_is_acknowledged_and_it_recovers_by_itself",
            "every_failure",
            "a_small_disk_that_fills_up",
            "a_disk_that_becomes_read_only",
        ],
    ),
    (
        27,
        "saves and requests apart",
        &["saved_while_a_request_hangs", "answered_while_a_save_hangs"],
    ),
    (
        28,
        "no thread",
        &["no_threads_allowed", "no_threads_allowed_for_days"],
    ),
    (
        29,
        "permissions taken away",
        &[
            "missing_permissions",
            "taken_away_on_the_server",
            "taken_away_before_the_question",
        ],
    ),
    (
        30,
        "channels and threads that change",
        &[
            "the_channel_changes",
            "the_thread_changes",
            "an_announcement_channel",
            "a_forum_and_back",
        ],
    ),
    (31, "old buttons", &["old_buttons"]),
    (
        32,
        "three seconds",
        &[
            "a_slow_discord",
            "answered_while_a_save_hangs",
            "two_thousand_teams_at_one_minute",
            "a_slow_disk",
            "answers_that_fail",
        ],
    ),
    (
        33,
        "text that shouts or breaks out",
        &[
            "hostile_text",
            "only_the_role_is_notified",
            "in_every_message",
            "any_text_in_any_option",
            "a_cut_fits_and_leaves_no_block_open",
        ],
    ),
    (34, "no content in events", &["who_counts"]),
    (
        35,
        "refused by Discord",
        &[
            "a_refused_token",
            "a_refused_session",
            "turned_away_for_good",
            "few_sessions_left",
        ],
    ),
    (
        36,
        "sessions that end",
        &[
            "sessions_end_in_every_way",
            "a_close_without_a_code",
            "dropped_and_refused",
            "an_invalid_session",
            "a_half_open_connection",
            "heartbeats_without_an_answer",
            "every_close_code",
            "an_hour_without_network",
        ],
    ),
    (
        37,
        "no repeat",
        &[
            "a_whole_pass",
            "no_repeat_before_the_deck_is_through",
            "a_bank_of_one_repeats_and_an_empty_one_has_nothing",
        ],
    ),
    (
        38,
        "question files with mistakes",
        &[
            "packs",
            "packs_with_mistakes",
            "packs_of_windows",
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

/// The test functions of a source, each with the lines that its doc comment names.
fn tests(source: &str) -> Vec<(String, BTreeSet<u32>)> {
    let (mut doc, mut is_test, mut found) = (String::new(), false, Vec::new());
    // Only below this all functions are tests, without more ado.
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

/// The numbers before a full stop: "5, 6. A post…", and further on "… 34. None of this…".
fn numbers(doc: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for word in doc.split_whitespace() {
        let bare = word.trim_end_matches([',', '.']);
        match bare.parse::<u32>() {
            Ok(number) if (1..=LINES).contains(&number) && word.ends_with(',') => open.push(number),
            Ok(number) if (1..=LINES).contains(&number) && word.ends_with('.') => {
                found.extend(open.drain(..).chain([number]));
            }
            // Letters after the numbers are of another list.
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
fn every_line_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let mut told: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for file in files {
        for (name, numbers) in tests(&std::fs::read_to_string(file).unwrap()) {
            told.entry(name).or_default().extend(numbers);
        }
    }
    let mut wrong = Vec::new();
    for (number, what, names) in LIST {
        if names.is_empty() {
            wrong.push(format!("{number} ({what}) has no test"));
        }
        for name in *names {
            match told.get(*name) {
                None => wrong.push(format!("{number}: there is no test {name}")),
                Some(numbers) if !numbers.contains(number) => {
                    wrong.push(format!("{number}: the comment of {name} does not say so"));
                }
                Some(_) => {}
            }
        }
    }
    let listed: Vec<u32> = LIST.iter().map(|(number, _, _)| *number).collect();
    assert_eq!(listed, (1..=LINES).collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comments_and_tests_are_read_right() {
    let source = "/// 5, 6. It fails.\n#[test]\nfn one() {\n\n/// Of 12 days.\n#[test]\nfn two() {\n\n/// 9. Set up. 10. After\n\
                  /// that 35, b. x\n#[tokio::test(flavor = \"x\")]\nasync fn three() {\n\n/// 7. No test.\nfn four() {\n";
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
