//! `/pair`: mock interviews of two members, and the components in the threads of their matches.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::confirmation;
use super::quiz::{parse_topic, topic_choices};
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Subcommand,
    Visibility, channel_option,
};
use super::{CommandResult, or_user_error, question_by_id, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::pair::{PairAction, PairState};
use crate::bot::interactions::response::Response;
use crate::bot::question_pool::question_pool;
use crate::bot::render::message::Message;
use crate::bot::render::pair::{self as render, OwnMatch, PairTeam};
use crate::bot::render::user_error::UserError;
use crate::bot::scheduler::delivery::DeliveryKind;
use quizloop_bank::{GuildQuestions, Level, Question, QuestionRef};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, UserId};
use quizloop_core::mock_interview::{
    JoinRequest, Match, MatchNotice, MatchPress, MatchPressError, Participant,
};
use quizloop_core::question_picker::{PickMode, PickOrder, PickRequest};
use quizloop_core::review::Rating;
use quizloop_core::self_assessment::Ticks;
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{Commit, LoadedGuild, LoadedTeam};
use rand::seq::IndexedRandom as _;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "pair",
    description: "Mock interviews in twos, once a week",
    access: Access::Everyone,
    kind: CommandKind::Groups {
        subcommands: &[
            Subcommand {
                name: "join",
                description: "Be matched with a colleague each week; you interview each other",
                action: Action {
                    options: join_options,
                    autocomplete: &[("topic", Autocomplete::InGuild(topic_choices))],
                    visibility: Visibility::Ephemeral,
                    help: Help::Line(|| {
                        "`/pair join` matches you with a colleague each week for a mock interview."
                            .into()
                    }),
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(join(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "leave",
                description: "Don't match me any more",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::Unlisted,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(leave(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "skip",
                description: "Leave me out of the next matching",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::Unlisted,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(skip(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "status",
                description: "When I'm matched next, and my open results",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::Unlisted,
                    handler: CommandHandler::Sync(status),
                },
            },
        ],
        groups: &[],
    },
};

fn join_options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "topic", "description": "Ask me only about this topic", "autocomplete": true }),
        json!({ "type": 3, "name": "level", "description": "Ask me only questions at this level", "choices": [
            { "name": "junior", "value": "junior" },
            { "name": "mid", "value": "mid" },
            { "name": "senior", "value": "senior" },
        ] }),
        channel_option(),
    ]
}

/// Returns what the replies say about a team.
fn pair_team(team: &Team, now: Timestamp) -> PairTeam {
    PairTeam {
        channel: team.channel,
        next: team.next_matching(now),
    }
}

async fn join(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let (user, now) = (interaction.user, interaction.created_at());
    let topic = interaction.text("topic").map(parse_topic);
    let level = interaction.text("level");
    let parsed = level.map(str::parse::<Level>).transpose();
    let parsed = parsed.map_err(|_| UserError::NoMatchingQuestion)?;
    let questions = ctx.questions(guild.id());
    let is_empty = questions.filter(topic.as_deref(), parsed).next().is_none();
    if is_empty {
        return Err(UserError::NoMatchingQuestion);
    }
    let request = JoinRequest {
        topic,
        level: level.map(str::to_owned),
    };
    change(ctx, team, |team| {
        if team.settings.pairs.is_none() {
            return Err(UserError::PairsOff);
        }
        team.join_mock_interviews(user, request, now);
        let participant = participant(team, user).ok_or(UserError::SaveFailed)?;
        Ok(render::joined(pair_team(team, now), participant))
    })
    .await
}

async fn leave(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let user = interaction.user;
    change(ctx, team, |team| {
        let had_joined = team.leave_mock_interviews(user);
        Ok(render::left(team.channel, had_joined))
    })
    .await
}

async fn skip(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let (user, now) = (interaction.user, interaction.created_at());
    change(ctx, team, |team| {
        let has_joined = team.skip_mock_interview(user);
        Ok(render::skipped(pair_team(team, now), has_joined))
    })
    .await
}

fn status(_: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let (user, now) = (interaction.user, interaction.created_at());
    let status = |team: &Team| {
        let stored = team.mock_interviews();
        if team.settings.pairs.is_none() && stored.is_none() {
            return Err(UserError::PairsOff);
        }
        let matches = stored
            .into_iter()
            .flat_map(|stored| stored.matches_of(user));
        let matches: Vec<_> = matches.map(|one| OwnMatch { one, user }).collect();
        Ok(render::status(
            pair_team(team, now),
            participant(team, user),
            &matches,
        ))
    };
    team.read(status).ok_or(UserError::TeamNotFound)?
}

fn participant(team: &Team, user: UserId) -> Option<&Participant> {
    team.mock_interviews()?.participant(user)
}

/// Changes a team. The change is durable before its message is returned.
async fn change(
    ctx: &BotContext,
    team: &LoadedTeam,
    change: impl FnOnce(&mut Team) -> CommandResult,
) -> CommandResult {
    let (result, commit) = team.update(change);
    let result = result.ok_or(UserError::TeamNotFound)?;
    wait(commit).await?;
    ctx.wake_scheduler.notify_one();
    result
}

/// Waits until a change is durable, also if nothing was changed now: the change of an earlier press
/// may not be durable yet.
async fn wait(commit: Commit) -> Result<(), UserError> {
    failpoint::hit("pair.changed");
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("pair.saved");
    Ok(())
}

/// A press of a button in a match's thread, or a choice from a menu.
pub struct PairInput<'a> {
    pub action: PairAction,
    pub state: PairState,
    /// The chosen options of the menu. Empty for a button.
    pub values: &'a [String],
}

impl<'a> PairInput<'a> {
    pub const fn new(action: PairAction, state: PairState, values: &'a [String]) -> Self {
        Self {
            action,
            state,
            values,
        }
    }
}

/// Handles a component of a match.
pub async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    input: PairInput<'_>,
) -> Response {
    let press = PairPress {
        ctx,
        interaction,
        guild,
        state: input.state,
    };
    let handled = match input.action {
        PairAction::Start | PairAction::Swap => press.begin_turn(input.action).await,
        PairAction::Card => press.show_card(),
        PairAction::Points => press.tick(input.values).await,
        PairAction::NoPoints => press.tick(&[]).await,
        PairAction::Finish => press.finish().await,
        PairAction::Result => press.show_result(),
        PairAction::Confirm => press.confirm(None, None).await,
        PairAction::Change => press.confirm(Some(input.values), None).await,
        PairAction::ChangeToNone => press.confirm(Some(&[]), None).await,
        PairAction::Rate(rating) => press.confirm(None, Some(rating)).await,
        PairAction::Met => press.answer_check(true).await,
        PairAction::NotMet => press.answer_check(false).await,
    };
    or_user_error(handled)
}

struct PairPress<'a> {
    ctx: &'a BotContext,
    interaction: &'a Interaction,
    guild: &'a LoadedGuild,
    state: PairState,
}

impl PairPress<'_> {
    const fn press(&self) -> MatchPress {
        MatchPress {
            number: self.state.number,
            phase: self.state.phase,
            user: self.interaction.user,
        }
    }

    /// Reads the match.
    fn read<R>(&self, read: impl FnOnce(&Match) -> R) -> Result<R, UserError> {
        let over = UserError::PairPress(MatchPressError::Over);
        let found = self.guild.read(|state| {
            let team = state.team(self.state.channel)?;
            team.match_by_number(self.state.number).map(read)
        });
        found.flatten().ok_or(over)
    }

    /// Changes the guild and waits until the change is durable.
    async fn change<R>(
        &self,
        change: impl FnOnce(&mut Guild) -> Result<R, MatchPressError>,
    ) -> Result<R, UserError> {
        let changed = self.guild.update(change);
        let over = UserError::PairPress(MatchPressError::Over);
        let (result, commit) = changed.ok_or(over)?;
        wait(commit).await?;
        result.map_err(UserError::PairPress)
    }

    fn question(&self, id: &str) -> Result<QuestionRef, UserError> {
        question_by_id(self.ctx, self.guild.id(), id)
    }

    /// Returns the message in which the member must confirm before they see an answer: a team may
    /// have posted the question since.
    fn confirmation(&self, question: &Question) -> Option<Message> {
        confirmation(self.interaction, self.guild, question)
    }

    /// Begins an interview, and shows in the message with the button who interviews. A press that
    /// comes too late changes nothing, and shows the same.
    async fn begin_turn(&self, action: PairAction) -> Result<Response, UserError> {
        let (ctx, press, channel) = (self.ctx, self.press(), self.state.channel);
        let questions = ctx.questions(self.guild.id());
        let now = self.interaction.created_at();
        let begun = self
            .change(|state| {
                let draw = draw_question(ctx, state, &questions, channel, press, now)?;
                let Some(question) = draw else {
                    return Ok(false);
                };
                state.begin_turn(channel, press, &question)?;
                Ok(true)
            })
            .await;
        match begun {
            Ok(true) | Err(UserError::PairPress(MatchPressError::OtherPhase)) => {}
            Ok(false) => return Err(UserError::NoMatchingQuestion),
            Err(error) => return Err(error),
        }
        self.read(|one| {
            Response::Update(match action {
                PairAction::Swap => render::result_ready(channel, one, press.phase),
                _ => render::guide(channel, one),
            })
        })
    }

    /// Shows the question to the interviewer.
    fn show_card(&self) -> Result<Response, UserError> {
        self.card().map(Response::New)
    }

    fn card(&self) -> Result<Message, UserError> {
        let MatchPress { phase, user, .. } = self.press();
        let turn = self.read(|one| one.running_for_interviewer(phase, user).cloned())?;
        let turn = turn.map_err(UserError::PairPress)?;
        let question = self.question(&turn.question)?;
        if let Some(confirm) = self.confirmation(&question) {
            return Ok(confirm);
        }
        Ok(render::card(&question, &turn, self.state))
    }

    /// Stores what the candidate has said so far.
    async fn tick(&self, values: &[String]) -> Result<Response, UserError> {
        let MatchPress { phase, user, .. } = self.press();
        let question = self.read(|one| {
            let turn = one.running_for_interviewer(phase, user);
            turn.map(|turn| turn.question.clone())
        })?;
        let question = self.question(&question.map_err(UserError::PairPress)?)?;
        let ticks = ticks(&question, values);
        self.change(|state| state.tick_points(self.state.channel, self.press(), ticks))
            .await?;
        Ok(Response::Update(self.card()?))
    }

    /// Finishes the interview. The scheduler writes in the thread that the result is ready.
    async fn finish(&self) -> Result<Response, UserError> {
        let (press, channel) = (self.press(), self.state.channel);
        let now = self.interaction.created_at();
        let question = self.read(|one| {
            let turn = one.running_for_interviewer(press.phase, press.user);
            turn.map(|turn| turn.question.clone())
        })?;
        let question = self.question(&question.map_err(UserError::PairPress)?);
        let points = question.map_or(0, |question| question.points.len());
        let key = DeliveryKind::MatchNotice.of(self.guild.team(channel).key());
        let finished = self
            .change(|state| {
                let finished = state.finish_turn(channel, press, points, now)?;
                let notice = MatchNotice::Result {
                    phase: finished.phase,
                };
                let delivery = state
                    .team(channel)
                    .and_then(|team| team.pending_notice(press.number, notice));
                if let Some(delivery) = delivery {
                    self.ctx.deliveries.begin(key, &delivery);
                }
                Ok(finished)
            })
            .await?;
        self.ctx.wake_scheduler.notify_one();
        Ok(Response::Update(render::finished(finished.candidate)))
    }

    /// Shows the result to the candidate.
    fn show_result(&self) -> Result<Response, UserError> {
        let (question, ticks) = self.open_result()?;
        if let Some(confirm) = self.confirmation(&question) {
            return Ok(Response::New(confirm));
        }
        Ok(Response::New(render::result(&question, ticks, self.state)))
    }

    fn open_result(&self) -> Result<(QuestionRef, Ticks), UserError> {
        let MatchPress { phase, user, .. } = self.press();
        let open = self.read(|one| {
            let open = one.open_result(phase, user);
            open.map(|open| (open.question.to_owned(), open.ticks))
        })?;
        let (question, ticks) = open.map_err(UserError::PairPress)?;
        Ok((self.question(&question)?, ticks))
    }

    /// Confirms the result: with the interviewer's ticks, with other ones, or with a rating if the
    /// question has no key points.
    async fn confirm(
        &self,
        values: Option<&[String]>,
        rating: Option<Rating>,
    ) -> Result<Response, UserError> {
        let (question, ticks) = self.open_result()?;
        let has_points = !question.points.is_empty();
        let ticks = match values {
            Some(values) => self::ticks(&question, values),
            None if ticks.points() != question.points.len() => {
                return Err(UserError::KeyPointsChanged);
            }
            None => ticks,
        };
        let rating = match rating {
            // The bot offers no such component.
            Some(_) if has_points => return Err(UserError::StaleComponent),
            None if !has_points => return Err(UserError::StaleComponent),
            Some(rating) => rating,
            None => ticks.rating(),
        };
        let (channel, now) = (self.state.channel, self.interaction.created_at());
        let (review, today) = self
            .change(|state| {
                let team = state.team(channel).ok_or(MatchPressError::Over)?;
                let today = team.settings.schedule.zone.date(now);
                let review = state.confirm_result(channel, self.press(), rating, today)?;
                Ok((review, today))
            })
            .await?;
        let message = render::confirmed(&question, Some(ticks), today, review.due);
        Ok(Response::Update(message))
    }

    async fn answer_check(&self, met: bool) -> Result<Response, UserError> {
        self.change(|state| state.answer_check(self.state.channel, self.press(), met))
            .await?;
        Ok(Response::New(render::check_answered(met)))
    }
}

/// Returns the ticks of the chosen options of a menu.
fn ticks(question: &Question, values: &[String]) -> Ticks {
    let chosen = values.iter().filter_map(|value| value.parse().ok());
    Ticks::new(question.points.len(), chosen)
}

/// Draws the question of the next interview of a match: what the candidate chose when they joined,
/// or else from the team's programme; what is due for the candidate first. Never an open question,
/// and none that the match had. `None` if there is none.
///
/// # Errors
///
/// Fails if the member may not begin an interview now.
fn draw_question(
    ctx: &BotContext,
    state: &Guild,
    questions: &GuildQuestions,
    channel: ChannelId,
    press: MatchPress,
    now: Timestamp,
) -> Result<Option<String>, MatchPressError> {
    let team = state.team(channel).ok_or(MatchPressError::Over)?;
    let one = team.match_by_number(press.number);
    let one = one.ok_or(MatchPressError::Over)?;
    let turn = one.next_turn(press.phase, press.user)?;
    let chosen = participant(team, turn.candidate);
    let topic = chosen.and_then(|one| one.topic.as_deref());
    let level = chosen.and_then(|one| one.level.as_deref()?.parse::<Level>().ok());
    let pool = question_pool(questions);
    let mut candidates: Vec<&str> = if topic.is_some() || level.is_some() {
        let matching = questions.filter(topic, level);
        matching.map(|question| question.id.as_str()).collect()
    } else {
        let programme = team.settings.programme.questions(&pool);
        programme.map(|question| question.id).collect()
    };
    let had = |id: &str| {
        let mut results = one
            .results
            .iter()
            .filter_map(|result| result.content.as_ref());
        results.any(|content| content.question == id)
    };
    let open: Vec<&str> = state.open_questions().collect();
    candidates.retain(|id| !open.contains(id) && !had(id));
    let request = PickRequest {
        mode: PickMode::Mixed,
        order: PickOrder::Random,
        candidates: &candidates,
        shown: "",
        today: team.settings.schedule.zone.date(now),
    };
    Ok(ctx.with_rng(|rng| {
        let question = match state.pick(turn.candidate, &request, |_| false, rng) {
            Ok(picked) => Some(picked.question),
            // Everything was reviewed today.
            Err(_) => candidates.choose(rng).copied(),
        };
        question.map(str::to_owned)
    }))
}
