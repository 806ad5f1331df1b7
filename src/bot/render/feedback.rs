//! Reporting a mistake in a question, and what admins see of the reports.

use super::daily::button;
use super::message::{Button, ButtonStyle, Embed, Message, SelectOption, StringSelect};
use super::modal::{Modal, TextInput, TextInputStyle};
use super::text::{escape_markdown, pluralize};
use crate::bank::Question;
use crate::bot::custom_id::{ComponentId, ModalId};
use crate::practice::question_reports::{MAX_REPORT_CHARS, QuestionReport, ReportError};

/// The colour of administration.
const ADMIN_COLOR: u32 = 0x5c_6b_73;

/// The name of the form's field.
pub const TEXT_FIELD: &str = "text";

/// Reports on one page. A report of 500 characters in which each needs an escape fills a field of 1,024, and all
/// embeds of a message have 6,000 characters.
pub const PAGE_SIZE: usize = 5;

/// The button under a model answer.
pub fn report_button(question: &Question) -> Button {
    let press = ComponentId::Report {
        question: question.id.clone(),
    };
    button(ButtonStyle::Secondary, "Report a mistake", &press)
}

/// The form behind the button. It says who will read it and how long it is kept.
pub fn report_modal(question: &Question) -> Modal {
    let form = ModalId::Report {
        question: question.id.clone(),
    };
    let field = TextInput::new(
        TextInputStyle::Paragraph,
        TEXT_FIELD,
        "What is wrong?",
        MAX_REPORT_CHARS,
    )
    .placeholder(
        "This server's admins will read it, with your name. It is kept until they close it.",
    );
    let title = format!("Report a mistake in #{}", question.number);
    Modal::new(&title, form.custom_id(), vec![field])
}

/// A report is on disk.
pub fn report_saved(number: u32) -> Message {
    Message::text(format!(
        "Thank you. Your report is saved as number {number}: this server's admins see it with `/team reports`, with your \
         name, and it is kept until they close it."
    ))
}

/// A report can't be taken.
pub fn report_rejected(refused: ReportError) -> String {
    let what_to_do = match refused {
        ReportError::GuildFull => "An admin has to close some with `/team reports` first.",
        ReportError::MemberFull => {
            "When an admin closes one with `/team reports`, there is room for this one."
        }
        ReportError::Empty => "Press the button again and say what is wrong.",
    };
    format!("Your report could not be taken: {refused}. {what_to_do}")
}

/// The open reports, the newest first, a page at a time, from 0. A page that does not exist any more is the last one.
/// `name` gives what is asked by the question's id, if it still is in the bank.
pub fn list<'a>(
    reports: &[QuestionReport],
    page: usize,
    name: impl Fn(&str) -> Option<&'a Question>,
) -> Message {
    if reports.is_empty() {
        return Message::text(
            "No report is open. Members report mistakes with a button under each model answer.",
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
        let question = name(&report.question).map_or_else(
            || format!("{} (not in the bank any more)", report.question),
            |question| format!("#{} {}", question.number, question.id),
        );
        let said = format!(
            "<@{}> <t:{}:R>: {}",
            report.user,
            report.at.as_second(),
            escape_markdown(&report.text)
        );
        embed = embed.field(&format!("{} · {question}", report.number), said);
    }
    if last > 0 {
        embed = embed.footer(format!("Page {} of {}", page + 1, last + 1));
    }
    let choice = |report: &&QuestionReport| {
        SelectOption::new(
            &format!("Report {}", report.number),
            report.number.to_string(),
        )
        .description(&report.question)
    };
    let close = ComponentId::CloseReport { page }.custom_id();
    let menu = StringSelect::new(
        close,
        "Close a report, which deletes it",
        shown.iter().map(choice).collect(),
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
