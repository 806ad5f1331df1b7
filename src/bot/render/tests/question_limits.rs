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
        kind: Kind::Bug,
        question: words("question", 200),
        answer: words("answer", 500),
        how_to_answer: words("how", 100),
        example_answer: words("example", 100),
        points: ["one", "two", "three"].map(String::from).into(),
        pitfalls: vec![words("pitfall", 100)],
        code: Some(program(300)),
        output: Some(program(100)),
        broken: Some(program(300)),
        broken_output: Some(program(100)),
        docs: "https://example.org/page".into(),
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

#[test]
fn a_long_link_counts_for_the_answer() {
    let long = Question {
        question: words("question", 300),
        answer: words("answer", 1400),
        how_to_answer: words("how", 900),
        example_answer: words("example", 1000),
        points: (0..6)
            .map(|one| format!("{one}{}", words("point", 99)))
            .collect(),
        pitfalls: vec![words("pitfall", 800)],
        follow_up: words("follow", 200),
        code: Some(program(300)),
        output: Some(program(100)),
        broken: None,
        broken_output: None,
        docs: format!("https://example.org/#:~:text={}", "a".repeat(420)),
        ..bug()
    };
    insta::assert_snapshot!(report(&long), @"answer: Discord cannot show the score in /quiz: the text of all embeds has 6368 characters, 368 more than the limit of 6000 (shorten `answer` (1400 characters) or `example_answer` (1000 characters) or `how_to_answer` (900 characters))");
    // The same with a short link can be shown.
    let short = Question {
        docs: "https://example.org/page".into(),
        ..long
    };
    assert_eq!(report(&short), "");
}

#[test]
fn an_answer_that_would_be_cut_is_refused() {
    let cut = Question {
        question: words("question", 300),
        answer: words("answer", 1400),
        code: Some(program(895)),
        broken: Some(program(895)),
        output: Some(program(400)),
        broken_output: Some(program(395)),
        ..bug()
    };
    insta::assert_snapshot!(report(&cut), @"answer: Discord cannot show the model answer: the description has 4380 characters, 284 more than the limit of 4096 (shorten `answer` (1400 characters) or `broken` (895 characters) or `code` (895 characters))");
}

#[test]
fn a_field_that_would_be_cut_is_refused() {
    // Each asterisk is escaped, which takes a second character.
    let escaped = Question {
        example_answer: format!("{} {}", words("example", 900), "* ".repeat(49)),
        ..bug()
    };
    insta::assert_snapshot!(report(&escaped), @"example_answer: Discord cannot show the model answer: a field has 1050 characters, 26 more than the limit of 1024 (shorten `example_answer` (999 characters))");
}

#[test]
fn an_option_and_a_thread_without_a_text_are_refused() {
    let option = Question {
        points: ["one", "``", "three"].map(String::from).into(),
        ..bug()
    };
    insta::assert_snapshot!(report(&option), @"points: Discord cannot show the model answer in /quiz: an option is empty (write a text of more than spaces and backticks)");
    let name = Question {
        question: "``".into(),
        ..bug()
    };
    insta::assert_snapshot!(report(&name), @"question: Discord cannot show the thread: the name is empty (write a text of more than spaces and backticks)");
}

/// The diagnostic of a pack names file and line.
#[test]
fn a_pack_with_such_a_question_is_refused() {
    let cut = Question {
        id: "cut-off".into(),
        answer: words("answer", 1400),
        code: Some(program(895)),
        broken: Some(program(895)),
        output: Some(program(400)),
        broken_output: Some(program(395)),
        ..bug()
    };
    let file = PackFile {
        name: "pack.toml".into(),
        bytes: import_export::pack(&[&cut]).into_bytes(),
    };
    let (unchecked, _) = Bank::load(&[], std::slice::from_ref(&file));
    assert_eq!(unchecked.questions(), [cut], "no single field is too long");
    let (bank, diagnostics) = Bank::check(&[], &[file], check);
    assert!(bank.is_empty());
    insta::assert_snapshot!(render_diagnostics(&diagnostics), @r#"
    error: Discord cannot show the model answer: the description has 4280 characters, 184 more than the limit of 4096
      --> pack.toml:11:1
       |
    11 | answer = """
       | ^^^^^^
       |
       = help: shorten `answer` (1400 characters) or `broken` (895 characters) or `code` (895 characters)

    1 error
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
        link in 1..200_usize,
    ) {
        let [asked, answer, hint, example, follow_up, pitfall] =
            // Each asterisk in the example answer is escaped.
            prose.map(|length| words("w*rd", length));
        let [code, output, broken, broken_output] = programs.map(program);
        let is_bug = kind == Kind::Bug;
        let question = Question {
            kind,
            question: asked,
            answer,
            how_to_answer: hint,
            example_answer: example,
            follow_up,
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
            docs: format!("https://example.org/{}", "a".repeat(link)),
            ..bug()
        };
        prop_assume!(check(&question).is_empty());
        for message in render_all(&question) {
            let text = message.json.to_string();
            prop_assert!(!text.contains('…'), "{}", text);
        }
    }
}
