//! `quizloop bank`: listing and showing questions, export to other tools, and import from them.

use std::path::Path;

use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, UserId};
use quizloop_core::members::NewRating;
use quizloop_core::retention::Retention;
use quizloop_core::review::Rating;

use crate::operator::{quizloop, said};

fn bank(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let all: Vec<&str> = std::iter::once("bank")
        .chain(arguments.iter().copied())
        .collect();
    said(&quizloop(folder, &all))
}

#[test]
fn listing_and_showing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, all) = bank(folder.path(), &["list"]);
    assert_eq!(code, Some(0));
    assert!(all.starts_with("001  asyncio-in-a-nutshell "), "{all}");
    assert!(!all.contains('\u{1b}'), "no colours without a terminal");
    let (_, some) = bank(
        folder.path(),
        &["list", "--topic", "queues", "--level", "junior"],
    );
    assert!(some.lines().count() < all.lines().count());
    assert!(some.contains("queue-handover"), "{some}");
    let (_, tagged) = bank(folder.path(), &["list", "--tag", "websockets"]);
    assert!(tagged.contains("websocket-fan-out"), "{tagged}");
    assert!(!tagged.contains("queue-handover"), "{tagged}");
    let (_, found) = bank(folder.path(), &["list", "semahpore"]);
    assert!(found.contains("semaphore-limit"), "{found}");
    for named in ["7", "#7", "await-semantics"] {
        let (code, shown) = bank(folder.path(), &["show", named]);
        assert_eq!(code, Some(0));
        assert!(
            shown.starts_with("#7 · await-semantics"),
            "{named}: {shown}"
        );
        assert!(shown.contains("\nModel answer\n") && shown.contains("\nKey points\n"));
    }
    for (arguments, help) in [
        (&["show", "await-semantic"][..], "did you mean"),
        (&["show", "zzzzzzz"], "bank list"),
        (
            &["list", "--topic", "cooking"],
            "The topics are: fundamentals",
        ),
        (
            &["list", "--tag", "web-sockets"],
            "did you mean `websockets`?",
        ),
        (&["list", "--level", "expert"], "junior, mid, senior"),
    ] {
        let (code, text) = bank(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(text.contains(help), "{arguments:?}: {text}");
    }
}

/// Words are searched among the questions of the topic and the level, not only among the first 25
/// of all.
#[test]
fn filters_come_before_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let filters = [
        "list",
        "--topic",
        "output-prediction",
        "--level",
        "senior",
        "task",
    ];
    let (code, found) = bank(folder.path(), &filters);
    assert_eq!(code, Some(0), "{found}");
    assert!(found.contains("predict-cancel-return"), "{found}");
}

/// Questions exported as CSV and JSON are imported as a pack, and `quizloop check` accepts the
/// pack.
#[test]
fn export_and_import() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "json"] {
        let (code, text) = bank(
            folder.path(),
            &["export", "--format", format, "--topic", "sync"],
        );
        assert_eq!(code, Some(0), "{text}");
        let name = format!("ours.{format}");
        std::fs::write(folder.path().join(&name), &text).unwrap();
        let pack = format!("{format}.toml");
        let (code, text) = bank(folder.path(), &["import", &name, "--output", &pack]);
        assert_eq!(code, Some(0), "{text}");
        let config = format!("[bank]\npaths = [\"{pack}\"]\n");
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let (code, text) = said(&quizloop(folder.path(), &["check"]));
        assert_eq!(code, Some(0), "{text}");
        let (code, text) = bank(folder.path(), &["import", &name, "--output", &pack]);
        assert_eq!(
            code,
            Some(2),
            "an existing file is never overwritten: {text}"
        );
    }
    let (_, anki) = bank(folder.path(), &["export", "--format", "anki-tsv"]);
    assert!(anki.starts_with("#separator:tab\n#html:true\n"), "{anki}");
}

/// An option of one format is refused for the others, and a deck's name that would break the file.
#[test]
fn options_for_anki() {
    let folder = tempfile::tempdir().unwrap();
    let export = |format, options: &[&str]| {
        bank(
            folder.path(),
            &[&["export", "--format", format][..], options].concat(),
        )
    };
    for options in [
        &["--no-tags"][..],
        &["--cards", "questions"],
        &["--deck", "Ours"],
    ] {
        let (code, text) = export("csv", options);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("only for --format anki-tsv"), "{text}");
    }
    for deck in ["", " ", "Ours\n#notetype:Cloze"] {
        let (code, text) = export("anki-tsv", &["--deck", deck]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("one line of text"), "{text}");
    }
    let (code, text) = export("anki-tsv", &["--deck", "Ours", "--no-tags"]);
    assert_eq!(code, Some(0), "{text}");
    let header: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
    insta::assert_snapshot!(header.join("\n"), @"
    #separator:tab
    #html:true
    #notetype:Basic
    #deck:Ours
    #guid column:1
    ");
}

/// Rejected rows are reported with their line and reasons; the other rows are written.
#[test]
fn rows_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let (_, good) = bank(
        folder.path(),
        &["export", "--format", "csv", "--topic", "queues"],
    );
    let mixed = format!("{good}our-own,950,design,mid,concept,Why a queue?,,,,,,,,,,3.11,,\n");
    std::fs::write(folder.path().join("mixed.csv"), mixed).unwrap();
    let (code, text) = bank(folder.path(), &["import", "mixed.csv"]);
    assert_eq!(code, Some(2), "{text}");
    let line = good.lines().count() + 1;
    assert!(
        text.contains(&format!("mixed.csv:{line}: \"our-own\":")),
        "{text}"
    );
    assert!(text.contains("it has no answer"), "{text}");
    assert!(
        text.contains("1 mistake; the other questions were imported"),
        "{text}"
    );
    assert!(folder.path().join("mixed.toml").exists());
    for (name, content, help) in [
        ("bad.csv", "a,b\n1,2\n", "no column \"question\""),
        ("bad.json", "{", "bad.json:1:1"),
        ("bad.txt", "", "contains no question"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let (code, text) = bank(folder.path(), &["import", name]);
        assert_eq!(code, Some(2), "{name}");
        assert!(text.contains(help), "{name}: {text}");
    }
}

const HEADER: &str = "question,answer,how_to_answer,example_answer,points,pitfalls,follow_up";

/// A row with all texts that have no default.
fn row(question: &str) -> String {
    format!("{question},Because.,Say it.,I say it.,\"a\nb\nc\",no,What next?")
}

/// Imports a file with this content and returns the exit code and the output.
fn import(content: impl AsRef<[u8]>, name: &str, options: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    let all: Vec<&str> = ["import", name]
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    let (code, text) = bank(folder.path(), &all);
    let written = std::fs::read_to_string(folder.path().join("a.toml")).unwrap_or_default();
    (code, text + &written)
}

/// Cells that belong to no column are reported instead of dropped.
#[test]
fn a_row_with_too_many_cells() {
    let table = format!("{HEADER}\r\n{},or why not?\r\n", row("Why?"));
    insta::assert_snapshot!(import(table, "a.csv", &[]).1, @"
    a.csv:2: the row has 8 cells, but the first line has 7 (put each text that contains the separator in double quotes)
    error: nothing was imported; see the mistakes
    ");
}

/// A file without a question says so and fails.
#[test]
fn files_without_questions() {
    let texts = [
        import(format!("{HEADER}\r\n"), "a.csv", &[]),
        import("[]", "a.json", &[]),
        import("- What is a task?\n", "a.txt", &[]),
    ];
    assert!(texts.iter().all(|(code, _)| *code == Some(2)));
    insta::assert_snapshot!(texts.map(|(_, text)| text).concat(), @r#"
    error: a.csv: this file contains no question; add a row for each one
    error: a.json: this file contains no question; add a row for each one
    a.txt:1: "What is a task?": it has no answer; write it after the question, separated by a tab or by " | "
    error: nothing was imported; see the mistakes
    "#);
}

#[test]
fn a_table_in_utf16_with_semicolons() {
    let table = "\u{feff}Question;Answer;Level\r\nWhy?;So.;Senior\r\n";
    let utf16 = table.encode_utf16().flat_map(u16::to_le_bytes);
    let (code, text) = import(utf16.collect::<Vec<u8>>(), "a.csv", &[]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @r#"
    Wrote 1 question to a.toml. To use the file, add it to the config: [bank] paths = ["a.toml"]
    [[question]]
    id = "why-79c19d1d"
    topic = "other"
    level = "senior"
    question = "Why?"
    answer = "So."
    "#);
}

/// A table whose columns have other names says how to name them, once.
#[test]
fn a_table_with_other_columns() {
    let table = "Frage,Antwort,Notiz\nWas wartet?,await,x\nWas läuft?,ein Task,y\n";
    let (code, refused) = import(table, "a.csv", &[]);
    assert_eq!(code, Some(2), "{refused}");
    let options = ["--map", "question=Frage", "--map", "answer=antwort"];
    let (code, imported) = import(table, "a.csv", &options);
    assert_eq!(code, Some(0), "{imported}");
    let (code, wrong) = import(table, "a.csv", &["--map", "qestion=Frage"]);
    assert_eq!(code, Some(2), "{wrong}");
    insta::assert_snapshot!([refused, imported, wrong].join("---\n"), @r#"
    error: a.csv: your table has no column "question" and no column "answer"; each question needs one. The columns are "Frage", "Antwort", "Notiz". Rename them, or say which is which: question=Frage, answer=Antwort (each as an option: --map question=…)
    ---
    Wrote 2 questions to a.toml. To use the file, add it to the config: [bank] paths = ["a.toml"]
    a.csv: ignored unknown columns: Notiz
    [[question]]
    id = "was-wartet-0a7ea579"
    topic = "other"
    question = "Was wartet?"
    answer = "await"

    [[question]]
    id = "was-l-uft-873c8e6d"
    topic = "other"
    question = "Was läuft?"
    answer = "ein Task"
    ---
    error: invalid value 'qestion=Frage' for '--map <FIELD=COLUMN>': there is no field "qestion"; did you mean `question`?

    For more information, try '--help'.
    "#);
}

/// The first mistakes are a summary; `--details` lists all.
#[test]
fn many_mistakes() {
    let long = |number: usize| format!("{},Yes.\n", "x".repeat(300 + number));
    let rows: String = (1..=7).map(long).collect();
    let table = format!("question,answer,type\n{rows}Why?,So.,quiz\nWhy not?,,\n");
    let (_, short) = import(&table, "a.csv", &[]);
    let (code, all) = import(&table, "a.csv", &["--details"]);
    assert_eq!(code, Some(2), "{all}");
    assert_eq!(all.matches("300 (shorten it)").count(), 7, "{all}");
    insta::assert_snapshot!(short, @r#"
    Wrote 1 question to a.toml. To use the file, add it to the config: [bank] paths = ["a.toml"]
    a.csv: these are no types of questions and were left out: "quiz"
    a.csv:2: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": `question` has 301 characters, 1 more than the limit of 300 (shorten it)
    a.csv:3: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": `question` has 302 characters, 2 more than the limit of 300 (shorten it)
    a.csv:4: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": `question` has 303 characters, 3 more than the limit of 300 (shorten it)
    a.csv:5: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": `question` has 304 characters, 4 more than the limit of 300 (shorten it)
    a.csv:6: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": `question` has 305 characters, 5 more than the limit of 300 (shorten it)
    a.csv: 3 more mistakes; --details lists all
    error: 8 mistakes; the other questions were imported
    [[question]]
    id = "why-79c19d1d"
    topic = "other"
    question = "Why?"
    answer = "So."
    "#);
}

/// Questions without answers can have one for all.
#[test]
fn an_answer_for_all_questions() {
    let (code, text) = import("What is a task?\n", "a.txt", &["--answer", "Discuss it."]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @r#"
    Wrote 1 question to a.toml. To use the file, add it to the config: [bank] paths = ["a.toml"]
    a.txt: 1 question comes with the answer that you gave for all
    [[question]]
    id = "what-is-a-task-d1ad20fd"
    topic = "other"
    question = "What is a task?"
    answer = "Discuss it."
    "#);
}

/// What is imported from each format is a question file that the bot takes.
#[test]
fn imported_files_pass_the_check() {
    let files = [
        (
            "a.md",
            "## What is a task?\n\n- It runs.\n- It ends.\n\n```py\nrun()\n```\n",
        ),
        ("b.yaml", "AUTHOR: us\nWhat waits?:\n- await\n"),
        (
            "c.json",
            r#"{"results": [{"question": "Is &quot;a&quot; a?", "correct_answer": "True", "incorrect_answers": ["False"]}]}"#,
        ),
        (
            "d.txt",
            "#separator:tab\n#html:true\nWhat <b>runs</b>?\ta task<br>or two\tpython::asyncio\n",
        ),
        ("e.tsv", "front\tback\nWhat?\tThat.\n"),
        ("animals", "#Q Which one?\n^ b\nA a\nB b\n"),
    ];
    for (name, text) in files {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        let (code, said_import) = bank(folder.path(), &["import", name, "--output", "ours.toml"]);
        assert_eq!(code, Some(0), "{name}: {said_import}");
        let config = "[bank]\npaths = [\"ours.toml\"]\n";
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let (code, text) = said(&quizloop(folder.path(), &["check"]));
        assert_eq!(code, Some(0), "{name}: {text}");
    }
}

#[test]
fn the_help_of_the_import() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(bank(folder.path(), &["import", "--help"]).1, @r#"
    Create a question file from another tool's file, and report what can't be imported

    Usage: quizloop bank import [OPTIONS] <FILE>

    Arguments:
      <FILE>
              File with questions and answers: a table (.csv, .tsv), a list (.json, .yaml), Markdown
              (.md), Anki's text export, or text (.txt) with one question per line

    Options:
          --output <PACK>
              Question file to write [default: the same name with .toml]

          --map <FIELD=COLUMN>
              Field of a column with an unusual name, such as question=Frage; can be given several times

          --answer <TEXT>
              Answer for questions that have none in the file

          --first-number <NUMBER>
              Number for the first question without one; the next ones follow. Choose a range that none
              of your other files uses [default: such questions stay without a number]

          --details
              List every mistake, not only the first ones

          --json
              Print a JSON object with every mistake

      -h, --help
              Print help (see a summary with '-h')

    Examples:
      quizloop bank import ours.csv
              Write ours.toml from a table
      quizloop bank import fragen.csv --map question=Frage --map answer=Antwort
              Say which column is which
      quizloop bank import list.txt --answer "Discuss it."
              Import questions that have no answers
    "#);
}

/// Two files can be imported to different numbers.
#[test]
fn numbers_for_rows_without_one() {
    let table = format!("{HEADER}\n{}\n{}\n", row("Why?"), row("What?"));
    let (code, text) = import(&table, "a.csv", &["--first-number", "2000"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("got one from 2000 on"), "{text}");
    assert!(text.contains("number = 2000\n") && text.contains("number = 2001\n"));
    let (code, text) = import(&table, "a.csv", &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("number"), "{text}");
    let (code, text) = import(&table, "a.csv", &["--first-number", "0"]);
    assert_eq!(code, Some(2), "{text}");
}

/// A question that keeps the bank's rules, and whose second key point is an empty option in a menu.
const UNSHOWABLE_QUESTION: &str = r#"
[[question]]
id = "not-shown"
number = 9001
topic = "ours"
level = "mid"
type = "concept"
question = "Why?"
answer = "Because of the loop."
how_to_answer = "Name the loop first."
example_answer = "It's the loop."
points = ["one", "``", "three"]
pitfalls = ["None."]
code = "print(1)"
output = "1"
python = "3.11"
docs = "https://docs.python.org/3/library/asyncio.html"
follow_up = "And then?"
"#;

/// `check` finds a question whose answer Discord would reject, and `run` and `import` refuse it.
#[test]
fn a_question_that_discord_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ours.toml"), UNSHOWABLE_QUESTION).unwrap();
    std::fs::write(
        folder.path().join("config.toml"),
        "token_file = \"token\"\n[bank]\npaths = [\"ours.toml\"]\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("token"), "MTE.a.token").unwrap();
    let (code, text) = said(&quizloop(folder.path(), &["check"]));
    assert_eq!(code, Some(2), "{text}");
    let problem =
        "Discord cannot show the model answer with the self-assessment: an option is empty";
    assert!(text.contains(problem), "{text}");
    assert!(
        text.contains("ours.toml:12:1") && text.contains("help: write a text of more than spaces"),
        "{text}"
    );
    let (code, text) = said(&quizloop(folder.path(), &["run"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("Discord cannot show"), "{text}");
    let question: toml::Table = toml::from_str(UNSHOWABLE_QUESTION).unwrap();
    let json = serde_json::to_string(&question["question"]).unwrap();
    let (code, text) = import(json, "a.json", &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("a.json:1: \"not-shown\":"), "{text}");
    assert!(text.contains(problem), "{text}");
}

/// The reviews of the data folder are compared with the levels, and nobody is named.
#[test]
fn statistics_of_the_reviews() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = bank(folder.path(), &["stats"]);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!(text, @"error: no data in state yet: start the bot once, or name the data folder with --state");
    let mut guild = Guild::new(GuildId::new(1_110_000_000_000_000_001));
    for (question, rating) in [
        ("task-object", Rating::Good),
        ("deadlines", Rating::Easy),
        ("async-with", Rating::Easy),
        ("stop-a-task", Rating::Again),
        ("queue-join", Rating::Again),
        ("barrier", Rating::Again),
        ("sleep-zero", Rating::Hard),
    ] {
        for user in 1_150_000_000_000_000_001..=1_150_000_000_000_000_005 {
            for count in 0..2 {
                let rated = NewRating {
                    question,
                    review_count: count,
                    rating,
                    retention: Retention::default(),
                    today: "2026-03-27".parse().unwrap(),
                };
                guild.rate(UserId::new(user), &rated);
            }
        }
    }
    let guilds = folder.path().join("data/guilds");
    std::fs::create_dir_all(&guilds).unwrap();
    let snapshot = serde_json::to_string(&guild).unwrap();
    std::fs::write(guilds.join(format!("{}.json", guild.id())), snapshot).unwrap();
    let (code, text) = bank(folder.path(), &["stats", "--state", "data"]);
    assert_eq!(code, Some(0));
    assert!(!text.contains("1150000000000000"), "{text}");
    insta::assert_snapshot!(text, @r#"
    70 reviews of 7 questions in 1 server. 7 questions have at least 10 reviews by 5 members.

    level   questions  difficulty  forgotten  points said
    junior          4         1.6        0 %            –
    mid             3         8.8      100 %            –

    Harder than their level:
    question     level   like  difficulty  forgotten  points said  reviews
    stop-a-task  junior  mid          8.8      100 %            –       10

    6 questions agree with their level.

    Difficulty is that of FSRS, from 1 to 10. Forgotten: later reviews that were rated "again". Points
    said: key points that members ticked for their replies to daily questions. A question is listed if
    its difficulty is nearest to the middle of another level, and one of the other two agrees.
    "#);
}
