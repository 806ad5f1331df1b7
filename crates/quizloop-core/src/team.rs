//! A team: one channel with its schedule, rounds and members.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::deck::Deck;
use super::id::{ChannelId, GuildId, MessageId, UserId};
use super::ledger::Ledger;
use super::mock_interview::MockInterviews;
use super::reminders::Reminder;
use super::round::Round;
use super::schedule::{Due, Pause, ScheduleOverrides};
use super::streak::{Streak, streak};
pub use super::team_settings::{Reveal, TeamSettings};
use super::weekly_report::WeeklyReport;

/// How many days the date in one zone can be ahead of the date in another (UTC+14 and UTC−12), so how
/// far a change of zone can move [`Team::last_day`] into the future.
const MAX_DAYS_AHEAD: i64 = 2;

/// A team that the operator's config file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredTeam {
    pub guild: GuildId,
    pub channel: ChannelId,
    pub settings: TeamSettings,
}

/// A failure that prevents a team's questions or wrap-ups, of which its admin was notified once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostingFailure {
    pub since: Timestamp,
    /// The problem and how to fix it, as a sentence for the admin.
    #[serde(rename = "what")]
    pub message: String,
}

/// A team of a guild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// The channel in which the team posts.
    pub channel: ChannelId,
    pub settings: TeamSettings,
    /// Whether the operator's configuration file defines this team. Commands cannot change it then.
    #[serde(default)]
    pub managed: bool,
    /// The admin who set the team up. The bot notifies them of failures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_by: Option<UserId>,
    /// Questions that were due before this time are not posted.
    pub since: Timestamp,
    /// The last day with a question, posted or abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
    /// A pause in questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// A day that an admin chose to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Date>,
    /// The channel has been read without a gap up to this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "read_to")]
    pub read_up_to: Option<MessageId>,
    /// No message up to this one was missed in the channel and its threads, and each reply among
    /// them has its ✅ or can't get one. `None` while that is unknown: from a post until the history
    /// was read after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caught_up_to: Option<MessageId>,
    /// The current failure, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "trouble")]
    pub posting_failure: Option<PostingFailure>,
    /// Why the newest wrap-up was refused. It does not prevent questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_failure: Option<PostingFailure>,
    /// Since when the bot lacks the permission to read the channel's history, so that replies from
    /// while it was offline are not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_unreadable_since: Option<Timestamp>,
    /// The next question, if an admin chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    pub(super) deck: Deck,
    pub(super) rounds: Vec<Round>,
    pub(super) members: BTreeMap<UserId, Ledger>,
    /// Members whose data was deleted, and when. Their earlier messages do not count. An entry is
    /// kept as long as the bot may read such a message again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "forgotten")]
    pub(super) deleted_members: BTreeMap<UserId, Timestamp>,
    /// Reminders by member.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) reminders: BTreeMap<UserId, Reminder>,
    /// The newest weekly report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "week")]
    pub(super) weekly_report: Option<WeeklyReport>,
    /// Boxed, because few teams have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "pairs")]
    pub(super) mock_interviews: Option<Box<MockInterviews>>,
}

/// Why the rounds and ledgers of a team are inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TeamCheckError {
    #[error("expected round {expected}, found round {found}")]
    RoundNumber { expected: usize, found: u32 },
    #[error("round {0} has no message")]
    NoMessage(u32),
    #[error("the rounds' messages are out of order")]
    MessageOrder,
    #[error("member {0} has results in rounds that don't exist")]
    ResultWithoutRound(UserId),
}

impl Team {
    /// Creates a team without rounds. Its first question is the first that is due after `now`.
    pub fn new(channel: ChannelId, settings: TeamSettings, now: Timestamp) -> Self {
        Self {
            channel,
            settings,
            managed: false,
            set_up_by: None,
            since: now,
            last_day: None,
            pause: None,
            skip: None,
            read_up_to: None,
            caught_up_to: None,
            posting_failure: None,
            wrap_up_failure: None,
            history_unreadable_since: None,
            chosen: None,
            deck: Deck::default(),
            rounds: Vec::new(),
            members: BTreeMap::new(),
            deleted_members: BTreeMap::new(),
            reminders: BTreeMap::new(),
            weekly_report: None,
            mock_interviews: None,
        }
    }

    /// Returns all rounds, oldest first. The last one may be an intent without a message.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// Returns the round with that number.
    pub fn round(&self, number: u32) -> Option<&Round> {
        self.rounds.get(round_index(number)?)
    }

    pub(super) fn round_mut(&mut self, number: u32) -> Option<&mut Round> {
        self.rounds.get_mut(round_index(number)?)
    }

    /// Returns the open round: the newest one that was posted.
    pub fn open_round(&self) -> Option<&Round> {
        self.posted_rounds().next_back()
    }

    /// Returns the rounds that were posted, oldest first.
    pub fn posted_rounds(&self) -> impl DoubleEndedIterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.message.is_some())
    }

    /// Returns the round that was posted with that message. The round's thread has the same id.
    pub fn round_by_message(&self, message: MessageId) -> Option<&Round> {
        // Message ids increase from round to round; an intent has no message and comes last.
        let sort_key = |round: &Round| (round.message.is_none(), round.message);
        let key = (false, Some(message));
        let index = self.rounds.binary_search_by_key(&key, sort_key).ok()?;
        self.rounds.get(index)
    }

    /// Returns when the window of a round closed: when the next round opened.
    pub(crate) fn closed_at(&self, number: u32) -> Option<Timestamp> {
        self.round(number.checked_add(1)?)?.opened_at()
    }

    /// Returns a member's ledger; an empty one if the member never took part.
    pub fn ledger(&self, user: UserId) -> Ledger {
        self.members.get(&user).cloned().unwrap_or_default()
    }

    /// Returns a member's streak.
    pub fn streak(&self, user: UserId) -> Streak {
        self.members
            .get(&user)
            .map(|ledger| streak(ledger, &self.rounds))
            .unwrap_or_default()
    }

    /// Returns all participants with their ledgers.
    pub fn members(&self) -> impl Iterator<Item = (UserId, &Ledger)> {
        self.members.iter().map(|(user, ledger)| (*user, ledger))
    }

    /// Returns how many members replied to a round, in time or late.
    pub fn reply_count(&self, number: u32) -> usize {
        self.members
            .values()
            .filter(|ledger| ledger.result(number).replied())
            .count()
    }

    /// Returns the last day that the schedule is done with, posted or abandoned. A day that is too
    /// far ahead of today was recorded while the machine's clock was wrong, and is ignored: otherwise
    /// the team would be silent until then.
    pub(super) fn done_up_to(&self, today: Date) -> Option<Date> {
        let plausible = today.saturating_add(MAX_DAYS_AHEAD.days());
        self.last_day.filter(|last| *last <= plausible)
    }

    /// Returns the team's exceptions to its schedule as of `now`.
    pub(crate) fn schedule_overrides(&self, now: Timestamp) -> ScheduleOverrides {
        ScheduleOverrides {
            since: self.since,
            last_day: self.done_up_to(self.settings.schedule.zone.date(now)),
            pause: self.pause,
            skip: self.skip,
        }
    }

    /// Returns when the next question is due.
    pub fn due(&self, now: Timestamp) -> Due {
        self.settings
            .schedule
            .due(now, &self.schedule_overrides(now))
    }

    /// Returns the next `count` due times; the first is `now` if a question is due.
    pub fn next_post_times(&self, now: Timestamp, count: usize) -> Vec<Timestamp> {
        let overrides = self.schedule_overrides(now);
        let overdue = match self.due(now) {
            Due::Now { .. } => Some(now),
            Due::Later { .. } | Due::Never => None,
        };
        let later = self
            .settings
            .schedule
            .upcoming(now, &overrides)
            .map(|(_, at)| at);
        overdue.into_iter().chain(later).take(count).collect()
    }

    /// Checks that rounds and ledgers are consistent.
    pub(super) fn check(&self) -> Result<(), TeamCheckError> {
        for (index, round) in self.rounds.iter().enumerate() {
            if round_index(round.number) != Some(index) {
                return Err(TeamCheckError::RoundNumber {
                    expected: index + 1,
                    found: round.number,
                });
            }
            if round.message.is_none() && index + 1 < self.rounds.len() {
                return Err(TeamCheckError::NoMessage(round.number));
            }
        }
        if !self.posted_rounds().map(|round| round.message).is_sorted() {
            return Err(TeamCheckError::MessageOrder);
        }
        let beyond = |ledger: &Ledger| ledger.last_round() as usize > self.rounds.len();
        match self.members.iter().find(|(_, ledger)| beyond(ledger)) {
            Some((user, _)) => Err(TeamCheckError::ResultWithoutRound(*user)),
            None => Ok(()),
        }
    }
}

/// Returns a round's index in the list: rounds are numbered from 1 without gaps.
fn round_index(number: u32) -> Option<usize> {
    number.checked_sub(1).map(|index| index as usize)
}
