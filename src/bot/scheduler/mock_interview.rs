//! Mock interviews of a team: the weekly matching, the private thread of each match, and the
//! messages in it.
//!
//! The steps are decided by [`quizloop_core::mock_interview`] and committed one by one. The threads
//! are made one after another, so that a thread in doubt can only belong to one match
//! ([`MatchThreadRequest::search`]). All requests have background priority: a team with many matches
//! must not delay a question.
//!
//! Whatever Discord refuses ends: a week is not made up for, and who has no partner comes first next
//! time. The exception is the limit on active threads, which an admin can fix within the day.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use tracing::Instrument as _;

use super::alerts;
use super::delivery::{DeliveryKind, Outgoing, StepError, TeamDelivery};
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::discord::rest::{ApiError, HISTORY_PAGE, HistoryMessage};
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::discord::threads::{ListedThread, ThreadFilter};
use crate::bot::render::message::Message;
use crate::bot::render::pair as render;
use crate::bot::render::user_error::{PairProblem, PostingProblem};
use quizloop_core::delivery::{Delivery, SearchResult};
use quizloop_core::id::{ChannelId, MessageId, TeamKey, UserId};
use quizloop_core::mock_interview::{Match, MatchNotice, MatchSetupStep, NoticeStep};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// "Unknown Channel": the thread was deleted.
const UNKNOWN_CHANNEL: isize = 10_003;
/// "Unknown Member" and "Unknown User".
const UNKNOWN_MEMBER: [isize; 2] = [10_007, 10_013];
/// "Missing Access" and "Missing Permissions": of the member, or of the bot.
const NO_ACCESS: [isize; 2] = [50_001, 50_013];
/// "Thread is archived".
const THREAD_ARCHIVED: isize = 50_083;
/// "Maximum number of active threads reached".
const TOO_MANY_THREADS: isize = 160_006;

/// The labels of all guides begin with these words.
const GUIDE_LABEL: &str = "Mock interview of ";

/// Matches the members of a team and sets the matches up, until nothing is due or a step fails.
pub async fn run_setup(ctx: &Arc<BotContext>, team: LoadedTeam) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("matching", %guild, %channel);
    let kind = DeliveryKind::MatchThread;
    let job = SetupJob {
        delivery: TeamDelivery { ctx, team, kind },
        is_next_unsent: AtomicBool::new(false),
    };
    job.run().instrument(span).await;
}

/// Sends the messages in the threads of a team's matches, until none is due or one fails.
pub async fn run_notices(ctx: &Arc<BotContext>, team: LoadedTeam) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("match_notice", %guild, %channel);
    let kind = DeliveryKind::MatchNotice;
    let delivery = TeamDelivery { ctx, team, kind };
    send_notices(&delivery).instrument(span).await;
}

struct SetupJob<'a> {
    delivery: TeamDelivery<'a>,
    /// Whether this process knows that no thread was requested for the next match: it has matched the
    /// members itself, or it has just finished the match before. Not if it found a thread, because
    /// then the state may be a restored backup.
    is_next_unsent: AtomicBool,
}

impl SetupJob<'_> {
    async fn run(&self) {
        loop {
            let Some(now) = self.delivery.ctx.trusted_now() else {
                return;
            };
            let next = self
                .delivery
                .team
                .read(|team| team.next_match_setup_step(now));
            let result = match next {
                None | Some(MatchSetupStep::Wait(_) | MatchSetupStep::Idle) => return,
                Some(MatchSetupStep::Expire) => {
                    self.update(|team| team.expire_mock_interviews(now)).await
                }
                Some(MatchSetupStep::Begin { day, .. }) => {
                    self.is_next_unsent.store(true, Ordering::Relaxed);
                    self.begin(day, now).await
                }
                Some(MatchSetupStep::CreateThread(number)) => self.create_thread(number).await,
                Some(MatchSetupStep::AddMembers(number)) => self.add_members(number).await,
                Some(MatchSetupStep::SendGuide(number)) => self.send_guide(number).await,
                Some(MatchSetupStep::TellAlone) => self.tell_alone().await,
            };
            match result {
                Ok(()) => self
                    .delivery
                    .ctx
                    .deliveries
                    .end_backoff(self.delivery.key()),
                // No pause: its end would be a time of the wrong clock.
                Err(StepError::WrongClock) => return,
                Err(error) => {
                    let retry_at = self.delivery.delay(&error, now);
                    tracing::warn!(%error, %retry_at, "matching step failed");
                    return;
                }
            }
        }
    }

    async fn update(&self, change: impl FnOnce(&mut Team)) -> Result<(), StepError> {
        self.delivery.update(change).await.map(drop)
    }

    async fn alert(&self, problem: PairProblem<'_>) {
        let problem = PostingProblem::Pairs(problem);
        alerts::alert_admin(self.delivery.ctx, &self.delivery.team, problem).await;
    }

    /// Matches the members. All matches are committed before the first thread is made.
    async fn begin(&self, day: Date, now: Timestamp) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let access = permissions::check_pairs(ctx, team.key()).await?;
        if !access.is_sufficient() {
            tracing::warn!(?access, "matching left out");
            self.update(|team| team.leave_out_matching(day)).await?;
            self.alert(PairProblem::Access(&access)).await;
            return Ok(());
        }
        self.update(|team| {
            team.begin_matching(day, now);
        })
        .await?;
        failpoint::hit("pair.matched");
        let matches = team.read(|team| {
            let matches = team.matches().iter();
            matches.filter(|one| one.day == day).count()
        });
        tracing::info!(matches, "members matched");
        Ok(())
    }

    async fn create_thread(&self, number: u32) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let delivery = team.read(|team| team.pending_thread(number)).flatten();
        let Some(delivery) = delivery else {
            return Ok(());
        };
        let key = self.delivery.key();
        let is_unsent = self.is_next_unsent.swap(false, Ordering::Relaxed);
        if is_unsent && !ctx.deliveries.is_begun(key, &delivery) {
            ctx.deliveries.begin(key, &delivery);
        }
        let request = MatchThreadRequest {
            delivery: &self.delivery,
            number,
            is_found: AtomicBool::new(false),
        };
        let made = self
            .delivery
            .deliver(|team| team.pending_thread(number), &request)
            .await;
        let Err(error) = made else {
            let is_new = !request.is_found.load(Ordering::Relaxed);
            self.is_next_unsent.store(is_new, Ordering::Relaxed);
            return Ok(());
        };
        match &error {
            StepError::Api(refusal) if refusal.code() == Some(TOO_MANY_THREADS) => {
                self.alert(PairProblem::Thread(refusal)).await;
                Err(error)
            }
            StepError::HistoryUnreadable => {
                self.alert(PairProblem::HistoryUnreadable).await;
                Err(error)
            }
            StepError::Api(refusal) if is_refusal(refusal) => {
                tracing::warn!(error = %refusal, "thread of a match refused");
                self.update(Team::abandon_pending_matches).await?;
                self.alert(PairProblem::Thread(refusal)).await;
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// Adds the members to the thread. A member who can't be added is left out of this week.
    async fn add_members(&self, number: u32) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let found = team.read(|team| {
            let one = team.match_by_number(number)?;
            Some((one.thread_id()?, one.members.clone()))
        });
        let Some((thread, members)) = found.flatten() else {
            return Ok(());
        };
        let mut left_out = Vec::new();
        let mut missing_access = None;
        for user in &members {
            let added = self.add_member(thread, *user).await;
            failpoint::hit("pair.added");
            let Err(error) = added else {
                continue;
            };
            match error.code() {
                // The thread was deleted.
                Some(UNKNOWN_CHANNEL) => return self.update(|team| team.fail_match(number)).await,
                Some(code) if UNKNOWN_MEMBER.contains(&code) => {}
                _ if !is_refusal(&error) => return Err(error.into()),
                _ => missing_access = Some(error),
            }
            left_out.push(*user);
        }
        let nobody_added = left_out.len() == members.len();
        if let Some(error) = missing_access.filter(|_| nobody_added) {
            // Not the members' access is missing, but the bot's.
            self.update(|team| team.fail_match(number)).await?;
            self.alert(PairProblem::Thread(&error)).await;
            return Ok(());
        }
        if !left_out.is_empty() {
            tracing::info!(number, members = left_out.len(), "members left out");
        }
        self.update(|team| team.record_members(number, &left_out))
            .await?;
        failpoint::hit("pair.members-saved");
        let guide = team.read(|team| team.pending_notice(number, MatchNotice::Guide));
        if let Some(delivery) = guide.flatten() {
            let key = DeliveryKind::MatchGuide.of(team.key());
            ctx.deliveries.begin(key, &delivery);
        }
        Ok(())
    }

    /// Adds a member, also to a thread that a moderator has archived meanwhile.
    async fn add_member(&self, thread: ChannelId, user: UserId) -> Result<(), ApiError> {
        let rest = &self.delivery.ctx.rest;
        match rest.add_thread_member(thread, user).await {
            Err(error) if error.code() == Some(THREAD_ARCHIVED) => {
                rest.set_thread_archived(thread, false).await?;
                rest.add_thread_member(thread, user).await
            }
            added => added,
        }
    }

    async fn send_guide(&self, number: u32) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let delivery = TeamDelivery {
            ctx,
            team: team.clone(),
            kind: DeliveryKind::MatchGuide,
        };
        let guide = MatchMessage {
            delivery: &delivery,
            number,
            notice: MatchNotice::Guide,
        };
        let Err(error) = guide.deliver().await else {
            return Ok(());
        };
        let StepError::Api(refusal) = &error else {
            return Err(error);
        };
        if !is_refusal(refusal) {
            return Err(error);
        }
        tracing::warn!(error = %refusal, "guide of a match refused");
        self.update(|team| team.fail_match(number)).await?;
        if refusal.code().is_some_and(|code| NO_ACCESS.contains(&code)) {
            self.alert(PairProblem::Thread(refusal)).await;
        }
        Ok(())
    }

    /// Sends a direct message to a member who is alone. It is forgotten before it is sent, so it
    /// comes at most once; `/pair status` says the same.
    async fn tell_alone(&self) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let alone = self.delivery.update(Team::take_alone).await?.flatten();
        failpoint::hit("pair.alone-noted");
        let Some(user) = alone else {
            return Ok(());
        };
        let message = render::alone(team.channel());
        let sent = ctx.rest.send_dm(user, &message, Priority::Background).await;
        if let Err(error) = sent {
            tracing::info!(member = %user, %error, "member could not be messaged");
        }
        Ok(())
    }
}

/// Whether Discord itself refused a request: only it sends these codes. An error without one may be
/// a proxy's.
fn is_refusal(error: &ApiError) -> bool {
    error.code().is_some_and(|code| code > 0)
}

/// The request for the private thread of a match.
struct MatchThreadRequest<'a> {
    delivery: &'a TeamDelivery<'a>,
    number: u32,
    /// Whether the search has found the thread.
    is_found: AtomicBool,
}

impl MatchThreadRequest<'_> {
    /// Returns the label of the guide in a thread; `None` if it has no guide.
    async fn guide_label(&self, thread: ChannelId) -> Result<Option<String>, ApiError> {
        let TeamDelivery { ctx, team, .. } = self.delivery;
        let guild = team.guild().id();
        let mut after = MessageId::new(thread.get());
        loop {
            let page = ctx
                .rest
                .history(guild, thread, after, Priority::Background)
                .await?;
            let own = page
                .iter()
                .filter(|message| Some(message.event.author) == ctx.user_id());
            let mut footers = own.flat_map(|message| &message.footers);
            let guide = footers.find(|footer| footer.starts_with(GUIDE_LABEL));
            if guide.is_some() || page.len() < usize::from(HISTORY_PAGE) {
                return Ok(guide.cloned());
            }
            match page.last() {
                Some(last) => after = last.event.message,
                None => return Ok(None),
            }
        }
    }

    /// Discards threads that a request made twice.
    async fn discard(&self, threads: &[ChannelId]) -> Result<(), ApiError> {
        let recorded = self
            .delivery
            .update(|team| team.discard_match_threads(threads))
            .await;
        if recorded.is_err() {
            return Err(ApiError::Transient("the state could not be saved".into()));
        }
        failpoint::hit("pair.discarded");
        self.remove(threads).await;
        Ok(())
    }

    /// Deletes discarded threads. Without the permission for that they are archived; nobody is in
    /// them.
    async fn remove(&self, threads: &[ChannelId]) {
        let TeamDelivery { ctx, .. } = self.delivery;
        for thread in threads {
            tracing::warn!(%thread, "second thread of a match discarded");
            if ctx.rest.delete_thread(*thread).await.is_err()
                && let Err(error) = ctx.rest.set_thread_archived(*thread, true).await
            {
                tracing::warn!(%thread, %error, "second thread could not be archived");
            }
        }
    }
}

impl Outgoing for MatchThreadRequest<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let TeamDelivery { ctx, team, .. } = self.delivery;
        let read = |team: &Team| team.match_by_number(self.number).map(render::thread_name);
        let name = team.read(read).flatten().ok_or(StepError::Obsolete)?;
        failpoint::hit("pair.thread-sending");
        let made = ctx.rest.create_private_thread(team.channel(), &name).await;
        failpoint::hit("pair.thread-sent");
        Ok(MessageId::new(made?.get()))
    }

    /// Searches for the thread among those that the bot made in the channel since the matching and
    /// that belong to no other match. It never goes by the name, which moderators can change. A
    /// thread with the guide of this match is certainly its own; one with another guide certainly is
    /// not. Of several without a guide the oldest stays.
    async fn search(
        &self,
        ctx: &BotContext,
        team: TeamKey,
        delivery: &Delivery,
    ) -> Result<(SearchResult, Option<HistoryMessage>), ApiError> {
        let (Some(owner), Some(newer_than)) = (ctx.user_id(), delivery.older) else {
            return Err(ApiError::Transient("the session has not begun".into()));
        };
        if !permissions::can_read_history(ctx, team).await? {
            return Ok((SearchResult::Unreadable, None));
        }
        let filter = ThreadFilter {
            guild: team.guild,
            channel: team.channel,
            owner,
            newer_than,
        };
        let listed = ctx.rest.private_threads(filter).await?;
        let known = |team: &Team| {
            let discarded = team.discarded_match_threads().to_vec();
            (team.known_match_threads().collect::<Vec<_>>(), discarded)
        };
        let (known, discarded) = self.delivery.team.read(known).unwrap_or_default();
        // The process may have been killed, or Discord may have failed, after they were recorded.
        let is_left =
            |thread: &&ListedThread| !thread.is_archived && discarded.contains(&thread.id);
        let left: Vec<_> = listed.iter().filter(is_left).map(|one| one.id).collect();
        self.remove(&left).await;
        let threads = listed.iter().map(|one| one.id);
        let threads = threads.filter(|thread| !known.contains(thread));
        let (mut own, mut unguided) = (None, Vec::new());
        for thread in threads {
            match self.guide_label(thread).await? {
                None => unguided.push(thread),
                Some(label) if delivery.label.is_in(&label) => own = own.or(Some(thread)),
                Some(_) => {}
            }
        }
        let found = own.or_else(|| unguided.first().copied());
        self.is_found.store(found.is_some(), Ordering::Relaxed);
        unguided.retain(|thread| Some(*thread) != found);
        if !unguided.is_empty() {
            self.discard(&unguided).await?;
        }
        let result = found.map_or(SearchResult::Absent, |thread| {
            SearchResult::Found(MessageId::new(thread.get()))
        });
        Ok((result, None))
    }

    async fn record(
        &self,
        message: MessageId,
        _found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        let thread = message.thread();
        tracing::info!(%thread, "thread of a match made");
        let number = self.number;
        self.delivery
            .update(|team| team.record_match_thread(number, thread))
            .await?;
        failpoint::hit("pair.thread-saved");
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        let number = self.number;
        self.delivery
            .update(|team| team.abandon_match(number))
            .await
            .map(drop)
    }
}

/// A message in the thread of a match.
struct MatchMessage<'a> {
    delivery: &'a TeamDelivery<'a>,
    number: u32,
    notice: MatchNotice,
}

impl MatchMessage<'_> {
    async fn deliver(&self) -> Result<(), StepError> {
        let pending = |team: &Team| team.pending_notice(self.number, self.notice);
        let delivered = self.delivery.deliver(pending, self).await;
        delivered.map(drop)
    }

    /// Returns the message.
    fn render(&self, one: &Match) -> Message {
        let channel = self.delivery.team.channel();
        match self.notice {
            MatchNotice::Guide => render::guide(channel, one).notify_users(&one.members),
            MatchNotice::Result { phase } => render::result_ready(channel, one, phase),
            MatchNotice::Check => render::check(channel, one).notify_users(&one.members),
        }
    }
}

impl Outgoing for MatchMessage<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let TeamDelivery { ctx, team, .. } = self.delivery;
        let rendered = team.read(|team| {
            let delivery = team.pending_notice(self.number, self.notice)?;
            let message = self.render(team.match_by_number(self.number)?);
            Some((delivery.place, message.nonce(&delivery.nonce?)))
        });
        let (thread, message) = rendered.flatten().ok_or(StepError::Obsolete)?;
        failpoint::hit("pair.notice-sending");
        let sent = ctx
            .rest
            .send_message_with(Priority::Background, thread, &message)
            .await;
        failpoint::hit("pair.notice-sent");
        Ok(sent?)
    }

    async fn record(
        &self,
        message: MessageId,
        _found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        tracing::info!(message_id = %message, notice = ?self.notice, "match notice sent");
        let (number, notice) = (self.number, self.notice);
        self.delivery
            .update(|team| team.record_notice(number, notice, message))
            .await?;
        failpoint::hit("pair.notice-saved");
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        let (number, notice) = (self.number, self.notice);
        self.delivery
            .update(|team| team.abandon_notice(number, notice))
            .await
            .map(drop)
    }
}

async fn send_notices(delivery: &TeamDelivery<'_>) {
    loop {
        let Some(now) = delivery.ctx.trusted_now() else {
            return;
        };
        let next = delivery.team.read(|team| team.next_notice_step(now));
        let result = match next {
            None | Some(NoticeStep::Wait(_) | NoticeStep::Idle) => return,
            Some(NoticeStep::BeginCheck(number)) => begin_check(delivery, number, now).await,
            Some(NoticeStep::Deliver(number, notice)) => {
                send_notice(delivery, number, notice).await
            }
        };
        match result {
            Ok(()) => {}
            Err(StepError::WrongClock) => return,
            Err(error) => {
                let retry_at = delivery.delay(&error, now);
                tracing::warn!(%error, %retry_at, "match notice failed");
                return;
            }
        }
    }
}

async fn begin_check(
    delivery: &TeamDelivery<'_>,
    number: u32,
    now: Timestamp,
) -> Result<(), StepError> {
    let begin = |team: &mut Team| {
        team.begin_check(number, now);
        if let Some(intended) = team.pending_notice(number, MatchNotice::Check) {
            delivery.begin(&intended);
        }
    };
    delivery.update(begin).await?;
    failpoint::hit("pair.check-intended");
    Ok(())
}

/// Sends a message. One that Discord refuses is given up: the thread was deleted or locked, or the
/// bot may not write in it any more. `/pair status` has the results as well.
async fn send_notice(
    delivery: &TeamDelivery<'_>,
    number: u32,
    notice: MatchNotice,
) -> Result<(), StepError> {
    let message = MatchMessage {
        delivery,
        number,
        notice,
    };
    let Err(error) = message.deliver().await else {
        return Ok(());
    };
    let StepError::Api(refusal) = &error else {
        return Err(error);
    };
    if !is_refusal(refusal) {
        return Err(error);
    }
    tracing::warn!(error = %refusal, "match notice refused");
    let is_deleted = refusal.code() == Some(UNKNOWN_CHANNEL);
    delivery
        .update(|team| {
            team.abandon_notice(number, notice);
            let thread = team.match_by_number(number).and_then(Match::thread_id);
            if let Some(thread) = thread.filter(|_| is_deleted) {
                team.end_match_of_thread(thread);
            }
        })
        .await
        .map(drop)
}
