//! The self-assessment below the private model answer of a round: which key points did the
//! member's reply make?

use super::answer::{confirmation, private_answer};
use super::or_user_error;
use super::quiz::due_count;
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::assessment::{AssessmentAction, AssessmentState};
use crate::bot::interactions::response::Response;
use crate::bot::render::assessment::{self as render, AssessmentResult};
use crate::bot::render::reveal::{MemberPart, OpenAnswer};
use crate::bot::render::user_error::UserError;
use quizloop_bank::Question;
use quizloop_core::review::Rating;
use quizloop_core::self_assessment::{AssessableRound, NewAssessment, Ticks};
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

/// A press of a button of a self-assessment, or a choice from its menu.
pub struct AssessmentInput<'a> {
    pub action: AssessmentAction,
    pub state: AssessmentState,
    /// The chosen options of the menu. Empty for a button.
    pub values: &'a [String],
}

impl<'a> AssessmentInput<'a> {
    pub const fn new(
        action: AssessmentAction,
        state: AssessmentState,
        values: &'a [String],
    ) -> Self {
        Self {
            action,
            state,
            values,
        }
    }
}

/// Records a self-assessment and shows its result below the answer.
pub async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    input: AssessmentInput<'_>,
) -> Response {
    let message = input.state.round;
    let question = guild.read(|state| {
        let team = state.team_by_message(message)?;
        ctx.question_of_round(guild.id(), team.round_by_message(message)?)
    });
    let Some(question) = question.flatten() else {
        return or_user_error(Err(UserError::StaleComponent));
    };
    // The question may be open by now in a team in which the member has not replied.
    if let Some(confirm) = confirmation(interaction, guild, &question) {
        return Response::New(confirm);
    }
    let recorded = record(ctx, interaction, guild, &question, &input).await;
    or_user_error(recorded.map(|()| {
        let open = OpenAnswer {
            question: &question,
            page: AnswerPage::Short,
            public: false,
            round: Some(message),
        };
        Response::CachedUpdate(private_answer(ctx, interaction, guild, open))
    }))
}

/// Records a self-assessment durably.
async fn record(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &Question,
    input: &AssessmentInput<'_>,
) -> Result<(), UserError> {
    let (ticks, rating) = ticks_and_rating(question, input)?;
    let new = NewAssessment {
        message: input.state.round,
        topic: &question.topic,
        ticks,
        rating,
        review_count: input.state.reviews_before,
        now: ctx.clock.now(),
    };
    let recorded = guild.update(|state| state.assess(interaction.user, &new));
    let (assessed, commit) = recorded.ok_or(UserError::StaleComponent)?;
    failpoint::hit("assessment.changed");
    // A repeated press waits, too: the assessment of the first press may not be durable yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("assessment.saved");
    assessed.map(|_| ()).map_err(UserError::NotAssessable)
}

/// Returns the ticks and the rating of an input.
fn ticks_and_rating(
    question: &Question,
    input: &AssessmentInput<'_>,
) -> Result<(Ticks, Rating), UserError> {
    let points = question.points.len();
    if usize::from(input.state.points) != points {
        return Err(UserError::KeyPointsChanged);
    }
    let chosen = input.values.iter().filter_map(|value| value.parse().ok());
    match input.action {
        AssessmentAction::Points if points > 0 => {
            let ticks = Ticks::new(points, chosen);
            Ok((ticks, ticks.rating()))
        }
        AssessmentAction::NoPoints if points > 0 => Ok((Ticks::new(points, []), Rating::Again)),
        AssessmentAction::Rate(rating) if points == 0 => Ok((Ticks::default(), rating)),
        // The bot offers no such component.
        AssessmentAction::Points | AssessmentAction::NoPoints | AssessmentAction::Rate(_) => {
            Err(UserError::StaleComponent)
        }
    }
}

/// Returns what a member sees below a private model answer: the menu if they answered the question
/// in one of the two newest rounds of a team, and the result once they have assessed their reply.
pub fn member_part(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    open: OpenAnswer<'_>,
) -> MemberPart {
    let question = open.question;
    let round = guild.read(|state| {
        let round = state.assessable_round(&question.id, interaction.user, open.round)?;
        let review = state.review(interaction.user, &question.id);
        Some((round, review.map_or(0, |review| review.count)))
    });
    let Some((round, reviews_before)) = round.flatten() else {
        return MemberPart::default();
    };
    if round.ticks.is_some() {
        return result_part(ctx, interaction, guild, question, round);
    }
    let state = AssessmentState {
        round: round.message,
        // A menu has at most 25 options.
        points: u8::try_from(question.points.len()).unwrap_or(u8::MAX),
        reviews_before,
    };
    MemberPart {
        rows: render::rows(question, state),
        closing: render::prompt(question),
    }
}

fn result_part(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &Question,
    round: AssessableRound,
) -> MemberPart {
    let now = ctx.clock.now();
    let result = guild.read(|state| {
        let team = state.team(round.channel)?;
        let review = state.review(interaction.user, &question.id);
        Some(AssessmentResult {
            ticks: round.ticks?,
            streak: team.streak(interaction.user).current,
            today: team.settings.schedule.zone.date(now),
            due: review.map(|review| review.due),
            reviews: 0,
        })
    });
    let Some(mut result) = result.flatten() else {
        return MemberPart::default();
    };
    result.reviews = due_count(ctx, interaction, guild, result.today);
    MemberPart {
        rows: vec![render::next_row(question, result.reviews)],
        closing: Some(render::closing(question, &result)),
    }
}
