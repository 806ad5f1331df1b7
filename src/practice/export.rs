//! All that is kept of one member, for themselves.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::guild::Guild;
use super::id::{ChannelId, GuildId, MessageId, UserId};
use super::ledger::{Actor, Ledger};
use super::member_profile::{MemberProfile, PracticeDay};
use super::question_reports::QuestionReport;
use super::reminders::Reminder;
use super::review::Review;
use super::streak::Streak;
use super::team::Team;

/// What is kept of one member in one guild. The names of its parts are those that people read.
#[derive(Debug, Serialize)]
pub struct MemberExport<'a> {
    /// The server.
    pub server: GuildId,
    /// The member.
    pub member: UserId,
    /// When this was written.
    #[serde(rename = "written")]
    pub exported_at: Timestamp,
    /// The teams in which they took part.
    pub teams: Vec<TeamExport>,
    /// What they practised with `/quiz`.
    pub reviews: Vec<ReviewExport<'a>>,
    /// How many reviews there were on each of the last days.
    #[serde(rename = "practised")]
    pub practice_days: &'a [PracticeDay],
    /// Mistakes in questions that they reported and no admin has closed, in their own words.
    pub reports: Vec<&'a QuestionReport>,
    /// Since when they are on no board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_since: Option<Date>,
}

/// What is kept of a member in one team.
#[derive(Debug, Serialize)]
pub struct TeamExport {
    /// The team's channel.
    pub channel: ChannelId,
    /// Whether they set it up.
    pub set_up: bool,
    /// One letter a round, from the first one on: a answered, l late, v looked at the answer, w looked first and
    /// then answered, c credited, . nothing.
    pub ledger: Ledger,
    /// Rounds in a row now, which follows from the ledger.
    pub streak: u32,
    /// The longest row.
    pub longest: u32,
    /// Their first replies to the newest rounds: round and message.
    pub replies: Vec<(u32, MessageId)>,
    /// When they looked at an answer before replying: round and time.
    #[serde(rename = "looks")]
    pub peeks: Vec<(u32, Timestamp)>,
    /// Rounds that they voided for all.
    pub voided: Vec<u32>,
    /// How many credits they gave to others.
    pub credits_given: usize,
    /// When they want to be reminded of an open round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
}

/// One question that a member practised.
#[derive(Debug, Serialize)]
pub struct ReviewExport<'a> {
    /// Its id.
    pub question: &'a str,
    /// When and how well, in the words of a snapshot: rating, stability and difficulty of FSRS, last, due,
    /// count, lapses.
    #[serde(flatten)]
    pub memory: MemoryExport,
}

/// The numbers of a review, by name.
#[derive(Debug, Serialize)]
pub struct MemoryExport {
    rating: &'static str,
    stability_days: f32,
    difficulty: f32,
    last: Date,
    due: Date,
    count: u16,
    lapses: u16,
}

impl Guild {
    /// All that is kept of a member.
    pub fn export(&self, user: UserId, now: Timestamp) -> MemberExport<'_> {
        let profile = self.profile(user);
        let teams = self.teams.values().filter(|team| team.has_data_of(user));
        MemberExport {
            server: self.id(),
            member: user,
            exported_at: now,
            teams: teams.map(|team| team.export(user)).collect(),
            reviews: self.reviews(user).map(review_export).collect(),
            practice_days: profile.map_or(&[], MemberProfile::practice_days),
            reports: self.reports_by(user).collect(),
            hidden_since: profile.and_then(|profile| profile.hidden_since),
        }
    }
}

fn review_export<'a>((question, review): (&'a str, &Review)) -> ReviewExport<'a> {
    let (stability_days, difficulty) = review.fsrs();
    ReviewExport {
        question,
        memory: MemoryExport {
            rating: review.rating.as_str(),
            stability_days,
            difficulty,
            last: review.last,
            due: review.due,
            count: review.count,
            lapses: review.lapses,
        },
    }
}

impl Team {
    fn export(&self, user: UserId) -> TeamExport {
        let Streak {
            current, longest, ..
        } = self.streak(user);
        let own = |by: Option<Actor>| by.is_some_and(|by| by.user == Some(user));
        let rounds = || self.rounds().iter();
        let reply = |round: &super::round::Round| {
            let reply = round.window.replies.get(&user)?;
            Some((round.number, *reply))
        };
        let peek = |round: &super::round::Round| {
            let peek = round.window.peeks.get(&user)?;
            Some((round.number, *peek))
        };
        let ledgers = self.members().map(|(_, ledger)| ledger);
        TeamExport {
            channel: self.channel,
            set_up: self.set_up_by == Some(user),
            ledger: self.ledger(user),
            streak: current,
            longest,
            replies: rounds().filter_map(reply).collect(),
            peeks: rounds().filter_map(peek).collect(),
            voided: rounds()
                .filter(|one| own(one.voided_by))
                .map(|one| one.number)
                .collect(),
            credits_given: ledgers.map(|ledger| ledger.credits_given_by(user)).sum(),
            reminder: self.reminders.get(&user).cloned(),
        }
    }
}
