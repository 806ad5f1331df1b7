//! The model answer in pages, the hint, and the confirmation before an early reveal.

use super::daily::{button, color, named_topic, question_text};
use super::feedback::report_button;
use super::message::{ActionRow, Button, ButtonStyle, CONTENT_MAX, Embed, Message};
use super::text::{bullets, capitalized, closed_beginning, output_block, pluralize, python_block};
pub use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::{Kind, Question};
use quizloop_core::id::MessageId;
use quizloop_core::reveal_guard::GuardedRound;

/// The embed colour of hints.
const HINT_COLOR: u32 = 0x74_7f_8d;

/// Maximum length of what a member wrote, in characters. It is shown back as a block quote, which
/// adds two characters per line, in a text of at most 2,000.
pub const WRITTEN_MAX: usize = 1500;

/// A model answer that is open at one of its pages.
#[derive(Debug, Clone, Copy)]
pub struct OpenAnswer<'q> {
    pub question: &'q Question,
    pub page: AnswerPage,
    /// Whether everybody in the channel sees it.
    pub public: bool,
    /// The message of the round in which the question was asked, if it is known.
    pub round: Option<MessageId>,
}

/// The part of a private answer that is written for one member; the rest is the same for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberPart {
    /// Rows of buttons and menus directly below the text.
    pub rows: Vec<ActionRow>,
    /// The text at the end.
    pub closing: Option<String>,
}

impl OpenAnswer<'_> {
    /// The page as a message for everybody.
    pub fn public_message(self) -> Message {
        let mut message = Message::embed(page_embed(self.question, self.page));
        message.components = self.rows();
        message
    }

    /// The buttons that turn the pages, and the one that reports a mistake.
    pub fn rows(self) -> Vec<ActionRow> {
        let turn = |page| ComponentId::Page {
            page,
            public: self.public,
            round: self.round,
            question: self.question.id.clone(),
        };
        let report = ActionRow::buttons(vec![report_button(self.question)]);
        let pages = page_buttons(self.question, self.page, turn);
        pages.into_iter().chain([report]).collect()
    }

    /// The embed with the text at the end of a private answer.
    pub fn closing_embed(self, text: String) -> Embed {
        Embed {
            description: Some(text),
            color: color(self.question.level),
            ..Embed::default()
        }
    }
}

/// A row with a button for each page, if there are several. The one of the page that is shown can't
/// be pressed.
pub fn page_buttons(
    question: &Question,
    shown: AnswerPage,
    id: impl Fn(AnswerPage) -> ComponentId,
) -> Option<ActionRow> {
    let shown = shown.or_first(question);
    let turn = |page: AnswerPage| {
        button(
            ButtonStyle::Secondary,
            page_label(question, page),
            &id(page),
        )
        .disabled(page == shown)
    };
    let buttons: Vec<_> = AnswerPage::of(question).map(turn).collect();
    (buttons.len() > 1).then(|| ActionRow::buttons(buttons))
}

fn page_label(question: &Question, page: AnswerPage) -> &'static str {
    match page {
        AnswerPage::Short if question.points.is_empty() => "Answer",
        AnswerPage::Short => "In short",
        AnswerPage::Explanation => "Explain",
        AnswerPage::Code => "Code",
        AnswerPage::Spoken => "Say it like this",
        AnswerPage::Traps => "Traps and tips",
    }
}

/// A page of the model answer; the first one if the question has no such page any more.
pub fn page_embed(question: &Question, page: AnswerPage) -> Embed {
    let page = page.or_first(question);
    let (title, text) = match page {
        AnswerPage::Short => return short_embed(question, ShortText::WithOutput),
        AnswerPage::Explanation => ("explanation", question.answer.clone()),
        AnswerPage::Code => ("code", code_blocks(question)),
        AnswerPage::Spoken => ("how you might say it", spoken(question)),
        AnswerPage::Traps => ("traps and tips", String::new()),
    };
    let embed = titled_embed(question, title, text);
    match page {
        AnswerPage::Short | AnswerPage::Code => embed,
        AnswerPage::Explanation => {
            embed.question_field("Read more", or_empty(question.docs.as_ref()))
        }
        AnswerPage::Spoken => {
            embed.question_field("Likely follow-up", or_empty(question.follow_up.as_ref()))
        }
        AnswerPage::Traps => embed
            .question_field("Pitfalls", bullets(&question.pitfalls))
            .question_field("How to answer", or_empty(question.how_to_answer.as_ref())),
    }
}

/// The text of an optional part. An empty field is not shown.
fn or_empty(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

/// The text above the key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortText {
    /// The question, and the output of a program whose output was asked for.
    WithOutput,
    /// The question alone: the output is shown elsewhere in the message.
    QuestionOnly,
}

/// The first page: the question and its key points, which are the short answer, or else the whole
/// answer.
pub fn short_embed(question: &Question, text: ShortText) -> Embed {
    let embed = short_page(question, text);
    if question.points.is_empty() {
        embed.question_field("Read more", or_empty(question.docs.as_ref()))
    } else {
        embed.question_field("Key points", bullets(&question.points))
    }
}

/// The first page without the key points.
pub fn short_page(question: &Question, text: ShortText) -> Embed {
    let mut shown = question_text(question);
    let output = question
        .output
        .as_deref()
        .filter(|_| text == ShortText::WithOutput && question.kind == Some(Kind::Predict));
    if let Some(output) = output {
        shown += "\nOutput\n";
        shown += &output_block(output);
    }
    if question.points.is_empty() {
        shown += "\n\n";
        shown += &question.answer;
    }
    titled_embed(question, "model answer", shown)
}

/// What the member wrote, as a message's text above the answer.
pub fn written_answer(text: &str) -> String {
    written_answer_within(text, CONTENT_MAX)
}

/// What the member wrote, in at most `max` characters.
pub fn written_answer_within(text: &str, max: usize) -> String {
    let mut length = WRITTEN_MAX;
    loop {
        let beginning = closed_beginning(text.trim(), length);
        let lines = beginning.lines().map(|line| format!("> {line}"));
        let quoted = lines.collect::<Vec<_>>().join("\n");
        let shown = format!("**You wrote**\n{quoted}");
        let excess = shown.chars().count().saturating_sub(max);
        if excess == 0 || length <= excess {
            return shown;
        }
        length -= excess;
    }
}

fn titled_embed(question: &Question, title: &str, text: String) -> Embed {
    let embed = Embed {
        title: Some(match question.number_label() {
            Some(number) => format!("{number} · {title}"),
            None => capitalized(title),
        }),
        description: (!text.is_empty()).then_some(text),
        color: color(question.level),
        ..Embed::default()
    };
    match source_line(question) {
        line if line.is_empty() => embed,
        line => embed.footer(line),
    }
}

fn spoken(question: &Question) -> String {
    let example = question.example_answer.as_ref();
    example.map_or_else(String::new, |text| {
        format!("*{}*", text.replace('*', "\\*"))
    })
}

/// The code blocks of an answer, without the code that the question itself shows.
fn code_blocks(question: &Question) -> String {
    let mut blocks = Vec::new();
    if let Some(printed) = &question.broken_output {
        blocks.push(format!("Output with the bug\n{}", output_block(printed)));
    }
    let is_fixed = question.kind == Some(Kind::Bug) && question.broken.is_some();
    if let Some(code) = question.code.as_deref().map(python_block) {
        blocks.push(if is_fixed {
            format!("Fixed code\n{code}")
        } else {
            code
        });
    }
    if let Some(output) = &question.output {
        blocks.push(format!("Output\n{}", output_block(output)));
    }
    blocks.join("\n\n")
}

/// Topic, level and Python version, as far as the question has them.
fn source_line(question: &Question) -> String {
    let parts = [
        named_topic(question),
        question.level.map(|level| level.to_string()),
        question.python.map(|python| format!("Python {python}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// How to go about an answer, and how long it is.
///
/// Members read it before they reply, so it has nothing of the answer: not even of `how_to_answer`,
/// which names the key points and is shown with the model answer.
pub fn hint_text(question: &Question) -> String {
    let approach = match question.kind {
        Some(Kind::Concept) => {
            "Say what it is, why it is so, and what follows from it in practice. "
        }
        Some(Kind::Compare) => {
            "Say what they have in common, then each difference, then when you would choose which. "
        }
        Some(Kind::Design) => {
            "Say what you assume, then the parts and how they work together, then what happens when \
             one of them fails. "
        }
        Some(Kind::Bug) => {
            "Say what goes wrong and when, why it happens, and how you would fix it. "
        }
        Some(Kind::Predict) => {
            "Follow the program in the order in which it runs. Say what it prints, and why. "
        }
        None => "",
    };
    let length = match question.points.len() {
        0 => {
            let words = question.answer.split_whitespace().count();
            format!(
                "The model answer has {}.",
                pluralize(words, "word", "words")
            )
        }
        points => format!(
            "A complete answer makes {}.",
            pluralize(points, "key point", "key points")
        ),
    };
    approach.to_owned() + &length
}

/// The hint, as a message.
pub fn hint(question: &Question) -> Message {
    Message::embed(Embed {
        title: Some("Hint".into()),
        description: Some(format!(
            "**{}**\n\n{}",
            question.question,
            hint_text(question)
        )),
        color: HINT_COLOR,
        ..Embed::default()
    })
}

/// Where the round of a guarded question is, as seen from the member's channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundPlace {
    /// In this channel or its thread.
    Here,
    /// In another channel, which the member may be unable to see.
    Elsewhere,
}

/// Asks for confirmation before a member who has not replied sees the answer of an open question.
/// It names the channel only if the member is in it. `reply` leads to where a reply counts.
pub fn confirm(
    round: GuardedRound,
    place: RoundPlace,
    reply: Option<Button>,
    question: &Question,
) -> Message {
    let GuardedRound { channel, number } = round;
    let (unanswered, advice) = match place {
        RoundPlace::Here => (
            format!("You haven't answered the question in <#{channel}> yet."),
            "reply in its thread first",
        ),
        RoundPlace::Elsewhere => (
            "You haven't answered this question yet: a team in this server has it open.".into(),
            "reply there first",
        ),
    };
    let show = ComponentId::Reveal {
        channel,
        round: number,
        public: false,
        question: question.id.clone(),
    };
    Message::text(format!(
        "{unanswered} If you look now, it won't add to your streak, but it won't break it if you \
         still reply. To keep your streak growing, {advice}."
    ))
    .buttons(
        reply
            .into_iter()
            .chain([button(ButtonStyle::Danger, "Show it anyway", &show)])
            .collect(),
    )
}
