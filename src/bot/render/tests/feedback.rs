//! The form for a mistake in a question, and the reports as admins see them.

use insta::assert_snapshot;

use super::{LIN, at, question};
use crate::bank::{Bank, built_in};
use crate::bot::fuzzing::discord_limits;
use crate::bot::render::feedback;
use crate::bot::response::Response;
use crate::practice::question_reports::{QuestionReport, ReportError};

fn report(number: u32, question: &str, text: &str) -> QuestionReport {
    QuestionReport {
        number,
        question: question.into(),
        user: LIN,
        at: at("2026-03-27T08:00:00Z"),
        text: text.into(),
    }
}

#[test]
fn reports() {
    let (bank, _) = Bank::load(built_in(), &[]);
    let name = |id: &str| bank.get(id);
    assert_snapshot!("report_form", feedback::report_modal(&question()));
    let mut reports = vec![
        report(
            3,
            "coroutine-objects",
            "**It** says @everyone\nand <@&7> `x`",
        ),
        report(5, "gone", "Twice"),
    ];
    assert_snapshot!("reports", feedback::list(&reports, 9, name));
    reports.extend((6..=10).map(|number| report(number, "gone", "Again")));
    assert_snapshot!("reports_newest", feedback::list(&reports, 0, name));
    let refused = [
        ReportError::GuildFull,
        ReportError::MemberFull,
        ReportError::Empty,
    ];
    let said = [
        feedback::list(&[], 0, name).to_string(),
        feedback::report_saved(7).to_string(),
        refused.map(feedback::report_rejected).join("\n"),
    ];
    assert_snapshot!("reports_short", said.join("\n"));
}

/// A page of the longest reports, each letter escaped, is one message that Discord takes.
#[test]
fn the_longest_reports_fit() {
    let id = "q".repeat(crate::bank::ID_MAX);
    let longest = |number| report(u32::MAX - number, &id, &"*".repeat(500));
    let reports: Vec<QuestionReport> = (0..100).map(longest).collect();
    for page in [0, 7, 19, usize::MAX] {
        let message = feedback::list(&reports, page, |_| None);
        discord_limits::check(&Response::New(message));
    }
    let mut long = question();
    long.id = id;
    discord_limits::check(&Response::Modal(feedback::report_modal(&long)));
}
