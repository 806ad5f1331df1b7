//! A team: one channel with its schedule, rounds and members.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::deck::Deck;
use super::id::{ChannelId, MessageId, RoleId, UserId};
use super::ledger::Ledger;
use super::reminders::Reminder;
use super::retention::Retention;
use super::round::Round;
use super::schedule::{Due, Pause, Schedule, ScheduleOverrides};
use super::streak::{Streak, streak};
use super::weekly_report::WeeklyReport;

/// When members may see the model answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reveal {
    /// Who has not replied yet is asked to confirm; the round then does not extend their streak.
    #[default]
    AfterReply,
    /// Always, without a question.
    Open,
}

/// What people may set about a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamSettings {
    /// When questions come.
    pub schedule: Schedule,
    /// When the answer may be seen.
    pub reveal: Reveal,
    /// The role to mention with each question, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleId>,
    /// How much of what its members practise is to be remembered.
    #[serde(default, skip_serializing_if = "Retention::is_default")]
    pub retention: Retention,
    /// Whether a report comes at the end of each week.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[serde(rename = "report")]
    pub send_weekly_report: bool,
}

/// Something that keeps a team from its question, which its admin was told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostingFailure {
    /// Since when.
    pub since: Timestamp,
    /// What is wrong and what to do, as a sentence for the admin.
    #[serde(rename = "what")]
    pub message: String,
}

/// A team of a guild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Where it posts.
    pub channel: ChannelId,
    /// What people set.
    pub settings: TeamSettings,
    /// Whether the operator's file declares this team, so that commands must not change it.
    #[serde(default)]
    pub managed: bool,
    /// The admin who set it up, who hears of trouble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_by: Option<UserId>,
    /// Nothing due before this moment is posted.
    pub since: Timestamp,
    /// The last day that had its question, or was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
    /// An ordered pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// One day an admin chose to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Date>,
    /// Up to this message the channel has been read without a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "read_to")]
    pub read_up_to: Option<MessageId>,
    /// What is wrong now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "trouble")]
    pub posting_failure: Option<PostingFailure>,
    pub(super) deck: Deck,
    pub(super) rounds: Vec<Round>,
    pub(super) members: BTreeMap<UserId, Ledger>,
    /// Who had their data deleted, and when: what they wrote before does not count. Kept as long as the
    /// bot may read it again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "forgotten")]
    pub(super) deleted_members: BTreeMap<UserId, Timestamp>,
    /// Who wants to be reminded.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) reminders: BTreeMap<UserId, Reminder>,
    /// The newest report on a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "week")]
    pub(super) weekly_report: Option<WeeklyReport>,
}

impl Team {
    /// A new team, without rounds. Its first question is the first that is due after `now`.
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
            posting_failure: None,
            deck: Deck::default(),
            rounds: Vec::new(),
            members: BTreeMap::new(),
            deleted_members: BTreeMap::new(),
            reminders: BTreeMap::new(),
            weekly_report: None,
        }
    }

    /// All rounds, the oldest first. The last one may be an intent that has no message yet.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The round with that number.
    pub fn round(&self, number: u32) -> Option<&Round> {
        self.rounds.get(round_index(number)?)
    }

    pub(super) fn round_mut(&mut self, number: u32) -> Option<&mut Round> {
        self.rounds.get_mut(round_index(number)?)
    }

    /// The open round: the newest one that was posted.
    pub fn open_round(&self) -> Option<&Round> {
        self.posted_rounds().next_back()
    }

    /// The rounds that were posted, the oldest first.
    pub fn posted_rounds(&self) -> impl DoubleEndedIterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.message.is_some())
    }

    /// The round that was posted with that message, which also is its thread's id.
    pub fn round_by_message(&self, message: MessageId) -> Option<&Round> {
        // Messages only get newer from round to round; an intent, which has none, comes last.
        let sort_key = |round: &Round| (round.message.is_none(), round.message);
        let sought = (false, Some(message));
        let index = self.rounds.binary_search_by_key(&sought, sort_key).ok()?;
        self.rounds.get(index)
    }

    /// When the window of a round closed: when the next round opened.
    pub fn closed_at(&self, number: u32) -> Option<Timestamp> {
        self.round(number.checked_add(1)?)?.opened_at()
    }

    /// A member's ledger; an empty one for somebody who never took part.
    pub fn ledger(&self, user: UserId) -> Ledger {
        self.members.get(&user).cloned().unwrap_or_default()
    }

    /// A member's standing.
    pub fn streak(&self, user: UserId) -> Streak {
        self.members
            .get(&user)
            .map(|ledger| streak(ledger, &self.rounds))
            .unwrap_or_default()
    }

    /// Everybody who took part, with their ledgers.
    pub fn members(&self) -> impl Iterator<Item = (UserId, &Ledger)> {
        self.members.iter().map(|(user, ledger)| (*user, ledger))
    }

    /// How many members have replied to a round, in time or late.
    pub fn reply_count(&self, number: u32) -> usize {
        self.members
            .values()
            .filter(|ledger| ledger.result(number).replied())
            .count()
    }

    /// What keeps days without a question, besides the schedule.
    pub const fn schedule_overrides(&self) -> ScheduleOverrides {
        ScheduleOverrides {
            since: self.since,
            last_day: self.last_day,
            pause: self.pause,
            skip: self.skip,
        }
    }

    /// When the next question is due.
    pub fn due(&self, now: Timestamp) -> Due {
        self.settings.schedule.due(now, &self.schedule_overrides())
    }

    /// The next due times: first the one that is due now, if there is one.
    pub fn next_post_times(&self, now: Timestamp, count: usize) -> Vec<Timestamp> {
        let overrides = self.schedule_overrides();
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

    /// Whether the rounds and ledgers fit each other.
    pub(super) fn check(&self) -> Result<(), String> {
        let channel = self.channel;
        for (index, round) in self.rounds.iter().enumerate() {
            if round_index(round.number) != Some(index) {
                return Err(format!(
                    "team {channel}: round {} stands where round {} belongs",
                    round.number,
                    index + 1
                ));
            }
            if round.message.is_none() && index + 1 < self.rounds.len() {
                return Err(format!(
                    "team {channel}: round {} has no message",
                    round.number
                ));
            }
        }
        if !self.posted_rounds().map(|round| round.message).is_sorted() {
            return Err(format!(
                "team {channel}: the rounds' messages are out of order"
            ));
        }
        let beyond = |ledger: &Ledger| ledger.last_round() as usize > self.rounds.len();
        if let Some((user, _)) = self.members.iter().find(|(_, ledger)| beyond(ledger)) {
            return Err(format!(
                "team {channel}: member {user} has marks in rounds that don't exist"
            ));
        }
        Ok(())
    }
}

/// Where a round stands in the list: rounds are numbered from 1 without gaps.
fn round_index(number: u32) -> Option<usize> {
    number.checked_sub(1).map(|index| index as usize)
}
