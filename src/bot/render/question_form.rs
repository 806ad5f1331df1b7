//! The form for a question, and the message that refuses what was written.

use super::component::ButtonStyle;
use super::daily::button;
use super::message::{CONTENT_MAX, Message};
use super::modal::{Modal, TEXT_MAX, TextInput, TextInputStyle};
use super::text::{bullets, truncate_owned};
use crate::bot::interactions::custom_id::{ComponentId, EditAction, ModalId};
use crate::bot::interactions::drafts::{DRAFT_LIFETIME, DraftId};
use crate::bot::interactions::question_form::{
    ANSWER, FOLLOW_UP, FormPurpose, HOW_TO_ANSWER, POINTS, QUESTION, QuestionForm, QuestionTexts,
};
use quizloop_bank::FieldError;

/// Maximum number of reasons in a message.
const REASONS_MAX: usize = 10;

/// The form's fields in their order: name, label, placeholder.
const FIELDS: [(&str, &str, &str); 5] = [
    (QUESTION, "Question", "What does asyncio.gather return?"),
    (
        ANSWER,
        "Answer",
        "The model answer. A code block between three backticks is fine.",
    ),
    (
        POINTS,
        "Key points",
        "One per line: members tick those that their answer made.",
    ),
    (
        HOW_TO_ANSWER,
        "How to answer",
        "What does the interviewer want to hear? Shown with the answer.",
    ),
    (
        FOLLOW_UP,
        "Follow-up",
        "What would the interviewer ask next?",
    ),
];

/// The form, with texts from before if there are any. `draft` is the draft that it corrects.
///
/// A field takes more than a question may have: Discord cuts a pasted text at the field's limit
/// without a word, and a refusal loses nothing.
pub fn modal(form: &QuestionForm, texts: &QuestionTexts, draft: Option<DraftId>) -> Modal {
    let title = match form.purpose {
        FormPurpose::Add => "Add a question",
        FormPurpose::Edit { .. } => "Edit a question",
        FormPurpose::Suggest => "Suggest a question",
    };
    let id = ModalId::Question {
        draft,
        form: form.clone(),
    };
    let field = |(name, label, placeholder): (&str, &str, &str)| {
        let field = TextInput::new(TextInputStyle::Paragraph, name, label, TEXT_MAX)
            .placeholder(placeholder)
            .value(text_of(texts, name));
        match name {
            QUESTION | ANSWER => field,
            _ => field.optional(),
        }
    };
    Modal::new(title, id.custom_id(), FIELDS.map(field).into())
}

fn text_of<'t>(texts: &'t QuestionTexts, name: &str) -> &'t str {
    match name {
        QUESTION => &texts.question,
        ANSWER => &texts.answer,
        POINTS => &texts.points,
        HOW_TO_ANSWER => &texts.how_to_answer,
        _ => &texts.follow_up,
    }
}

/// What was written is not saved, and why. The button opens the form again with the same texts.
pub fn refused(reasons: &[String], draft: DraftId) -> Message {
    let minutes = DRAFT_LIFETIME.as_secs() / 60;
    let mut shown = reasons.to_vec();
    if shown.len() > REASONS_MAX {
        let more = shown.split_off(REASONS_MAX - 1).len();
        shown.push(format!("and {more} more"));
    }
    let text = format!(
        "Not saved yet. I keep what you wrote for {minutes} minutes.\n{}",
        bullets(shown)
    );
    let correct = ComponentId::CorrectDraft { draft };
    Message::text(truncate_owned(text, CONTENT_MAX)).buttons(vec![button(
        ButtonStyle::Primary,
        "Correct it",
        &correct,
    )])
}

/// The question was changed after the form for it was opened, so what was written is not saved yet.
/// `differing` are the names of the fields in which the two differ.
pub fn outdated(number: u32, differing: &[&str], draft: DraftId) -> Message {
    let minutes = DRAFT_LIFETIME.as_secs() / 60;
    let label = |name: &&str| {
        let mut fields = FIELDS.iter();
        let field = fields.find(|(field, ..)| field == name);
        format!("**{}**", field.map_or(*name, |(_, label, _)| label))
    };
    let differing: Vec<String> = differing.iter().map(label).collect();
    let text = format!(
        "Not saved yet: #s{number} was changed after you opened the form. Yours differs in: {}. \
         `/team questions show` shows the other one. I keep what you wrote for {minutes} minutes.",
        differing.join(", ")
    );
    let press = |action| ComponentId::Edit { action, draft };
    Message::text(text).buttons(vec![
        button(
            ButtonStyle::Danger,
            "Overwrite",
            &press(EditAction::Overwrite),
        ),
        button(
            ButtonStyle::Secondary,
            "Discard",
            &press(EditAction::Discard),
        ),
    ])
}

/// What was written is dropped.
pub fn discarded() -> Message {
    Message::text("Discarded. The question stays as it is now.")
}

/// Explains an error of a field in the words of the form.
pub fn field_error(error: &FieldError) -> String {
    let mut message = in_words_of_the_form(&error.message);
    if let Some(number) = message.strip_prefix("point ") {
        message = format!("**Key point** {number}");
    }
    let fix = match error.fix.as_str() {
        _ if error.message.ends_with("is empty") => "write it".to_owned(),
        // The form has no field for programs.
        fix if fix.contains("`code`") => {
            "move the code to the answer, or put short code between single backticks".to_owned()
        }
        fix => in_words_of_the_form(fix),
    };
    let (first, rest) = fix.split_at(fix.chars().next().map_or(0, char::len_utf8));
    format!("{message}. {}{rest}.", first.to_uppercase())
}

/// Replaces the names of fields in question files by the labels of the form.
fn in_words_of_the_form(text: &str) -> String {
    let replace = |text: String, (name, label, _): &(&str, &str, &str)| {
        text.replace(&format!("`{name}`"), &format!("**{label}**"))
    };
    let text = text.replace("code fence", "code block");
    FIELDS.iter().fold(text, replace)
}
