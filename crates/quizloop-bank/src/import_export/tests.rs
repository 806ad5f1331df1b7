//! Tests of reading whole files: the forms in which people have questions, and hostile ones.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::field_error::check_question;
use super::super::question::{Kind, Level, OTHER_TOPIC, Question};
use super::super::{Bank, built_in};
use super::*;

const COMMAND_LINE: ReadOptions<'static> = ReadOptions {
    formats: Formats::CommandLine,
    columns: &[],
    default_topic: OTHER_TOPIC,
    default_answer: None,
    first_number: None,
    is_taken: &|_| false,
    rule: &|_| Vec::new(),
};

fn read(name: &str, text: &str) -> ImportedFile {
    read_any(name, text.as_bytes(), &COMMAND_LINE)
}

fn mapped(name: &str, text: &str, columns: &[&str]) -> ImportedFile {
    let columns: Vec<ColumnMapping> = columns.iter().map(|one| one.parse().unwrap()).collect();
    let options = ReadOptions {
        columns: &columns,
        ..COMMAND_LINE
    };
    read_any(name, text.as_bytes(), &options)
}

/// Describes a file: its questions with what they have, warnings and mistakes.
fn described(file: &ImportedFile) -> String {
    let mut text = String::new();
    for one in &file.questions {
        let question = &one.question;
        let level = question.level.map(|level| format!(" [{level}]"));
        let kind = question.kind.map(|kind| format!(" <{kind}>"));
        let _ = writeln!(
            text,
            "{}: {}{}{} {}{}",
            one.line,
            question.topic,
            level.unwrap_or_default(),
            kind.unwrap_or_default(),
            if one.has_own_key { "own " } else { "" },
            one.key
        );
        let fields = [
            ("Q", Some(question.question.clone())),
            ("A", Some(question.answer.clone())),
            ("hint", question.how_to_answer.clone()),
            ("points", joined(&question.points)),
            ("tags", joined(&question.tags)),
            ("code", question.code.clone()),
            ("output", question.output.clone()),
            ("wrong", joined(&question.wrong_outputs)),
            ("docs", question.docs.clone()),
        ];
        for (name, field) in fields {
            if let Some(field) = field {
                let _ = writeln!(text, "  {name}: {}", field.replace('\n', "\n     "));
            }
        }
    }
    for warning in &file.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    for mistake in &file.mistakes {
        let _ = writeln!(text, "mistake: {mistake}");
    }
    text
}

fn joined(items: &[String]) -> Option<String> {
    (!items.is_empty()).then(|| items.join(" / "))
}

fn lines(file: &ImportedFile) -> Vec<usize> {
    file.questions.iter().map(|question| question.line).collect()
}

#[test]
fn markdown_with_headings_and_answers_below() {
    let file = read(
        "a.md",
        "# Queues\n\nA page about queues.\n\n### 🔶 1. What is a queue?\n\n---\n#### Answer:\nIt hands \
         items\nover.\n\n### Example:\n```python\nif x:\n\n    put(1)\n```\nThat is all.\n\
         ### 2. What does a full queue do?\n#### Answer\n- It waits.\n- It _never_ drops.\n\n\
         [Docs](https://docs.python.org/3/library/asyncio-queue.html)\n\n\
         ### <a href=\"#top\">Back to top</a>\n",
    );
    insta::assert_snapshot!(described(&file), @"");
}

#[test]
fn markdown_with_choices_and_a_folded_answer() {
    let file = read(
        "a.md",
        "<details><summary>Languages</summary>\n<p>\n\n- [Deutsch](de.md)\n</p>\n</details>\n\n---\n\n\
         ###### 1. What's the output?\n\n```javascript\nlet a = 1;\n\nlog(a);\n```\n\n- A: `1`\n- B: `2`\n\
         - C: `a`\n- D: `undefined`\n\n<details><summary><b>Answer</b></summary>\n<p>\n\n#### Answer: A\n\n\
         It is <i>one</i>.\n\n<img src=\"https://a.b/c.png\" width=\"200\">\n\n</p>\n</details>\n\n---\n\n\
         ###### 2. What's the output?\n\n```javascript\nlog(2);\n```\n\n- A: `1`\n- B: `2`\n\n\
         <details><summary><b>Answer</b></summary>\n<p>\n\n#### Answer: B\n\nTwo.\n\n</p>\n</details>\n",
    );
    insta::assert_snapshot!(described(&file), @"");
}

#[test]
fn markdown_with_check_boxes() {
    let file = read(
        "a.md",
        "## Python\n\n#### Q1. What is a task?\n\n- [ ] A thread.\n- [x] A running coroutine.\n- [ ] A lock.\n\n\
         [reference](https://a.b/c)\n\n#### Q2. Which program is right?\n\n- [ ] A\n\n```python\na\n```\n\n\
         - [x] B\n\n```python\nif b:\n    b()\n```\n\n**Explanation:** B it is.\n",
    );
    insta::assert_snapshot!(described(&file), @"");
}

#[test]
fn markdown_with_bold_questions_in_sections_by_level() {
    let file = read(
        "a.md",
        "## **3. Python**\n\n---\n\n### **Beginner:**\n\n**1. What are `*args` and **kwargs?**  \n- many\n\
         - values\n\n---\n\n**2. What is a list?**\nIt has\nitems.\n\n### **Senior-Level:**\n\n\
         **1. How does a loop run?**\n\n```python\nrun()\n```\n",
    );
    insta::assert_snapshot!(described(&file), @"");
}

#[test]
fn markdown_with_numbered_lists_or_summaries() {
    let numbered = read(
        "a.md",
        "# Title\n\n1. What is a task?\n   It runs.\n\n   Always.\n2. What is a lock?\n\n   - It locks.\n\n\
         3. What is an event?\n\nIt is set.\n",
    );
    let folded = read(
        "b.md",
        "<details>\n<summary>What is a <b>task</b>?</summary>\n\nIt runs.\n\n</details>\n\n<details>\n\
         <summary>What is a lock?</summary>\nIt locks.\n</details>\n",
    );
    insta::assert_snapshot!(described(&numbered) + &described(&folded), @"");
}

#[test]
fn trivia_with_marks() {
    let text = "#Q Which of these waits?\n^ await\nA print\nB await\nC len\nD abs\n\n\
                #Q One thread runs\nall tasks.\n^ True\nA True\nB False\n";
    insta::assert_snapshot!(described(&read("animals", text)), @"");
}

#[test]
fn lists_of_trivia_bots() {
    let by_topic = r#"{
      "python": [
        {"id": 501, "question": "Is `None` falsy (y/n)?", "answer": ["y", "yes"], "info": "It is."},
        {"id": 502, "hints": ["It waits.", "Twice."], "question": "What is `await`?", "answer": "a word", "img_url": "x"}
      ],
      "Computer Science": [
        {"question": "Which function is it?\n```py\ndef f():\n    return 1\n```", "answer": "one"}
      ]
    }"#;
    let open_trivia = r#"{"response_code": 0, "results": [{"category": "Science: Computers",
      "type": "multiple", "difficulty": "easy", "question": "What does &quot;GIL&quot; lock?",
      "correct_answer": "The interpreter", "incorrect_answers": ["A file", "A row", "A door"]}]}"#;
    let texts = [
        described(&read("a.json", by_topic)),
        described(&read("b.json", open_trivia)),
    ];
    insta::assert_snapshot!(texts.concat(), @"");
}

#[test]
fn json_of_other_forms() {
    let texts = [
        r#"{"question": "One object?", "answer": "Yes."}"#,
        r#"{"What is a task?": "It runs.", "What is a lock?": ["A lock.", "lock"]}"#,
        r#"[["What is a task?", "It runs."], ["What is a lock?", "It locks.", "sync"]]"#,
        "[{\"Front\": \"Why?\", \"Back\": \"So.\"},\n 7,\n {\"Front\": \"What?\", \"Back\": {\"a\": 1}}]",
        r#"[{"Frage": "Warum?", "Antwort": "Darum."}]"#,
        "[{\"question\": \"Why?\"\n \"answer\": 1}]",
    ];
    let texts = texts.map(|text| described(&read("a.json", text)));
    insta::assert_snapshot!(texts.join("---\n"), @"");
}

#[test]
fn yaml_of_trivia_bots() {
    let red = "AUTHOR: someone\nDESCRIPTION: A list.\nWhat stores a floppy disk?:\n- 1.40 MB\n- 1.4\n\
               Is it on?:\n- yes\n";
    let records = "# Category 0\n---\nquestions:\n- question: \"Is the moon big?\"\n  difficulty: \"medium\"\n  \
                   correct_answer: \"False\"\n  incorrect_answers:\n  - \"True\"\n- question: What waits?\n  \
                   correct_answer: await\n  incorrect_answers: [print, len, abs]\n";
    let texts = [
        described(&read("red.yaml", red)),
        described(&read("b.yml", records)),
        described(&read("c.yml", "a: [\n")),
        described(&read_any("a.yml", red.as_bytes(), &ReadOptions::default())),
    ];
    insta::assert_snapshot!(texts.concat(), @"");
}

#[test]
fn tables_of_quizzes() {
    let choices = "id,question,correct_answer,choice_1,choice_2,choice_3,difficulty,Knowledge Category,Topic Focus\n\
                   521,What waits?,await,print,len,abs,0,General,Structured Concurrency\n\
                   521,What runs?,a task,a lock,a queue,an event,hard,General,Задачи\n";
    let semicolons = "Frage;Antwort;Stufe\nWas wartet?;await;Senior\nWas läuft?;ein Task;mid\n";
    let texts = [
        described(&read("a.csv", choices)),
        described(&read("b.csv", semicolons)),
        described(&mapped(
            "b.csv",
            semicolons,
            &["question=Frage", "answer=antwort", "level=Stufe"],
        )),
    ];
    insta::assert_snapshot!(texts.join("---\n"), @"");
}

#[test]
fn cells_with_lists_and_html() {
    let text = "front\tback\tpoints\ttags\n\
                What is &quot;await&quot;?\t<p>It <b>waits</b> &amp; yields.</p><ul><li>a</li></ul>\t\
                one; two; three\tpools, error handling\n\
                Lists?\tYes\t\"[\"\"a one\"\",\"\"b; two\"\"]\"\tSenior sync\n";
    insta::assert_snapshot!(described(&read("a.csv", text)), @"");
}

#[test]
fn anki_text() {
    let bank = Bank::load(built_in(), &[]).0;
    let ours = anki(&[&bank.questions()[0]], &AnkiOptions::default());
    let ours = read("asyncio.txt", &ours);
    assert_eq!(ours.mistakes, []);
    let question = &ours.questions[0].question;
    let whole = &bank.questions()[0];
    assert_eq!(question.question, whole.question);
    assert_eq!((question.level, question.kind), (whole.level, whole.kind));
    assert_eq!(question.topic, whole.topic);
    assert_eq!(ours.questions[0].line, 6);
    let text = "#separator:Semicolon\n#html:true\n#columns:Vorne;Hinten;Marken\n#tags column:3\n\
                \"Was ist <i>await</i>?\nWirklich?\";Es wartet<br>lange;python::asyncio junior\n\
                Was?;Das.;\n";
    insta::assert_snapshot!(described(&read("a.txt", text)), @"");
}

#[test]
fn one_question_per_line() {
    let lines = "What is a task?\n- What is a lock?\n3. Would you rather wait?\n";
    let with_answer = ReadOptions {
        default_answer: Some("There is no right answer: discuss it."),
        ..COMMAND_LINE
    };
    let some = "What is a task?\tIt runs.\n\nWhat is a lock? | It locks.\nAnd this?\n";
    let pairs = "Q: What is a task?\nA: It runs.\nAlways.\n\n**Q:** What is a lock?\n**A:** It locks.\n";
    let texts = [
        described(&read("a.txt", lines)),
        described(&read_any("a.txt", lines.as_bytes(), &with_answer)),
        described(&read("b.txt", some)),
        described(&read("c.txt", pairs)),
    ];
    insta::assert_snapshot!(texts.join("---\n"), @"");
}

#[test]
fn question_files() {
    let text = "[[question]]\nid = \"ours\"\nquestion = \"Why?\"\nanswer = \"\"\"\nSo:\n- a\n- b\n```py\nx = 1\n```\n\"\"\"\n\n\
                [[question]]\nquestion = \"What?\"\nanswer = \"That.\"\nlevel = \"mid\"\n\n\
                [[question]]\nid = \"ours\"\nquestion = \"Again?\"\nanswer = \"Yes.\"\n\n\
                [[question]]\nquestion = \"No answer?\"\n";
    let file = read("a.toml", text);
    insta::assert_snapshot!(described(&file), @"");
    let broken = read("a.toml", "[[question]\n");
    assert!(broken.mistakes[0].diagnostic.is_some(), "{}", described(&broken));
}

#[test]
fn files_without_a_question_say_so() {
    for (name, text) in [
        ("a.csv", "question,answer\r\n"),
        ("a.csv", "question,answer\n,\n"),
        ("a.csv", ""),
        ("a.json", "[]"),
        ("a.json", "{}"),
        ("a.json", "7"),
        ("a.yaml", ""),
        ("a.md", "Only text.\n\n"),
        ("a.txt", "\n\n"),
        ("a.toml", ""),
    ] {
        let file = read(name, text);
        assert_eq!(file.questions, [], "{name}: {text}");
        assert!(!file.mistakes.is_empty(), "{name}: {text}");
    }
    let file = read("a.csv", "question,answer\r\n");
    assert_eq!(described(&file), "mistake: this file contains no question; add a row for each one\n");
}

#[test]
fn a_mistake_in_many_rows_is_said_once() {
    let mut table = "question,answer\n".to_owned();
    for number in 0..30 {
        let answer = if number % 2 == 0 { "Yes." } else { "" };
        let _ = writeln!(table, "Question {number}?,{answer}");
    }
    table += "\"What\nnow?\",,more\n";
    insta::assert_snapshot!(
        read("a.csv", &table).mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>(),
        @""
    );
}

#[test]
fn a_question_that_comes_twice_replaces_none() {
    let table = "id,question,answer\n,What is a task?,It runs.\n,What is a task?,It runs.\n\
                 ,What is a task?,Something else.\nours,Why?,So.\nours,Why not?,So.\n";
    let file = read("a.csv", table);
    insta::assert_snapshot!(described(&file), @"");
    let taken = file.questions[0].key.clone();
    let options = ReadOptions {
        is_taken: &|id| id == taken,
        ..COMMAND_LINE
    };
    let other = read_any("a.csv", table.as_bytes(), &options);
    assert!(other.questions.iter().all(|question| question.key != taken));
}

#[test]
fn numbers_are_generated_above_those_of_the_file() {
    let numbers = |rows: &[&str], first_number: Option<u32>| -> Vec<Option<u32>> {
        let mut table = "number,question,answer\n".to_owned();
        for (index, number) in rows.iter().enumerate() {
            let _ = writeln!(table, "{number},Question {index}?,Yes.");
        }
        let options = ReadOptions {
            first_number,
            ..COMMAND_LINE
        };
        let file = read_any("a.csv", table.as_bytes(), &options);
        let questions = file.questions.iter();
        questions.map(|question| question.question.number).collect()
    };
    assert_eq!(numbers(&["", "", "7"], None), [Some(1000), Some(1001), Some(7)]);
    assert_eq!(numbers(&["", "1500"], None), [Some(1501), Some(1500)]);
    assert_eq!(
        numbers(&["", "", "2001"], Some(2000)),
        [Some(2000), Some(2002), Some(2001)]
    );
    assert_eq!(numbers(&["", "4294967295"], None), [None, Some(u32::MAX)]);
}

#[test]
fn rows_with_other_mistakes_have_a_line_and_all_reasons() {
    let table = "Question,answer,number,python,wrong_outputs,notes\n\
                 \"Why,\nat all?\",Because.,seven,three,\"2, 3\",x\n\
                 What?,That.,,,,,and more\n";
    let file = read("a.csv", table);
    insta::assert_snapshot!(described(&file), @"");
    assert_eq!(file.ignored_columns, ["notes"]);
    let double = read("a.csv", "answer,question,Answer\na,b,c\n");
    insta::assert_snapshot!(described(&double), @"");
}

#[test]
fn hostile_files_are_read_in_bounded_time() {
    const SIZE: usize = 1 << 18;
    for unit in [
        "[", "{\"a\":", "\"", "&", "<", "<b>", "</b>", "`", "``` \n", "```a\n", "> ", "- ", "1. a\n", "* a\n  ",
        "# a\n", "**1. a**\n", "a,", "a\n", "a\t", "[[question]]\n", "x = [", "[[", "]]", "\0", "\u{e9}", "<div>",
        "![", "](", "a: &a [*a, *a]\n", "? ", "Q: a\n", "#Q a\n", "&amp;", "a;", "{\"q\":\"a\"},", "[1],",
    ] {
        let text = unit.repeat(SIZE / unit.len());
        for name in ["a.csv", "a.json", "a.yaml", "a.md", "a.txt"] {
            let file = read(name, &text);
            assert!(!file.questions.is_empty() || !file.mistakes.is_empty(), "{name}: {unit}");
        }
        let list = format!("[{}1]", unit.repeat(SIZE / unit.len()));
        let _ = read("a.json", &list);
    }
}

/// A question with texts of the forms that files break most easily.
fn any_question() -> impl Strategy<Value = Question> {
    let text = || "[-a-z0-9<>&;*_`\"'|,.?!#() \t]{1,40}(\n\n?[- a-z;]{1,20}){0,2}";
    let items = || proptest::collection::vec("[-a-z<&;*\\[\"• ]{1,20}", 0..4);
    (
        ("[a-z0-9]{1,8}(-[a-z0-9]{1,5}){0,2}", text(), text(), items(), items()),
        (
            proptest::option::of(1..=u32::MAX),
            proptest::option::of(text()),
            proptest::option::of(proptest::sample::select(Level::ALL.to_vec())),
            proptest::option::of(proptest::sample::select(vec![Kind::Concept, Kind::Design])),
            proptest::option::of(text()),
        ),
    )
        .prop_map(|((id, question, answer, points, pitfalls), (number, hint, level, kind, next))| {
            let flow = super::super::reflow::reflow;
            let items = |items: Vec<String>| items.iter().map(|item| flow(item)).collect();
            Question {
                id,
                number,
                question: flow(&question),
                answer: super::super::reflow::reflow_blocks(&answer),
                points: items(points),
                pitfalls: items(pitfalls),
                how_to_answer: hint.map(|text| flow(&text)),
                follow_up: next.map(|text| flow(&text)),
                level,
                kind,
                ..Question::default()
            }
        })
        .prop_filter("the bank accepts it", |question| {
            check_question(question, |_| Vec::new()).is_empty()
        })
}

proptest! {
    #[test]
    fn exported_questions_come_back(question in any_question()) {
        let texts = [("a.csv", csv(&[&question])), ("a.json", json(&[&question])), ("a.toml", pack(&[&question]))];
        for (name, text) in texts {
            let file = read_any(name, text.as_bytes(), &ReadOptions::default());
            prop_assert_eq!(&file.mistakes, &[], "{}", name);
            prop_assert_eq!(&file.questions[0].question, &question, "{}", name);
        }
    }

    #[test]
    fn line_ends_change_nothing(cells in proptest::collection::vec("[a-z]{1,9}|\"[a-z\n]{1,9}\"|", 2..20), name in "a\\.(csv|md|txt|yaml)") {
        let rows: Vec<_> = cells.chunks(2).map(|row| row.join(",")).collect();
        let text = format!("question,answer\n{}\n", rows.join("\n"));
        let read = |end: &str| {
            let file = read(&name, &text.replace('\n', end));
            let mistakes: Vec<_> = file.mistakes.iter().map(|mistake| mistake.line).collect();
            (file.questions.clone(), lines(&file), mistakes)
        };
        prop_assert_eq!(read("\r\n"), read("\n"));
        prop_assert_eq!(read("\r"), read("\n"));
    }

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(question,answer\n|\\[|#Q |- |# |```|<p>|</p>|&amp;|\\PC|\n){0,40}") {
        for name in ["a.csv", "a.json", "a.yaml", "a.md", "a.toml", "a.txt"] {
            for input in [&bytes[..], text.as_bytes()] {
                let file = read_any(name, input, &COMMAND_LINE);
                prop_assert!(!file.questions.is_empty() || !file.mistakes.is_empty());
                for question in &file.questions {
                    prop_assert_eq!(check_question(&question.question, |_| Vec::new()), []);
                }
            }
        }
    }

    #[test]
    fn any_html_can_be_converted(text in "(</?(b|p|li|ul|ol|pre|code|table|tr|td|a|div|svg|math|template)( [a-z]=\"x\")?>|<!-- | -->|<\\?x|&[a-z#0-9]{0,4};|[a-z`*_\\[\\] \n]){0,40}") {
        let _ = html::to_markdown(&text, true);
        let _ = html::to_markdown(&text, false);
        let _ = html::mixed_to_markdown(&text);
    }
}
