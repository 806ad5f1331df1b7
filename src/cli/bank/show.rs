//! Formats questions for the terminal. Colours are removed later if the output is not a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Look};

use quizloop_bank::markup::{Block, StyledSpan, blocks, styled_spans};
use quizloop_bank::{Kind, Level, Question};

/// Maximum line width; longer lines are hard to read.
const WIDTH_MAX: usize = 100;
/// Line width if the output is not a terminal.
const DEFAULT_WIDTH: usize = 80;

/// Width and text styles of the output.
#[derive(Debug, Clone, Copy)]
pub struct TerminalStyle {
    width: usize,
    /// Whether lines of a list are truncated to the width. They are not if the output goes to a
    /// pipe or file.
    truncates: bool,
    heading: Look,
    code: Look,
    dimmed: Look,
}

impl TerminalStyle {
    /// Returns the style for the current terminal.
    pub fn for_terminal() -> Self {
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            width: width.unwrap_or(DEFAULT_WIDTH).clamp(40, WIDTH_MAX),
            truncates: width.is_some(),
            heading: Look::new().bold(),
            code: AnsiColor::Cyan.on_default(),
            dimmed: Look::new().dimmed(),
        }
    }

    fn heading(&self, text: &str) -> String {
        format!("{}{text}{:#}", self.heading, self.heading)
    }

    fn dimmed(&self, text: &str) -> String {
        format!("{}{text}{:#}", self.dimmed, self.dimmed)
    }

    fn code(&self, text: &str) -> String {
        format!("{}{text}{:#}", self.code, self.code)
    }

    fn inline(&self, paragraph: &str) -> String {
        let styled = |span| match span {
            StyledSpan::Plain(text) => text.to_owned(),
            StyledSpan::Bold(text) => self.heading(text),
            StyledSpan::Code(text) => self.code(text),
        };
        styled_spans(paragraph).into_iter().map(styled).collect()
    }

    fn prose(&self, text: &str) -> String {
        let formatted = |block: Block<'_>| match block {
            Block::Prose(prose) => {
                let paragraphs = prose.split("\n\n");
                let filled =
                    paragraphs.map(|paragraph| textwrap::fill(&self.inline(paragraph), self.width));
                filled.collect::<Vec<_>>().join("\n\n") + "\n"
            }
            Block::Code { text, .. } => format!("\n{}", self.program(&text)),
        };
        blocks(text).into_iter().map(formatted).collect()
    }

    /// Formats a paragraph in bold, with inline code in the colour of code.
    fn bold_paragraph(&self, paragraph: &str) -> String {
        let styled = |span| match span {
            StyledSpan::Plain(text) | StyledSpan::Bold(text) => self.heading(text),
            StyledSpan::Code(text) => self.code(text),
        };
        let text: String = styled_spans(paragraph).into_iter().map(styled).collect();
        textwrap::fill(&text, self.width) + "\n"
    }

    fn items(&self, items: &[String]) -> String {
        let options = textwrap::Options::new(self.width)
            .initial_indent("• ")
            .subsequent_indent("  ");
        let lines = items
            .iter()
            .map(|item| textwrap::fill(&self.inline(item), &options) + "\n");
        lines.collect()
    }

    fn program(&self, text: &str) -> String {
        let line = |line: &str| format!("    {}\n", self.code(line));
        text.lines().map(line).collect()
    }
}

/// Formats a list with one line per question.
pub fn list(questions: &[&Question], style: &TerminalStyle) -> String {
    let ids = questions.iter().map(|question| question.id.len());
    let id_width = ids.max().unwrap_or(0);
    let mut text = String::new();
    for question in questions {
        let number = question.number.map(|number| format!("{number:03}"));
        let head = format!(
            "{:3}  {:id_width$}  {:6}  ",
            number.unwrap_or_default(),
            question.id,
            question.level.map_or("", Level::name)
        );
        let width = style.width.saturating_sub(head.len()).max(30);
        let mut title = question.question.replace('`', "");
        if style.truncates {
            title = truncate(&title, width);
        }
        let _ = writeln!(text, "{head}{}", style.dimmed(&title));
    }
    text
}

fn truncate(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Formats a question with its answer and notes.
pub fn question(question: &Question, style: &TerminalStyle) -> String {
    let mut text = format!("{}\n", style.dimmed(&header(question)));
    if let Some(labels) = labels(question) {
        text += &style.dimmed(&textwrap::fill(&labels, style.width));
        text.push('\n');
    }
    text.push('\n');
    text += &style.bold_paragraph(&question.question);
    let mut section = |name: &str, body: String| {
        if !body.is_empty() {
            let _ = write!(text, "\n{}\n{body}", style.heading(name));
        }
    };
    let optional = |text: &Option<String>| {
        text.as_deref()
            .map_or_else(String::new, |text| style.prose(text))
    };
    for (name, program) in question_programs(question) {
        section(name, style.program(program));
    }
    section("Model answer", style.prose(&question.answer));
    for (name, program) in answer_programs(question) {
        section(name, style.program(program));
    }
    section("Key points", style.items(&question.points));
    section("Example answer", optional(&question.example_answer));
    section("How to answer", optional(&question.how_to_answer));
    section("Pitfalls", style.items(&question.pitfalls));
    section("Likely follow-up", optional(&question.follow_up));
    let docs = question.docs.as_ref().map(|docs| format!("{docs}\n"));
    section("Read more", docs.unwrap_or_default());
    text
}

fn header(question: &Question) -> String {
    let parts = [
        question.number_label(),
        Some(question.id.clone()),
        Some(question.topic.clone()),
        question.level.map(|level| level.to_string()),
        question.kind.map(|kind| kind.to_string()),
        question.python.map(|python| format!("Python {python}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Returns how often the question is asked, the Python that its answer is about, and its tags, if
/// the entry says so.
fn labels(question: &Question) -> Option<String> {
    let asked = question.asked.map(|asked| format!("{asked} asked"));
    let since = question.since.map(|since| format!("since Python {since}"));
    let tags = Some(question.tags.join(", ")).filter(|tags| !tags.is_empty());
    let parts: Vec<_> = [asked, since, tags].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Returns the programs that belong to the question, with their headings.
fn question_programs(question: &Question) -> Vec<(&'static str, &str)> {
    let predict = question
        .code
        .as_deref()
        .filter(|_| question.kind == Some(Kind::Predict));
    let programs = [
        ("The program", predict),
        ("The program with the bug", question.broken.as_deref()),
    ];
    present(programs)
}

/// Returns the programs and outputs that belong to the answer, with their headings.
fn answer_programs(question: &Question) -> Vec<(&'static str, &str)> {
    let code = question
        .code
        .as_deref()
        .filter(|_| question.kind != Some(Kind::Predict));
    let name = if question.broken.is_some() {
        "Fixed code"
    } else {
        "Code"
    };
    let mut programs = present([
        ("Output with the bug", question.broken_output.as_deref()),
        (name, code),
        ("Output", question.output.as_deref()),
    ]);
    let wrong = question.wrong_outputs.iter();
    programs.extend(wrong.map(|text| ("Wrong output", text.as_str())));
    programs
}

fn present<'q, const N: usize>(
    programs: [(&'static str, Option<&'q str>); N],
) -> Vec<(&'static str, &'q str)> {
    programs
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quizloop_bank::{Bank, built_in};

    fn plain(width: usize) -> TerminalStyle {
        let none = Look::new();
        TerminalStyle {
            width,
            truncates: true,
            heading: none,
            code: none,
            dimmed: none,
        }
    }

    #[test]
    fn a_question_and_the_list() {
        let (bank, _) = Bank::load(built_in(), &[]);
        let first = &bank.questions()[0];
        insta::assert_snapshot!("question", question(first, &plain(80)));
        let all: Vec<_> = bank.questions().iter().take(3).collect();
        insta::assert_snapshot!(list(&all, &plain(80)), @r"
        001  asyncio-in-a-nutshell  junior  A colleague has only ever written blocking…
        002  coroutine-objects      junior  You call a function that was defined with a…
        003  event-loop-turn        mid     Describe one turn of the event loop. What h…
        ");
    }

    #[test]
    fn a_question_with_nothing_but_an_answer() {
        let minimal = Question {
            id: "closures".into(),
            question: "What is a closure?".into(),
            answer: "A function with the variables of its scope.".into(),
            ..Question::default()
        };
        insta::assert_snapshot!(question(&minimal, &plain(80)), @"
        closures · other

        What is a closure?

        Model answer
        A function with the variables of its scope.
        ");
        let line = "     closures          What is a closure?\n";
        assert_eq!(list(&[&minimal], &plain(80)), line);
    }

    #[test]
    fn labels_are_shown_if_an_entry_has_them() {
        let (bank, _) = Bank::load(built_in(), &[]);
        let mut entry = bank.get("queue-shutdown").unwrap().clone();
        assert_eq!(
            labels(&entry).unwrap(),
            "sometimes asked · since Python 3.13 · queues, shutdown, version-changes"
        );
        entry.since = None;
        entry.tags.clear();
        assert_eq!(labels(&entry).unwrap(), "sometimes asked");
        entry.asked = None;
        assert_eq!(labels(&entry), None);
        let lines = question(&entry, &plain(80));
        assert_eq!(lines.lines().nth(1), Some(""), "{lines}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let (bank, _) = Bank::load(built_in(), &[]);
        for entry in bank.questions() {
            let text = question(entry, &plain(80));
            let too_wide = text.lines().find(|line| {
                line.chars().count() > 80 && !line.starts_with("https://") && !line.starts_with('#')
            });
            assert_eq!(too_wide, None, "{}", entry.id);
            let raw_markup = text.lines().find(|line| line.starts_with("**"));
            assert_eq!(raw_markup, None, "{}", entry.id);
        }
    }
}
