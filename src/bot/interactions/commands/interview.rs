//! `/interview`: five questions against the clock, then the model answers with ticks and a summary,
//! visible only to the member.
//!
//! Every press is stored before the next question is shown, so an interview is resumed after a
//! restart or on another device. Only the time in the id of an interaction counts.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::quiz::{PracticeContext, due_count, parse_topic, topic_choices};
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, load_briefly, or_user_error, update_message};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::interview::{InterviewAction, InterviewSetup, InterviewState};
use crate::bot::interactions::response::Response;
use crate::bot::question_pool::practice_questions;
use crate::bot::render::interview::{
    self as render, AnsweredQuestion, AskedQuestion, InterviewEnd, InterviewSummary, QuestionNote,
    QuestionOutcome,
};
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use quizloop_bank::{GuildQuestions, Kind, Level, Question};
use quizloop_core::guild::Guild;
use quizloop_core::interview::{
    AnswerKind, INTERVIEW_MINUTES, INTERVIEW_QUESTIONS, Interview, InterviewAssessment,
    InterviewCandidate, InterviewError, InterviewKind, InterviewPhase, InterviewRating,
    InterviewStep, NewInterview,
};
use quizloop_core::review::Rating;
use quizloop_core::self_assessment::Ticks;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

/// The length of an interview unless the member chooses another, in minutes.
const DEFAULT_MINUTES: u8 = 15;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "interview",
    description: "Five questions against the clock; only you see it",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[("topic", Autocomplete::InGuild(topic_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            "`/interview` asks five questions against the clock, in private. At the end you see the \
             model answers and what to work on."
                .into()
        }),
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(run(ctx, interaction, guild))
        }),
    }),
};

fn options() -> Vec<Value> {
    let minutes = INTERVIEW_MINUTES
        .map(|minutes| json!({ "name": format!("{minutes} minutes"), "value": minutes }));
    vec![
        json!({ "type": 3, "name": "topic", "description": "Only questions on this topic", "autocomplete": true }),
        json!({ "type": 3, "name": "level", "description": "Only questions at this level", "choices": [
            { "name": "junior", "value": "junior" },
            { "name": "mid", "value": "mid" },
            { "name": "senior", "value": "senior" },
        ] }),
        json!({ "type": 4, "name": "minutes", "description": "How long (default: 15 minutes)", "choices": minutes }),
    ]
}

/// Shows the rules, or resumes the interview that the member has.
async fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let mut setup = setup(interaction)?;
    let now = interaction.created_at();
    let session = Session::new(ctx, interaction, guild);
    if let Some(interview) = session.interview().filter(|one| !one.finished) {
        // A press whose save is not finished yet may have led here.
        session.wait_until_saved().await?;
        if matches!(interview.phase(now), InterviewPhase::Question(_)) {
            let message = session.show(&interview, AnswerPage::Short);
            return Ok(render::with_note(message, QuestionNote::Resumed));
        }
        let state = state_of(&interview, 0, 0);
        setup.replaces = Some(state.start);
        return Ok(render::answers_waiting(&setup, state, interview.started_at));
    }
    let count = guild.read_or_empty(|state| {
        let candidates = session.candidates(&setup);
        let is_open = |one: &&InterviewCandidate<'_>| state.is_question_open(one.question);
        candidates.len() - candidates.iter().filter(is_open).count()
    });
    match count {
        0 => Err(UserError::NoInterviewQuestion),
        count => Ok(render::rules(&setup, count.min(INTERVIEW_QUESTIONS))),
    }
}

fn setup(interaction: &Interaction) -> Result<InterviewSetup, UserError> {
    let level = interaction.text("level").map(str::parse::<Level>);
    let minutes = interaction.number("minutes");
    let minutes = minutes.map_or(Some(DEFAULT_MINUTES), |minutes| {
        let mut allowed = INTERVIEW_MINUTES.into_iter();
        allowed.find(|one| u32::from(*one) == minutes)
    });
    Ok(InterviewSetup {
        minutes: minutes
            .ok_or_else(|| UserError::InvalidOption("minutes: choose 10, 15 or 25.".into()))?,
        level: level
            .transpose()
            .map_err(|_| UserError::NoInterviewQuestion)?,
        topic: interaction.text("topic").map(parse_topic),
        replaces: None,
    })
}

/// Handles the button that starts an interview.
pub async fn on_start(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    setup: &InterviewSetup,
) -> Response {
    let started = start(ctx, interaction, guild, setup).await;
    or_user_error(started.map(Response::New))
}

/// Draws the questions and starts the time. A repeated press shows where the member is.
async fn start(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    setup: &InterviewSetup,
) -> CommandResult {
    let session = Session::new(ctx, interaction, guild);
    let replaces = setup.replaces.map(Timestamp::from_millisecond);
    let candidates = session.candidates(setup);
    if candidates.is_empty() {
        return Err(UserError::NoInterviewQuestion);
    }
    let (started, commit) = guild.upsert(|state| {
        let drawn = ctx.with_rng(|rng| {
            state.draw_interview(interaction.user, &candidates, session.practice.today, rng)
        });
        // All matching questions may have been posted since the rules were shown.
        if drawn.is_empty() {
            return None;
        }
        let new = NewInterview {
            started_at: session.now,
            minutes: setup.minutes,
            questions: &drawn,
            replaces: replaces.and_then(Result::ok),
        };
        Some(state.start_interview(interaction.user, &new))
    });
    failpoint::hit("interview.changed");
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("interview.saved");
    let is_new = started.ok_or(UserError::NoInterviewQuestion)?;
    let interview = session.interview().ok_or(UserError::InterviewGone)?;
    if !is_new && !matches!(interview.phase(session.now), InterviewPhase::Question(_)) {
        let mut setup = setup.clone();
        let state = state_of(&interview, 0, 0);
        setup.replaces = Some(state.start);
        return Ok(render::answers_waiting(&setup, state, interview.started_at).ephemeral());
    }
    let message = session.show(&interview, AnswerPage::Short);
    let message = if is_new {
        message
    } else {
        render::with_note(message, QuestionNote::Resumed)
    };
    Ok(message.ephemeral())
}

/// A press of a button of an interview, or a choice from its menu.
pub struct InterviewInput<'a> {
    pub action: InterviewAction,
    pub state: InterviewState,
    /// The chosen options of the menu. Empty for a button.
    pub values: &'a [String],
}

impl<'a> InterviewInput<'a> {
    pub const fn new(action: InterviewAction, state: InterviewState, values: &'a [String]) -> Self {
        Self {
            action,
            state,
            values,
        }
    }
}

/// Handles a button or the menu of an interview.
pub async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    input: InterviewInput<'_>,
) -> Response {
    let session = Session::new(ctx, interaction, guild);
    let state = input.state;
    let new_message = |result: CommandResult| {
        or_user_error(result.map(|message| Response::New(message.ephemeral())))
    };
    match input.action {
        // Its modal is opened before the guild is loaded.
        InterviewAction::Write => or_user_error(Err(UserError::StaleComponent)),
        InterviewAction::Said => new_message(session.answer(state, AnswerKind::Said).await),
        InterviewAction::Skip => new_message(session.answer(state, AnswerKind::Skipped).await),
        InterviewAction::Choose(output) => new_message(session.choose(state, output).await),
        InterviewAction::SeeAnswers => new_message(session.see_answers(state).await),
        InterviewAction::Page(page) => update_message(session.turn_page(state, page).await),
        InterviewAction::Points
        | InterviewAction::NoPoints
        | InterviewAction::Rate(_)
        | InterviewAction::Next => update_message(session.assess(&input).await),
    }
}

/// Opens the modal in which the member writes an answer, or says why it is not the time for it.
pub async fn open_modal(
    ctx: &BotContext,
    interaction: &Interaction,
    state: InterviewState,
) -> Response {
    let guild = match load_briefly(ctx, interaction).await {
        Ok(guild) => guild,
        Err(error) => return or_user_error(Err(error)),
    };
    let session = Session::new(ctx, interaction, &guild);
    or_user_error(session.modal(state))
}

/// Stores that the member wrote an answer, and shows it above what comes next. Its text is stored
/// nowhere.
pub async fn on_written_answer(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    state: InterviewState,
    text: &str,
) -> Response {
    let session = Session::new(ctx, interaction, guild);
    let next = session.answer(state, AnswerKind::Written).await;
    // What they wrote would be lost otherwise.
    let message = next.unwrap_or_else(|error| error.message());
    Response::New(render::with_written_answer(message, text).ephemeral())
}

/// One interaction of a member with their interview.
struct Session<'a> {
    ctx: &'a BotContext,
    interaction: &'a Interaction,
    guild: &'a LoadedGuild,
    questions: GuildQuestions,
    practice: PracticeContext,
    now: Timestamp,
}

impl<'a> Session<'a> {
    fn new(ctx: &'a BotContext, interaction: &'a Interaction, guild: &'a LoadedGuild) -> Self {
        Self {
            ctx,
            interaction,
            guild,
            questions: ctx.questions(guild.id()),
            practice: PracticeContext::for_interaction(interaction, guild),
            now: interaction.created_at(),
        }
    }

    /// Returns the questions from which an interview is drawn: those that the channel's team asks,
    /// elsewhere all that are enabled. Options replace the team's choice.
    fn candidates(&self, setup: &InterviewSetup) -> Vec<InterviewCandidate<'_>> {
        let programme = self.practice.programme.as_ref();
        let topic = setup.topic.as_deref();
        let matching = practice_questions(&self.questions, programme, topic, setup.level);
        matching.into_iter().map(candidate).collect()
    }

    /// Returns the member's interview, until a day after its end.
    fn interview(&self) -> Option<Interview> {
        let find = |state: &Guild| state.interview(self.interaction.user, self.now).cloned();
        self.guild.read(find).flatten()
    }

    /// Returns the member's interview if it is the one to which a button belongs.
    fn interview_of(&self, state: InterviewState) -> Result<Interview, UserError> {
        let interview = self.interview();
        interview
            .filter(|one| one.started_at.as_millisecond() == state.start)
            .ok_or(UserError::InterviewGone)
    }

    fn step(&self, state: InterviewState) -> Result<InterviewStep, UserError> {
        Ok(InterviewStep {
            started_at: self.interview_of(state)?.started_at,
            position: state.position.into(),
            now: self.now,
        })
    }

    /// Waits until everything that the member may see now is durable.
    async fn wait_until_saved(&self) -> Result<(), UserError> {
        let saved = self.guild.latest_commit().wait().await;
        saved.map_err(|_| UserError::SaveFailed)
    }

    /// Opens the modal for the question that the member is on.
    fn modal(&self, state: InterviewState) -> Result<Response, UserError> {
        let interview = self.interview_of(state)?;
        let position = usize::from(state.position);
        let is_on = interview.phase(self.now) == InterviewPhase::Question(position);
        let asked = interview.questions().get(position);
        let question = asked.and_then(|one| self.questions.get(&one.question));
        Ok(match question.filter(|_| is_on) {
            Some(question) => Response::Modal(render::answer_modal(question, state)),
            None => Response::New(self.show_after(state, &interview).ephemeral()),
        })
    }

    /// Stores which output the member chose.
    async fn choose(&self, state: InterviewState, output: u8) -> CommandResult {
        let interview = self.interview_of(state)?;
        let asked = interview.questions().get(usize::from(state.position));
        let question = asked.and_then(|one| self.questions.get(&one.question));
        let is_right = question.is_some_and(|one| render::is_right(one, state, output));
        let kind = AnswerKind::Predicted { output, is_right };
        self.answer(state, kind).await
    }

    /// Stores an answer durably, then shows what comes next.
    async fn answer(&self, state: InterviewState, kind: AnswerKind) -> CommandResult {
        let step = self.step(state)?;
        let user = self.interaction.user;
        let changed = self
            .guild
            .update(|guild| guild.answer_interview(user, step, kind));
        let (result, commit) = changed.ok_or(UserError::InterviewGone)?;
        failpoint::hit("interview.changed");
        // A repeated press waits, too: the answer of the first press may not be durable yet.
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
        failpoint::hit("interview.saved");
        let interview = self.interview_of(state)?;
        match result {
            Ok(()) => Ok(self.show(&interview, AnswerPage::Short)),
            Err(InterviewError::NotFound) => Err(UserError::InterviewGone),
            Err(InterviewError::Repeated | InterviewError::TimeOver | InterviewError::NotYet) => {
                Ok(self.show_after(state, &interview))
            }
        }
    }

    /// Shows where the member is after a press that came too late.
    fn show_after(&self, state: InterviewState, interview: &Interview) -> Message {
        let message = self.show(interview, AnswerPage::Short);
        let is_answered = usize::from(state.position) < interview.answered();
        let is_on = matches!(interview.phase(self.now), InterviewPhase::Question(_));
        if is_on && is_answered {
            render::with_note(message, QuestionNote::AnsweredBefore(state.position))
        } else {
            message
        }
    }

    /// Shows the first model answer that is not assessed, or the summary.
    async fn see_answers(&self, state: InterviewState) -> CommandResult {
        let interview = self.interview_of(state)?;
        self.wait_until_saved().await?;
        Ok(self.show_answers(&interview, AnswerPage::Short))
    }

    async fn turn_page(&self, state: InterviewState, page: AnswerPage) -> CommandResult {
        let interview = self.interview_of(state)?;
        self.wait_until_saved().await?;
        let position = usize::from(state.position);
        let is_on = interview.phase(self.now) == InterviewPhase::Assessment(position);
        let page = if is_on { page } else { AnswerPage::Short };
        Ok(self.show_answers(&interview, page))
    }

    /// Stores what the member said of a model answer durably, then shows the next one. After the
    /// last one, the reviews and the result are durable as well.
    async fn assess(&self, input: &InterviewInput<'_>) -> CommandResult {
        let step = self.step(input.state)?;
        let interview = self.interview_of(input.state)?;
        let Some(assessment) = self.assessment(&interview, input) else {
            // The question has other key points by now, or is open.
            return self.see_answers(input.state).await;
        };
        let rating = InterviewRating {
            retention: self.practice.retention,
            today: self.practice.today,
        };
        let user = self.interaction.user;
        let changed = self
            .guild
            .update(|guild| guild.assess_interview(user, step, assessment, rating));
        let (result, commit) = changed.ok_or(UserError::InterviewGone)?;
        failpoint::hit("interview.changed");
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
        failpoint::hit("interview.saved");
        let interview = self.interview_of(input.state)?;
        match result {
            Ok(()) | Err(InterviewError::Repeated) => {
                Ok(self.show_answers(&interview, AnswerPage::Short))
            }
            Err(InterviewError::NotFound) => Err(UserError::InterviewGone),
            Err(InterviewError::TimeOver | InterviewError::NotYet) => {
                Ok(self.show(&interview, AnswerPage::Short))
            }
        }
    }

    /// Returns what an input says of a model answer; `None` if it does not fit the question.
    fn assessment(
        &self,
        interview: &Interview,
        input: &InterviewInput<'_>,
    ) -> Option<InterviewAssessment> {
        let answered = self.answered(interview, input.state.position.into())?;
        let Some(question) = answered.question.filter(|_| !answered.is_guarded) else {
            let is_next = input.action == InterviewAction::Next;
            return is_next.then_some(InterviewAssessment::LeftOut);
        };
        let points = question.points.len();
        let needs_ticks = answered.needs_ticks(question);
        let is_current = usize::from(input.state.points) == points;
        let chosen = input.values.iter().filter_map(|value| value.parse().ok());
        match input.action {
            InterviewAction::Next if !needs_ticks && points > 0 => {
                Some(InterviewAssessment::Points(Ticks::new(points, [])))
            }
            InterviewAction::Next if !needs_ticks => {
                Some(InterviewAssessment::Rated(Rating::Again))
            }
            InterviewAction::Points if needs_ticks && points > 0 && is_current => {
                Some(InterviewAssessment::Points(Ticks::new(points, chosen)))
            }
            InterviewAction::NoPoints if needs_ticks && points > 0 && is_current => {
                Some(InterviewAssessment::Points(Ticks::new(points, [])))
            }
            InterviewAction::Rate(rating) if needs_ticks && points == 0 => {
                Some(InterviewAssessment::Rated(rating))
            }
            _ => None,
        }
    }

    /// Shows what comes next. After the last question that is the way to the model answers.
    fn show(&self, interview: &Interview, page: AnswerPage) -> Message {
        match interview.phase(self.now) {
            InterviewPhase::Question(position) => self.show_question(interview, position),
            InterviewPhase::Assessment(position) if is_untouched(interview) => {
                render::end(InterviewEnd {
                    state: self.state(interview, position),
                    answered: interview.answered(),
                    total: interview.questions().len(),
                    seconds: interview.seconds().iter().sum(),
                    expires_at: interview.expires_at(),
                })
            }
            InterviewPhase::Assessment(_) | InterviewPhase::Finished => {
                self.show_answers(interview, page)
            }
        }
    }

    fn show_question(&self, interview: &Interview, position: usize) -> Message {
        let id = &interview.questions()[position].question;
        if let Some(index) = self.questions.index_of(id) {
            let today = self.practice.today;
            // `/quiz` need not ask it again today.
            let asked = &self.ctx.asked_today;
            asked.remember(self.guild.id(), self.interaction.user, today, index);
        }
        render::question(AskedQuestion {
            question: self.questions.get(id),
            state: self.state(interview, position),
            total: interview.questions().len(),
            ends_at: interview.ends_at(),
        })
    }

    /// Shows the first model answer that is not assessed, or the summary; a question if the member
    /// is still on one.
    fn show_answers(&self, interview: &Interview, page: AnswerPage) -> Message {
        match interview.phase(self.now) {
            InterviewPhase::Question(position) => self.show_question(interview, position),
            InterviewPhase::Assessment(position) => {
                // The phase is a question of the interview.
                let answered = self.answered(interview, position);
                answered.map_or_else(
                    || UserError::InterviewGone.message(),
                    |answered| render::model_answer(&answered, page),
                )
            }
            InterviewPhase::Finished => render::summary(&self.summary(interview)),
        }
    }

    /// Returns a question of the interview with what the member did.
    fn answered(&self, interview: &Interview, position: usize) -> Option<AnsweredQuestion<'_>> {
        let asked = interview.questions().get(position)?;
        let is_guarded = self.guild.read(|state| {
            let rounds = state.guarded_rounds(&asked.question, self.interaction.user);
            !rounds.is_empty()
        });
        Some(AnsweredQuestion {
            question: self.questions.get(&asked.question),
            state: self.state(interview, position),
            shown: interview.shown(),
            answer: asked.answer.map(|answer| answer.kind),
            seconds: interview.seconds().get(position).copied().unwrap_or(0),
            is_guarded: is_guarded.unwrap_or(false),
        })
    }

    fn summary(&self, interview: &Interview) -> InterviewSummary<'_> {
        let user = self.interaction.user;
        let due = |id: &str| {
            let due = |state: &Guild| state.review(user, id).map(|review| review.due);
            self.guild.read(due).flatten()
        };
        let seen = interview.questions().iter().zip(interview.seconds());
        let questions = seen.map(|(one, seconds)| QuestionOutcome {
            question: self.questions.get(&one.question),
            answer: one.answer.map(|answer| answer.kind),
            assessment: one.assessment,
            seconds,
            due: due(&one.question).filter(|_| is_rated(one.assessment)),
        });
        let today = self.practice.today;
        InterviewSummary {
            result: interview.result(),
            questions: questions.collect(),
            total: interview.questions().len(),
            weakest: interview.weakest_points(),
            today,
            reviews: due_count(self.ctx, self.interaction, self.guild, today),
        }
    }

    fn state(&self, interview: &Interview, position: usize) -> InterviewState {
        let asked = interview.questions().get(position);
        let question = asked.and_then(|one| self.questions.get(&one.question));
        state_of(
            interview,
            position,
            question.map_or(0, |one| one.points.len()),
        )
    }
}

/// Whether no model answer was assessed, so that the member may not have seen one.
fn is_untouched(interview: &Interview) -> bool {
    let mut questions = interview.questions().iter();
    questions.all(|one| one.assessment.is_none())
}

fn is_rated(assessment: Option<InterviewAssessment>) -> bool {
    !matches!(assessment, None | Some(InterviewAssessment::LeftOut))
}

fn state_of(interview: &Interview, position: usize, points: usize) -> InterviewState {
    InterviewState {
        start: interview.started_at.as_millisecond(),
        // An interview has five questions, and a menu at most 25 options.
        position: u8::try_from(position).unwrap_or(u8::MAX),
        points: u8::try_from(points).unwrap_or(u8::MAX),
    }
}

fn candidate(question: &Question) -> InterviewCandidate<'_> {
    InterviewCandidate {
        question: &question.id,
        level: question.level.map(Level::name),
        kind: match question.kind {
            Some(Kind::Predict) => InterviewKind::Predict,
            Some(Kind::Design) => InterviewKind::Design,
            Some(Kind::Concept | Kind::Compare | Kind::Bug) | None => InterviewKind::Other,
        },
    }
}
