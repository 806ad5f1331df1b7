//! Compares acknowledged results with the disk of the killed bot, and everything with the model.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use discord_sandbox::ids;
use jiff::civil::time;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::ledger::RoundResult;
use quizloop_core::self_assessment::POINTS_MAX;
use quizloop_core::team::Team;
use quizloop_store::inspect;

use super::actions::{ActionOutcome, AdminAction, MEMBERS, Scene};
use super::model::Round;
use super::world::KillWorld;
use crate::support::{MessageExt, WAIT_TIMEOUT};

impl KillWorld {
    /// Returns a server's saved data, or `None` if there is none.
    pub(super) fn on_disk(&self, guild: u64) -> Option<Guild> {
        let guild = GuildId::new(guild);
        if let Some(database) = &self.database {
            return database.guild(guild);
        }
        let state = self.world.state();
        if !state.join(format!("guilds/{guild}.json")).exists() {
            return None;
        }
        Some(inspect::guild(&state, guild).unwrap_or_else(|error| panic!("{error}")))
    }

    pub(super) fn team_on_disk(&self) -> Option<Team> {
        let guild = self.on_disk(ids::GUILD)?;
        guild.team(ChannelId::new(ids::ASYNCIO)).cloned()
    }

    /// Adds the recorded actions to the model, and compares what the bot acknowledged with the disk
    /// of the killed bot.
    pub(super) fn record_history(&mut self, scene: &Scene) {
        let posts = self.world.posts();
        for post in posts.iter().skip(self.model.rounds.len()) {
            self.model.rounds.push(Round {
                message: post.id,
                ..Round::default()
            });
        }
        let history = std::mem::take(&mut *scene.history.lock().unwrap());
        for (question, member, message) in history.replies {
            let round = self
                .model
                .rounds
                .iter_mut()
                .find(|round| round.message == question);
            let replies = round.expect("a question").replies.entry(member);
            replies.or_default().insert(message);
        }
        let team = self.team_on_disk();
        self.record_day();
        self.compare_actions(team.as_ref(), &history.actions);
        self.compare_acknowledged_replies(team.as_ref());
    }

    /// Asserts that every acknowledged score is on disk, once.
    fn compare_reviews(&mut self, reviews: &RangeInclusive<u32>) {
        let guild = self.on_disk(ids::GUILD);
        let all = guild
            .iter()
            .flat_map(|guild| guild.reviews(UserId::new(ids::ADA)));
        let found = all.map(|(_, review)| u32::from(review.count)).sum();
        assert!(reviews.contains(&found), "{found} reviews, not {reviews:?}");
        self.model.reviews = found;
    }

    /// Asserts that each assessment is in its round and in Lin's reviews, once.
    fn compare_assessments(&self, team: Option<&Team>) {
        let counts = team.iter().flat_map(|team| {
            let numbers = team.rounds().iter().map(|round| round.number);
            numbers.map(|number| assessments(team, number))
        });
        let counts: Vec<u32> = counts.collect();
        assert!(counts.iter().all(|count| *count <= 1), "{counts:?}");
        let guild = self.on_disk(ids::GUILD);
        let reviews = guild
            .iter()
            .flat_map(|guild| guild.reviews(UserId::new(ids::LIN)));
        let reviewed: u32 = reviews.map(|(_, review)| u32::from(review.count)).sum();
        assert_eq!(reviewed, counts.iter().sum::<u32>(), "{counts:?}");
    }

    /// Adds today's round to the model if its time has come and there is a team.
    pub(super) fn record_day(&mut self) {
        let today = self.world.local_date();
        let nine = today.to_datetime(time(9, 0, 0, 0)).in_tz("UTC").unwrap();
        let is_due = self.world.now() >= nine.timestamp() && self.free_day != Some(today);
        if is_due && self.model.days.last() < Some(&today) && self.team_on_disk().is_some() {
            self.model.days.push(today);
        }
    }

    /// Asserts that every acknowledged action is on disk. For actions without a response, the model
    /// takes the state on disk.
    fn compare_actions(&mut self, team: Option<&Team>, actions: &[(AdminAction, ActionOutcome)]) {
        let (mut catch_up, mut paused) = (Some(self.model.catch_up), Some(self.model.paused));
        let mut reviews = self.model.reviews..=self.model.reviews;
        let (mut credits, mut voids) = (Switches::default(), Switches::default());
        for (action, outcome) in actions {
            let succeeded = *outcome == ActionOutcome::Succeeded;
            let unknown = *outcome == ActionOutcome::Unknown;
            match *action {
                AdminAction::Credit(member, round) => {
                    credits.record((member, round), true, *outcome);
                }
                AdminAction::TakeBackCredit(member, round) => {
                    credits.record((member, round), false, *outcome);
                }
                AdminAction::Void(round) => voids.record(round, true, *outcome),
                AdminAction::Restore(round) => voids.record(round, false, *outcome),
                AdminAction::CatchUp(minutes) if succeeded => catch_up = Some(minutes),
                AdminAction::CatchUp(_) if unknown => catch_up = None,
                AdminAction::Pause(is_paused) if succeeded => paused = Some(is_paused),
                AdminAction::Pause(_) if unknown => paused = None,
                AdminAction::SetUp(_) => {
                    let is_saved = self.on_disk(self.other.0).is_some();
                    assert!(is_saved || !succeeded, "{action:?} is lost");
                    self.other.2 = is_saved;
                }
                AdminAction::Review => {
                    let (least, most) = reviews.into_inner();
                    reviews = least + u32::from(succeeded)..=most + u32::from(succeeded || unknown);
                }
                AdminAction::Assess(round) => {
                    let is_saved = team.is_some_and(|team| assessments(team, round) > 0);
                    assert!(is_saved || !succeeded, "{action:?} is lost");
                }
                AdminAction::CatchUp(_) | AdminAction::Pause(_) => {}
            }
            self.stats.record_action(*outcome);
        }
        credits.compare(&mut self.model.credits, |(member, round)| {
            team.is_some_and(|team| credited(team, member, round))
        });
        voids.compare(&mut self.model.voids, |round| {
            team.is_some_and(|team| voided(team, round))
        });
        self.compare_reviews(&reviews);
        self.compare_assessments(team);
        let Some(team) = team else {
            return;
        };
        let found = team.settings.schedule.catch_up.as_mins();
        assert_eq!(found, catch_up.unwrap_or(found), "the settings are lost");
        let is_paused = team.pause.is_some();
        assert_eq!(
            is_paused,
            paused.unwrap_or(is_paused),
            "a pause, or its end, is lost"
        );
        (self.model.catch_up, self.model.paused) = (found, is_paused);
    }

    /// Asserts that every reply with a ✅ and the intent of every posted question are on disk.
    fn compare_acknowledged_replies(&self, team: Option<&Team>) {
        let rounds = self.model.rounds.len();
        let saved_rounds = team.map_or(0, |team| team.rounds().len());
        assert!(
            saved_rounds >= rounds,
            "{rounds} questions, {saved_rounds} rounds on disk"
        );
        for (number, round) in (1..).zip(&self.model.rounds) {
            for (member, messages) in &round.replies {
                let acknowledged = messages
                    .iter()
                    .any(|message| self.is_acknowledged(*message));
                let result = team.unwrap().result(UserId::new(*member), number);
                assert!(
                    !acknowledged || result.replied() || result == RoundResult::Credited,
                    "round {number}: member {member} has a ✅ and the mark {result:?} on disk"
                );
            }
        }
    }

    fn is_acknowledged(&self, message: u64) -> bool {
        self.world
            .sandbox
            .message(message)
            .is_some_and(|message| message.is_counted())
    }

    /// Waits until channel, threads and disk match the model.
    pub(super) async fn wait_until_consistent(&mut self) {
        let end = Instant::now() + WAIT_TIMEOUT;
        loop {
            let posts = self.world.posts();
            for post in posts.iter().skip(self.model.rounds.len()) {
                self.model.rounds.push(Round {
                    message: post.id,
                    ..Round::default()
                });
            }
            let Some(difference) = self.difference() else {
                return;
            };
            assert!(
                Instant::now() < end,
                "{difference}\n{:#?}\n{}\nthe killed bot's log:\n{}\nthe bot's log:\n{}",
                self.journal,
                self.world.sandbox.last_log_lines(),
                self.world.last_log(),
                self.world.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn difference(&self) -> Option<String> {
        let (posts, days) = (self.world.posts(), &self.model.days);
        if posts.len() != days.len() {
            return Some(format!("{} questions on {} days", posts.len(), days.len()));
        }
        let threads = self.world.sandbox.threads(ids::ASYNCIO).len();
        if threads != days.len() {
            return Some(format!("{threads} threads on {} days", days.len()));
        }
        for (number, (post, day)) in (1..).zip(posts.iter().zip(days)) {
            let label = format!("Question {number} · {day}");
            if post.thread.is_none() || !post.footer().starts_with(&label) {
                return Some(format!("{label}: {}, {:?}", post.footer(), post.thread));
            }
        }
        let recent = self.model.rounds.iter().rev().take(2);
        let unacknowledged = recent
            .flat_map(|round| MEMBERS.iter().filter_map(|member| round.first(*member)))
            .find(|message| !self.is_acknowledged(*message));
        if let Some(message) = unacknowledged {
            return Some(format!("message {message} has no ✅"));
        }
        self.difference_on_disk()
    }

    fn difference_on_disk(&self) -> Option<String> {
        let team = self.team_on_disk()?;
        if team.rounds().len() != self.model.days.len() {
            return Some(format!("{} rounds on disk", team.rounds().len()));
        }
        for (number, _) in (1..).zip(&self.model.rounds) {
            for member in MEMBERS {
                let (found, expected) = (
                    letter(team.result(UserId::new(member), number)),
                    self.model.result_letter(member, number),
                );
                if found != expected {
                    return Some(format!(
                        "round {number}: member {member} has the mark {found} on disk, not {expected}"
                    ));
                }
            }
            if voided(&team, number) != self.model.voids.contains(&number) {
                return Some(format!("round {number}: void, or not"));
            }
        }
        None
    }
}

/// What admins switched on and off: for each thing the last state that is known to be saved, or
/// `None` if it may be either.
struct Switches<K>(BTreeMap<K, Option<bool>>);

impl<K> Default for Switches<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Copy + std::fmt::Debug> Switches<K> {
    fn record(&mut self, thing: K, is_on: bool, outcome: ActionOutcome) {
        match outcome {
            ActionOutcome::Succeeded => drop(self.0.insert(thing, Some(is_on))),
            ActionOutcome::Unknown => drop(self.0.insert(thing, None)),
            ActionOutcome::Rejected => {}
        }
    }

    /// Asserts that what is known is on disk. For the rest, the model takes the state on disk.
    fn compare(self, model: &mut BTreeSet<K>, on_disk: impl Fn(K) -> bool) {
        for (thing, expected) in self.0 {
            let found = on_disk(thing);
            assert_eq!(
                found,
                expected.unwrap_or(found),
                "a change of {thing:?} is lost"
            );
            if found {
                model.insert(thing);
            } else {
                model.remove(&thing);
            }
        }
    }
}

fn credited(team: &Team, member: u64, round: u32) -> bool {
    team.result(UserId::new(member), round) == RoundResult::Credited
}

/// Returns how often a round was assessed.
fn assessments(team: &Team, round: u32) -> u32 {
    let Some(round) = team.round(round) else {
        return 0;
    };
    let counts = (1..=POINTS_MAX).map(|points| round.assessments.counts(points).assessed);
    counts.sum()
}

fn voided(team: &Team, round: u32) -> bool {
    team.round(round)
        .is_some_and(|round| round.voided_by.is_some())
}

fn letter(result: RoundResult) -> char {
    match result {
        RoundResult::Nothing => '.',
        RoundResult::Answered => 'a',
        RoundResult::Late => 'l',
        RoundResult::Peeked => 'v',
        RoundResult::PeekedFirst => 'w',
        RoundResult::Credited => 'c',
    }
}
