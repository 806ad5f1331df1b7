//! Questions that Discord can and cannot show.

use proptest::prelude::*;

use super::{Bank, Kind, Question, built_in, question};
use crate::bot::render::question_check::{check, render_all};
use quizloop_bank::{FieldError, PackFile, import_export};
use quizloop_diagnostics::render_all as render_diagnostics;

/// Returns a text with exactly that many characters, which consists of one word.
fn words(word: &str, length: usize) -> String {
    let text: String = format!("{word} ")
        .repeat(length)
        .chars()
        .take(length)
        .collect();
    text.trim_end().to_owned() + &".".repeat(length - text.trim_end().len())
}

/// Returns a program with exactly that many characters.
fn program(length: usize) -> String {
    let lines = "print(1234567890123456789012345678901234567890123456789012345)\n";
    lines
        .repeat(20)
        .chars()
        .take(length - 1)
        .collect::<String>()
        + "#"
}

/// A question about a bug that keeps the limit of each single field.
fn bug() -> Question {
    Question {
        kind: Some(Kind::Bug),
        question: words("question", 200),
        answer: words("answer", 500),
        how_to_answer: Some(words("how", 100)),
        example_answer: Some(words("example", 100)),
        points: ["one", "two", "three"].map(String::from).into(),
        pitfalls: vec![words("pitfall", 100)],
        code: Some(program(300)),
        output: Some(program(100)),
        broken: Some(program(300)),
        broken_output: Some(program(100)),
        docs: Some("https://example.org/page".into()),
        ..question()
    }
}

fn report(question: &Question) -> String {
    let line = |error: FieldError| format!("{}: {} ({})", error.field, error.message, error.fix);
    let lines: Vec<_> = check(question).into_iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn the_whole_bank_fits() {
    let (bank, _) = Bank::load(built_in(), &[]);
    for question in bank.questions() {
        assert_eq!(report(question), "", "{}", question.id);
    }
}

/// A text that one page has no room for is refused.
#[test]
fn a_field_that_would_be_cut_is_refused() {
    let with_link = |length| Question {
        docs: Some(format!(
            "https://example.org/#:~:text={}",
            "a".repeat(length)
        )),
        ..bug()
    };
    insta::assert_snapshot!(report(&with_link(1000)), @"docs: Discord cannot show the model answer: a field has 1029 characters, 5 more than the limit of 1024 (shorten `docs` (1029 characters))");
    // The same with a short link can be shown.
    assert_eq!(report(&with_link(900)), "");
}

/// Each text is on a page of its own, so an entry that keeps the limits of its fields fits.
#[test]
fn the_longest_entry_fits() {
    let longest = Question {
        question: words("question", 300),
        answer: words("answer", 1400),
        how_to_answer: Some(words("how", 900)),
        // Each asterisk is escaped, which takes a second character.
        example_answer: Some(format!("{} {}", words("example", 900), "* ".repeat(49))),
        points: (0..6)
            .map(|one| format!("{one}{}", words("point", 99)))
            .collect(),
        pitfalls: vec![words("pitfall", 900)],
        follow_up: Some(words("follow", 200)),
        code: Some(program(900)),
        broken: Some(program(900)),
        output: Some(program(400)),
        broken_output: Some(program(400)),
        ..bug()
    };
    assert_eq!(report(&longest), "");
    // The first page has the answer instead of the key points.
    let without_points = Question {
        points: Vec::new(),
        ..longest
    };
    assert_eq!(report(&without_points), "");
}

#[test]
fn an_option_and_a_thread_without_a_text_are_refused() {
    let option = Question {
        points: ["one", "``", "three"].map(String::from).into(),
        ..bug()
    };
    insta::assert_snapshot!(report(&option), @"points: Discord cannot show the model answer with the self-assessment: an option is empty (write a text of more than spaces and backticks)");
    let name = Question {
        question: "``".into(),
        ..bug()
    };
    insta::assert_snapshot!(report(&name), @"question: Discord cannot show the thread: the name is empty (write a text of more than spaces and backticks)");
}

/// The diagnostic of a pack names file and line.
#[test]
fn a_pack_with_such_a_question_is_refused() {
    let unshown = Question {
        id: "not-shown".into(),
        answer: words("answer", 1400),
        points: ["one", "``", "three"].map(String::from).into(),
        ..bug()
    };
    let file = PackFile {
        name: "pack.toml".into(),
        bytes: import_export::pack(&[&unshown]).into_bytes(),
    };
    let (unchecked, _) = Bank::load(&[], std::slice::from_ref(&file));
    assert_eq!(
        unchecked.questions(),
        [unshown],
        "the bank alone accepts it"
    );
    let (bank, diagnostics) = Bank::check(&[], &[file], check);
    assert!(bank.is_empty());
    insta::assert_snapshot!(render_diagnostics(&diagnostics), @r#"
    error: Discord cannot show the model answer with the self-assessment: an option is empty
      --> pack.toml:34:1
       |
    34 | points = [
       | ^^^^^^
       |
       = help: write a text of more than spaces and backticks

    warning: point 2 contains an unclosed backtick
      --> pack.toml:36:6
       |
    36 |     "``",
       |      ^^
       |
       = help: close it with a second backtick, or remove it

    1 error, 1 warning
    "#);
}

proptest! {
    // Each case renders a dozen messages.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No message of a question that passes the check is truncated. The lengths are those near
    /// which texts no longer fit.
    #[test]
    fn what_passes_is_shown_in_full(
        prose in [200..300_usize, 1000..1400, 1..400, 800..900, 1..100, 1..200],
        points in 1..100_usize,
        programs in [800..900_usize, 350..400, 800..900, 350..400],
        kind in prop::sample::select(vec![Kind::Bug, Kind::Bug, Kind::Predict, Kind::Concept]),
        link in 1..1100_usize,
    ) {
        let [asked, answer, hint, example, follow_up, pitfall] =
            // Each asterisk in the example answer is escaped.
            prose.map(|length| words("w*rd", length));
        let [code, output, broken, broken_output] = programs.map(program);
        let is_bug = kind == Kind::Bug;
        let question = Question {
            kind: Some(kind),
            question: asked,
            answer,
            how_to_answer: Some(hint),
            example_answer: Some(example),
            follow_up: Some(follow_up),
            points: (0..6).map(|_| words("point", points)).collect(),
            pitfalls: vec![pitfall],
            wrong_outputs: if kind == Kind::Predict {
                vec![output.clone(); 3]
            } else {
                Vec::new()
            },
            code: Some(code),
            output: Some(output),
            broken: is_bug.then_some(broken),
            broken_output: is_bug.then_some(broken_output),
            docs: Some(format!("https://example.org/{}", "a".repeat(link))),
            ..bug()
        };
        prop_assume!(check(&question).is_empty());
        for message in render_all(&question) {
            let text = message.json.to_string();
            prop_assert!(!text.contains('…'), "{}", text);
        }
    }
}
