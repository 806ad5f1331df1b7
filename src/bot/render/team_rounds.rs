//! Messages for admins about what a posted question counts for.

use super::daily::button;
use super::message::{ButtonStyle, Message};
use super::text::{day, pluralize, quote, truncate};
use crate::bot::interactions::custom_id::{ComponentId, RoundChange};
use quizloop_bank::Question;
use quizloop_core::admin_actions::AdminActionError;
use quizloop_core::id::{MessageId, UserId};
use quizloop_core::round::Round;

/// Maximum length of a question in a confirmation, in characters.
const QUESTION_MAX: usize = 300;

/// Maximum length of a suggestion in characters (Discord docs,
/// interactions/application-commands, "Application Command Option Choice Structure").
const CHOICE_NAME_MAX: usize = 100;

/// A round, and its question unless that was removed.
#[derive(Debug, Clone, Copy)]
pub struct RoundView<'a> {
    pub round: &'a Round,
    pub question: Option<&'a Question>,
}

impl RoundView<'_> {
    fn words(&self) -> String {
        let question = self.question.map(|question| question.question.as_str());
        question
            .unwrap_or("a removed question")
            .replace('`', "")
            .replace('\n', " ")
    }

    fn label(&self) -> String {
        format!("question {} of {}", self.round.number, day(self.round.day))
    }
}

/// The suggestion of a round: its number, its date and its first words.
pub fn choice_name(view: &RoundView<'_>) -> String {
    let Round {
        number, day: date, ..
    } = view.round;
    let name = format!("Question {number} · {} · {}", day(*date), view.words());
    truncate(&name, CHOICE_NAME_MAX)
}

/// The text in which an admin's words are looked for, in lower case.
pub fn searchable(view: &RoundView<'_>) -> String {
    let Round {
        number, day: date, ..
    } = view.round;
    let text = format!("question {number} {} {}", day(*date), view.words());
    text.to_lowercase()
}

/// Asks an admin before a question is cancelled.
pub fn confirm_void(view: &RoundView<'_>, replied: usize) -> Message {
    let answers = match replied {
        0 => String::new(),
        replied => format!(
            " {} it.",
            pluralize(replied, "member has answered", "members have answered")
        ),
    };
    let text = format!(
        "Cancel {}?\n> {}\nIt then counts for nobody: it neither adds to a streak nor breaks one.{answers} \
         You can undo this.",
        view.label(),
        truncate(&view.words(), QUESTION_MAX),
    );
    with_button(
        text,
        view,
        ButtonStyle::Danger,
        "Cancel the question",
        RoundChange::Void,
    )
}

/// Asks an admin before a member is credited.
pub fn confirm_credit(view: &RoundView<'_>, member: UserId) -> Message {
    let text = format!(
        "Count {} as answered for <@{member}>?\n> {}\nYou can undo this.",
        view.label(),
        truncate(&view.words(), QUESTION_MAX),
    );
    with_button(
        text,
        view,
        ButtonStyle::Primary,
        "Give credit",
        RoundChange::Credit(member),
    )
}

fn with_button(
    text: String,
    view: &RoundView<'_>,
    style: ButtonStyle,
    label: &str,
    change: RoundChange,
) -> Message {
    let message = Message::text(text);
    match view.round.message {
        Some(id) => {
            let press = ComponentId::ChangeRound {
                change,
                message: id,
            };
            message.buttons(vec![button(style, label, &press)])
        }
        None => message,
    }
}

/// A round was changed.
pub fn changed(change: RoundChange, number: u32, message: MessageId) -> Message {
    let (text, undo) = match change {
        RoundChange::Void => (
            format!(
                "Question {number} no longer counts for anyone. It neither adds to a streak nor \
                 breaks one."
            ),
            Some(RoundChange::Restore),
        ),
        RoundChange::Restore => (
            format!("Question {number} counts again, and everyone has the result they had."),
            None,
        ),
        RoundChange::Credit(member) => (
            format!(
                "<@{member}> gets credit for question {number}, as if they had answered in time."
            ),
            Some(RoundChange::TakeBackCredit(member)),
        ),
        RoundChange::TakeBackCredit(member) => (
            format!(
                "<@{member}> has no credit for question {number} any more. What they did themselves \
                 counts again."
            ),
            None,
        ),
    };
    let changed = Message::text(text);
    match undo {
        Some(change) => {
            let press = ComponentId::ChangeRound { change, message };
            changed.buttons(vec![button(ButtonStyle::Secondary, "Undo", &press)])
        }
        None => changed,
    }
}

/// Why a change is refused, and what to do.
pub fn refused(error: &AdminActionError) -> String {
    match error {
        AdminActionError::RoundNotFound(number) => {
            format!("This team has no question {number}. Pick one of the suggestions.")
        }
        AdminActionError::AlreadyVoid(number) => format!(
            "Question {number} is cancelled already. To make it count again, use `/team restore`."
        ),
        AdminActionError::Void(number) => format!(
            "Question {number} was cancelled and counts for nobody, so credit would change nothing. To \
             make it count again, use `/team restore`."
        ),
        AdminActionError::AlreadyCounted(number) => {
            format!("Question {number} already counts for this member.")
        }
        AdminActionError::NotVoid(number) => format!(
            "Question {number} was not cancelled, so it counts. To take credit back from a member, name \
             the member as well."
        ),
        AdminActionError::NoCredit(number) => {
            format!("This member has no credit for question {number}.")
        }
    }
}

/// No posted question has that number or date.
pub fn round_not_found(typed: &str) -> String {
    format!(
        "This team has no question \"{}\". Pick one of the suggestions.",
        quote(typed)
    )
}
