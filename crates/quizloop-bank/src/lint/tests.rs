//! The built-in questions pass all lints, and questions with mistakes do not.

use super::super::built_in;
use super::super::tests::{GOOD, good_with};
use super::lint;
use quizloop_diagnostics::{Diagnostic, render_all};

/// The fields that only built-in questions must have.
const CLASSIFICATION: &str = "tags = [\"queues\"]\nasked = \"often\"\n";

/// Returns the valid file as a built-in one, after some replacements.
fn classified_with(changes: &[(&str, &str)]) -> String {
    good_with(changes) + CLASSIFICATION
}

#[test]
fn the_built_in_questions_have_no_findings() {
    assert_eq!(render_all(&lint(built_in())), "nothing found");
}

#[test]
fn condescending_words_and_wrong_lengths_are_found() {
    let text = classified_with(&[("work over.", "simply work over.")]);
    let diagnostics = lint(&[("data/questions/tasks.toml", &text)]);
    insta::assert_snapshot!(render_all(&diagnostics), @r#"
    error: `answer` needs 60 to 150 words, but has 14
     --> data/questions/tasks.toml:9:1
      |
    9 | answer = "It hands simply work over. With a limit, `put()` waits until there is room."
      | ^^^^^^

    error: `answer` contains "simply"
     --> data/questions/tasks.toml:9:20
      |
    9 | answer = "It hands simply work over. With a limit, `put()` waits until there is room."
      |                    ^^^^^^
      |
      = help: remove the word, or be precise: only, exactly, a moment ago

    error: `example_answer` needs 3 to 6 sentences, but has 1
      --> data/questions/tasks.toml:11:1
       |
    11 | example_answer = "I use it to hand simply work over."
       | ^^^^^^^^^^^^^^

    error: `example_answer` contains "simply"
      --> data/questions/tasks.toml:11:36
       |
    11 | example_answer = "I use it to hand simply work over."
       |                                    ^^^^^^
       |
       = help: remove the word, or be precise: only, exactly, a moment ago

    4 errors
    "#);
}

#[test]
fn missing_key_points_and_duplicates_are_found() {
    let text = classified_with(&[
        (
            "What is a mailbox for?",
            "How do producers and consumers hand work to each other in asyncio, and what slows a producer down?",
        ),
        (
            "It hands work over.",
            "It just hands `work over. See <b>this</b>.\n\n- one",
        ),
        ("\"The limit\"", "\"`get()` waits as well\""),
        ("answer = \"It", "answer = \"\"\"It"),
        ("is room.\"", "is room.\"\"\""),
    ]);
    let files = [built_in(), &[("data/questions/own.toml", &text)]].concat();
    insta::assert_snapshot!(render_all(&lint(&files)), @r#"
    error: this question is nearly the same as `queue-handover`
     --> data/questions/own.toml:8:1
      |
    8 | question = "How do producers and consumers hand work to each other in asyncio, and what slows a produce...
      | ^^^^^^^^
      |
    note: the other question is here
     --> data/questions/queues.toml:9:1
      |
    9 | question = """
      | ^^^^^^^^
      = help: remove one of the two, or make clear how they differ

    error: `answer` needs 60 to 150 words, but has 18
     --> data/questions/own.toml:9:1
      |
    9 | answer = """It just hands `work over. See <b>this</b>.
      | ^^^^^^

    error: `answer` contains "just"
     --> data/questions/own.toml:9:16
      |
    9 | answer = """It just hands `work over. See <b>this</b>.
      |                ^^^^
      |
      = help: remove the word, or be precise: only, exactly, a moment ago

    error: `example_answer` needs 3 to 6 sentences, but has 1
      --> data/questions/own.toml:13:1
       |
    13 | example_answer = "I use it to hand work over."
       | ^^^^^^^^^^^^^^

    error: the answer does not mention `get` of point 3
      --> data/questions/own.toml:14:56
       |
    14 | points = ["It hands over", "`put()` waits for room", "`get()` waits as well"]
       |                                                        ^^^
       |
       = help: add it to the answer, or remove it from the point

    5 errors
    "#);
}

#[test]
fn second_spellings_and_points_that_cannot_be_ticked_are_found() {
    let long = format!(
        "\"{} and waits\"",
        "It hands work over ".repeat(4).trim_end()
    );
    let text = classified_with(&[
        ("work over. With", "work over. With a time-out and"),
        ("\"It hands over\"", "\"It hands over; it never waits\""),
        ("\"The limit\"", &long),
        (
            "python = \"3.11\"",
            "code = \"print()  # a clean-up\"\noutput = \"\"\npython = \"3.11\"",
        ),
    ]);
    let diagnostics = lint(&[("data/questions/queues.toml", &text)]);
    insta::assert_snapshot!(render_all(&diagnostics), @r#"
    error: `answer` needs 60 to 150 words, but has 16
     --> data/questions/queues.toml:9:1
      |
    9 | answer = "It hands work over. With a time-out and a limit, `put()` waits until there is room."
      | ^^^^^^

    error: `answer` contains "time-out"
     --> data/questions/queues.toml:9:38
      |
    9 | answer = "It hands work over. With a time-out and a limit, `put()` waits until there is room."
      |                                      ^^^^^^^^
      |
      = help: write "timeout", as everywhere in the bank

    error: `example_answer` needs 3 to 6 sentences, but has 1
      --> data/questions/queues.toml:11:1
       |
    11 | example_answer = "I use it to hand work over."
       | ^^^^^^^^^^^^^^

    error: point 1 joins two claims
      --> data/questions/queues.toml:12:11
       |
    12 | points = ["It hands over; it never waits", "`put()` waits for room", "It hands work over It hands work...
       |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: split it, or remove one claim: nobody can tick half of a point

    error: point 3 has 85 characters, 5 more than fit a phone (80)
      --> data/questions/queues.toml:12:70
       |
    12 | ...oom", "It hands work over It hands work over It hands work over It hands work over and waits"]
       |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: shorten it

    error: `code` contains "clean-up"
      --> data/questions/queues.toml:14:22
       |
    14 | code = "print()  # a clean-up"
       |                      ^^^^^^^^
       |
       = help: write "cleanup", as everywhere in the bank

    6 errors
    "#);
}

#[test]
fn unknown_tags_and_missing_fields_are_found() {
    let classified = "type = \"concept\"\ntags = [\"queues\", \"time-outs\", \"cooking\"]";
    let text = good_with(&[("type = \"concept\"", classified)]);
    let diagnostics = lint(&[("data/questions/queues.toml", &text)]);
    let of_fields: Vec<_> = diagnostics
        .into_iter()
        .filter(|found| found.message.contains("tag") || found.message.contains("`asked`"))
        .collect();
    insta::assert_snapshot!(render_all(&of_fields), @r#"
    error: `asked` is missing
     --> data/questions/queues.toml:2:1
      |
    2 | [[question]]
      | ^^^^^^^^^^^^
      |
      = help: every built-in question has it; data/README.md says what to write

    error: data/README.md does not list the tag `time-outs`
     --> data/questions/queues.toml:8:19
      |
    8 | tags = ["queues", "time-outs", "cooking"]
      |                   ^^^^^^^^^^^
      |
      = help: did you mean `timeouts`?

    error: data/README.md does not list the tag `cooking`
     --> data/questions/queues.toml:8:32
      |
    8 | tags = ["queues", "time-outs", "cooking"]
      |                                ^^^^^^^^^
      |
      = help: choose from `async-generators`, `blocking-calls`, `caching`, `cancellation`, `cleanup`, `code-review`, `concurrency-limits`, `context-variables`, `databases`, `django`, `error-handling`, `fastapi`, `free-threading`, `gather`, `http`, `interoperability`, `language`, `live-coding`, `locks`, `loop-setup`, `memory`, `observability`, `ordering`, `performance`, `processes`, `production`, `queues`, `retries`, `shared-state`, `shutdown`, `signals`, `sockets`, `streaming`, `system-design`, `task-groups`, `task-lifecycle`, `testing`, `threads`, `timeouts`, `version-changes`, `websockets` and `windows`

    3 errors
    "#);
    let untagged = lint(&[("data/questions/queues.toml", GOOD)]);
    let missing = |found: &&Diagnostic| found.message == "`tags` is missing";
    assert_eq!(untagged.iter().filter(missing).count(), 1);
}

proptest::proptest! {
    /// A damaged file causes no panic.
    #[test]
    fn damaged_files_cause_no_panic(
        from in 0..GOOD.len(),
        length in 0..40_usize,
        inserted in ".{0,8}",
    ) {
        let mut damaged = GOOD.to_owned();
        let end = damaged.len().min(from + length);
        damaged.replace_range(from..end, &inserted);
        render_all(&lint(&[("own.toml", &damaged)]));
    }
}
