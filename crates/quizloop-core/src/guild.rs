//! A guild: all data that Quizloop stores for one Discord server. It is the unit of storage.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::{ChannelId, GuildId, MessageId, UserId};
use super::member_profile::{MemberProfile, ProfileCheckError};
use super::question_reports::{QuestionReports, ReportNumberError};
use super::server_questions::{ServerQuestions, ServerQuestionsCheckError};
use super::team::{Team, TeamCheckError};

/// Version of the snapshot format that this release writes. Version 2 added members' reviews.
pub const SNAPSHOT_FORMAT: u32 = 2;

/// A guild with its teams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guild {
    format: u32,
    #[serde(rename = "guild")]
    id: GuildId,
    /// Boxed, because a map node reserves space for eleven values and most guilds have one team.
    pub(super) teams: BTreeMap<ChannelId, Box<Team>>,
    /// Ids of all reviewed questions. A review refers to a question by its index in this list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "questions")]
    pub(super) reviewed_questions: Vec<String>,
    /// Data of members besides the ledgers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "people")]
    pub(super) profiles: BTreeMap<UserId, MemberProfile>,
    /// Open reports of mistakes in questions.
    #[serde(default, skip_serializing_if = "QuestionReports::is_empty")]
    pub(super) reports: QuestionReports,
    /// The server's own questions. They are stored apart from the rest, see
    /// [`super::server_questions`].
    #[serde(skip)]
    pub(super) server_questions: Option<Arc<ServerQuestions>>,
}

/// Why the data of a guild is inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuildCheckError {
    #[error("team {team} is filed under channel {channel}")]
    MisfiledTeam { team: ChannelId, channel: ChannelId },
    #[error("team {channel}: {error}")]
    Team {
        channel: ChannelId,
        error: TeamCheckError,
    },
    #[error("`questions` lists a question twice")]
    DuplicateQuestion,
    #[error("member {user}: {error}")]
    Profile {
        user: UserId,
        error: ProfileCheckError,
    },
    #[error(transparent)]
    Reports(#[from] ReportNumberError),
    #[error("the server's own questions: {0}")]
    ServerQuestions(#[from] ServerQuestionsCheckError),
}

impl Guild {
    /// Creates a guild without teams.
    pub fn new(id: GuildId) -> Self {
        Self {
            format: SNAPSHOT_FORMAT,
            id,
            teams: BTreeMap::new(),
            reviewed_questions: Vec::new(),
            profiles: BTreeMap::new(),
            reports: QuestionReports::default(),
            server_questions: None,
        }
    }

    pub const fn id(&self) -> GuildId {
        self.id
    }

    /// Forgets up to which messages the teams have missed nothing, so that their history is read at
    /// the next session.
    pub fn forget_positions(&mut self) {
        for team in self.teams.values_mut() {
            team.caught_up_to = None;
        }
    }

    pub const fn teams(&self) -> &BTreeMap<ChannelId, Box<Team>> {
        &self.teams
    }

    /// Returns the team that posts in that channel.
    pub fn team(&self, channel: ChannelId) -> Option<&Team> {
        self.teams.get(&channel).map(Box::as_ref)
    }

    pub fn team_mut(&mut self, channel: ChannelId) -> Option<&mut Team> {
        self.teams.get_mut(&channel).map(Box::as_mut)
    }

    /// Adds a team, or replaces the team of the same channel.
    pub fn insert_team(&mut self, team: Team) {
        self.teams.insert(team.channel, Box::new(team));
    }

    /// Removes a team with all its data.
    pub fn remove_team(&mut self, channel: ChannelId) -> Option<Team> {
        self.teams.remove(&channel).map(|team| *team)
    }

    /// Returns a guild with nothing but one team of this one. `None` if there is no such team, or if
    /// it has no round, because then there is nothing to restore.
    pub fn with_only_team(&self, channel: ChannelId) -> Option<Self> {
        let team = self.teams.get(&channel)?;
        team.rounds().last()?;
        let mut only = Self::new(self.id);
        only.teams.insert(channel, team.clone());
        Some(only)
    }

    /// Adds what this guild does not have of another one: the teams of other channels, newer
    /// reviews, reports, and the server's own questions. Used to restore deleted data beside what was stored since.
    pub fn fill_from(&mut self, other: Self) {
        // A field that is added later must be added here as well.
        let Self {
            format: _,
            id: _,
            teams,
            reviewed_questions,
            profiles,
            reports,
            server_questions,
        } = other;
        let questions = self.intern_questions(&reviewed_questions);
        for (user, profile) in profiles {
            let mine = self.profiles.entry(user).or_default();
            mine.fill_from(profile, &questions);
        }
        self.reports.fill_from(reports);
        self.fill_server_questions_from(server_questions);
        for (channel, team) in teams {
            self.teams.entry(channel).or_insert(team);
        }
    }

    /// Returns the team that posted a round with that message. A round's thread has the same id.
    pub fn team_by_message(&self, message: MessageId) -> Option<&Team> {
        let mut teams = self.teams.values().map(Box::as_ref);
        teams.find(|team| team.round_by_message(message).is_some())
    }

    /// Checks that the data of the guild is consistent.
    ///
    /// # Errors
    ///
    /// Returns the first inconsistency.
    pub fn check(&self) -> Result<(), GuildCheckError> {
        for (&channel, team) in &self.teams {
            if channel != team.channel {
                let team = team.channel;
                return Err(GuildCheckError::MisfiledTeam { team, channel });
            }
            team.check()
                .map_err(|error| GuildCheckError::Team { channel, error })?;
        }
        self.check_profiles()?;
        self.reports.check()?;
        if let Some(own) = &self.server_questions {
            own.check(self.id)?;
        }
        Ok(())
    }
}
