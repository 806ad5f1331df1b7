//! Which parts of a team's history can contain missed messages.
//!
//! When a session begins, Discord names the newest message of each channel and of each active
//! thread. Where it is not newer than what the bot has received or read, nothing was missed and
//! nothing is read. Threads that Discord has archived meanwhile are not named. They are read if
//! the bot may have been away for as long as Discord waits before it archives one, or if they were
//! archived too early, which only a moderator does.

use jiff::{SignedDuration, Timestamp};

use crate::bot::gateway::event::GuildActivity;
use quizloop_core::data_deletion::BACKFILL_ROUNDS;
use quizloop_core::id::{ChannelId, MessageId, snowflake_at};
use quizloop_core::team::Team;

/// How long before the last counted message a backfill starts, because messages of the same moment
/// may arrive in any order.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);

/// How long after the last message Discord archives a round's thread, minus an hour. The bot asks
/// for a day (`ARCHIVE_MINUTES` in `scheduler/post.rs`).
const ARCHIVED_AFTER: SignedDuration = SignedDuration::from_hours(23);

/// A history to read: a round's thread, or the channel with direct replies to the questions.
#[derive(Debug, Clone, Copy)]
pub struct HistoryRange {
    /// Number of the round whose thread it is; `None` for the channel.
    pub thread_round: Option<u32>,
    pub channel: ChannelId,
    pub after: MessageId,
    /// Whether the bot knows a message in the range. If the history is empty nevertheless, either
    /// that message was deleted, or the bot lacks Read Message History: Discord then returns an
    /// empty page instead of an error.
    pub has_known_message: bool,
    read_up_to: Option<MessageId>,
    /// The newest known message of the round's thread. Others before it may be unknown.
    newest_known: MessageId,
}

/// What is known when a guild becomes available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    pub activity: GuildActivity,
    /// All messages up to this one have been received or read, apart from those that a team's own
    /// position leaves out.
    pub covered_up_to: Option<MessageId>,
    /// When the guild became available, by Discord's clock.
    pub at: Timestamp,
}

/// Returns the history that a backfill of a team reads.
pub fn history_ranges(team: &Team) -> Vec<HistoryRange> {
    let newest: Vec<_> = team.posted_rounds().rev().take(BACKFILL_ROUNDS).collect();
    let before = |message: MessageId| MessageId::new(snowflake_at(message.time() - OVERLAP));
    let range = |thread_round, channel, posted: MessageId, read_up_to: Option<MessageId>| {
        let after = read_up_to.map_or(posted, before).max(posted);
        HistoryRange {
            thread_round,
            channel,
            after,
            has_known_message: read_up_to > Some(after),
            read_up_to,
            newest_known: read_up_to.map_or(posted, |read| read.max(posted)),
        }
    };
    let threads = newest.iter().filter_map(|round| {
        let thread = round.thread_id()?;
        let number = Some(round.number);
        let mut thread = range(number, thread, round.message?, round.read_up_to);
        if let Some(newest) = round.window.replies.values().max() {
            thread.has_known_message |= *newest > thread.after;
            thread.newest_known = thread.newest_known.max(*newest);
        }
        Some(thread)
    });
    let channel = newest.last().and_then(|oldest| {
        let mut channel = range(None, team.channel, oldest.message?, team.read_up_to);
        channel.has_known_message |= newest[0].message > Some(channel.after);
        Some(channel)
    });
    threads.chain(channel).collect()
}

/// Returns the history of a team that can contain missed messages.
pub fn unread_ranges(team: &Team, available: &Availability) -> Vec<HistoryRange> {
    let mut ranges = history_ranges(team);
    let Some(caught_up_to) = team.caught_up_to else {
        return ranges;
    };
    ranges.retain_mut(|range| {
        let newest = newest_in(range, &available.activity);
        let known = range.read_up_to.max(Some(caught_up_to));
        if let Newest::Message(newest) = newest {
            range.has_known_message |= newest > range.after;
        }
        match newest {
            Newest::Message(newest) => Some(newest) > known,
            Newest::Unknown => true,
            Newest::Archived => {
                let covered = available.covered_up_to.max(Some(caught_up_to));
                let passed = |since: MessageId| available.at.duration_since(since.time());
                let may_be_archived_since =
                    covered.is_none_or(|since| passed(since) >= ARCHIVED_AFTER);
                let is_archived_early = passed(range.newest_known) < ARCHIVED_AFTER;
                may_be_archived_since || is_archived_early
            }
        }
    });
    ranges
}

/// What Discord says of a channel or thread.
enum Newest {
    Message(MessageId),
    Unknown,
    /// A thread that is not active: archived, deleted or hidden.
    Archived,
}

fn newest_in(range: &HistoryRange, activity: &GuildActivity) -> Newest {
    let named = match (range.thread_round, &activity.threads) {
        (None, _) => activity.channels.get(&range.channel).copied().flatten(),
        (Some(_), None) => None,
        (Some(_), Some(threads)) => match threads.get(&range.channel) {
            None => return Newest::Archived,
            Some(newest) => *newest,
        },
    };
    named.map_or(Newest::Unknown, Newest::Message)
}

/// Returns the newest message that Discord named in a team's channel and its rounds' threads.
pub fn newest_named(team: &Team, activity: &GuildActivity) -> Option<MessageId> {
    let ranges = history_ranges(team);
    let named = ranges
        .iter()
        .filter_map(|range| match newest_in(range, activity) {
            Newest::Message(newest) => Some(newest),
            Newest::Unknown | Newest::Archived => None,
        });
    named.max()
}

/// Returns the newest message that is known of a recent round's thread; the round's own message if
/// there is none.
pub fn newest_known(team: &Team, thread: ChannelId) -> Option<MessageId> {
    let ranges = history_ranges(team);
    let mut threads = ranges.iter().filter(|range| range.thread_round.is_some());
    let range = threads.find(|range| range.channel == thread)?;
    Some(range.newest_known)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use quizloop_core::id::UserId;
    use quizloop_core::round::ThreadStatus;
    use quizloop_core::team_settings::TeamSettings;

    const CHANNEL: ChannelId = ChannelId::new(5);

    /// Returns a time in hours after noon of the first day.
    fn at(hours: i64) -> Timestamp {
        let start: Timestamp = "2026-03-23T12:00:00Z".parse().unwrap();
        start + SignedDuration::from_hours(hours)
    }

    fn message(hours: i64) -> MessageId {
        MessageId::new(snowflake_at(at(hours)))
    }

    /// A team that posted a question at noon of each of four days, each with a reply an hour later.
    fn team() -> Team {
        let mut team = Team::new(CHANNEL, TeamSettings::default(), at(-1));
        let mut rng = StdRng::seed_from_u64(1);
        for day in 0..4 {
            let posted = message(24 * day);
            let date = at(24 * day)
                .to_zoned_datetime(jiff::tz::TimeZone::UTC)
                .date();
            team.begin_round(date, at(24 * day), &["a", "b"], &mut rng)
                .unwrap();
            assert!(team.record_post(posted));
            team.record_thread(posted, ThreadStatus::Created);
            team.count_reply(posted, UserId::new(1), message(24 * day + 1));
        }
        team
    }

    /// The hours at which the round's threads that are read began; `None` for the channel.
    fn read(team: &Team, available: &Availability) -> Vec<Option<i64>> {
        let hours = |range: &HistoryRange| {
            range.thread_round?;
            let begun = range.channel.starter_message().time();
            Some(begun.duration_since(at(0)).as_hours())
        };
        unread_ranges(team, available).iter().map(hours).collect()
    }

    /// The newest messages in the threads of the last two days, in hours, and in the channel.
    fn available(threads: &[(i64, i64)], channel: i64, now: i64) -> Availability {
        let named =
            |(thread, newest): &(i64, i64)| (message(*thread).thread(), Some(message(*newest)));
        Availability {
            activity: GuildActivity {
                channels: [(CHANNEL, Some(message(channel)))].into(),
                threads: Some(threads.iter().map(named).collect()),
            },
            covered_up_to: None,
            at: at(now),
        }
    }

    #[test]
    fn only_what_is_newer_than_the_position_is_read() {
        let mut team = team();
        let all = [Some(72), Some(48), Some(24), None];
        let quiet = available(&[(72, 73), (48, 49)], 72, 80);
        assert_eq!(read(&team, &quiet), all, "the position is unknown");
        team.record_caught_up(message(73));
        assert_eq!(read(&team, &quiet), []);
        assert_eq!(
            read(&team, &available(&[(72, 74), (48, 49)], 72, 80)),
            [Some(72)]
        );
        assert_eq!(
            read(&team, &available(&[(72, 73), (48, 76)], 75, 80)),
            [Some(48), None]
        );
        // A thread that was read further than the others.
        team.record_read_up_to(Some(3), message(76));
        assert_eq!(read(&team, &available(&[(72, 73), (48, 76)], 72, 80)), []);
        team.record_caught_up(message(60));
        assert_eq!(team.caught_up_to, Some(message(73)), "never set back");
        team.record_caught_up(message(77));
        assert_eq!(read(&team, &available(&[(72, 77), (48, 76)], 77, 80)), []);
    }

    #[test]
    fn what_discord_does_not_say_is_read() {
        let mut team = team();
        team.record_caught_up(message(73));
        let mut unsaid = available(&[(72, 73), (48, 49)], 72, 80);
        unsaid.activity.threads = None;
        assert_eq!(read(&team, &unsaid), [Some(72), Some(48), Some(24)]);
        let mut unsaid = available(&[(72, 73), (48, 49)], 72, 80);
        unsaid.activity.channels.insert(CHANNEL, None);
        assert_eq!(read(&team, &unsaid), [None]);
        unsaid.activity.channels.clear();
        let threads = unsaid.activity.threads.as_mut().unwrap();
        threads.insert(message(72).thread(), None);
        assert_eq!(read(&team, &unsaid), [Some(72), None]);
    }

    #[test]
    fn archived_threads_are_read_after_a_long_absence_or_if_archived_early() {
        let mut team = team();
        team.record_caught_up(message(73));
        // The replies came at 25, 49 and 73 hours.
        assert_eq!(read(&team, &available(&[(72, 73)], 72, 80)), []);
        assert_eq!(read(&team, &available(&[], 72, 80)), [Some(72)], "by hand");
        let mut weekend = available(&[], 72, 130);
        assert_eq!(read(&team, &weekend), [Some(72), Some(48), Some(24)]);
        weekend.covered_up_to = Some(message(129));
        assert_eq!(read(&team, &weekend), [], "the bot was not away for long");
        weekend.covered_up_to = Some(message(100));
        assert_eq!(read(&team, &weekend), [Some(72), Some(48), Some(24)]);
    }

    /// The new question's message, and the last replies to the one before, may not have been read.
    #[test]
    fn a_new_question_makes_the_position_unknown() {
        let mut team = team();
        team.record_caught_up(message(73));
        let mut rng = StdRng::seed_from_u64(1);
        let date = at(96).to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        team.begin_round(date, at(96), &["a", "b"], &mut rng)
            .unwrap();
        assert!(team.record_post(message(96)));
        assert_eq!(team.caught_up_to, None);
        team.record_caught_up(message(95));
        assert_eq!(team.caught_up_to, None, "from before the post");
        let quiet = available(&[(72, 73)], 96, 97);
        assert_eq!(read(&team, &quiet), [Some(72), Some(48), None]);
    }

    /// Names what Discord said, also of what need not be read.
    #[test]
    fn the_newest_named_message_is_the_next_position() {
        let team = team();
        let said = available(&[(72, 73), (48, 79)], 72, 80);
        assert_eq!(newest_named(&team, &said.activity), Some(message(79)));
        assert_eq!(newest_known(&team, message(72).thread()), Some(message(73)));
        assert_eq!(newest_known(&team, message(0).thread()), None, "too old");
    }
}
