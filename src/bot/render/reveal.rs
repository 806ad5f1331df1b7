//! The model answer, the hint, and the confirmation before an early reveal.

use super::daily::{button, color, question_text, topic_label};
use super::feedback::report_button;
use super::message::{ButtonStyle, Embed, Message};
use super::text::{bullets, output_block, python_block};
use crate::bot::interactions::custom_id::ComponentId;
use quizloop_bank::{Kind, Question};
use quizloop_core::reveal_guard::GuardedRound;

/// The embed colour of hints.
const HINT_COLOR: u32 = 0x74_7f_8d;

/// The model answer with the button that reports a mistake.
pub fn answer(question: &Question) -> Message {
    Message::embed(answer_embed(question)).buttons(vec![report_button(question)])
}

/// The embed with the model answer, which `/quiz` shows too.
pub fn answer_embed(question: &Question) -> Embed {
    let description = format!(
        "{}\n\n{}{}",
        question_text(question),
        question.answer,
        code_blocks(question)
    );
    Embed {
        title: Some(format!("#{} · model answer", question.number)),
        description: Some(description),
        color: color(question.level),
        ..Embed::default()
    }
    .question_field("Key points", bullets(&question.points))
    .question_field(
        "Sample answer (spoken)",
        format!("*{}*", question.example_answer.replace('*', "\\*")),
    )
    .question_field("Hint", question.how_to_answer.as_str())
    .question_field("Pitfalls", bullets(&question.pitfalls))
    .question_field("Likely follow-up", question.follow_up.as_str())
    .question_field("Read more", question.docs.as_str())
    .footer(source_line(question))
}

/// The code blocks of a reveal, without the code that the question itself shows.
fn code_blocks(question: &Question) -> String {
    let mut blocks = Vec::new();
    if let Some(printed) = &question.broken_output {
        blocks.push(format!("Output with the bug\n{}", output_block(printed)));
    }
    if question.kind == Kind::Bug && question.broken.is_some() {
        blocks.extend(
            question
                .code
                .as_deref()
                .map(|code| format!("Fixed code\n{}", python_block(code))),
        );
    } else if question.kind != Kind::Predict {
        blocks.extend(question.code.as_deref().map(python_block));
    }
    blocks.extend(
        question
            .output
            .as_deref()
            .map(|text| format!("Output\n{}", output_block(text))),
    );
    if blocks.is_empty() {
        return String::new();
    }
    format!("\n\n{}", blocks.join("\n\n"))
}

fn source_line(question: &Question) -> String {
    format!(
        "{} · {} · Python {}",
        topic_label(&question.topic),
        question.level,
        question.python
    )
}

pub fn hint(question: &Question) -> Message {
    Message::embed(Embed {
        title: Some("Hint".into()),
        description: Some(format!(
            "**{}**\n\n{}",
            question.question, question.how_to_answer
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
/// It names the channel only if the member is in it.
pub fn confirm(round: GuardedRound, place: RoundPlace, question: &Question) -> Message {
    let GuardedRound { channel, number } = round;
    let (unanswered, reply) = match place {
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
         still reply. To keep your streak growing, {reply}."
    ))
    .buttons(vec![button(ButtonStyle::Danger, "Show it anyway", &show)])
}
