//! Posts a team's weekly report in steps that are committed one by one, as [`super::post`] does.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument as _;

use super::delivery::{
    self, DeliveryKind, MessageStep, Outgoing, StepError, TeamDelivery, TeamMessage,
};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::HistoryMessage;
use crate::bot::render;
use quizloop_core::delivery::Delivery;
use quizloop_core::id::{MessageId, TeamKey};
use quizloop_core::team::Team;
use quizloop_core::weekly_report::ReportStep;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// The weekly report of one team.
struct WeeklyReportMessage<'a>(TeamDelivery<'a>);

/// Runs steps until none is due or one fails.
pub async fn run(ctx: &Arc<BotContext>, team: LoadedTeam) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("weekly_report", %guild, %channel);
    let kind = DeliveryKind::WeeklyReport;
    let message = WeeklyReportMessage(TeamDelivery { ctx, team, kind });
    delivery::run_steps(&message).instrument(span).await;
}

impl TeamMessage for WeeklyReportMessage<'_> {
    const INTENDED: &'static str = "week.intended";

    fn delivery(&self) -> &TeamDelivery<'_> {
        &self.0
    }

    fn next_step(team: &Team, now: Timestamp) -> Option<MessageStep> {
        match team.next_report_step(now) {
            ReportStep::Begin { .. } => Some(MessageStep::Begin),
            ReportStep::Deliver => Some(MessageStep::Deliver),
            ReportStep::Wait(_) | ReportStep::Idle => None,
        }
    }

    fn begin(team: &mut Team, now: Timestamp) -> Option<Delivery> {
        let ReportStep::Begin { first_day, due } = team.next_report_step(now) else {
            return None;
        };
        team.begin_report(first_day, due);
        team.pending_report_post()
    }

    fn pending(team: &Team) -> Option<Delivery> {
        team.pending_report_post()
    }

    async fn on_step_error(&self, error: StepError, now: Timestamp) {
        // No alert to the admin: the same problem stops the daily question, and that job alerts
        // them.
        let retry_at = self.0.delay(&error, now);
        tracing::warn!(%error, %retry_at, "weekly report step failed");
    }
}

impl Outgoing for WeeklyReportMessage<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let TeamDelivery { ctx, team, .. } = &self.0;
        let now = ctx.clock.now();
        let message = team.guild().read(|guild| {
            let of_team = guild.team(team.channel())?;
            let report = of_team.pending_report()?;
            let summary = of_team.weekly_summary(report.first_day, |user| guild.is_hidden(user));
            let questions = ctx.questions(guild.id());
            let find_question = |id: &str| questions.get(id);
            let message =
                render::weekly_report::weekly_report(of_team, report, &summary, now, find_question);
            Some(message.nonce(&report.nonce))
        });
        let message = message.flatten().ok_or(StepError::Obsolete)?;
        failpoint::hit("week.sending");
        let sent = ctx.rest.send_message(team.channel(), &message).await;
        failpoint::hit("week.sent");
        Ok(sent?)
    }

    async fn record(
        &self,
        message: MessageId,
        _found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        tracing::info!(message_id = %message, "weekly report posted");
        // A failed save is harmless: the next attempt finds the message in the channel.
        let _ = self.0.update(|team| team.record_report_post(message)).await;
        failpoint::hit("week.posted");
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        self.0.update(Team::abandon_report).await.map(drop)
    }
}
