//! Operators' question files, valid and invalid.

use std::sync::Arc;

use proptest::prelude::*;

use super::import_export::{self, AnkiOptions, ReadOptions, read_any};
use super::{
    Bank, FieldError, Frequency, GuildQuestions, Kind, Level, OTHER_TOPIC, PackFile, Question,
    built_in, check_question,
};
use quizloop_diagnostics::{Diagnostic, MAX_BYTES, render_all};

pub const GOOD: &str = r#"
[[question]]
id = "own-question"
number = 1001
topic = "queues"
level = "mid"
type = "concept"
question = "What is a mailbox for?"
answer = "It hands work over. With a limit, `put()` waits until there is room."
how_to_answer = "Say who waits."
example_answer = "I use it to hand work over."
points = ["It hands over", "`put()` waits for room", "The limit"]
pitfalls = ["Saying it is thread-safe."]
python = "3.11"
docs = "https://example.org/mailbox"
follow_up = "How do you stop the consumers?"
"#;

fn pack(name: &str, bytes: impl AsRef<[u8]>) -> PackFile {
    PackFile {
        name: name.to_owned(),
        bytes: bytes.as_ref().to_vec(),
    }
}

fn load(files: &[PackFile]) -> (Bank, String) {
    let (bank, diagnostics) = Bank::load(built_in(), files);
    (bank, render_all(&diagnostics))
}

fn check(built_in: &[(&str, &str)], files: &[PackFile]) -> (Bank, Vec<Diagnostic>) {
    Bank::check(built_in, files, |_| Vec::new())
}

/// Returns the valid file after some replacements.
pub fn good_with(changes: &[(&str, &str)]) -> String {
    let replace = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    changes.iter().fold(GOOD.to_owned(), replace)
}

/// Returns the findings in the valid file after some replacements.
fn findings_with(changes: &[(&str, &str)]) -> String {
    let text = good_with(changes);
    render_all(&check(built_in(), &[pack("own.toml", text)]).1)
}

#[test]
fn an_operators_question_is_added() {
    let (bank, diagnostics) = load(&[pack("own.toml", GOOD)]);
    assert_eq!(diagnostics, "nothing found");
    assert_eq!(bank.ids().last(), Some(&"own-question"));
    assert_eq!(findings_with(&[]), "nothing found");
}

#[test]
fn an_operators_question_replaces_a_built_in_one() {
    let (before, _) = load(&[]);
    let text = GOOD.replace("own-question", "queue-handover");
    let (bank, diagnostics) = load(&[pack("own.toml", text.replace("1001", "17"))]);
    assert_eq!(diagnostics, "nothing found");
    assert_eq!(bank.len(), before.len());
    assert_eq!(
        bank.get("queue-handover").unwrap().question,
        "What is a mailbox for?"
    );
    // An invalid question does not replace it.
    let (bank, _) = load(&[pack("own.toml", text.replace("What is a mailbox for?", ""))]);
    assert_eq!(bank.get("queue-handover"), before.get("queue-handover"));
}

/// 38. They are not errors.
#[test]
fn windows_line_ends_and_a_byte_order_mark_are_an_editors_habit() {
    let text = "\u{feff}".to_owned()
        + &GOOD.replace("It hands work over. ", "\"\"It hands\nwork over.\n\n");
    let text = text
        .replace("there is room.\"", "there is room.\"\"\"")
        .replace('\n', "\r\n");
    let (bank, diagnostics) = load(&[pack("own.toml", text)]);
    assert_eq!(diagnostics, "nothing found");
    let answer = &bank.get("own-question").unwrap().answer;
    assert_eq!(
        answer,
        "It hands work over.\n\nWith a limit, `put()` waits until there is room."
    );
}

/// A field that can't be read hides no error of another field, and causes none.
#[test]
fn an_unreadable_field_hides_no_other_error() {
    let many = findings_with(&[
        ("id = \"own-question\"", "id = \"Own question\""),
        ("topic = \"queues\"", "topic = \"Queues!\""),
        (
            "docs = \"https://example.org/mailbox\"",
            "docs = \"example.org\"",
        ),
        (
            "pitfalls = [\"Saying it is thread-safe.\"]",
            "pitfalls = [\"\"]",
        ),
        ("python = \"3.11\"", "python = \"2.7\""),
    ]);
    let errors: Vec<_> = many
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    error: the id "Own question" is not in kebab-case
    error: the topic "Queues!" is not in kebab-case
    error: pitfall 1 is empty
    error: "2.7" is not a Python version or range, such as "3.11" or "3.11-3.13"
    error: `docs` is not an https link
    "#);
    let missing = findings_with(&[
        ("question = \"What is a mailbox for?\"\n", ""),
        ("id = \"own-question\"", "id = \"Own question\""),
        ("topic = \"queues\"", "topic = \"Queues!\""),
    ]);
    let errors: Vec<_> = missing
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    error: missing key `question` in [[question]]
    error: the id "Own question" is not in kebab-case
    error: the topic "Queues!" is not in kebab-case
    "#);
    // Only the type is wrong: with the right one, the program would be allowed.
    let kind = findings_with(&[(
        "type = \"concept\"",
        "type = \"bugs\"\ncode = 1\noutput = \"x\"\nbroken = \"y\"",
    )]);
    let errors: Vec<_> = kind
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    error: unknown type "bugs"
    error: `code` must be a string, not an integer
    "#);
}

/// 38. Each error has its line and a fix.
#[test]
fn all_mistakes_are_found_at_once() {
    insta::assert_snapshot!(findings_with(&[
        ("follow_up", "folow_up"),
        ("level = \"mid\"", "level = \"expert\""),
        ("answer = \"It", "anwer = \"It"),
        ("number = 1001", "number = \"1001\""),
        ("type = \"concept\"", "type = \"conceptual\""),
        ("points = [\"It hands over\"", "points = [1"),
        ("python = \"3.11\"", "python = \"3\""),
    ]), @r#"
    error: `number` must be a whole number from 1, not a string
     --> own.toml:4:10
      |
    4 | number = "1001"
      |          ^^^^^^
      |
      = help: remove the quotes

    error: unknown level "expert"
     --> own.toml:6:9
      |
    6 | level = "expert"
      |         ^^^^^^^^
      |
      = help: choose from `junior`, `mid` and `senior`

    error: unknown type "conceptual"
     --> own.toml:7:8
      |
    7 | type = "conceptual"
      |        ^^^^^^^^^^^^
      |
      = help: did you mean `concept`?

    error: unknown key `anwer` in [[question]]
     --> own.toml:9:1
      |
    9 | anwer = "It hands work over. With a limit, `put()` waits until there is room."
      | ^^^^^
      |
      = help: did you mean `answer`?

    error: an item of `points` must be a string, not an integer
      --> own.toml:12:11
       |
    12 | points = [1, "`put()` waits for room", "The limit"]
       |           ^
       |
       = help: put it in quotes

    error: "3" is not a Python version or range, such as "3.11" or "3.11-3.13"
      --> own.toml:14:10
       |
    14 | python = "3"
       |          ^^^
       |
       = help: write the first version that runs the code, or the first and the last one

    error: unknown key `folow_up` in [[question]]
      --> own.toml:16:1
       |
    16 | folow_up = "How do you stop the consumers?"
       | ^^^^^^^^
       |
       = help: did you mean `follow_up`?

    7 errors
    "#);
}

#[test]
fn a_question_that_breaks_the_callers_rule_is_skipped_with_its_line() {
    let rule = |question: &Question| {
        assert_eq!(
            question.id, "own-question",
            "built-in questions are left out"
        );
        let message = "`docs` is too long for the answer";
        vec![FieldError::new("docs", message, "shorten it")]
    };
    let (bank, diagnostics) = Bank::check(built_in(), &[pack("own.toml", GOOD)], rule);
    assert_eq!(bank.len(), load(&[]).0.len());
    insta::assert_snapshot!(render_all(&diagnostics), @r#"
    error: `docs` is too long for the answer
      --> own.toml:15:1
       |
    15 | docs = "https://example.org/mailbox"
       | ^^^^
       |
       = help: shorten it

    1 error
    "#);
}

#[test]
fn duplicate_ids_and_numbers_are_shown_in_both_places() {
    let other = GOOD.replace("1001", "17");
    let (bank, diagnostics) = load(&[pack("a.toml", GOOD), pack("b.toml", other)]);
    assert!(bank.get("own-question").is_some());
    insta::assert_snapshot!(diagnostics, @r#"
    error: the id `own-question` is already used
     --> b.toml:3:7
      |
    3 | id = "own-question"
      |       ^^^^^^^^^^^^
      |
    note: first used here
     --> a.toml:3:7
      |
    3 | id = "own-question"
      |       ^^^^^^^^^^^^
      = help: change one of the two ids

    1 error
    "#);
    let other = GOOD.replace("own-question", "other").replace("1001", "17");
    let (bank, diagnostics) = load(&[pack("b.toml", other)]);
    assert!(
        bank.get("other").is_some(),
        "a warning does not exclude a question"
    );
    insta::assert_snapshot!(diagnostics, @"
    warning: the number 17 is already used
     --> b.toml:4:1
      |
    4 | number = 17
      | ^^^^^^
      |
    note: first used here
     --> data/questions/queues.toml:3:1
      |
    3 | number = 17
      | ^^^^^^
      = help: change one of the two; your own numbers could start at 1001

    1 warning
    ");
}

#[test]
fn texts_that_are_too_long_are_reported_with_the_excess() {
    insta::assert_snapshot!(findings_with(&[
        ("What is a mailbox for?", &"What is a mailbox for? ".repeat(14)),
        ("\"The limit\"", &format!("\"The limit{}\"", " and the room".repeat(8))),
        ("topic = \"queues\"", "topic = \"queues-and-whatever-else-there-is\""),
        ("\"Saying it is thread-safe.\"", "\"a\", \"b\", \"c\", \"d\", \"e\""),
    ]), @r#"
    error: `topic` has 33 characters, 3 more than the limit of 30
     --> own.toml:5:1
      |
    5 | topic = "queues-and-whatever-else-there-is"
      | ^^^^^
      |
      = help: shorten it

    error: `question` has 321 characters, 21 more than the limit of 300
     --> own.toml:8:1
      |
    8 | question = "What is a mailbox for? What is a mailbox for? What is a mailbox for? What is a mailbox for?...
      | ^^^^^^^^
      |
      = help: shorten it

    error: point 3 has 113 characters, 13 more than the limit of 100
      --> own.toml:12:1
       |
    12 | points = ["It hands over", "`put()` waits for room", "The limit and the room and the room and the room...
       | ^^^^^^
       |
       = help: shorten it

    error: `pitfalls` has 5 items, but at most 4 are allowed
      --> own.toml:13:1
       |
    13 | pitfalls = ["a", "b", "c", "d", "e"]
       | ^^^^^^^^
       |
       = help: add or remove items

    4 errors
    "#);
}

#[test]
fn tags_of_an_operator_are_free_but_have_a_form() {
    let fields = |fields: &str| {
        findings_with(&[(
            "type = \"concept\"",
            &format!("type = \"concept\"\n{fields}"),
        )])
    };
    let good = "tags = [\"our-kafka\", \" queues \"]\nasked = \"rarely\"\nsince = \"3.15\"";
    assert_eq!(fields(good), "nothing found");
    let text = good_with(&[("type = \"concept\"", &format!("type = \"concept\"\n{good}"))]);
    let (bank, _) = load(&[pack("own.toml", text)]);
    let question = bank.get("own-question").unwrap();
    assert_eq!(question.tags, ["our-kafka", "queues"]);
    assert_eq!(question.asked, Some(Frequency::Rarely));
    assert_eq!(question.since, "3.15".parse().ok());
    assert_eq!(bank.search("kafka", 1), [question], "the search finds tags");
    assert!(bank.tags().contains(&"our-kafka"));
    let bad = "asked = \"offen\"\nsince = \"3.14+\"\ntags = \"kafka\"";
    insta::assert_snapshot!(fields(bad), @r#"
    error: unknown `asked` value "offen"
     --> own.toml:8:9
      |
    8 | asked = "offen"
      |         ^^^^^^^
      |
      = help: did you mean `often`?

    error: "3.14+" is not a Python version, such as "3.14"
     --> own.toml:9:9
      |
    9 | since = "3.14+"
      |         ^^^^^^^
      |
      = help: write the oldest version that the answer is about, or remove it

    error: `tags` must be an array, not a string
      --> own.toml:10:8
       |
    10 | tags = "kafka"
       |        ^^^^^^^
       |
       = help: put it in square brackets

    3 errors
    "#);
    let long = "a".repeat(31);
    let bad = format!("tags = [\"Kafka\", \"a\", \"a\", \"b\", \"c\", \"{long}\"]");
    insta::assert_snapshot!(fields(&bad), @r#"
    error: `tags` has 6 items, but at most 5 are allowed
     --> own.toml:8:1
      |
    8 | tags = ["Kafka", "a", "a", "b", "c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
      | ^^^^
      |
      = help: keep those that say most

    error: tag 6 has 31 characters, 1 more than the limit of 30
     --> own.toml:8:1
      |
    8 | tags = ["Kafka", "a", "a", "b", "c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
      | ^^^^
      |
      = help: shorten it

    error: the tag "Kafka" is not in kebab-case
     --> own.toml:8:9
      |
    8 | tags = ["Kafka", "a", "a", "b", "c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
      |         ^^^^^^^
      |
      = help: write lower-case letters and digits, with single hyphens between words

    error: the tag `a` is a duplicate
     --> own.toml:8:23
      |
    8 | tags = ["Kafka", "a", "a", "b", "c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
      |                       ^^^
      |
      = help: remove one of the two

    4 errors
    "#);
}

#[test]
fn wrong_outputs_are_three_for_a_prediction_and_all_differ() {
    let code = |wrong: &str| {
        format!("code = \"print(1)\"\noutput = \"1\"\nwrong_outputs = [{wrong}]\npython = \"3.11\"")
    };
    let long = format!("\"\\n2\\n \", \"{}\", \"\"\"\n3\n\"\"\"", "4".repeat(400));
    let predict = ("type = \"concept\"", "type = \"predict\"");
    assert_eq!(
        findings_with(&[predict, ("python = \"3.11\"", &code(&long))]),
        "nothing found"
    );
    let wrong = "\"1\\n\", \"2\", \"2 \", \"\"";
    insta::assert_snapshot!(findings_with(&[("python = \"3.11\"", &code(wrong))]), @r#"
    error: a question of type concept cannot have `wrong_outputs`
      --> own.toml:16:1
       |
    16 | wrong_outputs = ["1\n", "2", "2 ", ""]
       | ^^^^^^^^^^^^^
       |
       = help: write type = "predict", or remove them

    error: `wrong_outputs` has 4 items, but needs 3
      --> own.toml:16:1
       |
    16 | wrong_outputs = ["1\n", "2", "2 ", ""]
       | ^^^^^^^^^^^^^
       |
       = help: add or remove items: members choose from these and the right one

    error: wrong output 1 is the right output
      --> own.toml:16:18
       |
    16 | wrong_outputs = ["1\n", "2", "2 ", ""]
       |                  ^^^^^
       |
       = help: write an output that someone with a misconception expects

    error: wrong output 3 is a duplicate
      --> own.toml:16:30
       |
    16 | wrong_outputs = ["1\n", "2", "2 ", ""]
       |                              ^^^^
       |
       = help: write a different one

    error: wrong output 4 is empty
      --> own.toml:16:36
       |
    16 | wrong_outputs = ["1\n", "2", "2 ", ""]
       |                                    ^^
       |
       = help: write it, or remove all three

    5 errors
    "#);
    let wrong = format!("\"2\", \"3\", \"{}\"", "4".repeat(401));
    insta::assert_snapshot!(findings_with(&[predict, ("python = \"3.11\"", &code(&wrong))]), @r#"
    error: wrong output 3 has 401 characters, 1 more than the limit of 400
      --> own.toml:16:1
       |
    16 | wrong_outputs = ["2", "3", "44444444444444444444444444444444444444444444444444444444444444444444444444...
       | ^^^^^^^^^^^^^
       |
       = help: shorten it

    1 error
    "#);
}

#[test]
fn every_built_in_prediction_has_four_outputs() {
    let (bank, _) = load(&[]);
    let predict = |question: &&Question| question.kind == Some(Kind::Predict);
    let predictions: Vec<_> = bank.questions().iter().filter(predict).collect();
    assert_eq!(predictions.len(), 16);
    for question in predictions {
        assert_eq!(question.wrong_outputs.len(), 3, "{}", question.id);
    }
}

#[test]
fn texts_that_would_break_a_message_are_rejected() {
    insta::assert_snapshot!(findings_with(&[
        ("\"own-question\"", "\"Own:question\""),
        ("\"Say who waits.\"", "\"  \""),
        ("It hands work over.", "It hands ```work over."),
        ("\"The limit\"", "\"It hands over\""),
        ("type = \"concept\"", "type = \"predict\""),
        ("https://example.org", "ftp://example.org"),
        ("python = \"3.11\"", "output = \"x\\u001b[31m\"\nbroken = \"x\"\npython = \"3.11\""),
    ]), @r#"
    error: the id "Own:question" is not in kebab-case
     --> own.toml:3:1
      |
    3 | id = "Own:question"
      | ^^
      |
      = help: write lower-case letters and digits, with single hyphens between words

    error: a question of type predict needs `code`, which is missing
     --> own.toml:7:1
      |
    7 | type = "predict"
      | ^^^^
      |
      = help: add `code` and `output`, or choose another type

    error: `answer` has a code block that does not end
     --> own.toml:9:1
      |
    9 | answer = "It hands ```work over. With a limit, `put()` waits until there is room."
      | ^^^^^^
      |
      = help: end it with a line of three backticks

    warning: `answer` contains an unclosed backtick
     --> own.toml:9:20
      |
    9 | answer = "It hands ```work over. With a limit, `put()` waits until there is room."
      |                    ^^^^^^^
      |
      = help: close it with a second backtick, or remove it

    error: `how_to_answer` is empty
      --> own.toml:10:1
       |
    10 | how_to_answer = "  "
       | ^^^^^^^^^^^^^
       |
       = help: write it, or remove it

    error: point 3 is a duplicate
      --> own.toml:12:54
       |
    12 | points = ["It hands over", "`put()` waits for room", "It hands over"]
       |                                                      ^^^^^^^^^^^^^^^
       |
       = help: remove one of the two: members tick each point

    error: `output` contains a control character
      --> own.toml:14:1
       |
    14 | output = "x\u001b[31m"
       | ^^^^^^
       |
       = help: remove it, or write an escape sequence

    error: `output` needs `code`, which is missing
      --> own.toml:14:1
       |
    14 | output = "x\u001b[31m"
       | ^^^^^^
       |
       = help: add `code`, or remove `output`

    error: `broken` needs `code`, which is missing
      --> own.toml:15:1
       |
    15 | broken = "x"
       | ^^^^^^
       |
       = help: add `code`, or remove `broken`

    error: a question of type predict cannot have `broken`
      --> own.toml:15:1
       |
    15 | broken = "x"
       | ^^^^^^
       |
       = help: write type = "bug", or remove it

    error: `docs` is not an https link
      --> own.toml:17:1
       |
    17 | docs = "ftp://example.org/mailbox"
       | ^^^^
       |
       = help: write the full link, such as "https://docs.python.org/3/library/asyncio.html"

    10 errors, 1 warning
    "#);
}

#[test]
fn unsupported_markup_is_a_warning() {
    insta::assert_snapshot!(findings_with(&[
        ("What is a mailbox for?", "How do producers and consumers hand work to each other in asyncio, and what slows a producer down?"),
        ("It hands work over.", "It just hands `work over. See <b>this</b>.\n\n- one"),
        ("\"The limit\"", "\"`get()` waits as well\""),
        ("answer = \"It", "answer = \"\"\"It"),
        ("is room.\"", "is room.\"\"\""),
    ]), @r#"
    warning: `answer` contains an unclosed backtick
     --> own.toml:9:27
      |
    9 | answer = """It just hands `work over. See <b>this</b>.
      |                           ^^^^^
      |
      = help: close it with a second backtick, or remove it

    1 warning
    "#);
}

#[test]
fn coaching_that_hints_at_the_point_is_a_warning() {
    let hint = "Say what you store: one word decides it.";
    insta::assert_snapshot!(findings_with(&[("Say who waits.", hint)]), @r#"
    warning: `how_to_answer` hints at the point with "one word"
      --> own.toml:10:38
       |
    10 | how_to_answer = "Say what you store: one word decides it."
       |                                      ^^^^^^^^
       |
       = help: name the word, the method or the mistake that is meant

    1 warning
    "#);
}

#[test]
fn files_that_are_not_question_files_are_rejected() {
    let files = [
        pack("a-empty.toml", ""),
        pack("b-latin1.toml", b"[[question]]\nid = \"caf\xe9\"\n"),
        pack("c-big.toml", vec![b'#'; MAX_BYTES + 1]),
        pack("d-table.toml", "[question]\nid = \"a\"\n"),
        pack("e-syntax.toml", "[[question]\nid = \"a\"\n"),
        pack("f-other.toml", "[[questions]]\nid = \"a\"\n"),
        pack("g-open.toml", "[[question]]\nid = \"a\nnumber = 1\n"),
        pack("h-zeros.toml", [0; 64]),
    ];
    let (bank, diagnostics) = load(&files);
    assert_eq!(bank.len(), load(&[]).0.len());
    insta::assert_snapshot!(diagnostics, @r#"
    error: this file contains no questions
     --> a-empty.toml:1:1
      |
    1 |
      | ^
      |
      = help: start each question with [[question]]

    error: this file is not UTF-8: byte 10 of line 2 is 0xE9
     --> b-latin1.toml:2:10
      |
    2 | id = "caf�"
      |          ^
      |
      = help: save the file as UTF-8 in your editor

    error: this file is too big: the maximum is 10 MB
    --> c-big.toml
     = help: split it into several files, or remove it from `bank.paths` if it is not a question file

    error: `question` must be an array, not a table
     --> d-table.toml:1:1
      |
    1 | [question]
      | ^^^^^^^^^^
      |
      = help: write its name in two pairs of brackets: [[…]]

    error: invalid TOML: unclosed array table, expected `]`
     --> e-syntax.toml:1:12
      |
    1 | [[question]
      |            ^
      |
      = help: close the brackets around the table's name

    error: unknown key `questions` in a question file
     --> f-other.toml:1:3
      |
    1 | [[questions]]
      |   ^^^^^^^^^
      |
      = help: did you mean `question`?

    error: invalid TOML: invalid basic string, expected `"`
     --> g-open.toml:2:8
      |
    2 | id = "a
      |        ^
      |
      = help: end the string with the quotes it begins with; a string of several lines has three at each end

    error: invalid TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
     --> h-zeros.toml:1:1
      |
    1 | ␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: fix this line or the one before it

    error: invalid TOML: key with no value, expected `=`
     --> h-zeros.toml:1:65
      |
    1 | ␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀
      |                                                                 ^
      |
      = help: fix this line or the one before it

    9 errors
    "#);
}

#[test]
fn built_in_questions_must_follow_every_rule() {
    let text = GOOD.replace("work over.", "simply work over.");
    let (bank, diagnostics) = check(&[("data/questions/tasks.toml", &text)], &[]);
    assert!(bank.is_empty(), "its link and its file are wrong");
    insta::assert_snapshot!(render_all(&diagnostics), @r#"
    error: a question on queues is in tasks.toml
     --> data/questions/tasks.toml:5:1
      |
    5 | topic = "queues"
      | ^^^^^
      |
      = help: move it to queues.toml, or correct its topic

    error: `docs` does not start with https://docs.python.org/3/
      --> data/questions/tasks.toml:15:1
       |
    15 | docs = "https://example.org/mailbox"
       | ^^^^
       |
       = help: link to Python's own documentation

    2 errors
    "#);
}

/// A question needs only its text and an answer.
const MINIMAL: &str =
    "[[question]]\nquestion = \"What is a closure?\"\nanswer = \"A function with its scope.\"\n";

#[test]
fn a_question_and_an_answer_are_enough() {
    let text = format!(
        "{MINIMAL}[[question]]\nid = \"hoisting\"\nlevel = \"senior\"\nquestion = \"What is hoisted?\"\nanswer = \"Declarations.\"\n"
    );
    let (bank, diagnostics) = check(built_in(), &[pack("js.toml", &text)]);
    let closure = Question {
        id: "what-is-a-closure-41a3335e".into(),
        question: "What is a closure?".into(),
        answer: "A function with its scope.".into(),
        ..Question::default()
    };
    let hoisting = Question {
        id: "hoisting".into(),
        level: Some(Level::Senior),
        question: "What is hoisted?".into(),
        answer: "Declarations.".into(),
        ..Question::default()
    };
    assert_eq!(
        bank.questions().iter().rev().take(2).collect::<Vec<_>>(),
        [&hoisting, &closure],
        "nothing is made up, and the file's order is kept"
    );
    // One line says what a question lacks.
    insta::assert_snapshot!(render_all(&diagnostics), @"
    warning: 2 questions are incomplete; they are asked all the same
    --> js.toml
     = help: line 1: no `id`, `topic`, `level`, `how_to_answer`, `example_answer`, `points`, `pitfalls`, `docs` or `follow_up`
             line 4: no `topic`, `how_to_answer`, `example_answer`, `points`, `pitfalls`, `docs` or `follow_up`
             Without an `id`, a question whose text you change becomes a new question.

    1 warning
    ");
    assert_eq!(load(&[pack("js.toml", &text)]).1, "nothing found");
}

#[test]
fn a_question_without_a_level_passes_every_filter() {
    let (bank, _) = load(&[pack("js.toml", MINIMAL)]);
    let questions = GuildQuestions::new(Arc::new(bank));
    for level in Level::ALL {
        let found: Vec<_> = questions.filter(Some(OTHER_TOPIC), Some(level)).collect();
        assert_eq!(found.len(), 1, "{level}");
    }
    assert_eq!(questions.topics().last(), Some(OTHER_TOPIC));
}

#[test]
fn the_same_question_twice_and_ids_of_servers_are_rejected() {
    let text = format!(
        "{MINIMAL}{MINIMAL}[[question]]\nid = \"s-1\"\nquestion = \"Why?\"\nanswer = \"So.\"\n"
    );
    let (bank, diagnostics) = load(&[pack("js.toml", text)]);
    let questions = GuildQuestions::new(Arc::new(bank));
    assert_eq!(questions.filter(Some(OTHER_TOPIC), None).count(), 1);
    insta::assert_snapshot!(diagnostics, @r#"
    error: the same question was asked before
     --> js.toml:4:1
      |
    4 | [[question]]
      | ^^^^^^^^^^^^
      |
    note: first used here
     --> js.toml:1:1
      |
    1 | [[question]]
      | ^^^^^^^^^^^^
      = help: remove one of the two, or give each an `id`

    error: the id `s-1` begins with `s-`, as only ids of a server's own questions do
     --> js.toml:8:1
      |
    8 | id = "s-1"
      | ^^
      |
      = help: choose another beginning

    2 errors
    "#);
}

#[test]
fn a_built_in_question_must_be_complete() {
    let (_, diagnostics) = check(&[("data/questions/other.toml", MINIMAL)], &[]);
    insta::assert_snapshot!(render_all(&diagnostics), @"
    error: this question has no `id`, `topic`, `level`, `how_to_answer`, `example_answer`, `points`, `pitfalls`, `docs`, `follow_up`, `number`, `type` or `python`
     --> data/questions/other.toml:1:1
      |
    1 | [[question]]
      | ^^^^^^^^^^^^
      |
      = help: every built-in question has them; data/README.md says what to write

    error: `points` has 0 items, but needs 3 to 6
     --> data/questions/other.toml:1:1
      |
    1 | [[question]]
      | ^^^^^^^^^^^^
      |
      = help: add or remove items

    error: `pitfalls` has 0 items, but needs 1 to 4
     --> data/questions/other.toml:1:1
      |
    1 | [[question]]
      | ^^^^^^^^^^^^
      |
      = help: add or remove items

    3 errors
    ");
}

#[test]
fn a_question_without_a_file_keeps_the_rules_of_one_in_a_file() {
    let text = |text: &str| Question {
        id: "s-1".into(),
        question: text.into(),
        answer: "So.".into(),
        points: vec!["a".into(), "b\nc".into()],
        ..Question::default()
    };
    let rule = |_: &Question| vec![FieldError::new("docs", "is wrong", "fix it")];
    let errors = check_question(&text(&"?".repeat(301)), rule);
    let errors: Vec<_> = errors
        .iter()
        .map(|error| (error.field, error.item, error.message.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            ("points", Some(1), "point 2 contains an empty line"),
            (
                "question",
                None,
                "`question` has 301 characters, 1 more than the limit of 300"
            ),
        ]
    );
    let good = Question {
        points: Vec::new(),
        ..text("Why?")
    };
    assert_eq!(check_question(&good, |_| Vec::new()), []);
    assert_eq!(check_question(&good, rule).len(), 1);
}

/// A question with any of the parts that a file may leave out.
fn any_question() -> impl Strategy<Value = Question> {
    let (bank, _) = load(&[]);
    let with_code = bank.get("queue-handover").unwrap().clone();
    let predict = bank
        .questions()
        .iter()
        .find(|one| one.kind == Some(Kind::Predict));
    let whole = prop::sample::select(vec![with_code, predict.unwrap().clone()]);
    let parts = prop::array::uniform13(any::<bool>());
    (whole, parts).prop_map(|(whole, parts)| {
        let [
            number,
            topic,
            level,
            tags,
            asked,
            hint,
            example,
            points,
            pitfalls,
            python,
            docs,
            follow_up,
            code,
        ] = parts;
        let mut one = whole;
        one.number = one.number.filter(|_| number);
        one.level = one.level.filter(|_| level);
        one.asked = one.asked.filter(|_| asked);
        one.how_to_answer = one.how_to_answer.filter(|_| hint);
        one.example_answer = one.example_answer.filter(|_| example);
        one.python = one.python.filter(|_| python);
        one.docs = one.docs.filter(|_| docs);
        one.follow_up = one.follow_up.filter(|_| follow_up);
        if !topic {
            one.topic = OTHER_TOPIC.into();
        }
        for (list, is_kept) in [
            (&mut one.tags, tags),
            (&mut one.points, points),
            (&mut one.pitfalls, pitfalls),
        ] {
            if !is_kept {
                list.clear();
            }
        }
        if !code {
            one = Question {
                kind: None,
                code: None,
                output: None,
                wrong_outputs: Vec::new(),
                ..one
            };
        }
        one
    })
}

proptest::proptest! {
    /// Every export keeps what a question has, and an import adds nothing.
    #[test]
    fn an_export_can_be_imported_again(question in any_question()) {
        let from_pack = Bank::load(&[], &[pack("own.toml", import_export::pack(&[&question]))]).0;
        prop_assert_eq!(from_pack.questions(), std::slice::from_ref(&question));
        let table = ("own.csv", import_export::csv(&[&question]));
        let list = ("own.json", import_export::json(&[&question]));
        for (name, text) in [table, list] {
            let found = read_any(name, text.as_bytes(), &ReadOptions::default());
            prop_assert_eq!(&found.mistakes, &[]);
            prop_assert_eq!(&found.questions[0].question, &question);
        }
        let note = import_export::anki(&[&question], &AnkiOptions::default());
        prop_assert!(!note.contains("<ul></ul>") && !note.contains("href=\"\""), "{}", note);
    }

    /// A damaged file is read or rejected without a panic, and each diagnostic can be rendered.
    #[test]
    fn damaged_files_cause_no_panic(
        from in 0..GOOD.len(),
        length in 0..40_usize,
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..8),
    ) {
        let mut damaged = GOOD.as_bytes().to_vec();
        let end = damaged.len().min(from + length);
        damaged.splice(from..end, bytes);
        let (_, diagnostics) = check(&[], &[pack("own.toml", damaged)]);
        render_all(&diagnostics);
    }
}

/// Code is shown as a block in an answer, if the block ends. Elsewhere it would break the message.
#[test]
fn an_answer_may_have_code_blocks() {
    let errors = |change: fn(&mut Question)| {
        let mut question = Question {
            id: "own-question".into(),
            question: "Why?".into(),
            answer: "Because.".into(),
            ..Question::default()
        };
        change(&mut question);
        let errors = check_question(&question, |_| Vec::new()).into_iter();
        errors.map(|error| error.message).collect::<Vec<_>>()
    };
    let closed = |question: &mut Question| {
        question.answer = "Run it:\n```sh\nmake\n\nmake test\n```\nThen wait.".into();
    };
    assert_eq!(errors(closed), [""; 0]);
    let open = |question: &mut Question| question.answer = "```sh\nmake".into();
    assert_eq!(
        errors(open),
        ["`answer` has a code block that does not end"]
    );
    let elsewhere = |question: &mut Question| {
        question.question = "```\nmake\n```".into();
        question.follow_up = Some("```\nmake\n```".into());
    };
    let expected =
        ["`question`", "`follow_up`"].map(|field| format!("{field} contains a code fence"));
    assert_eq!(errors(elsewhere), expected);
}
