//! The form to report a mistake in a question, and the list of reports for admins.

use insta::assert_snapshot;

use super::{LIN, at, question};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::response::Response;
use crate::bot::render::feedback;
use quizloop_bank::{Bank, built_in};
use quizloop_core::question_reports::{QuestionReport, ReportError};

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
    assert_snapshot!(feedback::report_modal(&question()), @"
    # Report a mistake in #2 q1:report:coroutine-objects
    **You call a function that was defined with `async def`. What do you get back, and when does its body start to run?**
    What's wrong? (up to 500) text
      Admins of this server will see it with your name, until they close it.
    ");
    let mut reports = vec![
        report(
            3,
            "coroutine-objects",
            "**It** says @everyone\nand <@&7> `x`",
        ),
        report(5, "gone", "Twice"),
    ];
    assert_snapshot!(feedback::list(&reports, 9, name), @r"
    # 2 open reports about questions
    [5 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Twice
    [3 · #2 coroutine-objects] <@2> <t:1774598400:R>: \*\*It\*\* says \@everyone and \<\@&7\> \`x\`
    [ Close and delete a report ▾ 1–1 ] q1:report-close:0
      ▫ Report 5 = 5 gone
      ▫ Report 3 = 3 coroutine-objects
    ");
    reports.extend((6..=10).map(|number| report(number, "gone", "Again")));
    assert_snapshot!(feedback::list(&reports, 0, name), @"
    # 7 open reports about questions
    [10 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Again
    [9 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Again
    [8 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Again
    [7 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Again
    [6 · gone (no longer in the bank)] <@2> <t:1774598400:R>: Again
    -- Page 1 of 2
    [ Close and delete a report ▾ 1–1 ] q1:report-close:0
      ▫ Report 10 = 10 gone
      ▫ Report 9 = 9 gone
      ▫ Report 8 = 8 gone
      ▫ Report 7 = 7 gone
      ▫ Report 6 = 6 gone
    ( Older ) q1:reports:1
    ");
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
    assert_snapshot!(said.join("\n"), @"
    No open reports. Members can report a mistake with the button below each model answer.

    Thank you! Your report is saved as number 7. Admins of this server see it with your name, until they close it.

    Your report was not saved: this server already has 100 open reports. An admin needs to close some with `/team reports` first.
    Your report was not saved: you already have 5 open reports. You can send this one once an admin has closed another with `/team reports`.
    Your report was not saved: the text is empty. Press the button again and say what's wrong.
    ");
}

/// A page of the longest reports, with every character escaped, keeps Discord's limits.
#[test]
fn the_longest_reports_fit() {
    let id = "q".repeat(quizloop_bank::ID_MAX);
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
