//! `state reports`: lists open reports by members about mistakes in questions.

use serde::Serialize;

use super::super::exit::CliError;
use super::super::names::{Name, Names, single_line};
use super::super::output;
use super::source::StateSource;
use quizloop_core::id::GuildId;
use quizloop_core::question_reports::QuestionReport;

#[derive(Serialize)]
struct ListedReport {
    guild: GuildId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    guild_name: Name,
    #[serde(flatten)]
    report: QuestionReport,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    user_name: Name,
}

pub fn run(
    source: &StateSource,
    names: &Names,
    guild: Option<GuildId>,
    json: bool,
) -> Result<(), CliError> {
    let guilds = match guild {
        Some(guild) => vec![guild],
        None => source.guilds()?,
    };
    let mut all = Vec::new();
    for id in guilds {
        let state = source.guild(id)?;
        if state.reports().is_empty() {
            continue;
        }
        let guild_name = names.guild(id)?;
        for report in state.reports() {
            all.push(ListedReport {
                guild: id,
                guild_name: guild_name.clone(),
                report: report.clone(),
                user_name: names.user(report.user)?,
            });
        }
    }
    if json {
        output::json(&all)?;
    } else if all.is_empty() {
        output::line(format_args!("No open reports."))?;
    } else {
        for report in &all {
            output::text(report.text())?;
        }
    }
    Ok(())
}

impl ListedReport {
    fn text(&self) -> String {
        let Self {
            guild,
            guild_name,
            report,
            user_name,
        } = self;
        let QuestionReport {
            number,
            question,
            user,
            at,
            text,
        } = report;
        format!(
            "{guild}{guild_name}  report {number}  {question}  by {user}{user_name}  {at}\n    {}\n",
            single_line(text)
        )
    }
}
