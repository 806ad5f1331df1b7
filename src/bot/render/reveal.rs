//! The model answer, the hint, and the question whether somebody wants to see them.

use super::daily::{button, color, question_text, topic_label};
use super::feedback::report_button;
use super::message::{ButtonStyle, DESCRIPTION_MAX, Embed, Message};
use super::text::{bullets, output_block, python_block, truncate_owned};
use crate::bank::{Kind, Question};
use crate::bot::custom_id::ComponentId;
use crate::practice::id::ChannelId;

/// The colour of hints and questions back.
const HINT_COLOR: u32 = 0x74_7f_8d;

/// The model answer with everything that belongs to it.
pub fn answer(question: &Question) -> Message {
    Message::embed(answer_embed(question)).buttons(vec![report_button(question)])
}

/// The embed with the model answer; also shown by `/quiz`.
pub fn answer_embed(question: &Question) -> Embed {
    let description = format!(
        "{}\n\n{}{}",
        question_text(question),
        question.answer,
        code_blocks(question)
    );
    Embed {
        title: Some(format!("#{} · model answer", question.number)),
        description: Some(truncate_owned(description, DESCRIPTION_MAX)),
        color: color(question.level),
        ..Embed::default()
    }
    .field("Key points", bullets(&question.points))
    .field(
        "As you might say it",
        format!("*{}*", question.example_answer.replace('*', "\\*")),
    )
    .field("How to answer", question.how_to_answer.as_str())
    .field("Pitfalls", bullets(&question.pitfalls))
    .field("The interviewer may go on", question.follow_up.as_str())
    .field("Read on", question.docs.as_str())
    .footer(source_line(question))
}

/// The code that a reveal adds: what the question itself already showed is not repeated.
fn code_blocks(question: &Question) -> String {
    let mut blocks = Vec::new();
    if let Some(printed) = &question.broken_output {
        blocks.push(format!("It prints\n{}", output_block(printed)));
    }
    if question.kind == Kind::Bug && question.broken.is_some() {
        blocks.extend(
            question
                .code
                .as_deref()
                .map(|code| format!("Mended\n{}", python_block(code))),
        );
    } else if question.kind != Kind::Predict {
        blocks.extend(question.code.as_deref().map(python_block));
    }
    blocks.extend(
        question
            .output
            .as_deref()
            .map(|text| format!("prints\n{}", output_block(text))),
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

/// The hint on how to answer.
pub fn hint(question: &Question) -> Message {
    Message::embed(Embed {
        title: Some("How to answer".into()),
        description: Some(format!(
            "**{}**\n\n{}",
            question.question, question.how_to_answer
        )),
        color: HINT_COLOR,
        ..Embed::default()
    })
}

/// What is asked before the answer of the open round is shown to somebody who has not replied.
pub fn confirm(channel: ChannelId, round: u32, public: bool, question: &Question) -> Message {
    let audience = if public {
        " It will be shown to everybody in the thread."
    } else {
        ""
    };
    let show = ComponentId::Reveal {
        channel,
        round,
        public,
        question: question.id.clone(),
    };
    Message::text(format!(
        "You have not replied to round {round} yet. If you look first, this round will not extend your \
         streak, even if you reply afterwards.{audience} To keep it growing, reply in the thread in your own words; \
         then the answer opens without this question."
    ))
    .buttons(vec![button(ButtonStyle::Danger, "Show it anyway", &show)])
}
