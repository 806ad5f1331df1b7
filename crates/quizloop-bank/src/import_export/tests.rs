//! Tests of reading whole files: the forms in which people have questions, and hostile ones.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::field_error::check_question;
use super::super::question::{Kind, Level, OTHER_TOPIC, Question};
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
    file.questions
        .iter()
        .map(|question| question.line)
        .collect()
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
    insta::assert_snapshot!(described(&file), @"
    5: other what-is-a-queue-418a7227
      Q: What is a queue?
      A: It hands items over.
         
         **Example:**
         ```python
         if x:
         
             put(1)
         ```
         That is all.
    19: other what-does-a-full-queue-do-0cc928a7
      Q: What does a full queue do?
      A: - It waits.
         - It _never_ drops.
      docs: https://docs.python.org/3/library/asyncio-queue.html
    ");
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
    insta::assert_snapshot!(described(&file), @"
    10: other <predict> what-s-the-output-a-1-b-2-c-a-d-017b06f5
      Q: What's the output? A) `1` B) `2` C) `a` D) `undefined`
      A: A) `1`
         
         It is *one*.
      code: let a = 1;
         
         log(a);
      output: 1
      wrong: 2 / a / undefined
      docs: https://a.b/c.png
    37: other <predict> what-s-the-output-a-1-b-2-03a12471
      Q: What's the output? A) `1` B) `2`
      A: B) `2`
         
         Two.
      code: log(2);
      output: 2
    ");
}

#[test]
fn markdown_with_check_boxes() {
    let file = read(
        "a.md",
        "## Python\n\n#### Q1. What is a task?\n\n- [ ] A thread.\n- [x] A running coroutine.\n- [ ] A lock.\n\n\
         [reference](https://a.b/c)\n\n#### Q2. Which program is right?\n\n- [ ] A\n\n```python\na\n```\n\n\
         - [x] B\n\n```python\nif b:\n    b()\n```\n\n**Explanation:** B it is.\n",
    );
    insta::assert_snapshot!(described(&file), @"
    3: other what-is-a-task-a-a-thread-b-a-43d68c35
      Q: What is a task? A) A thread. B) A running coroutine. C) A lock.
      A: B) A running coroutine.
      docs: https://a.b/c
    11: other which-program-is-right-3108fbdf
      Q: Which program is right?
      A: ```python
         if b:
             b()
         ```
         
         **Explanation:** B it is.
    warning: 1 question comes without the choices, which do not fit into the question
    ");
}

#[test]
fn markdown_with_bold_questions_in_sections_by_level() {
    let file = read(
        "a.md",
        "## **3. Python**\n\n---\n\n### **Beginner:**\n\n**1. What are `*args` and **kwargs?**  \n- many\n\
         - values\n\n---\n\n**2. What is a list?**\nIt has\nitems.\n\n### **Senior-Level:**\n\n\
         **1. How does a loop run?**\n\n```python\nrun()\n```\n",
    );
    insta::assert_snapshot!(described(&file), @"
    7: other [junior] what-are-args-and-kwargs-50a499e2
      Q: What are `*args` and **kwargs?
      A: - many
         - values
    13: other [junior] what-is-a-list-89d3dacf
      Q: What is a list?
      A: It has items.
    19: other [senior] how-does-a-loop-run-61251d7b
      Q: How does a loop run?
      A: ```python
         run()
         ```
    ");
}

#[test]
fn markdown_with_numbered_bold_questions_or_headings_in_answers() {
    let numbered = read(
        "a.md",
        "### **7. Lists**\n\n### **Beginner:**\n\n1. **What is a list?**\n   - It has items.\n   - In order.\n\n\
         2. **What is a tuple?**\n   - It has\n     items.\n\n### **Advanced**\n\n\
         1. **What is a view?**\n   ```py\n   view()\n   ```\n",
    );
    let bold = read(
        "b.md",
        "### Basics\n\n**1. What is a type?**\n\n#### **Types**\nA set of values.\n\n\
         **2. What is a class?**\n\n#### **Classes**\n- a type\n",
    );
    insta::assert_snapshot!(described(&numbered) + &described(&bold), @"
    5: other [junior] what-is-a-list-89d3dacf
      Q: What is a list?
      A: - It has items.
         - In order.
    9: other [junior] what-is-a-tuple-6577dcc6
      Q: What is a tuple?
      A: - It has items.
    15: other [senior] what-is-a-view-9005d9ed
      Q: What is a view?
      A: ```py
         view()
         ```
    3: other [junior] what-is-a-type-d8c5cc5a
      Q: What is a type?
      A: **Types**
         
         A set of values.
    8: other [junior] what-is-a-class-f5137a76
      Q: What is a class?
      A: **Classes**
         
         - a type
    ");
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
    insta::assert_snapshot!(described(&numbered) + &described(&folded), @"
    3: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs.
         
         Always.
    7: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: - It locks.
    11: other what-is-an-event-13cd0e0c
      Q: What is an event?
      A: It is set.
    1: other what-is-a-task-b0d0c9be
      Q: What is a **task**?
      A: It runs.
    8: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: It locks.
    ");
}

#[test]
fn trivia_with_marks() {
    let text = "#Q Which of these waits?\n^ await\nA print\nB await\nC len\nD abs\n\n\
                #Q One thread runs\nall tasks.\n^ True\nA True\nB False\n";
    insta::assert_snapshot!(described(&read("animals", text)), @"
    1: other which-of-these-waits-a-print-b-await-8a5bb7f5
      Q: Which of these waits? A) print B) await C) len D) abs
      A: B) await
    8: other one-thread-runs-all-tasks-a-true-b-5cc15ece
      Q: One thread runs all tasks. A) True B) False
      A: A) True
    ");
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
      "correct_answer": "The interpreter", "incorrect_answers": ["A file", "A &quot;row&quot;", "A door"]}]}"#;
    let texts = [
        described(&read("a.json", by_topic)),
        described(&read("b.json", open_trivia)),
    ];
    insta::assert_snapshot!(texts.concat(), @r#"
    3: python is-none-falsy-y-n-d0d666f4
      Q: Is `None` falsy (y/n)?
      A: y
         
         Also right: yes
         
         It is.
    4: python what-is-await-1a06ffe1
      Q: What is `await`?
      A: a word
      hint: It waits.
         
         Twice.
    7: computer-science <predict> which-function-is-it-343bb410
      Q: Which function is it?
      A: one
      code: def f():
             return 1
      output: one
    1: science-computers [junior] what-does-gil-lock-a-a-row-b-a-door-939e8780
      Q: What does "GIL" lock? A) A "row" B) A door C) A file D) The interpreter
      A: D) The interpreter
    "#);
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
    insta::assert_snapshot!(texts.join("---\n"), @r#"
    1: other one-object-5e87d08d
      Q: One object?
      A: Yes.
    ---
    1: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs.
    1: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: A lock.
         
         Also right: lock
    ---
    1: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs.
    1: sync what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: It locks.
    ---
    1: other why-79c19d1d
      Q: Why?
      A: So.
    mistake: line 2, "7": it has no answer
    mistake: line 3: `Back` is neither a text nor a list of texts
    ---
    mistake: your objects have no key "question" and no key "answer"; each question needs one. The keys are "Frage", "Antwort". Rename them, or say which is which: question=Frage, answer=Antwort
    ---
    mistake: line 2: this is not JSON: expected `,` or `}` (check the commas, quotes and brackets there and on the line before)
    "#);
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
    insta::assert_snapshot!(texts.concat(), @"
    3: other what-stores-a-floppy-disk-5767129f
      Q: What stores a floppy disk?
      A: 1.40 MB
         
         Also right: 1.4
    6: other is-it-on-f4525eb7
      Q: Is it on?
      A: yes
    4: other [mid] is-the-moon-big-a-false-b-true-b9e96e4d
      Q: Is the moon big? A) False B) True
      A: A) False
    9: other what-waits-a-abs-b-await-c-len-d-c33d531f
      Q: What waits? A) abs B) await C) len D) print
      A: B) await
    mistake: line 1: this is not YAML: unclosed bracket '[' (check the indentation, and put texts with a colon or a number sign in quotes)
    mistake: YAML files can't be sent here; the bot's operator can import them on the command line
    ");
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
    insta::assert_snapshot!(texts.join("---\n"), @r#"
    2: structured-concurrency what-waits-a-abs-b-await-c-len-d-c33d531f
      Q: What waits? A) abs B) await C) len D) print
      A: B) await
    3: other [senior] what-runs-a-a-lock-b-a-queue-c-a-d721acd5
      Q: What runs? A) a lock B) a queue C) a task D) an event
      A: C) a task
    warning: these are no levels, so the questions have none: "0" (write junior, mid or senior)
    warning: topics are written in letters from a to z; these were left out: "Задачи"
    ---
    mistake: your table has no column "question" and no column "answer"; each question needs one. The columns are "Frage", "Antwort", "Stufe". Rename them, or say which is which: question=Frage, answer=Antwort
    ---
    2: other [senior] was-wartet-0a7ea579
      Q: Was wartet?
      A: await
    3: other [mid] was-l-uft-873c8e6d
      Q: Was läuft?
      A: ein Task
    "#);
}

#[test]
fn cells_with_lists_and_html() {
    let text = "front\tback\tpoints\ttags\n\
                What is &quot;await&quot;?\t<p>It <b>waits</b> &amp; yields.</p><ul><li>a</li></ul>\t\
                one; two; three\tpools, error handling\n\
                Lists?\tYes\t\"[\"\"a one\"\",\"\"b; two\"\"]\"\tSenior sync\n";
    insta::assert_snapshot!(described(&read("a.csv", text)), @r#"
    2: pools what-is-await-b3f117f6
      Q: What is "await"?
      A: It **waits** & yields.
         
         - a
      points: one / two / three
      tags: error-handling
    3: sync [senior] lists-c57cb67e
      Q: Lists?
      A: Yes
      points: a one / b; two
    "#);
}

#[test]
fn anki_text() {
    let short = Question {
        id: "ours".into(),
        topic: "sync".into(),
        level: Some(Level::Senior),
        kind: Some(Kind::Concept),
        question: "What does `a_lock < b` mean?".into(),
        answer: "It **waits**.\n\n- one\n- two\n```\nif x:\n    y\n```".into(),
        ..Question::default()
    };
    let ours = anki(&[&short], &AnkiOptions::default());
    let ours = read("asyncio.txt", &ours);
    assert_eq!(ours.mistakes, []);
    let question = &ours.questions[0].question;
    assert_eq!(question.question, short.question);
    assert_eq!(question.answer, short.answer);
    assert_eq!((question.level, question.kind), (short.level, short.kind));
    assert_eq!(question.topic, short.topic);
    assert_eq!(ours.questions[0].line, 7);
    let text = "#separator:Semicolon\n#html:true\n#columns:Vorne;Hinten;Marken\n#tags column:3\n\
                \"Was ist <i>await</i>?\nWirklich?\";Es wartet<br>lange;python::asyncio junior\n\
                Was?;Das.;\n";
    insta::assert_snapshot!(described(&read("a.txt", text)), @"
    5: asyncio [junior] was-ist-await-wirklich-e5ce4056
      Q: Was ist *await*? Wirklich?
      A: Es wartet
         
         lange
    7: other was-8cff4e18
      Q: Was?
      A: Das.
    ");
}

#[test]
fn one_question_per_line() {
    let lines = "What is a task?\n- What is a lock?\n3. Would you rather wait?\n";
    let with_answer = ReadOptions {
        default_answer: Some("There is no right answer: discuss it."),
        ..COMMAND_LINE
    };
    let some = "What is a task?\tIt runs.\n\nWhat is a lock? | It locks.\nAnd this?\n";
    let pairs =
        "Q: What is a task?\nA: It runs.\nAlways.\n\n**Q:** What is a lock?\n**A:** It locks.\n";
    let texts = [
        described(&read("a.txt", lines)),
        described(&read_any("a.txt", lines.as_bytes(), &with_answer)),
        described(&read("b.txt", some)),
        described(&read("c.txt", pairs)),
    ];
    insta::assert_snapshot!(texts.join("---\n"), @r#"
    mistake: no question has an answer, but each one needs one; write it after the question, separated by a tab or by " | "
    ---
    1: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: There is no right answer: discuss it.
    2: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: There is no right answer: discuss it.
    3: other would-you-rather-wait-3298776a
      Q: Would you rather wait?
      A: There is no right answer: discuss it.
    warning: 3 questions come with the answer that you gave for all
    ---
    1: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs.
    3: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: It locks.
    mistake: line 4, "And this?": it has no answer; write it after the question, separated by a tab or by " | "
    ---
    1: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs. Always.
    5: other what-is-a-lock-7dc428fd
      Q: What is a lock?
      A: It locks.
    "#);
}

#[test]
fn question_files() {
    let text = "[[question]]\nid = \"ours\"\nquestion = \"Why?\"\nanswer = \"\"\"\nSo:\n- a\n- b\n```py\nx = 1\n```\n\"\"\"\n\n\
                [[question]]\nquestion = \"What?\"\nanswer = \"That.\"\nlevel = \"mid\"\n\n\
                [[question]]\nid = \"ours\"\nquestion = \"Again?\"\nanswer = \"Yes.\"\n\n\
                [[question]]\nquestion = \"No answer?\"\n";
    let file = read("a.toml", text);
    insta::assert_snapshot!(described(&file), @r#"
    1: other own ours
      Q: Why?
      A: So:
         - a
         - b
         ```py
         x = 1
         ```
    13: other [mid] what-06a30bf2
      Q: What?
      A: That.
    mistake: line 19, "ours": the id `ours` is already used on line 1
    mistake: line 23: missing key `answer` in [[question]] (add a line `answer = …`)
    "#);
    let broken = read("a.toml", "[[question]\n");
    assert!(
        broken.mistakes[0].diagnostic.is_some(),
        "{}",
        described(&broken)
    );
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
    assert_eq!(
        described(&file),
        "mistake: this file contains no question; add a row for each one\n"
    );
}

#[test]
fn a_mistake_in_many_rows_is_said_once() {
    let mut table = "question,answer\n".to_owned();
    for number in 0..30 {
        let answer = if number % 2 == 0 { "Yes." } else { "" };
        let _ = writeln!(table, "Question {number}?,{answer}");
    }
    table += "\"What\nnow?\",,more\n";
    let mistakes = read("a.csv", &table).mistakes;
    let mistakes: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
    insta::assert_snapshot!(mistakes.join("\n"), @"
    15 rows were left out: it has no answer (lines 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, …)
    line 32: the row has 3 cells, but the first line has 2 (put each text that contains the separator in double quotes)
    ");
}

#[test]
fn a_question_that_comes_twice_replaces_none() {
    let table = "id,question,answer\n,What is a task?,It runs.\n,What is a task?,It runs.\n\
                 ,What is a task?,Something else.\nours,Why?,So.\nours,Why not?,So.\n";
    let file = read("a.csv", table);
    insta::assert_snapshot!(described(&file), @r#"
    2: other what-is-a-task-d1ad20fd
      Q: What is a task?
      A: It runs.
    4: other what-is-a-task-296f47cc
      Q: What is a task?
      A: Something else.
    5: other own ours
      Q: Why?
      A: So.
    mistake: line 3, "What is a task?": the same question is already on line 2
    mistake: line 6, "ours": the id `ours` is already used on line 5
    "#);
    let taken = file.questions[0].key.clone();
    let options = ReadOptions {
        is_taken: &|id| id == taken,
        ..COMMAND_LINE
    };
    let other = read_any("a.csv", table.as_bytes(), &options);
    assert!(other.questions.iter().all(|question| question.key != taken));
}

#[test]
fn rows_without_a_number_get_one_if_a_first_one_is_given() {
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
    assert_eq!(numbers(&["", "7"], None), [None, Some(7)]);
    assert_eq!(
        numbers(&["", "", "2001", ""], Some(2000)),
        [Some(2000), Some(2002), Some(2001), Some(2003)]
    );
    let last = numbers(&["", ""], Some(u32::MAX));
    assert_eq!(last, [Some(u32::MAX), None], "no number is above it");
}

#[test]
fn rows_with_other_mistakes_have_a_line_and_all_reasons() {
    let table = "Question,answer,number,python,wrong_outputs,notes\n\
                 \"Why,\nat all?\",Because.,seven,three,\"2, 3\",x\n\
                 What?,That.,,,,,and more\n";
    let file = read("a.csv", table);
    insta::assert_snapshot!(described(&file), @r#"
    mistake: line 2, "Why, at all?": `number` is not a whole number: "seven"; `wrong_outputs` is not a JSON list of texts, such as ["a\nb", "b\na", "a"]; `python` is not a Python version such as 3.12: "three"
    mistake: line 4: the row has 7 cells, but the first line has 6 (put each text that contains the separator in double quotes)
    "#);
    assert_eq!(file.ignored_columns, ["notes"]);
    let double = read("a.csv", "answer,question,Answer\na,b,c\n");
    insta::assert_snapshot!(described(&double), @r#"mistake: your table has the column "Answer" twice; rename or remove one of the two"#);
}

#[test]
fn hostile_files_are_read_in_bounded_time() {
    const SIZE: usize = 1 << 17;
    for unit in [
        "[",
        "{\"a\":",
        "\"",
        "&",
        "<",
        "<b>",
        "</b>",
        "`",
        "``` \n",
        "```a\n",
        "> ",
        "- ",
        "1. a\n",
        "* a\n  ",
        "# a\n",
        "**1. a**\n",
        "a,",
        "a\n",
        "a\t",
        "[[question]]\n",
        "x = [",
        "[[",
        "]]",
        "\0",
        "\u{e9}",
        "<div>",
        "![",
        "](",
        "a: &a [*a, *a]\n",
        "? ",
        "Q: a\n",
        "#Q a\n",
        "&amp;",
        "a;",
        "{\"q\":\"a\"},",
        "[1],",
    ] {
        let text = unit.repeat(SIZE / unit.len());
        for name in ["a.csv", "a.json", "a.yaml", "a.md", "a.txt"] {
            let file = read(name, &text);
            assert!(
                !file.questions.is_empty() || !file.mistakes.is_empty(),
                "{name}: {unit}"
            );
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
        (
            "[a-z0-9]{1,8}(-[a-z0-9]{1,5}){0,2}",
            text(),
            text(),
            items(),
            items(),
        ),
        (
            proptest::option::of(1..=u32::MAX),
            proptest::option::of(text()),
            proptest::option::of(proptest::sample::select(Level::ALL.to_vec())),
            proptest::option::of(proptest::sample::select(vec![Kind::Concept, Kind::Design])),
            proptest::option::of(text()),
        ),
    )
        .prop_map(
            |((id, question, answer, points, pitfalls), (number, hint, level, kind, next))| {
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
            },
        )
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
