//! Posts the wrap-up of a team's open round into the round's thread, in steps that are committed one
//! by one, as [`super::post`] does.
//!
//! If Discord refuses it, that round has no wrap-up: it is not worth retrying, and the next one is a
//! new attempt. A locked or deleted thread is nobody's mistake. For everything else the admin is
//! alerted, once until a wrap-up is posted again.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument as _;

use super::alerts;
use super::delivery::{
    self, DeliveryKind, MessageStep, Outgoing, StepError, TeamDelivery, TeamMessage,
};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, HistoryMessage};
use crate::bot::render;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::user_error::PostingProblem;
use quizloop_bank::Question;
use quizloop_core::delivery::Delivery;
use quizloop_core::id::{MessageId, TeamKey};
use quizloop_core::round::Round;
use quizloop_core::team::Team;
use quizloop_core::wrap_up::WrapUpStep;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// "Thread is locked".
const THREAD_LOCKED: isize = 160_005;

/// The wrap-up of one team.
struct WrapUpMessage<'a>(TeamDelivery<'a>);

/// Runs steps until none is due or one fails.
pub async fn run(ctx: &Arc<BotContext>, team: LoadedTeam) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("wrap_up", %guild, %channel);
    let kind = DeliveryKind::WrapUp;
    let message = WrapUpMessage(TeamDelivery { ctx, team, kind });
    delivery::run_steps(&message).instrument(span).await;
}

impl TeamMessage for WrapUpMessage<'_> {
    const INTENDED: &'static str = "wrap-up.intended";

    fn delivery(&self) -> &TeamDelivery<'_> {
        &self.0
    }

    fn next_step(team: &Team, now: Timestamp) -> Option<MessageStep> {
        match team.next_wrap_up_step(now) {
            WrapUpStep::Begin { .. } => Some(MessageStep::Begin),
            WrapUpStep::Deliver => Some(MessageStep::Deliver),
            WrapUpStep::Wait(_) | WrapUpStep::Idle => None,
        }
    }

    fn begin(team: &mut Team, now: Timestamp) -> Option<Delivery> {
        team.begin_wrap_up(now);
        team.pending_wrap_up()
    }

    fn pending(team: &Team) -> Option<Delivery> {
        team.pending_wrap_up()
    }

    /// Checks that the thread is not locked. A bot that may manage threads could write in it all the
    /// same.
    async fn check(&self) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.0;
        let pending = team.read(Team::pending_wrap_up).flatten();
        let thread = pending.ok_or(StepError::Obsolete)?.place;
        let info = ctx.rest.channel(thread).await?;
        if info.is_some_and(|info| info.is_locked) {
            return Err(StepError::Api(ApiError::Forbidden {
                code: THREAD_LOCKED,
                message: "the thread is locked".into(),
            }));
        }
        Ok(())
    }

    async fn on_step_error(&self, error: StepError, now: Timestamp) {
        let refusal = match &error {
            // Only Discord itself sends these codes. An error without one may be a proxy's.
            StepError::Api(refusal) if refusal.code().is_some_and(|code| code > 0) => refusal,
            error => {
                let retry_at = self.0.delay(error, now);
                tracing::warn!(%error, %retry_at, "wrap-up step failed");
                return;
            }
        };
        tracing::warn!(error = %refusal, "wrap-up refused");
        if let Err(error) = self.abandon().await {
            let retry_at = self.0.delay(&error, now);
            tracing::warn!(%error, %retry_at, "wrap-up step failed");
            return;
        }
        let is_locked = refusal.code() == Some(THREAD_LOCKED);
        let is_gone = matches!(refusal, ApiError::NotFound { .. });
        if !is_locked && !is_gone {
            alerts::alert_admin(self.0.ctx, &self.0.team, PostingProblem::WrapUp(refusal)).await;
        }
    }
}

/// Returns the key points that were often missed.
fn missed_points<'q>(round: &Round, question: &'q Question) -> Vec<&'q str> {
    let missed = round.often_missed(question.points.len()).into_iter();
    let point = |index: usize| question.points.get(index).map(String::as_str);
    missed.filter_map(point).collect()
}

impl Outgoing for WrapUpMessage<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let TeamDelivery { ctx, team, .. } = &self.0;
        let rendered = team.guild().read(|guild| {
            let state = guild.team(team.channel())?;
            let round = state.round_to_wrap_up()?;
            let Delivery { place, nonce, .. } = state.pending_wrap_up()?;
            let level = LevelDisplay::hidden_if(guild.hides_level(&round.question));
            let question = ctx.question_of_round(team.guild().id(), round);
            let question = question.as_deref();
            let answered = state.reply_count(round.number);
            let missed = question.map_or_else(Vec::new, |question| missed_points(round, question));
            let message = render::wrap_up::wrap_up(round, question, answered, &missed, level);
            Some((place, message.nonce(&nonce?)))
        });
        let (thread, message) = rendered.flatten().ok_or(StepError::Obsolete)?;
        failpoint::hit("wrap-up.sending");
        let sent = ctx.rest.send_message(thread, &message).await;
        failpoint::hit("wrap-up.sent");
        Ok(sent?)
    }

    async fn record(
        &self,
        message: MessageId,
        _found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        tracing::info!(message_id = %message, "wrap-up posted");
        // A failed save is harmless: the next attempt finds the message in the thread.
        let _ = self.0.update(|team| team.record_wrap_up(message)).await;
        failpoint::hit("wrap-up.posted");
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        self.0.update(Team::abandon_wrap_up).await.map(drop)
    }
}
