//! Sends a message exactly once: carries out the steps that [`quizloop_core::delivery`] decides.
//! Questions, wrap-ups, weekly reports, and the threads of matches with their messages are sent this
//! way. What is sent and how it is recorded is
//! an [`Outgoing`]; everything else is the same for all of them ([`TeamDelivery`]). A
//! [`TeamMessage`] has no steps besides.
//!
//! The search is complete and never guesses: it begins with a message that is known to be older, so
//! a page without any message means either that the place is empty or that the bot lacks Read
//! Message History. Then the permission is checked (Discord answers `200 []` without it).
//!
//! Another process may own the guild by now, for example if this one was suspended in the middle of
//! a delivery. That is checked directly before the request is sent.

use std::sync::Arc;

use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};

use super::backoff::Backoff;
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use crate::bot::discord::rest_limiter::Priority;
use quizloop_core::delivery::{
    Delivery, DeliveryStep, Label, MessageStatus, RequestResult, SearchResult,
};
use quizloop_core::id::{GuildId, MessageId, TeamKey, UserId, snowflake_at};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// Error code "Unknown Message": a message with this nonce was posted and has been deleted since.
const UNKNOWN_MESSAGE: isize = 10_008;

/// How far the search goes back from the newest message if no older message is known. A message is
/// due for at most a day.
const SEARCH_BACK: SignedDuration = SignedDuration::from_hours(24);

/// Identifies one delivery at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryKey {
    pub team: TeamKey,
    pub kind: DeliveryKind,
}

/// The kinds of messages that are sent exactly once. A team may have one of each in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryKind {
    Question,
    WrapUp,
    WeeklyReport,
    /// The private thread of a match. Its message is the thread itself.
    MatchThread,
    MatchGuide,
    /// Another message in the thread of a match.
    MatchNotice,
}

impl DeliveryKind {
    const ALL: [Self; 6] = [
        Self::Question,
        Self::WrapUp,
        Self::WeeklyReport,
        Self::MatchThread,
        Self::MatchGuide,
        Self::MatchNotice,
    ];

    /// Returns the key of a team's delivery of this kind.
    pub const fn of(self, team: TeamKey) -> DeliveryKey {
        DeliveryKey { team, kind: self }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The state could not be saved, so nothing was sent.
    #[error("the state could not be saved")]
    SaveFailed,
    /// Discord did not complete the request.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The message may have been sent, and the bot may not read the channel.
    #[error(
        "the message may have been sent, and the bot lacks Read Message History to look for it"
    )]
    HistoryUnreadable,
    /// The bank has no question to send.
    #[error("the bank has no question")]
    EmptyBank,
    /// The programme leaves no question that may be sent now.
    #[error("the team's settings leave no question")]
    NoQuestion,
    /// The machine's clock differs from Discord's. Nothing is done until it is right.
    #[error("the machine's clock is wrong")]
    WrongClock,
    /// The earlier request may still take effect until this time.
    #[error("an earlier request may still take effect until {0}")]
    NotYet(Timestamp),
    /// There is nothing to send any more: the team was removed after the step was chosen, or the
    /// round was voided or closed.
    #[error("there is nothing to send any more")]
    Obsolete,
}

impl StepError {
    /// Whether a retry may succeed without any change by an admin or the operator.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::SaveFailed | Self::WrongClock | Self::NotYet(_) => true,
            Self::Api(error) => error.is_transient(),
            Self::HistoryUnreadable | Self::EmptyBank | Self::NoQuestion | Self::Obsolete => false,
        }
    }
}

/// A message that is to be sent exactly once: what is sent, and how the result is recorded.
pub trait Outgoing: Sync {
    /// Sends the request, with the nonce of the delivery if it takes one.
    fn send(&self) -> impl Future<Output = Result<MessageId, StepError>> + Send;

    /// Searches for the message. A message is looked for in the history of its place.
    fn search(
        &self,
        ctx: &BotContext,
        team: TeamKey,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<(SearchResult, Option<HistoryMessage>), ApiError>> + Send {
        find(ctx, team, delivery)
    }

    /// Records the message. `found` is the message if it was found, and `None` if it was sent now.
    fn record(
        &self,
        message: MessageId,
        found: Option<&HistoryMessage>,
    ) -> impl Future<Output = Result<(), StepError>> + Send;

    /// Records that the intent was given up.
    fn abandon(&self) -> impl Future<Output = Result<(), StepError>> + Send;
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The message was sent now.
    Sent,
    /// It was sent before, and was found.
    Found,
    /// It was not sent in time, or it was deleted.
    Abandoned,
}

/// What this process knows of the deliveries of all teams. It is not stored: after a restart, every
/// intent may have been sent.
#[derive(Debug, Default)]
pub struct Deliveries(DashMap<DeliveryKey, DeliveryState>);

#[derive(Debug, Default)]
struct DeliveryState {
    /// When a failed step is retried.
    backoff: Option<Backoff>,
    /// What is known of the message of this intent.
    status: Option<(Intent, MessageStatus)>,
    /// Whether a search for an intent of this process has shown that the state is no older than the
    /// channel.
    is_verified: bool,
}

/// Tells an intent from an earlier one of the same kind.
#[derive(Debug, PartialEq, Eq)]
struct Intent {
    label: Label,
    nonce: Option<String>,
}

impl Intent {
    fn of(delivery: &Delivery) -> Self {
        Self {
            label: delivery.label.clone(),
            nonce: delivery.nonce.clone(),
        }
    }
}

impl Deliveries {
    /// Remembers that this process has recorded an intent, so nothing has been sent for it.
    pub fn begin(&self, key: DeliveryKey, delivery: &Delivery) {
        let mut state = self.0.entry(key).or_default();
        let status = MessageStatus::of_new_intent(state.is_verified);
        state.status = Some((Intent::of(delivery), status));
    }

    /// Returns whether this process knows anything of an intent.
    pub fn is_begun(&self, key: DeliveryKey, delivery: &Delivery) -> bool {
        let state = self.0.get(&key);
        let status = state.as_ref().and_then(|state| state.status.as_ref());
        status.is_some_and(|(intent, _)| *intent == Intent::of(delivery))
    }

    /// Returns when a failed step is retried; `None` if no step has failed.
    pub fn retry_at(&self, key: DeliveryKey, now: Timestamp) -> Option<Timestamp> {
        self.0.get(&key)?.backoff?.retry_at(now)
    }

    /// Delays the next step after a failure and returns when it is retried.
    pub fn delay(&self, key: DeliveryKey, error: &StepError, now: Timestamp) -> Timestamp {
        let mut state = self.0.entry(key).or_default();
        let mut backoff = Backoff::after(state.backoff, error.is_transient(), now);
        if let StepError::NotYet(at) = error {
            backoff.until = *at;
        }
        let until = backoff.until;
        state.backoff = Some(backoff);
        until
    }

    /// Ends the backoff of a delivery, because a step has succeeded.
    pub fn end_backoff(&self, key: DeliveryKey) {
        if let Some(mut state) = self.0.get_mut(&key) {
            state.backoff = None;
        }
    }

    /// Ends the backoffs of a team, because what failed may work now. Returns whether it had any.
    pub fn retry_team(&self, team: TeamKey) -> bool {
        let keys = DeliveryKind::ALL.map(|kind| kind.of(team));
        let mut had_backoff = false;
        for mut state in keys.iter().filter_map(|key| self.0.get_mut(key)) {
            had_backoff |= state.backoff.take().is_some();
        }
        had_backoff
    }

    /// Ends the backoffs of all these guilds. Returns whether there were any.
    pub fn retry_guilds(&self, concerns: impl Fn(&GuildId) -> bool) -> bool {
        let mut had_backoff = false;
        for mut entry in self.0.iter_mut() {
            if concerns(&entry.key().team.guild) {
                had_backoff |= entry.backoff.take().is_some();
            }
        }
        had_backoff
    }

    fn status(&self, key: DeliveryKey, delivery: &Delivery) -> MessageStatus {
        let unknown = MessageStatus::MaybeSent { requested: None };
        let state = self.0.get(&key);
        let known = state.as_ref().and_then(|state| state.status.as_ref());
        match known {
            // The permission may have been granted since.
            Some((_, MessageStatus::Unreadable)) | None => unknown,
            Some((intent, status)) if *intent == Intent::of(delivery) => *status,
            Some(_) => unknown,
        }
    }

    fn set_status(&self, key: DeliveryKey, delivery: &Delivery, status: MessageStatus) {
        let mut state = self.0.entry(key).or_default();
        state.status = Some((Intent::of(delivery), status));
    }

    fn set_verified(&self, key: DeliveryKey) {
        self.0.entry(key).or_default().is_verified = true;
    }

    fn finish(&self, key: DeliveryKey) {
        let mut state = self.0.entry(key).or_default();
        (state.status, state.backoff) = (None, None);
    }
}

/// The messages of one kind that a team sends, and the steps that all kinds share.
pub struct TeamDelivery<'a> {
    pub ctx: &'a Arc<BotContext>,
    pub team: LoadedTeam,
    pub kind: DeliveryKind,
}

impl TeamDelivery<'_> {
    pub const fn key(&self) -> DeliveryKey {
        self.kind.of(self.team.key())
    }

    /// Changes the team and waits until the change is saved. Returns `None` if there is no such team
    /// any more.
    pub async fn update<R>(
        &self,
        change: impl FnOnce(&mut Team) -> R,
    ) -> Result<Option<R>, StepError> {
        let (result, commit) = self.team.update(change);
        let saved = commit.wait().await;
        saved.map(|()| result).map_err(|_| StepError::SaveFailed)
    }

    /// Remembers that this process has recorded an intent.
    pub fn begin(&self, delivery: &Delivery) {
        self.ctx.deliveries.begin(self.key(), delivery);
    }

    /// Finds or sends the message of an intent, and records its id.
    pub async fn deliver(
        &self,
        pending: impl FnOnce(&Team) -> Option<Delivery>,
        outgoing: &impl Outgoing,
    ) -> Result<Outcome, StepError> {
        match self.team.read(pending).flatten() {
            Some(delivery) => deliver(self.ctx, &self.team, self.kind, &delivery, outgoing).await,
            None => Ok(Outcome::Abandoned),
        }
    }

    /// Returns when a failed step is retried; `None` if no step has failed.
    pub fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.ctx.deliveries.retry_at(self.key(), now)
    }

    /// Delays the next step after a failure and returns when it is retried.
    pub fn delay(&self, error: &StepError, now: Timestamp) -> Timestamp {
        self.ctx.deliveries.delay(self.key(), error, now)
    }
}

/// What a job does next for a [`TeamMessage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageStep {
    /// Record the intent.
    Begin,
    /// Find or send the message of an intent.
    Deliver,
}

/// A message that a team sends besides its questions, in steps that are committed one by one.
pub trait TeamMessage: Outgoing {
    /// The failpoint after the intent is saved.
    const INTENDED: &'static str;

    fn delivery(&self) -> &TeamDelivery<'_>;

    /// Returns the next step; `None` if there is nothing to do now.
    fn next_step(team: &Team, now: Timestamp) -> Option<MessageStep>;

    /// Records the intent and returns its delivery; `None` if nothing is due any more.
    fn begin(team: &mut Team, now: Timestamp) -> Option<Delivery>;

    /// Returns the delivery of the recorded intent.
    fn pending(team: &Team) -> Option<Delivery>;

    /// Checks whether the message may still be sent.
    fn check(&self) -> impl Future<Output = Result<(), StepError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Handles a failed step.
    fn on_step_error(&self, error: StepError, now: Timestamp) -> impl Future<Output = ()> + Send;
}

/// Runs the steps of a message until none is due or one fails.
pub async fn run_steps<M: TeamMessage>(message: &M) {
    let delivery = message.delivery();
    loop {
        let Some(now) = delivery.ctx.trusted_now() else {
            return;
        };
        let next = delivery.team.read(|team| M::next_step(team, now));
        let step = match next.flatten() {
            Some(MessageStep::Begin) => record_intent(message, now).await,
            Some(MessageStep::Deliver) => deliver_message(message).await,
            None => return,
        };
        match step {
            Ok(()) => {}
            // No pause: its end would be a time of the wrong clock.
            Err(StepError::WrongClock) => return,
            Err(error) => return message.on_step_error(error, now).await,
        }
    }
}

async fn record_intent<M: TeamMessage>(message: &M, now: Timestamp) -> Result<(), StepError> {
    let delivery = message.delivery();
    let begin = |team: &mut Team| {
        if let Some(intended) = M::begin(team, now) {
            delivery.begin(&intended);
        }
    };
    delivery.update(begin).await?;
    failpoint::hit(M::INTENDED);
    Ok(())
}

async fn deliver_message<M: TeamMessage>(message: &M) -> Result<(), StepError> {
    message.check().await?;
    let delivered = message.delivery().deliver(M::pending, message).await;
    delivered.map(drop)
}

/// Delivers a message whose intent was recorded, or gives it up.
///
/// # Errors
///
/// Fails if the intent is not on disk, if the place can't be searched, or if Discord does not accept
/// the message. The next call continues.
async fn deliver(
    ctx: &BotContext,
    team: &LoadedTeam,
    kind: DeliveryKind,
    delivery: &Delivery,
    outgoing: &impl Outgoing,
) -> Result<Outcome, StepError> {
    let key = kind.of(team.key());
    let saved = team.guild().latest_commit().wait().await;
    saved.map_err(|_| StepError::SaveFailed)?;
    let mut status = ctx.deliveries.status(key, delivery);
    let mut found = None;
    loop {
        let now = ctx.trusted_now().ok_or(StepError::WrongClock)?;
        match delivery.next_step(status, now) {
            DeliveryStep::Search => {
                let result;
                (result, found) = search(ctx, key.team, delivery, outgoing, now).await?;
                // An intent from before the start proves nothing: newer messages may exist.
                if status == MessageStatus::Unverified && result != SearchResult::Unreadable {
                    ctx.deliveries.set_verified(key);
                }
                status = status.after_search(result);
                ctx.deliveries.set_status(key, delivery, status);
            }
            DeliveryStep::Send => {
                let sent = send(ctx, key.team, outgoing).await;
                status = status.after_request(request_result(&sent), now);
                ctx.deliveries.set_status(key, delivery, status);
                if status != MessageStatus::Deleted {
                    sent?;
                }
            }
            DeliveryStep::Record(message) => {
                outgoing.record(message, found.as_ref()).await?;
                ctx.deliveries.finish(key);
                let was_sent = found.is_none();
                return Ok(if was_sent {
                    Outcome::Sent
                } else {
                    Outcome::Found
                });
            }
            DeliveryStep::Abandon => {
                let was_deleted = status == MessageStatus::Deleted;
                tracing::warn!(label = ?delivery.label, was_deleted, "message given up");
                outgoing.abandon().await?;
                ctx.deliveries.finish(key);
                return Ok(Outcome::Abandoned);
            }
            DeliveryStep::Hold => return Err(StepError::HistoryUnreadable),
            DeliveryStep::Wait(at) => return Err(StepError::NotYet(at)),
        }
    }
}

async fn send(
    ctx: &BotContext,
    team: TeamKey,
    outgoing: &impl Outgoing,
) -> Result<MessageId, StepError> {
    // Another process may have taken this guild over while this one was suspended.
    if !ctx.store.is_sole_owner(team.guild) {
        return Err(StepError::SaveFailed);
    }
    outgoing.send().await
}

/// Returns whether a request may have had an effect.
fn request_result(sent: &Result<MessageId, StepError>) -> RequestResult {
    match sent {
        Ok(message) => RequestResult::Created(*message),
        Err(StepError::Api(ApiError::NotFound {
            code: UNKNOWN_MESSAGE,
            ..
        })) => RequestResult::Deleted,
        // Only Discord itself sends these codes. An error without one may be a proxy's.
        Err(StepError::Api(error)) if error.code().is_none_or(|code| code <= 0) => {
            RequestResult::Unanswered
        }
        Err(_) => RequestResult::Refused,
    }
}

/// Searches for the message. An intent that has expired is given up if Discord refuses the search,
/// because the next message would have to wait for it.
///
/// # Errors
///
/// Fails if Discord can't be reached, or refuses the search in time.
async fn search(
    ctx: &BotContext,
    team: TeamKey,
    delivery: &Delivery,
    outgoing: &impl Outgoing,
    now: Timestamp,
) -> Result<(SearchResult, Option<HistoryMessage>), StepError> {
    match outgoing.search(ctx, team, delivery).await {
        Ok(found) => Ok(found),
        Err(error) if !error.is_transient() && !delivery.window.contains(&now) => {
            Ok((SearchResult::Unreadable, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Searches for the message in the history of its place.
pub async fn find(
    ctx: &BotContext,
    team: TeamKey,
    delivery: &Delivery,
) -> Result<(SearchResult, Option<HistoryMessage>), ApiError> {
    let history = read_history(ctx, team, delivery).await?;
    let result = match &history.found {
        Some(found) => SearchResult::Found(found.event.message),
        None if history.has_messages => SearchResult::Absent,
        None if permissions::can_read_history(ctx, team).await? => SearchResult::Absent,
        None => SearchResult::Unreadable,
    };
    Ok((result, history.found))
}

/// The messages of a place, from an older message on.
#[derive(Debug, Default)]
struct History {
    /// The message that was searched for.
    found: Option<HistoryMessage>,
    has_messages: bool,
}

impl History {
    /// Adds a page. Returns its last message if the search has to continue after it.
    fn add(
        &mut self,
        page: Vec<HistoryMessage>,
        is_wanted: impl Fn(&HistoryMessage) -> bool,
    ) -> Option<MessageId> {
        let last = page.last()?.event.message;
        let is_full = page.len() == usize::from(HISTORY_PAGE);
        self.has_messages = true;
        self.found = page.into_iter().find(is_wanted);
        (is_full && self.found.is_none()).then_some(last)
    }
}

/// Reads the history until the message is found.
async fn read_history(
    ctx: &BotContext,
    team: TeamKey,
    delivery: &Delivery,
) -> Result<History, ApiError> {
    let (guild, place) = (team.guild, delivery.place);
    let is_wanted =
        |message: &HistoryMessage| is_own_with_label(message, &delivery.label, ctx.user_id());
    let mut history = History::default();
    // The older message is in the first page as well, which shows that the bot can read the place.
    let from_older = |older: MessageId| MessageId::new(older.get().saturating_sub(1));
    let mut after = delivery.older.map(from_older);
    if after.is_none() {
        let newest = ctx
            .rest
            .newest_messages(guild, place, Priority::Urgent)
            .await?;
        let day_before = |last: MessageId| {
            let start = last.time().checked_sub(SEARCH_BACK);
            MessageId::new(snowflake_at(start.unwrap_or(Timestamp::MIN)))
        };
        after = history.add(newest, is_wanted).map(day_before);
    }
    while let Some(start) = after {
        let page = ctx
            .rest
            .history(guild, place, start, Priority::Urgent)
            .await?;
        after = history.add(page, is_wanted);
    }
    Ok(history)
}

/// Whether the bot is the author and a footer has the label. Discord always returns the content of
/// the bot's own messages.
fn is_own_with_label(message: &HistoryMessage, label: &Label, own_id: Option<UserId>) -> bool {
    Some(message.event.author) == own_id && message.footers.iter().any(|footer| label.is_in(footer))
}
