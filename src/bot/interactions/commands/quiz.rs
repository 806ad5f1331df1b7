//! `/quiz`: practice at any time, visible only to the member.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::confirmation;
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, or_user_error, question_by_id, question_for_modal, update_message};
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::quiz::{MadePoints, OptionOrder, QuizAction, QuizState, ScoredPage};
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice, Response};
use crate::bot::question_pool::question_pool;
use crate::bot::render::daily::{LevelDisplay, topic_label};
use crate::bot::render::message::Message;
use crate::bot::render::quiz::{self as render, PathPosition, PathProgress, QuizHeader, Score};
use crate::bot::render::user_error::UserError;
use quizloop_bank::{GuildQuestions, Level, Question, QuestionPath};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::members::NewRating;
use quizloop_core::programme::Programme;
use quizloop_core::question_picker::{
    PickError, PickMode, PickOrder, PickReason, PickRequest, PickedQuestion,
};
use quizloop_core::ramp::QuizCandidate;
use quizloop_core::retention::Retention;
use quizloop_core::review::{Rating, Review};
use quizloop_core::zone::Zone;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "quiz",
    description: "Practise a question now; only you see it",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[
            ("topic", Autocomplete::InGuild(topic_choices)),
            ("path", Autocomplete::InGuild(path_choices)),
        ],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            "`/quiz` lets you practise in private at any time, and repeats what you didn't know. With \
             `path:` it follows a course, such as *First week*."
                .into()
        }),
        handler: CommandHandler::Sync(run),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "topic", "description": "Only questions on this topic", "autocomplete": true }),
        json!({ "type": 3, "name": "level", "description": "Only questions at this level", "choices": [
            { "name": "junior", "value": "junior" },
            { "name": "mid", "value": "mid" },
            { "name": "senior", "value": "senior" },
        ] }),
        json!({ "type": 3, "name": "mode", "description": "What to practise (default: mixed)", "choices": [
            { "name": "due: questions to repeat today", "value": "due" },
            { "name": "new: questions I haven't seen", "value": "new" },
            { "name": "mixed: due questions, then new ones", "value": "mixed" },
        ] }),
        json!({ "type": 3, "name": "path", "description": "Follow a path: its questions in order", "autocomplete": true }),
    ]
}

/// Returns topics whose name contains what a member has typed.
pub fn topic_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    let typed = parse_topic(typed);
    let choice = |topic: &str| AutocompleteChoice {
        name: topic_label(topic),
        value: topic.to_owned(),
    };
    ctx.questions(guild)
        .topics()
        .filter(|topic| topic.contains(&typed))
        .take(AUTOCOMPLETE_CHOICES_MAX)
        .map(choice)
        .collect()
}

fn path_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    let typed = typed.trim().to_lowercase();
    let choice = |path: &QuestionPath| AutocompleteChoice {
        name: format!("{}: {}", path.title, path.summary),
        value: path.name.clone(),
    };
    ctx.questions(guild)
        .paths()
        .iter()
        .filter(|path| path.name.contains(&typed) || path.title.to_lowercase().contains(&typed))
        .take(AUTOCOMPLETE_CHOICES_MAX)
        .map(choice)
        .collect()
}

/// Returns the name of the path that a member chose, or typed: its name or its title.
fn path_name(ctx: &BotContext, guild: GuildId, typed: &str) -> Result<String, UserError> {
    let wanted = typed.trim().to_lowercase();
    let questions = ctx.questions(guild);
    let mut paths = questions.paths().iter();
    let found = paths.find(|path| path.name == wanted || path.title.to_lowercase() == wanted);
    found
        .map(|path| path.name.clone())
        .ok_or_else(|| UserError::PathNotFound(typed.to_owned()))
}

/// Returns a topic as questions name it, from what a member has typed.
pub fn parse_topic(typed: &str) -> String {
    typed.trim().to_lowercase().replace(' ', "-")
}

/// Asks the first question.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let level = interaction
        .text("level")
        .map(str::parse::<Level>)
        .transpose();
    let topic = interaction.text("topic");
    let path = interaction.text("path");
    if path.is_some() && (topic.is_some() || interaction.text("level").is_some()) {
        return Err(UserError::InvalidOption(
            "path: a path has its own questions, so leave out topic and level.".into(),
        ));
    }
    let path = path.map(|typed| path_name(ctx, guild.id(), typed));
    let start = QuizState {
        question: String::new(),
        topic: topic.map(parse_topic),
        path: path.transpose()?,
        level: level
            .map_err(|_| UserError::InvalidOption("level: choose junior, mid or senior.".into()))?,
        mode: parse_mode(interaction.text("mode"))?,
        reviews_before: 0,
        order: OptionOrder::default(),
        chosen: None,
    };
    next_question(ctx, interaction, guild, &start)
}

fn parse_mode(word: Option<&str>) -> Result<PickMode, UserError> {
    match word {
        None | Some("mixed") => Ok(PickMode::Mixed),
        Some("due") => Ok(PickMode::Due),
        Some("new") => Ok(PickMode::New),
        Some(_) => Err(UserError::InvalidOption(
            "mode: choose due, new or mixed.".into(),
        )),
    }
}

/// A press of a button of a quiz, or a choice from its menu.
pub struct QuizInput<'a> {
    pub action: QuizAction,
    pub state: &'a QuizState,
    /// The chosen options of the menu. Empty for a button.
    pub values: &'a [String],
}

impl<'a> QuizInput<'a> {
    pub const fn new(action: QuizAction, state: &'a QuizState, values: &'a [String]) -> Self {
        Self {
            action,
            state,
            values,
        }
    }
}

/// Handles a button or the menu of a quiz.
pub async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    input: QuizInput<'_>,
) -> Response {
    let QuizInput { action, state, .. } = input;
    if shows_answer(action) {
        match answer_confirmation(ctx, interaction, guild, state) {
            Ok(None) => {}
            Ok(Some(confirm)) => return Response::New(confirm),
            Err(error) => return Response::New(error.message()),
        }
    }
    update_message(match action {
        // Its modal is opened before the guild is loaded.
        QuizAction::Write => Err(UserError::StaleComponent),
        QuizAction::Hint => hint(ctx, interaction, guild, state),
        QuizAction::Answer => answer(ctx, guild, state, None),
        QuizAction::Choose(position) => {
            let chosen = QuizState {
                chosen: Some(position),
                ..state.clone()
            };
            answer(ctx, guild, &chosen, None)
        }
        QuizAction::Page(page) => turn_page(ctx, guild, state, page),
        QuizAction::ScoredPage(shown) => turn_scored_page(ctx, interaction, guild, state, shown),
        QuizAction::NoPoints | QuizAction::Points | QuizAction::Rate(_) => {
            score(ctx, interaction, guild, input).await
        }
        QuizAction::Next => next_question(ctx, interaction, guild, state),
    })
}

/// Opens the modal in which the member writes an answer.
pub async fn open_modal(
    ctx: &BotContext,
    interaction: &Interaction,
    state: &QuizState,
) -> Response {
    let question = question_for_modal(ctx, interaction, &state.question).await;
    or_user_error(question.map(|question| Response::Modal(render::answer_modal(&question, state))))
}

/// Whether the response to a button shows the model answer.
const fn shows_answer(action: QuizAction) -> bool {
    match action {
        QuizAction::Answer
        | QuizAction::Choose(_)
        | QuizAction::Points
        | QuizAction::NoPoints
        | QuizAction::Rate(_)
        | QuizAction::Page(_)
        | QuizAction::ScoredPage(_) => true,
        // The answer is shown once the modal is submitted.
        QuizAction::Write | QuizAction::Hint | QuizAction::Next => false,
    }
}

/// Returns the message in which the member must confirm before they see the answer: the question
/// may have been posted since `/quiz` asked it.
fn answer_confirmation(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    state: &QuizState,
) -> Result<Option<Message>, UserError> {
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    Ok(confirmation(interaction, guild, question))
}

/// An answer that a member wrote in the modal.
#[derive(Debug, Clone, Copy)]
pub struct WrittenAnswer<'a> {
    pub state: &'a QuizState,
    pub text: &'a str,
}

/// Shows the model answer next to the member's own.
pub fn on_written_answer(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    written: WrittenAnswer<'_>,
) -> Response {
    let WrittenAnswer { state, text } = written;
    match answer_confirmation(ctx, interaction, guild, state) {
        Ok(None) => update_message(answer(ctx, guild, state, Some(text))),
        // What they wrote would be lost otherwise.
        Ok(Some(confirm)) => Response::New(render::with_written_answer(confirm, text)),
        Err(error) => Response::New(error.message()),
    }
}

/// Asks the next question of the same path, or topic, level and mode.
fn next_question(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    previous: &QuizState,
) -> CommandResult {
    let practice = PracticeContext::for_interaction(interaction, guild);
    let member = interaction.user;
    // After a restart the questions asked today are not known; at least the one shown is not
    // repeated.
    let questions = ctx.questions(guild.id());
    if let Some(shown) = questions.index_of(&previous.question) {
        ctx.asked_today
            .remember(guild.id(), member, practice.today, shown);
    }
    let draw = Draw {
        questions: &questions,
        previous,
        practice: &practice,
    };
    let pick = pick_question(ctx, interaction, guild, draw)?;
    let question = &*question_by_id(ctx, guild.id(), pick.question)?;
    if let Some(asked) = questions.index_of(pick.question) {
        ctx.asked_today
            .remember(guild.id(), member, practice.today, asked);
    }
    let state = QuizState {
        question: question.id.clone(),
        reviews_before: pick.review_count,
        order: ctx.with_rng(OptionOrder::random),
        chosen: None,
        ..previous.clone()
    };
    let header = QuizHeader {
        reason: pick.reason,
        due: due_count(ctx, interaction, guild, practice.today),
        path: path_position(&questions, &state),
        // An open question is not picked.
        level: LevelDisplay::Shown,
    };
    Ok(render::question(question, &state, header, false))
}

/// From what the next question is drawn.
#[derive(Clone, Copy)]
struct Draw<'a> {
    questions: &'a GuildQuestions,
    previous: &'a QuizState,
    practice: &'a PracticeContext,
}

fn pick_question<'a>(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    draw: Draw<'a>,
) -> Result<PickedQuestion<'a>, UserError> {
    let Draw {
        questions,
        previous,
        practice,
    } = draw;
    let asked = ctx
        .asked_today
        .asked_on(guild.id(), interaction.user, practice.today);
    let path = path_of(questions, previous)?;
    let programme = practice.programme.as_ref();
    let programme = programme.filter(|one| is_without_options(previous) && !one.is_default());
    let mut candidates: Vec<QuizCandidate<'_>> = if let Some(path) = path {
        let ids = path_ids(questions, path).into_iter();
        ids.map(|id| QuizCandidate { id, level: None }).collect()
    } else if let Some(programme) = programme {
        let pool = question_pool(questions);
        let allowed = programme.questions(&pool);
        allowed
            .map(|one| QuizCandidate {
                id: one.id,
                level: one.level,
            })
            .collect()
    } else {
        let matching = questions.filter(previous.topic.as_deref(), previous.level);
        matching
            .map(|question| QuizCandidate {
                id: &question.id,
                level: question.level.map(Level::name),
            })
            .collect()
    };
    candidates.retain(|one| !practice.open_questions.contains(one.id));
    let was_asked = |id: &str| {
        let question = questions.index_of(id);
        question.is_some_and(|question| asked.contains(question))
    };
    let shown = questions.get(&previous.question);
    let candidates: Vec<&str> = if path.is_none() && previous.level.is_none() {
        let level_of = |id: &str| Some(questions.get(id)?.effective_level().name());
        let is_free = |id: &str| id != previous.question && !was_asked(id);
        guild.read_or_empty(|state| {
            state.narrow_to_ramp(interaction.user, &candidates, level_of, is_free)
        })
    } else {
        candidates.iter().map(|one| one.id).collect()
    };
    let request = PickRequest {
        mode: previous.mode,
        order: path.map_or(PickOrder::Random, |_| PickOrder::Listed),
        candidates: &candidates,
        shown: shown.map_or("", |question| &question.id),
        today: practice.today,
    };
    let pick =
        |state: &Guild| ctx.with_rng(|rng| state.pick(interaction.user, &request, was_asked, rng));
    let picked = guild.read_or_empty(pick);
    picked.map_err(|error| match (error, path) {
        (PickError::OnlyShownDue, _) => UserError::OnlyThisDue,
        (PickError::NoneDue { next }, _) => UserError::NothingDue {
            today: practice.today,
            next,
        },
        (_, Some(path)) => {
            let progress = |state: &Guild| {
                let review = |id: &&str| state.review(interaction.user, id);
                let ids = path_ids(questions, path);
                let reviews: Vec<&Review> = ids.iter().filter_map(review).collect();
                PathProgress {
                    title: path.title.clone(),
                    total: ids.len(),
                    unseen: ids.len() - reviews.len(),
                    today: practice.today,
                    next: reviews.iter().map(|review| review.due).min(),
                }
            };
            UserError::PathEnded(guild.read_or_empty(progress))
        }
        (PickError::NoMatch, None) => no_match(questions, previous),
        (PickError::AllSeen, None) => UserError::NothingUnseen,
        (PickError::AllAskedToday, None) => UserError::AllAskedToday,
    })
}

/// Returns why nothing matches what the member chose.
fn no_match(questions: &GuildQuestions, chosen: &QuizState) -> UserError {
    let exists = |topic: &String| questions.topics().any(|one| one == topic);
    let is_empty = |level| {
        let topic = chosen.topic.as_deref();
        questions.filter(topic, Some(level)).next().is_none()
    };
    match (&chosen.topic, chosen.level) {
        (Some(topic), _) if !exists(topic) => UserError::TopicNotFound(topic.clone()),
        (topic, Some(level)) if is_empty(level) => UserError::NoQuestionAtLevel {
            topic: topic.clone(),
            level,
        },
        // There are some, and teams have them open.
        _ => UserError::NoMatchingQuestion,
    }
}

/// Returns the path that the member follows, if any.
fn path_of<'q>(
    questions: &'q GuildQuestions,
    state: &QuizState,
) -> Result<Option<&'q QuestionPath>, UserError> {
    let find = |name: &String| {
        let found = questions.path(name);
        found.ok_or_else(|| UserError::PathNotFound(name.clone()))
    };
    state.path.as_ref().map(find).transpose()
}

/// Returns the ids of the path's questions that the server's admins have not disabled.
fn path_ids<'q>(questions: &GuildQuestions, path: &'q QuestionPath) -> Vec<&'q str> {
    let ids = path.questions.iter().map(String::as_str);
    ids.filter(|id| questions.is_enabled(id)).collect()
}

fn path_position<'q>(questions: &'q GuildQuestions, state: &QuizState) -> Option<PathPosition<'q>> {
    let path = questions.path(state.path.as_deref()?)?;
    let ids = path_ids(questions, path);
    let index = ids.iter().position(|id| *id == state.question)?;
    Some(PathPosition {
        title: &path.title,
        position: index + 1,
        total: ids.len(),
    })
}

/// Whether the member chose nothing, so that the team's programme decides.
fn is_without_options(state: &QuizState) -> bool {
    state.topic.is_none() && state.level.is_none() && state.mode == PickMode::default()
}

fn hint(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    state: &QuizState,
) -> CommandResult {
    let practice = PracticeContext::for_interaction(interaction, guild);
    let questions = ctx.questions(guild.id());
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    let (review, hides_level) = guild.read_or_empty(|guild| {
        let review = guild.review(interaction.user, &state.question).copied();
        (review, guild.hides_level(&state.question))
    });
    let header = QuizHeader {
        reason: review.map_or(PickReason::New, |review| {
            pick_reason(&review, practice.today)
        }),
        due: due_count(ctx, interaction, guild, practice.today),
        path: path_position(&questions, state),
        level: LevelDisplay::hidden_if(hides_level),
    };
    Ok(render::question(question, state, header, true))
}

/// Returns why a question that was reviewed before is asked.
fn pick_reason(review: &Review, today: Date) -> PickReason {
    if review.is_due(today) {
        PickReason::Due
    } else if review.last == today && review.rating == Rating::Again {
        PickReason::Again
    } else {
        PickReason::Ahead
    }
}

fn answer(
    ctx: &BotContext,
    guild: &LoadedGuild,
    state: &QuizState,
    written: Option<&str>,
) -> CommandResult {
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    Ok(render::answer(question, state, AnswerPage::Short, written))
}

/// Turns to a page before the score. What the member wrote or chose stays above it.
fn turn_page(
    ctx: &BotContext,
    guild: &LoadedGuild,
    state: &QuizState,
    page: AnswerPage,
) -> CommandResult {
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    Ok(render::answer(question, state, page, None).keep_content())
}

/// Turns to a page after the score, which stays below it.
fn turn_scored_page(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    state: &QuizState,
    shown: ScoredPage,
) -> CommandResult {
    let ScoredPage { page, made } = shown;
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    let review = |guild: &Guild| guild.review(interaction.user, &state.question).copied();
    let Some(review) = guild.read(review).flatten() else {
        // The member has deleted their data since.
        return turn_page(ctx, guild, state, page);
    };
    let practice = PracticeContext::for_interaction(interaction, guild);
    let score = Score {
        made,
        review,
        // The rating of a question without key points is not part of the button.
        is_new: question.points.is_empty() || review.rating == rate(question, state, made),
        today: practice.today,
        due: due_count(ctx, interaction, guild, practice.today),
    };
    Ok(render::score_message(question, state, &score, page))
}

/// Returns the rating for the points made. After a wrong prediction they change nothing.
fn rate(question: &Question, state: &QuizState, made: MadePoints) -> Rating {
    if state.predicted_wrong() {
        Rating::Again
    } else {
        Rating::from_points(made.count(), question.points.len())
    }
}

/// Returns the key points that the member made, and the rating: by the points, or else as the member
/// chose; `None` if the question has got key points since the answer was shown, or lost them.
fn made_and_rating(question: &Question, input: &QuizInput<'_>) -> Option<(MadePoints, Rating)> {
    let has_points = !question.points.is_empty();
    match input.action {
        QuizAction::Rate(rating) if !has_points => {
            let is_wrong = input.state.predicted_wrong();
            let rating = if is_wrong { Rating::Again } else { rating };
            Some((MadePoints::default(), rating))
        }
        QuizAction::Points | QuizAction::NoPoints if has_points => {
            let made = made_points(input.values, question.points.len());
            Some((made, rate(question, input.state, made)))
        }
        _ => None,
    }
}

/// Rates the review. It is durable before the member sees the score.
async fn score(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    input: QuizInput<'_>,
) -> CommandResult {
    let state = input.state;
    let question = &*question_by_id(ctx, guild.id(), &state.question)?;
    let Some((made, rating)) = made_and_rating(question, &input) else {
        // What the member wrote or chose stays above the answer.
        return turn_page(ctx, guild, state, AnswerPage::Short);
    };
    let practice = PracticeContext::for_interaction(interaction, guild);
    let rating = NewRating {
        question: &question.id,
        review_count: state.reviews_before,
        rating,
        retention: practice.retention,
        today: practice.today,
    };
    let ((review, is_new), commit) = guild.upsert(|guild| guild.rate(interaction.user, &rating));
    failpoint::hit("review.changed");
    // A repeated press waits, too: the rating of the first press may not be durable yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("review.saved");
    let score = Score {
        made,
        review,
        is_new,
        today: practice.today,
        due: due_count(ctx, interaction, guild, practice.today),
    };
    let page = AnswerPage::Short;
    Ok(render::score_message(question, state, &score, page))
}

/// Returns the points that were chosen.
///
/// Points that don't exist are ignored: the menu may be older than the question's current text.
fn made_points(values: &[String], total: usize) -> MadePoints {
    let numbers = values.iter().filter_map(|value| value.parse().ok());
    numbers.filter(|number: &usize| *number < total).collect()
}

/// Returns the number of due reviews of questions that the guild has.
pub fn due_count(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    today: Date,
) -> u32 {
    let questions = ctx.questions(guild.id());
    let is_known = |question: &str| questions.is_asked(question);
    let due = |state: &Guild| state.forecast(interaction.user, today, is_known)[0];
    guild.read(due).unwrap_or(0)
}

/// The properties of the guild and team on which practice depends.
pub struct PracticeContext {
    /// The questions of open rounds, which `/quiz` does not ask.
    open_questions: BTreeSet<String>,
    /// The local date.
    pub today: Date,
    /// The team's desired retention.
    pub retention: Retention,
    /// What the channel's team asks.
    pub programme: Option<Programme>,
}

impl PracticeContext {
    /// Takes time zone and retention from the channel's team, or else from any team of the guild,
    /// or else the defaults.
    pub fn for_interaction(interaction: &Interaction, guild: &LoadedGuild) -> Self {
        let now = interaction.created_at();
        let from_guild = |state: &Guild| {
            let teams = || state.teams().values().map(Box::as_ref);
            let of_channel = team_for_channel(state, interaction.channel);
            let team = of_channel.or_else(|| teams().next());
            let zone = team.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
            Self {
                open_questions: state.open_questions().map(str::to_owned).collect(),
                today: zone.date(now),
                retention: team.map_or_else(Retention::default, |team| team.settings.retention),
                programme: of_channel.map(|team| team.settings.programme.clone()),
            }
        };
        guild.read_or_empty(from_guild)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use quizloop_bank::{Bank, ServerBank, built_in};

    /// The second question of the path takes the place of the first.
    #[test]
    fn a_disabled_question_is_left_out_of_a_path() {
        let shared = Arc::new(Bank::load(built_in(), &[]).0);
        let path = shared.path("first-week").unwrap();
        let [first, second] = [&path.questions[0], &path.questions[1]];
        let all = GuildQuestions::new(Arc::clone(&shared));
        let server = ServerBank::new(Vec::new(), [first.clone()].into());
        let without = GuildQuestions::with_server(Arc::clone(&shared), Arc::new(server));
        let at = |questions: &GuildQuestions, question: &str| {
            let state = QuizState {
                question: question.to_owned(),
                topic: None,
                path: Some("first-week".to_owned()),
                level: None,
                mode: PickMode::Mixed,
                reviews_before: 0,
                order: OptionOrder::default(),
                chosen: None,
            };
            path_position(questions, &state).map(|place| (place.position, place.total))
        };
        assert_eq!(at(&all, second), Some((2, 15)));
        assert_eq!(at(&without, second), Some((1, 14)));
        assert_eq!(at(&without, first), None);
        assert!(!path_ids(&without, path).contains(&first.as_str()));
    }

    #[test]
    fn points_count_once_and_only_if_they_exist() {
        let values = ["0", "2", "2", "7", "x", "-1"].map(String::from);
        assert_eq!(made_points(&values, 4), [0, 2].into_iter().collect());
        assert_eq!(made_points(&[], 4).count(), 0);
    }
}
