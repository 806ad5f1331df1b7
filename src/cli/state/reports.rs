//! `state reports`: lists open reports by members about mistakes in questions.

use serde::Serialize;

use super::super::exit::CliError;
use super::super::output;
use super::source::StateSource;
use quizloop_core::id::GuildId;
use quizloop_core::question_reports::QuestionReport;

#[derive(Serialize)]
struct ReportWithGuild<'a> {
    guild: GuildId,
    #[serde(flatten)]
    report: &'a QuestionReport,
}

pub fn run(source: &StateSource, guild: Option<GuildId>, json: bool) -> Result<(), CliError> {
    let guilds = match guild {
        Some(guild) => vec![guild],
        None => source.guilds()?,
    };
    let mut all = Vec::new();
    for id in guilds {
        let state = source.guild(id)?;
        all.extend(state.reports().iter().map(|report| (id, report.clone())));
    }
    if json {
        let reports: Vec<_> = all
            .iter()
            .map(|(guild, report)| ReportWithGuild {
                guild: *guild,
                report,
            })
            .collect();
        output::json(&reports)?;
    } else if all.is_empty() {
        output::line(format_args!("No open reports."))?;
    } else {
        for (guild, report) in &all {
            output::text(format_report(*guild, report))?;
        }
    }
    Ok(())
}

fn format_report(guild: GuildId, report: &QuestionReport) -> String {
    let QuestionReport {
        number,
        question,
        user,
        at,
        text,
    } = report;
    format!(
        "{guild}  report {number}  {question}  by {user}  {at}\n    {}\n",
        strip_control_chars(text)
    )
}

/// Replaces control characters with spaces, so that a member's text can't control the terminal.
fn strip_control_chars(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_cannot_control_the_terminal() {
        assert_eq!(strip_control_chars("a\n\u{1b}[2J\u{9b}b\u{7}"), "a  [2J b");
    }
}
