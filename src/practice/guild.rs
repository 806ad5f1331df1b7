//! A guild: all that Quizloop keeps of one Discord server. It is the unit of storage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, GuildId, MessageId, UserId};
use super::member_profile::MemberProfile;
use super::question_reports::QuestionReports;
use super::team::Team;

/// The number of the snapshot format that this version writes. Format 2 has people and their reviews.
pub const SNAPSHOT_FORMAT: u32 = 2;

/// A guild with its teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guild {
    format: u32,
    #[serde(rename = "guild")]
    id: GuildId,
    /// Each on the heap: a map sets room aside for eleven, and most guilds have one.
    pub(super) teams: BTreeMap<ChannelId, Box<Team>>,
    /// The questions that somebody reviewed, by id. A review names one by its place here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "questions")]
    pub(super) reviewed_questions: Vec<String>,
    /// What is kept of members beside the ledgers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "people")]
    pub(super) profiles: BTreeMap<UserId, MemberProfile>,
    /// Mistakes in questions that members reported.
    #[serde(default, skip_serializing_if = "QuestionReports::is_empty")]
    pub(super) reports: QuestionReports,
}

impl Guild {
    /// A guild without teams.
    pub fn new(id: GuildId) -> Self {
        Self {
            format: SNAPSHOT_FORMAT,
            id,
            teams: BTreeMap::new(),
            reviewed_questions: Vec::new(),
            profiles: BTreeMap::new(),
            reports: QuestionReports::default(),
        }
    }

    /// Its id.
    pub const fn id(&self) -> GuildId {
        self.id
    }

    /// The teams by channel.
    pub const fn teams(&self) -> &BTreeMap<ChannelId, Box<Team>> {
        &self.teams
    }

    /// The team that posts in that channel.
    pub fn team(&self, channel: ChannelId) -> Option<&Team> {
        self.teams.get(&channel).map(Box::as_ref)
    }

    /// The team that posts in that channel, to change it.
    pub fn team_mut(&mut self, channel: ChannelId) -> Option<&mut Team> {
        self.teams.get_mut(&channel).map(Box::as_mut)
    }

    /// Adds a team, or puts it in the place of the one that posted there.
    pub fn insert_team(&mut self, team: Team) {
        self.teams.insert(team.channel, Box::new(team));
    }

    /// Removes a team with all that is known of it.
    pub fn remove_team(&mut self, channel: ChannelId) -> Option<Team> {
        self.teams.remove(&channel).map(|team| *team)
    }

    /// The team one of whose rounds was posted with that message, which also is its thread's id.
    pub fn team_by_message(&self, message: MessageId) -> Option<&Team> {
        let mut teams = self.teams.values().map(Box::as_ref);
        teams.find(|team| team.round_by_message(message).is_some())
    }

    /// Whether everything in it fits together; if not, what does not.
    ///
    /// # Errors
    ///
    /// A sentence that says what does not fit.
    pub fn check(&self) -> Result<(), String> {
        for (channel, team) in &self.teams {
            if *channel != team.channel {
                return Err(format!(
                    "team {} is filed under channel {channel}",
                    team.channel
                ));
            }
            team.check()?;
        }
        self.check_profiles()?;
        self.reports.check()
    }
}
