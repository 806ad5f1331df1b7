//! Data export: all stored data of one member, for the member.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::guild::Guild;
use super::id::{ChannelId, GuildId, MessageId, UserId};
use super::interview::Interviews;
use super::ledger::{Actor, Ledger};
use super::member_profile::{MemberProfile, PracticeDay};
use super::mock_interview::Participant;
use super::question_reports::QuestionReport;
use super::reminders::Reminder;
use super::review::Review;
use super::review_reminders::ReviewReminder;
use super::self_assessment::{Ticks, TopicPoints};
use super::server_questions::{Decision, ServerQuestion, Suggestion};
use super::streak::Streak;
use super::team::Team;

/// Stored data of one member in one guild. Members read this JSON, so its keys are plain words.
#[derive(Debug, Serialize)]
pub struct MemberExport<'a> {
    pub server: GuildId,
    pub member: UserId,
    /// When the export was created.
    #[serde(rename = "written")]
    pub exported_at: Timestamp,
    /// The teams with data of the member.
    pub teams: Vec<TeamExport>,
    /// Questions that the member practised with `/quiz`.
    pub reviews: Vec<ReviewExport<'a>>,
    /// Number of reviews on each of the last days.
    #[serde(rename = "practised")]
    pub practice_days: &'a [PracticeDay],
    /// What the member assessed, by topic: the numbers of questions, of ticked key points and of key
    /// points.
    #[serde(rename = "assessed", skip_serializing_if = "Option::is_none")]
    pub assessed_topics: Option<&'a BTreeMap<String, TopicPoints>>,
    /// Open reports of mistakes in questions, in the member's own words.
    pub reports: Vec<&'a QuestionReport>,
    /// The server's own questions that the member wrote.
    #[serde(rename = "questions", skip_serializing_if = "Vec::is_empty")]
    pub written_questions: Vec<WrittenQuestion<'a>>,
    /// Open suggestions of questions, in the member's own words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<&'a Suggestion>,
    /// Suggestions of others that the member decided, and decisions that the member has not seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<DecisionExport<'a>>,
    /// Since when the member is hidden from leaderboards and reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_since: Option<Date>,
    /// The member's reminder of due reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_reminder: Option<&'a ReviewReminder>,
    /// The member's newest interview and the results of the last ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interviews: Option<&'a Interviews>,
    /// Number of mock interviews that the member held.
    pub mock_interviews: u32,
}

/// A question that a member wrote for the server.
#[derive(Debug, Serialize)]
pub struct WrittenQuestion<'a> {
    pub id: &'a str,
    pub number: u32,
    pub added_at: Timestamp,
}

/// A decision on a suggestion. Other members are not named.
#[derive(Debug, Serialize)]
pub struct DecisionExport<'a> {
    /// The number of the suggestion.
    pub suggestion: u32,
    pub at: Timestamp,
    /// Whether the member decided; otherwise the member made the suggestion.
    pub decided: bool,
    pub approved: bool,
    /// The beginning of the member's own suggestion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
}

/// Stored data of a member in one team.
#[derive(Debug, Serialize)]
pub struct TeamExport {
    pub channel: ChannelId,
    /// Whether the member set the team up.
    pub set_up: bool,
    /// One letter per round, from the member's first round: a answered, l late, v saw the answer, w
    /// saw the answer first and then replied, c credited, . nothing.
    pub ledger: Ledger,
    /// Current streak in rounds, computed from the ledger.
    pub streak: u32,
    /// Longest streak in rounds.
    pub longest: u32,
    /// The member's first replies to the newest rounds: round and message.
    pub replies: Vec<(u32, MessageId)>,
    /// When the member saw an answer before replying: round and time.
    #[serde(rename = "looks")]
    pub peeks: Vec<(u32, Timestamp)>,
    /// The rounds with which the member reached a milestone of their streak that was mentioned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<u32>,
    /// The member's self-assessments of the newest rounds: round and one letter per key point, x
    /// ticked, . not.
    pub assessed: Vec<(u32, Ticks)>,
    /// Rounds that the member voided for all.
    pub voided: Vec<u32>,
    /// Number of credits that the member gave to others.
    pub credits_given: usize,
    /// The member's reminder of open rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// The member's mock interviews. The others are not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mock_interviews: Option<MockInterviewsExport>,
}

/// Stored data about the mock interviews of a member in one team.
#[derive(Debug, Serialize)]
pub struct MockInterviewsExport {
    /// What the member chose when they joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<Participant>,
    /// The days on which the member was matched in the last 52 weeks.
    pub matched_on: Vec<Date>,
    /// The matches of the last two weeks.
    pub matches: Vec<MatchExport>,
}

/// A match of a member.
#[derive(Debug, Serialize)]
pub struct MatchExport {
    pub day: Date,
    pub thread: Option<ChannelId>,
    /// Whether the member said that they met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// The question of each interview in which the member was the candidate and whose result they
    /// did not confirm yet, and one letter per key point, x said, . not.
    pub results: Vec<(String, Ticks)>,
    /// The interview in progress, if the member takes part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<RunningTurnExport>,
}

/// The part of a member in an interview in progress. Its question is left out, because the candidate
/// must not know it yet.
#[derive(Debug, Serialize)]
pub struct RunningTurnExport {
    pub is_interviewer: bool,
    /// What the interviewer has ticked so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticks: Option<Ticks>,
}

/// One question that a member practised.
#[derive(Debug, Serialize)]
pub struct ReviewExport<'a> {
    /// Question id.
    pub question: &'a str,
    /// The review, with the keys of a snapshot: rating, stability and difficulty of FSRS, last,
    /// due, count, lapses.
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
    /// Returns all stored data of a member.
    pub fn export(&self, user: UserId, now: Timestamp) -> MemberExport<'_> {
        let profile = self.profile(user);
        let teams = self.teams.values().filter(|team| team.has_data_of(user));
        MemberExport {
            server: self.id(),
            member: user,
            exported_at: now,
            teams: teams.map(|team| team.export(user)).collect(),
            reviews: self
                .reviews(user)
                .map(|(question, review)| review_export(question, review))
                .collect(),
            practice_days: profile.map_or(&[], MemberProfile::practice_days),
            assessed_topics: profile.map(|profile| &profile.assessed_topics),
            reports: self.reports_by(user).collect(),
            written_questions: self.written_questions(user).map(written_question).collect(),
            suggestions: self.suggestions_by(user).collect(),
            decisions: self
                .decisions_naming(user)
                .map(|decision| decision_export(decision, user))
                .collect(),
            hidden_since: profile.and_then(|profile| profile.hidden_since),
            review_reminder: profile.and_then(|profile| profile.review_reminder.as_deref()),
            interviews: profile.and_then(MemberProfile::interviews),
            mock_interviews: profile.map_or(0, |profile| profile.mock_interviews),
        }
    }
}

fn written_question(question: &ServerQuestion) -> WrittenQuestion<'_> {
    WrittenQuestion {
        id: &question.id,
        number: question.number,
        added_at: question.added_at,
    }
}

fn decision_export(decision: &Decision, user: UserId) -> DecisionExport<'_> {
    DecisionExport {
        suggestion: decision.number,
        at: decision.at,
        decided: decision.by == Some(user),
        approved: decision.is_approved(),
        title: decision.title_for(user),
    }
}

fn review_export<'a>(question: &'a str, review: &Review) -> ReviewExport<'a> {
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
        let assessed = |round: &super::round::Round| {
            let ticks = round.assessments.ticks(user)?;
            Some((round.number, ticks))
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
            milestones: rounds()
                .filter(|one| one.window.milestones.contains(&user))
                .map(|one| one.number)
                .collect(),
            assessed: rounds().filter_map(assessed).collect(),
            voided: rounds()
                .filter(|one| own(one.voided_by))
                .map(|one| one.number)
                .collect(),
            credits_given: ledgers.map(|ledger| ledger.credits_given_by(user)).sum(),
            reminder: self.reminders.get(&user).cloned(),
            mock_interviews: self.mock_interviews().and_then(|all| all.export(user)),
        }
    }
}
