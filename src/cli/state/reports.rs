//! `state reports`: the mistakes in questions that members reported, of one server or of all.

use serde::Serialize;

use super::super::exit::CliError;
use super::super::output;
use super::source::StateSource;
use crate::practice::id::GuildId;
use crate::practice::question_reports::QuestionReport;

/// A report as JSON.
#[derive(Serialize)]
struct ReportWithGuild<'a> {
    guild: GuildId,
    #[serde(flatten)]
    report: &'a QuestionReport,
}

/// Prints the open reports.
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
        let listed: Vec<_> = all
            .iter()
            .map(|(guild, report)| ReportWithGuild {
                guild: *guild,
                report,
            })
            .collect();
        let json = serde_json::to_string_pretty(&listed).map_err(anyhow::Error::from)?;
        output::line(format_args!("{json}"));
    } else if all.is_empty() {
        output::line(format_args!("No report is open."));
    } else {
        for (guild, report) in &all {
            output::text(format_report(*guild, report));
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

/// What somebody wrote can't steer a terminal: each control character is a space.
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
    fn a_report_can_t_steer_a_terminal() {
        assert_eq!(strip_control_chars("a\n\u{1b}[2J\u{9b}b\u{7}"), "a  [2J b");
    }
}
