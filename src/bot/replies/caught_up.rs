//! Tracks up to which message of each team nothing was missed, so that a new session reads only
//! what can have been missed.
//!
//! Positions are recorded from the end of a backfill that has read a team's whole history until the
//! next sign of a gap. Meanwhile every message is received or was read. Once a minute its newest
//! message of a minute before is recorded as its position ([`Team::caught_up_to`]), unless a message is still
//! being handled. Example:
//!
//! 1. 10:00:00: A reply with id 7 is received. It is counted and saved, and waits for its ✅.
//! 2. 10:00:30: The check does nothing, because the reply is still being handled. If the process
//!    crashes now, the next session finds that message 7 is newer than the position, reads the
//!    thread and adds the ✅.
//! 3. 10:01:30: The ✅ was added. The check notes 7. It waits another minute, because a message
//!    from just before 7 may arrive late.
//! 4. 10:02:30: 7 is recorded. A new session reads the thread only if it has a message after 7.
//!
//! [`Team::caught_up_to`]: quizloop_core::team::Team::caught_up_to

use std::sync::{Arc, Weak};

use dashmap::DashMap;
use jiff::SignedDuration;

use super::history_range::newest_named;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::GuildActivity;
use crate::bot::scheduler::backoff::is_over;
use quizloop_core::id::{ChannelId, GuildId, MessageId, TeamKey};
use quizloop_core::team::Team;
use quizloop_store::{GuildView, Store};

/// How often positions are checked. Longer than messages of the same moment take to arrive.
const CHECK_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// After how many checks a position is recorded although new messages keep arriving. Each record
/// saves the guild.
const CHECKS_WHILE_BUSY: u32 = 10;

/// How often the position of a shard is stored. It only decides whether archived threads are read.
const SHARD_RECORD_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Stands for no message: smaller than all ids.
const NO_MESSAGE: MessageId = MessageId::new(0);

/// Exists for as long as a message is being handled.
pub type InProgress = Arc<()>;

/// Up to which message nothing was missed.
#[derive(Debug, Default)]
pub struct CaughtUp {
    /// A list for each guild, because most guilds have one team.
    teams: DashMap<GuildId, Vec<(ChannelId, TrackedTeam)>>,
    shards: DashMap<u32, TrackedShard>,
}

/// A team and its newest message.
#[derive(Debug)]
pub struct TrackedTeam {
    /// Whether its history was read, and no gap was noticed since. Messages that arrive meanwhile
    /// are noted before.
    is_gapless: bool,
    /// The newest message that was received or read.
    newest: MessageId,
    at_last_check: MessageId,
    recorded: MessageId,
    checks_since_recorded: u32,
    /// Alive while a message from the gateway is being handled.
    in_progress: Weak<()>,
    /// Alive while a message from the history is being handled.
    backfill: Weak<()>,
}

impl TrackedTeam {
    /// Creates the entry of a team whose history was read up to the newest message that Discord
    /// named. Messages that are still being handled keep `in_progress` alive.
    pub fn new(team: &Team, activity: Option<&GuildActivity>, in_progress: &InProgress) -> Self {
        let named = activity.and_then(|activity| newest_named(team, activity));
        let posted = team.open_round().and_then(|round| round.message);
        let newest = team.caught_up_to.max(named).max(posted);
        Self {
            is_gapless: true,
            newest: newest.unwrap_or(NO_MESSAGE),
            recorded: team.caught_up_to.unwrap_or(NO_MESSAGE),
            backfill: Arc::downgrade(in_progress),
            ..Self::unread()
        }
    }

    /// Creates the entry of a team whose history was not read yet.
    const fn unread() -> Self {
        Self {
            is_gapless: false,
            newest: NO_MESSAGE,
            at_last_check: NO_MESSAGE,
            recorded: NO_MESSAGE,
            checks_since_recorded: 0,
            in_progress: Weak::new(),
            backfill: Weak::new(),
        }
    }

    /// Records that a message was received or read.
    pub fn add(&mut self, message: MessageId) {
        self.newest = self.newest.max(message);
    }

    /// Returns the position to record, if it is time.
    fn check(&mut self) -> Option<MessageId> {
        if !self.is_gapless {
            return None;
        }
        let position = std::mem::replace(&mut self.at_last_check, self.newest);
        if position <= self.recorded {
            return None;
        }
        self.checks_since_recorded = self.checks_since_recorded.saturating_add(1);
        let is_busy = position < self.newest && self.checks_since_recorded < CHECKS_WHILE_BUSY;
        let in_progress = self.in_progress.strong_count() + self.backfill.strong_count();
        if is_busy || in_progress > 0 {
            return None;
        }
        self.recorded = position;
        self.checks_since_recorded = 0;
        Some(position)
    }
}

/// A shard whose guilds' history was read.
#[derive(Debug, Default)]
struct TrackedShard {
    /// The newest message that its current session has received.
    newest: Option<MessageId>,
    at_last_check: Option<MessageId>,
    /// Nothing up to this message was missed in any of its guilds.
    covered_up_to: Option<MessageId>,
    stored: Option<MessageId>,
}

impl CaughtUp {
    /// Tracks a team whose history was read from now on.
    pub fn track(&self, key: TeamKey, read: TrackedTeam) {
        self.with_team(key, |team| {
            let newest = team.newest.max(read.newest);
            let in_progress = std::mem::take(&mut team.in_progress);
            *team = TrackedTeam {
                newest,
                in_progress,
                ..read
            };
        });
    }

    /// Stops recording positions of all teams of a guild: there may be a gap.
    pub fn forget_guild(&self, guild: GuildId) {
        if let Some(mut teams) = self.teams.get_mut(&guild) {
            for (_, team) in teams.iter_mut() {
                team.is_gapless = false;
            }
        }
    }

    /// Stops recording positions of a team: there may be a gap.
    pub fn forget_team(&self, key: TeamKey) {
        self.with_team(key, |team| team.is_gapless = false);
    }

    fn is_gapless(&self, key: TeamKey) -> bool {
        self.with_team(key, |team| team.is_gapless)
    }

    /// Begins to handle a message of a team. No position is recorded until the result is dropped.
    pub fn begin(&self, key: TeamKey) -> InProgress {
        self.with_team(key, |team| {
            team.in_progress.upgrade().unwrap_or_else(|| {
                let new = InProgress::default();
                team.in_progress = Arc::downgrade(&new);
                new
            })
        })
    }

    /// Records that a message was received and handled.
    pub fn received(&self, key: TeamKey, message: MessageId) {
        self.with_team(key, |team| team.add(message));
    }

    fn with_team<R>(&self, key: TeamKey, f: impl FnOnce(&mut TrackedTeam) -> R) -> R {
        let mut teams = self.teams.entry(key.guild).or_default();
        let index = teams
            .iter()
            .position(|(channel, _)| *channel == key.channel);
        let index = index.unwrap_or_else(|| {
            teams.push((key.channel, TrackedTeam::unread()));
            teams.len() - 1
        });
        f(&mut teams[index].1)
    }

    /// Returns the positions to record.
    fn check(&self) -> Vec<(TeamKey, MessageId)> {
        let mut positions = Vec::new();
        for mut entry in self.teams.iter_mut() {
            let guild = *entry.key();
            for (channel, team) in entry.iter_mut() {
                let key = TeamKey {
                    guild,
                    channel: *channel,
                };
                positions.extend(team.check().map(|position| (key, position)));
            }
        }
        positions
    }

    /// Begins a session of a shard.
    pub fn begin_session(&self, store: &Store, shard: u32, total: u32) {
        let mut tracked = self.shards.entry(shard).or_default();
        tracked.newest = None;
        tracked.at_last_check = None;
        if tracked.covered_up_to.is_none() {
            let stored = store.metadata(&metadata_name(shard, total));
            let stored = stored.and_then(|text| text.parse().ok());
            tracked.covered_up_to = stored;
            tracked.stored = stored;
        }
    }

    /// Returns up to which message no team of a shard can have missed anything.
    pub fn covered_up_to(&self, shard: u32) -> Option<MessageId> {
        self.shards.get(&shard)?.covered_up_to
    }

    /// Records that a shard has received a message.
    pub fn received_on_shard(&self, shard: u32, message: MessageId) {
        let mut tracked = self.shards.entry(shard).or_default();
        tracked.newest = tracked.newest.max(Some(message));
    }

    /// Advances the positions of shards. Called only while no backfill is due or in progress.
    fn check_shards(&self, store: &Store, total: u32) {
        for mut entry in self.shards.iter_mut() {
            let (shard, tracked) = entry.pair_mut();
            let position = std::mem::replace(&mut tracked.at_last_check, tracked.newest);
            tracked.covered_up_to = tracked.covered_up_to.max(position);
            let Some(covered) = tracked.covered_up_to else {
                continue;
            };
            let is_due = tracked.stored.is_none_or(|stored| {
                covered.time().duration_since(stored.time()) >= SHARD_RECORD_INTERVAL
            });
            if is_due {
                tracked.stored = Some(covered);
                let name = metadata_name(*shard, total);
                store.set_metadata(&name, &covered.to_string());
            }
        }
    }
}

fn metadata_name(shard: u32, total: u32) -> String {
    format!("covered-{shard}-of-{total}")
}

/// Records positions until the task is dropped.
pub async fn run(ctx: Arc<BotContext>, total: u32) {
    let mut due = ctx.clock.now() + CHECK_INTERVAL;
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        if !is_over(due, now) {
            ctx.clock.wait_until(Some(due), seq).await;
            continue;
        }
        due = now + CHECK_INTERVAL;
        for (key, position) in ctx.backfill.caught_up.check() {
            record(&ctx, key, position);
        }
        if ctx.backfill.is_idle() {
            ctx.backfill.caught_up.check_shards(&ctx.store, total);
        }
    }
}

/// Records a position, unless the guild was evicted meanwhile: it is not loaded for this, and its
/// history is read at the next session.
fn record(ctx: &BotContext, key: TeamKey, position: MessageId) {
    if ctx.reaction_backoff.contains_key(&key) {
        // A ✅ was refused. It is added when the history is read again.
        ctx.backfill.caught_up.forget_team(key);
        return;
    }
    let is_new = ctx.store.view(key.guild, |view| match view {
        GuildView::Loaded(guild) => guild
            .team(key.channel)
            .is_some_and(|team| team.can_be_caught_up(position)),
        GuildView::Summary(_) => false,
    });
    if is_new != Some(true) {
        return;
    }
    ctx.store.update_in_memory(key.guild, |guild| {
        // A gap may have been noticed since the check.
        let Some(team) = guild
            .team_mut(key.channel)
            .filter(|_| ctx.backfill.caught_up.is_gapless(key))
        else {
            return;
        };
        team.record_caught_up(position);
        let newest = team.rounds().last();
        if newest.is_some_and(|round| round.thread_id().is_some()) {
            // When a round without a thread closes, its channel is read again as a thread would be.
            team.record_read_up_to(None, position);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use quizloop_core::team_settings::TeamSettings;

    const KEY: TeamKey = TeamKey {
        guild: GuildId::new(1),
        channel: ChannelId::new(5),
    };

    fn tracked() -> CaughtUp {
        let team = Team::new(KEY.channel, TeamSettings::default(), Timestamp::UNIX_EPOCH);
        let caught_up = CaughtUp::default();
        caught_up.track(KEY, TrackedTeam::new(&team, None, &InProgress::default()));
        caught_up
    }

    fn check(caught_up: &CaughtUp) -> Option<u64> {
        let positions = caught_up.check();
        assert!(positions.iter().all(|(key, _)| *key == KEY));
        positions.first().map(|(_, position)| position.get())
    }

    fn receive(caught_up: &CaughtUp, message: u64) {
        caught_up.received(KEY, MessageId::new(message));
    }

    #[test]
    fn a_position_is_recorded_a_minute_after_the_last_message() {
        let caught_up = tracked();
        assert_eq!(check(&caught_up), None);
        receive(&caught_up, 7);
        receive(&caught_up, 6);
        assert_eq!([check(&caught_up), check(&caught_up)], [None, Some(7)]);
        assert_eq!([check(&caught_up), check(&caught_up)], [None, None], "once");
        receive(&caught_up, 8);
        assert_eq!(check(&caught_up), None);
        receive(&caught_up, 9);
        assert_eq!([check(&caught_up), check(&caught_up)], [None, Some(9)]);
    }

    #[test]
    fn a_busy_channel_is_recorded_now_and_then() {
        let caught_up = tracked();
        let recorded: Vec<_> = (1..=40)
            .filter_map(|message| {
                receive(&caught_up, message);
                check(&caught_up)
            })
            .collect();
        assert_eq!(recorded, [10, 20, 30]);
    }

    #[test]
    fn nothing_is_recorded_while_a_message_is_being_handled() {
        let caught_up = tracked();
        let first = caught_up.begin(KEY);
        let second = caught_up.begin(KEY);
        receive(&caught_up, 7);
        drop(first);
        let checks = |caught_up: &CaughtUp| [0; 3].map(|_| check(caught_up));
        assert_eq!(checks(&caught_up), [None; 3]);
        drop(second);
        assert_eq!(check(&caught_up), Some(7));
    }

    #[test]
    fn nothing_is_recorded_after_a_sign_of_a_gap() {
        let caught_up = tracked();
        receive(&caught_up, 7);
        assert_eq!(check(&caught_up), None);
        caught_up.forget_team(KEY);
        receive(&caught_up, 8);
        assert_eq!([check(&caught_up), check(&caught_up)], [None, None]);
        assert!(!caught_up.is_gapless(KEY));
    }

    /// A message that arrives while the history is read, such as the one with which Discord begins
    /// a thread, counts once it was read. Its ✅ is waited for.
    #[test]
    fn messages_during_a_backfill_count_after_it() {
        let caught_up = tracked();
        caught_up.forget_guild(KEY.guild);
        let handling = caught_up.begin(KEY);
        receive(&caught_up, 7);
        let (reading, team) = (
            InProgress::default(),
            Team::new(KEY.channel, TeamSettings::default(), Timestamp::UNIX_EPOCH),
        );
        caught_up.track(KEY, TrackedTeam::new(&team, None, &reading));
        assert_eq!([check(&caught_up), check(&caught_up)], [None, None]);
        drop(handling);
        assert_eq!(check(&caught_up), None, "the history");
        drop(reading);
        assert_eq!(check(&caught_up), Some(7));
    }
}
