//! The form to report a mistake in a question, and the list of reports for admins.

use super::daily::button;
use super::message::{Button, ButtonStyle, Embed, Message, SelectOption, StringSelect};
use super::modal::{Modal, TextInput, TextInputStyle};
use super::text::{escape_markdown, pluralize, relative_time};
use crate::bot::interactions::custom_id::{ComponentId, ModalId};
use quizloop_bank::Question;
use quizloop_core::question_reports::{MAX_REPORT_CHARS, QuestionReport, ReportError};

/// The embed colour of messages for admins.
const ADMIN_COLOR: u32 = 0x5c_6b_73;

/// The custom id of the modal's field.
pub const TEXT_FIELD: &str = "text";

/// Reports on one page. A report of 500 characters that are all escaped nearly fills a field of
/// 1,024, and the embeds of a message have at most 6,000 characters.
pub const PAGE_SIZE: usize = 5;

/// The button below a model answer that opens the modal.
pub fn report_button(question: &Question) -> Button {
    let press = ComponentId::Report {
        question: question.id.clone(),
    };
    button(ButtonStyle::Secondary, "Report a mistake", &press)
}

/// The modal for a report. It says who will read the report and how long it is stored.
pub fn report_modal(question: &Question) -> Modal {
    let form = ModalId::Report {
        question: question.id.clone(),
    };
    let field = TextInput::new(
        TextInputStyle::Paragraph,
        TEXT_FIELD,
        "What's wrong?",
        MAX_REPORT_CHARS,
    )
    .placeholder("Admins of this server will see it with your name, until they close it.");
    let title = match question.number_label() {
        Some(number) => format!("Report a mistake in {number}"),
        None => "Report a mistake".into(),
    };
    Modal::new(&title, form.custom_id(), vec![field]).text(&format!("**{}**", question.question))
}

/// The report is saved.
pub fn report_saved(number: u32) -> Message {
    Message::text(format!(
        "Thank you! Your report is saved as number {number}. Admins of this server see it with your \
         name, until they close it."
    ))
}

/// Explains why the report was not saved.
pub fn report_rejected(error: ReportError) -> String {
    let what_to_do = match error {
        ReportError::GuildFull => "An admin needs to close some with `/team reports` first.",
        ReportError::MemberFull => {
            "You can send this one once an admin has closed another with `/team reports`."
        }
        ReportError::Empty => "Press the button again and say what's wrong.",
    };
    format!("Your report was not saved: {error}. {what_to_do}")
}

/// One page of the open reports, newest first. Pages count from 0, and a page after the last one
/// shows the last one. `find` returns a question by its id, if it is still in the bank.
pub fn list<'a>(
    reports: &[QuestionReport],
    page: usize,
    find: impl Fn(&str) -> Option<&'a Question>,
) -> Message {
    if reports.is_empty() {
        return Message::text(
            "No open reports. Members can report a mistake with the button below each model answer.",
        );
    }
    let last = (reports.len() - 1) / PAGE_SIZE;
    let page = page.min(last);
    let shown: Vec<&QuestionReport> = reports
        .iter()
        .rev()
        .skip(page * PAGE_SIZE)
        .take(PAGE_SIZE)
        .collect();
    let open = pluralize(reports.len(), "open report", "open reports");
    let mut embed = Embed {
        title: Some(format!("{open} about questions")),
        color: ADMIN_COLOR,
        ..Embed::default()
    };
    for report in &shown {
        let question = find(&report.question).map_or_else(
            || format!("{} (no longer in the bank)", report.question),
            |question| match question.number_label() {
                Some(number) => format!("{number} {}", question.id),
                None => question.id.clone(),
            },
        );
        let text = format!(
            "<@{}> {}: {}",
            report.user,
            relative_time(report.at),
            escape_markdown(&report.text)
        );
        embed = embed.field(&format!("{} · {question}", report.number), text);
    }
    if last > 0 {
        embed = embed.footer(format!("Page {} of {}", page + 1, last + 1));
    }
    let option = |report: &&QuestionReport| {
        SelectOption::new(
            &format!("Report {}", report.number),
            report.number.to_string(),
        )
        .description(&report.question)
    };
    let close = ComponentId::CloseReport { page }.custom_id();
    let menu = StringSelect::new(
        close,
        "Close and delete a report",
        shown.iter().map(option).collect(),
    );
    let message = Message::embed(embed).select(menu);
    match page_buttons(page, last) {
        none if none.is_empty() => message,
        buttons => message.buttons(buttons),
    }
}

fn page_buttons(page: usize, last: usize) -> Vec<Button> {
    let to = |label, page| {
        button(
            ButtonStyle::Secondary,
            label,
            &ComponentId::Reports { page },
        )
    };
    let newer = page.checked_sub(1).map(|page| to("Newer", page));
    let older = (page < last).then(|| to("Older", page + 1));
    newer.into_iter().chain(older).collect()
}
