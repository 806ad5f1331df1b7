//! Texts of `/team questions import`.

use insta::assert_snapshot;
use quizloop_bank::import_export::Mistake;
use quizloop_core::guild::Guild;
use quizloop_core::server_questions::{FileFields, QuestionContent, ServerQuestionError};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::bot::discord::download::DownloadError;
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::drafts::DraftId;
use crate::bot::interactions::question_import::{ImportCounts, ImportMode, ImportPlan};
use crate::bot::interactions::response::Response;
use crate::bot::render::question_import::{self as render, FoundQuestions};

fn file(numbers: std::ops::Range<usize>, answer: &str) -> Vec<QuestionContent> {
    let content = |number| QuestionContent {
        question: format!("What is part {number}?"),
        answer: answer.to_owned(),
        file: FileFields {
            key: Some(format!("part-{number}")),
            ..FileFields::default()
        },
        ..QuestionContent::default()
    };
    numbers.map(content).collect()
}

/// A server with these questions.
fn guild(questions: Vec<QuestionContent>) -> Guild {
    let mut guild = Guild::new(GuildId::new(1));
    for question in questions {
        let mut rng = StdRng::seed_from_u64(1);
        guild
            .add_question(question, ADA, at("2026-03-27T08:00:00Z"), &mut rng)
            .unwrap();
    }
    guild
}

fn mistakes(count: usize, reason: &str) -> Vec<Mistake> {
    let mistake = |line| Mistake {
        line: Some(line),
        name: "What is *it*?".into(),
        reasons: vec![reason.to_owned()],
        diagnostic: None,
    };
    (2..2 + count).map(mistake).collect()
}

fn found(guild: &Guild, questions: &[QuestionContent], more: FoundQuestions<'_>) -> Message {
    let own = guild.server_questions();
    let plans = ImportMode::NAMES.map(|(_, mode)| (mode, ImportPlan::new(questions, own, mode)));
    let message = render::found(&FoundQuestions {
        counts: ImportCounts::of(questions, own),
        plans: &plans,
        ..more
    });
    discord_limits::check(&Response::New(message.clone()));
    message
}

const NOTHING: FoundQuestions<'_> = FoundQuestions {
    file: "my_*questions*.csv",
    counts: ImportCounts {
        same: 0,
        changed: 0,
        new: 0,
    },
    plans: &[],
    mistakes: &[],
    warnings: &[],
    header: None,
    ignored_columns: &[],
    draft: DraftId(0xf00d),
};

#[test]
fn new_questions_are_imported_with_one_button() {
    let empty = guild(Vec::new());
    assert_snapshot!(found(&empty, &file(0..1, "It."), NOTHING), @r"
    **my\_\*questions\*.csv**: 1 question, no mistakes.
    Nothing is imported yet. I keep the file for 15 minutes.
    ( Import 1 question ) q1:import:f00d:skip
    ");
    let mistakes = mistakes(7, "the column `answer` is empty");
    let ignored = ["Seite".to_owned(), "notes".to_owned()];
    let more = FoundQuestions {
        mistakes: &mistakes,
        warnings: &["the file is not UTF-8".to_owned()],
        ignored_columns: &ignored,
        ..NOTHING
    };
    assert_snapshot!(found(&empty, &file(0..17, "It."), more), @r#"
    **my\_\*questions\*.csv**: 17 questions and 7 mistakes:
    - line 2, "What is \*it\*?": the column \`answer\` is empty
    - line 3, "What is \*it\*?": the column \`answer\` is empty
    - line 4, "What is \*it\*?": the column \`answer\` is empty
    - line 5, "What is \*it\*?": the column \`answer\` is empty
    - line 6, "What is \*it\*?": the column \`answer\` is empty
    - and 2 more: `mistakes.txt` has all of them
    Columns left out: "Seite", "notes".
    Note: the file is not UTF-8
    Nothing is imported yet. I keep the file for 15 minutes.
    { mistakes.txt of 431 bytes: All mistakes in the file }
    ( Import 17 questions ) q1:import:f00d:skip
    "#);
}

#[test]
fn known_questions_are_updated_skipped_or_added() {
    let guild = guild(file(0..4, "It."));
    let mixed = [file(0..2, "It."), file(2..8, "Now it.")].concat();
    assert_snapshot!(found(&guild, &mixed, NOTHING), @r"
    **my\_\*questions\*.csv**: 8 questions, no mistakes.
    This server has 4 of them already, 2 with other texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    ( Update 2, add 4 ) q1:import:f00d:update
    ( Skip 4, add 4 ) q1:import:f00d:skip
    ( Add all 8 as new ) q1:import:f00d:add
    ");
    assert_snapshot!(found(&guild, &file(0..4, "It."), NOTHING), @r"
    **my\_\*questions\*.csv**: 4 questions, no mistakes.
    This server has all of them already, with the same texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    ( Add all 4 as new ) q1:import:f00d:add
    ");
    assert_snapshot!(found(&guild, &file(0..4, "Now it."), NOTHING), @r"
    **my\_\*questions\*.csv**: 4 questions, no mistakes.
    This server has all of them already, with other texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    ( Update 4 ) q1:import:f00d:update
    ( Add all 4 as new ) q1:import:f00d:add
    ");
    assert_snapshot!(found(&guild, &file(2..6, "It."), NOTHING), @r"
    **my\_\*questions\*.csv**: 4 questions, no mistakes.
    This server has 2 of them already, with the same texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    ( Skip 2, add 2 ) q1:import:f00d:skip
    ( Add all 4 as new ) q1:import:f00d:add
    ");
}

#[test]
fn a_file_without_questions_says_why() {
    let header = ["Frage".to_owned(), "Antwort".to_owned()];
    let mistakes = [Mistake {
        line: None,
        name: String::new(),
        reasons: vec!["no column is the question".into()],
        diagnostic: None,
    }];
    let more = FoundQuestions {
        mistakes: &mistakes,
        header: Some(&header),
        ..NOTHING
    };
    assert_snapshot!(found(&guild(Vec::new()), &[], more), @r"
    **my\_\*questions\*.csv**: no questions and 1 mistake:
    - no column is the question
    The option `columns` says which is which.
    { mistakes.txt of 56 bytes: All mistakes in the file }
    ");
}

#[test]
fn limits_are_named() {
    let full = guild(file(0..499, "It."));
    assert_snapshot!(found(&full, &file(498..501, "It."), NOTHING), @r"
    **my\_\*questions\*.csv**: 3 questions, no mistakes.
    This server has 1 of them already, with the same texts.
    This server would have 501 questions of its own, and can have 500. Import a smaller file, or remove questions with `/team questions remove`.
    ");
    assert_snapshot!(found(&full, &file(499..502, "It."), NOTHING), @r"
    **my\_\*questions\*.csv**: 3 questions, no mistakes.
    This server would have 502 questions of its own, and can have 500. Import a smaller file, or remove questions with `/team questions remove`.
    ");
    let long = "x".repeat(5000);
    assert_snapshot!(found(&guild(Vec::new()), &file(0..450, &long), NOTHING), @r"
    **my\_\*questions\*.csv**: 450 questions, no mistakes.
    This server's questions would have 2262 kB of text, and can have 2000 kB. Import a smaller file, or remove questions with `/team questions remove`.
    ");
}

/// Texts of the file are as long as they can be, and all of them are escaped.
#[test]
fn the_longest_message_keeps_discords_limits() {
    let stars = "*".repeat(4000);
    let mistakes = mistakes(10_000, &stars);
    let columns = vec![stars.clone(); 100];
    let warnings = vec![stars.clone(); 3];
    let more = FoundQuestions {
        file: &stars,
        mistakes: &mistakes,
        warnings: &warnings,
        header: Some(&columns),
        ignored_columns: &columns,
        ..NOTHING
    };
    let questions = file(0..3000, "It.");
    for questions in [&[][..], &questions[..2], &questions[..]] {
        let message = found(&guild(file(0..499, "It.")), questions, more);
        let size = message.file.unwrap().bytes().len();
        assert!(size < 300 * 1024, "{size}");
    }
}

#[test]
fn an_import_is_confirmed() {
    let plan = |added, updated, unchanged| ImportPlan {
        changes: Vec::new(),
        added,
        updated,
        unchanged,
        exceeds: None,
    };
    let texts = [
        render::imported("a.csv", &plan(17, 0, 0), Some((1, 17))),
        render::imported("a.csv", &plan(1, 2, 3), Some((4, 4))),
        render::imported("a.csv", &plan(0, 2, 0), None),
        render::imported("a.csv", &plan(0, 0, 3), None),
    ];
    assert_snapshot!(texts.map(|message| message.to_string()).concat(), @"
    **a.csv** is imported: 17 questions added (#s1 to #s17). `/team questions list` shows them.
    **a.csv** is imported: 1 question added (#s4), 2 updated, 3 left as they were. `/team questions list` shows them.
    **a.csv** is imported: 2 updated. `/team questions list` shows them.
    Nothing to do: this server has all questions of **a.csv** already.
    ");
    assert_snapshot!(render::draft_gone(), @"I no longer have this file: I keep it for 15 minutes, until I'm restarted, or until it is imported. Please send it again with `/team questions import`. Questions that are here already won't be doubled.");
    assert_snapshot!(render::refused(ServerQuestionError::Full), @"Nothing was imported: this server already has 500 questions of its own. Remove questions with `/team questions remove`, or import a smaller file.");
    assert_snapshot!(render::unreadable("a.csv"), @"I couldn't read **a.csv**. Please report this to the person who runs the bot.");
}

#[test]
fn failed_downloads_say_what_to_do() {
    let texts = [
        DownloadError::TooLarge,
        DownloadError::OtherHost,
        DownloadError::Gone,
        DownloadError::TimedOut,
        DownloadError::Failed("status 502".into()),
    ]
    .map(|error| render::download_failed("a.csv", &error));
    assert_snapshot!(texts.join("\n"), @"
    **a.csv** is larger than 1 MiB, so I didn't read it. Split it into smaller files, and import one after the other.
    I only read files from Discord's own servers, and **a.csv** is elsewhere. Attach the file itself to the command.
    Discord no longer has **a.csv**. Please send it again.
    I couldn't get **a.csv** from Discord. Please send it again in a minute.
    I couldn't get **a.csv** from Discord. Please send it again in a minute.
    ");
}
