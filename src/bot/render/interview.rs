//! `/interview`: the rules, the questions against the clock, the model answers with ticks, and the
//! summary. Only the member sees any of it.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use super::assessment::{day_text, next_row};
use super::component::{ActionRow, Button, ButtonStyle};
use super::daily::{button, color, topic_label};
use super::feedback::report_button;
use super::message::{CONTENT_MAX, Embed, FIELD_MAX, Message};
use super::modal::{Modal, TextInput, TextInputStyle};
use super::quiz::{
    ANSWER_FIELD, OPTION_LETTERS, offers_outputs, points_menu, prediction_text, short_text,
    text_with_outputs,
};
use super::rating;
use super::reveal::{WRITTEN_MAX, page_buttons, page_embed, short_embed, written_answer_within};
use super::text::{bullets, pluralize, relative_time, truncate};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::custom_id::{ComponentId, ModalId};
use crate::bot::interactions::interview::{InterviewAction, InterviewSetup, InterviewState};
use crate::bot::interactions::quiz::QuizState;
use quizloop_bank::Question;
use quizloop_chart::InterviewHistory;
use quizloop_core::interview::{
    AnswerKind, INTERVIEW_QUESTIONS, InterviewAssessment, InterviewResult, MissedPoint,
};
use quizloop_core::question_picker::PickMode;
use quizloop_core::review::Rating;

/// The embed colour while level and topic are hidden.
const INTERVIEW_COLOR: u32 = 0x74_7f_8d;

/// Maximum length of a question in the summary, in characters: five of them leave room for the rest.
const SUMMARY_QUESTION_MAX: usize = 100;

/// What an interview is like, before it begins. `count` is the number of its questions.
pub fn rules(setup: &InterviewSetup, count: usize) -> Message {
    let questions = pluralize(count, "question", "questions");
    let fewer = match count {
        INTERVIEW_QUESTIONS.. => String::new(),
        1 => " Only one question matches.".into(),
        count => format!(" Only {count} questions match."),
    };
    let rules = bullets([
        "They become harder. Their level and topic stay hidden until the end.",
        "Answer out loud, as you would in the real one, then press **I said it**. Or write: I show it \
         back to you and don't save it.",
        "There are no answers in between. At the end you see each model answer and tick what you said, \
         and `/quiz` brings the question back in time.",
        "When the time is over, nothing is sent. The buttons and `/interview` then lead you to the \
         answers, until a day later.",
        "Nobody else sees your interview or its result.",
    ]);
    let embed = Embed {
        title: Some(format!(
            "Interview: {questions} in {} minutes",
            setup.minutes
        )),
        description: Some(format!(
            "The time starts when you press **Start**.{fewer}\n{rules}"
        )),
        color: INTERVIEW_COLOR,
        ..Embed::default()
    };
    let start = ComponentId::StartInterview(setup.clone());
    Message::embed(embed).buttons(vec![button(ButtonStyle::Primary, "Start", &start)])
}

/// Says that a member has not seen the answers of their last interview, when they ask for another.
pub fn answers_waiting(
    setup: &InterviewSetup,
    state: InterviewState,
    started: Timestamp,
) -> Message {
    let start = ComponentId::StartInterview(setup.clone());
    Message::text(format!(
        "You haven't ticked all the answers of the interview that you started {}. A new one drops what \
         is left of it.",
        relative_time(started)
    ))
    .buttons(vec![
        see_answers(state),
        button(ButtonStyle::Secondary, "Start a new one", &start),
    ])
}

/// A question of a running interview.
#[derive(Debug, Clone, Copy)]
pub struct AskedQuestion<'q> {
    /// `None` if it was removed since the interview began.
    pub question: Option<&'q Question>,
    pub state: InterviewState,
    /// Number of questions of the interview.
    pub total: usize,
    pub ends_at: Timestamp,
}

/// A question with its countdown. Level and topic are hidden.
pub fn question(asked: AskedQuestion<'_>) -> Message {
    let AskedQuestion { state, total, .. } = asked;
    let time = format!("The interview ends {}.", relative_time(asked.ends_at));
    let press = |style, label: &str, action| interview_button(style, label, action, state);
    let embed = |text: String, footer: &str| {
        let embed = Embed {
            title: Some(format!(
                "Question {} of {total}",
                u32::from(state.position) + 1
            )),
            description: Some(text),
            color: INTERVIEW_COLOR,
            ..Embed::default()
        };
        Message::embed(embed.field("Time", &*time).footer(footer))
    };
    let Some(question) = asked.question else {
        let text =
            "This question was removed during your interview, so it doesn't count.".to_owned();
        let next = press(ButtonStyle::Primary, "Next", InterviewAction::Skip);
        return embed(text, "The model answers come at the end.").buttons(vec![next]);
    };
    let quiz = quiz_state(question, state, None);
    let text = text_with_outputs(question, &quiz);
    let skip = press(ButtonStyle::Secondary, "Skip", InterviewAction::Skip);
    if offers_outputs(question) {
        let choose = |(place, letter): (u8, &&str)| {
            press(ButtonStyle::Primary, letter, InterviewAction::Choose(place))
        };
        return embed(
            text,
            "Choose what it prints. The model answers come at the end.",
        )
        .buttons((0..).zip(&OPTION_LETTERS).map(choose).collect())
        .buttons(vec![skip]);
    }
    let said = press(ButtonStyle::Primary, "I said it", InterviewAction::Said);
    let write = press(ButtonStyle::Secondary, "Write it", InterviewAction::Write);
    embed(text, "Answer out loud. The model answers come at the end.")
        .buttons(vec![said, write, skip])
}

/// The modal for the member's own answer, below the question.
pub fn answer_modal(question: &Question, state: InterviewState) -> Modal {
    let field = TextInput::new(
        TextInputStyle::Paragraph,
        ANSWER_FIELD,
        "As you would say it",
        WRITTEN_MAX,
    )
    .placeholder("Only you will see it, above the next question. It isn't saved.");
    let id = ModalId::Interview(state).custom_id();
    let quiz = quiz_state(question, state, None);
    Modal::new("My answer", id, vec![field]).text(&text_with_outputs(question, &quiz))
}

/// What a member reads above the question that they are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionNote {
    /// They pressed a button of a question that they answered before, given by its position.
    AnsweredBefore(u8),
    /// They asked for an interview while this one is running.
    Resumed,
}

/// Adds a note above a message.
pub fn with_note(mut message: Message, note: QuestionNote) -> Message {
    message.content = Some(match note {
        QuestionNote::AnsweredBefore(position) => format!(
            "You have already answered question {}. This is where you are:",
            u32::from(position) + 1
        ),
        QuestionNote::Resumed => "Your interview is still running. This is where you are:".into(),
    });
    message
}

/// Adds what the member wrote above a message.
pub fn with_written_answer(mut message: Message, text: &str) -> Message {
    let note = message.content.filter(|note| !note.is_empty());
    let note = note.map_or_else(String::new, |note| note + "\n\n");
    let room = CONTENT_MAX.saturating_sub(note.chars().count());
    message.content = Some(note + &written_answer_within(text, room));
    message
}

/// The end of the questions.
#[derive(Debug, Clone, Copy)]
pub struct InterviewEnd {
    /// The first question whose model answer is not assessed.
    pub state: InterviewState,
    pub answered: usize,
    pub total: usize,
    /// How long the member took.
    pub seconds: u32,
    /// Until when the answers can be seen.
    pub expires_at: Timestamp,
}

/// Says that all questions are answered, or that the time is over, and leads to the model answers.
pub fn end(end: InterviewEnd) -> Message {
    let InterviewEnd {
        answered, total, ..
    } = end;
    let later = format!(
        "You can do it later as well: `/interview` leads you there until {}.",
        date_and_time(end.expires_at)
    );
    let text = if answered == total {
        format!(
            "🏁 That was the last question, after {}. Now see the model answers and tick what you \
             said. {later}",
            duration_text(end.seconds)
        )
    } else {
        format!(
            "⏱️ The time is over: you answered {answered} of {total}. Now see the model answers and tick \
             what you said, also of the question that was on. {later}"
        )
    };
    Message::text(text).buttons(vec![see_answers(end.state)])
}

fn see_answers(state: InterviewState) -> Button {
    interview_button(
        ButtonStyle::Primary,
        "See the answers",
        InterviewAction::SeeAnswers,
        state,
    )
}

/// A question after the interview, with what the member did.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredQuestion<'q> {
    /// `None` if it was removed since the interview began.
    pub question: Option<&'q Question>,
    pub state: InterviewState,
    /// Number of questions that the member saw.
    pub shown: usize,
    /// `None` if the time ran out.
    pub answer: Option<AnswerKind>,
    pub seconds: u32,
    /// Whether the question is open in a team of the server now, and the member may not see its
    /// answer without a consequence.
    pub is_guarded: bool,
}

impl AnsweredQuestion<'_> {
    /// Whether the answer counts as not known, whatever is ticked.
    pub const fn is_failed(&self) -> bool {
        matches!(
            self.answer,
            Some(
                AnswerKind::Skipped
                    | AnswerKind::Predicted {
                        is_right: false,
                        ..
                    }
            )
        )
    }

    /// Whether there is something to tick or to rate.
    pub fn needs_ticks(&self, question: &Question) -> bool {
        match self.answer {
            Some(AnswerKind::Skipped) => false,
            _ => !(question.points.is_empty() && self.is_failed()),
        }
    }

    fn button(&self, style: ButtonStyle, label: &str, action: InterviewAction) -> Button {
        interview_button(style, label, action, self.state)
    }

    /// The first line: which answer it is, and what the member did.
    fn heading(&self) -> String {
        let time = duration_text(self.seconds);
        let did = match self.answer {
            Some(AnswerKind::Said) => format!("You said your answer in {time}."),
            Some(AnswerKind::Written) => {
                format!("You wrote your answer in {time}: it is further up.")
            }
            Some(AnswerKind::Skipped) => format!("You skipped it after {time}."),
            Some(AnswerKind::Predicted { .. }) => format!("You chose in {time}."),
            None => "The time ran out here: tick what you said until then.".into(),
        };
        format!(
            "**Answer {} of {}** · {did}",
            u32::from(self.state.position) + 1,
            self.shown
        )
    }
}

/// A page of a model answer, with a menu to tick what was said, or else buttons to rate the answer.
pub fn model_answer(answered: &AnsweredQuestion<'_>, page: AnswerPage) -> Message {
    let Some(question) = answered.question else {
        return without_answer(
            answered,
            "This question was removed since your interview, so it doesn't count.",
        );
    };
    if answered.is_guarded {
        return without_answer(
            answered,
            "This question is open in a team of this server now. Reply there first, then press \
             **Try again**, or leave it out: then it doesn't count here.",
        );
    }
    let page = page.or_first(question);
    let chosen = match answered.answer {
        Some(AnswerKind::Predicted { output, .. }) => Some(output),
        _ => None,
    };
    let quiz = quiz_state(question, answered.state, chosen);
    let embed = match page {
        AnswerPage::Short => short_embed(question, short_text(question, &quiz)),
        _ => page_embed(question, page),
    };
    let mut message = Message::embed(embed);
    let heading = [answered.heading(), prediction_text(question, &quiz)];
    let heading: Vec<String> = heading
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect();
    message.content = Some(heading.join("\n"));
    message.components = answer_rows(answered, question);
    if question.points.is_empty() && answered.needs_ticks(question) {
        message.embeds.push(Embed {
            description: Some(rating::QUESTION.to_owned()),
            color: color(question.level),
            ..Embed::default()
        });
    }
    let pages = page_buttons(question, page, |page| ComponentId::Interview {
        action: InterviewAction::Page(page),
        state: answered.state,
    });
    message.components.extend(pages);
    message
}

fn answer_rows(answered: &AnsweredQuestion<'_>, question: &Question) -> Vec<ActionRow> {
    let report = report_button(question);
    if !answered.needs_ticks(question) {
        let next = answered.button(ButtonStyle::Primary, "Next", InterviewAction::Next);
        return vec![ActionRow::buttons(vec![next, report])];
    }
    let id = |action| ComponentId::Interview {
        action,
        state: answered.state,
    };
    if question.points.is_empty() {
        let ratings = rating::row(|rating| id(InterviewAction::Rate(rating)));
        return vec![ratings, ActionRow::buttons(vec![report])];
    }
    let menu = id(InterviewAction::Points).custom_id();
    let none = answered.button(
        ButtonStyle::Secondary,
        "None of them",
        InterviewAction::NoPoints,
    );
    vec![
        ActionRow::select(points_menu(question, menu, "Which points did you say?")),
        ActionRow::buttons(vec![none, report]),
    ]
}

/// A question whose model answer can't be shown.
fn without_answer(answered: &AnsweredQuestion<'_>, reason: &str) -> Message {
    let again = answered.is_guarded.then(|| {
        let first_page = InterviewAction::Page(AnswerPage::Short);
        answered.button(ButtonStyle::Primary, "Try again", first_page)
    });
    let label = if answered.is_guarded {
        "Leave it out"
    } else {
        "Next"
    };
    let next = answered.button(ButtonStyle::Secondary, label, InterviewAction::Next);
    let mut message = Message::text(format!("{}\n{reason}", answered.heading()));
    message.components = vec![ActionRow::buttons(
        again.into_iter().chain([next]).collect(),
    )];
    message
}

/// A question in the summary.
#[derive(Debug, Clone, Copy)]
pub struct QuestionOutcome<'q> {
    /// `None` if it was removed since the interview began.
    pub question: Option<&'q Question>,
    pub answer: Option<AnswerKind>,
    pub assessment: Option<InterviewAssessment>,
    pub seconds: u32,
    /// When it is due for review.
    pub due: Option<Date>,
}

/// The summary of an interview.
#[derive(Debug, Clone)]
pub struct InterviewSummary<'q> {
    pub result: InterviewResult,
    /// The questions that the member saw.
    pub questions: Vec<QuestionOutcome<'q>>,
    /// Number of questions of the interview.
    pub total: usize,
    pub weakest: Vec<MissedPoint>,
    pub today: Date,
    /// Reviews due today.
    pub reviews: u32,
}

/// Points by topic, time by question, the weakest points, what to read, and when each question comes
/// back.
pub fn summary(summary: &InterviewSummary<'_>) -> Message {
    let InterviewResult { said, points, .. } = summary.result;
    let title = if points == 0 {
        "Your interview".to_owned()
    } else {
        let points = pluralize(points, "key point", "key points");
        format!("You said {said} of {points}")
    };
    let lines = (1..).zip(&summary.questions);
    let lines = lines.map(|(number, one)| outcome_text(number, one, summary.today));
    let text: Vec<String> = std::iter::once(time_line(summary)).chain(lines).collect();
    let embed = Embed {
        title: Some(title),
        description: Some(text.join("\n\n")),
        color: color(None),
        ..Embed::default()
    }
    .field("By topic", bullets(points_by_topic(summary)))
    .field("Work on these first", bullets(weakest_points(summary)))
    .field("Read", bullets(reading(summary)));
    let mut message = Message::embed(embed);
    let mut questions = summary.questions.iter();
    if let Some(question) = questions.find_map(|one| one.question) {
        message.components = vec![next_row(question, summary.reviews)];
    }
    message
}

fn time_line(summary: &InterviewSummary<'_>) -> String {
    let seen = summary.questions.len();
    let time = duration_text(summary.result.seconds);
    let line = format!(
        "{} in {time} of {} min.",
        pluralize(seen, "question", "questions"),
        summary.result.minutes
    );
    match summary.total.saturating_sub(seen) {
        0 => line,
        1 => format!("{line} One question was not reached and doesn't count."),
        left => format!("{line} {left} questions were not reached and don't count."),
    }
}

/// What the member said, the time, and when the question comes back; below it the question.
fn outcome_text(number: u32, one: &QuestionOutcome<'_>, today: Date) -> String {
    let result = match one.assessment {
        Some(InterviewAssessment::Points(ticks)) => {
            let points = pluralize(ticks.points(), "point", "points");
            format!("{} of {points}", ticks.made())
        }
        Some(InterviewAssessment::Rated(rating)) => rating::label(rating).to_owned(),
        Some(InterviewAssessment::LeftOut) | None => "left out".into(),
    };
    let how = match one.answer {
        Some(AnswerKind::Skipped) => Some("skipped".to_owned()),
        Some(AnswerKind::Predicted { is_right, .. }) => Some(
            if is_right {
                "✅ right output"
            } else {
                "❌ wrong output"
            }
            .into(),
        ),
        Some(AnswerKind::Said | AnswerKind::Written) | None => None,
    };
    let due = one
        .due
        .map(|due| format!("comes back {}", day_text(today, due)));
    let parts = [Some(result), how, Some(duration_text(one.seconds)), due];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut text = format!("**{number}** · {}", parts.join(" · "));
    if let Some(question) = one.question {
        let asked = question.question.replace('`', "");
        let _ = write!(text, "\n{}", truncate(&asked, SUMMARY_QUESTION_MAX));
    }
    text
}

fn points_by_topic(summary: &InterviewSummary<'_>) -> Vec<String> {
    let mut topics: Vec<(&str, usize, usize)> = Vec::new();
    for one in &summary.questions {
        let (Some(question), Some(InterviewAssessment::Points(ticks))) =
            (one.question, one.assessment)
        else {
            continue;
        };
        let known = topics
            .iter()
            .position(|(topic, ..)| *topic == question.topic);
        let index = known.unwrap_or_else(|| {
            topics.push((&question.topic, 0, 0));
            topics.len() - 1
        });
        topics[index].1 += ticks.made();
        topics[index].2 += ticks.points();
    }
    let line = |(topic, made, points): (&str, usize, usize)| {
        format!("{}: {made} of {points}", topic_label(topic))
    };
    topics.into_iter().map(line).collect()
}

/// The questions that have the weakest points, with the texts of these.
fn weakest<'q>(summary: &InterviewSummary<'q>) -> Vec<(&'q Question, &'q str)> {
    let find = |missed: &MissedPoint| {
        let question = summary.questions.get(missed.question)?.question?;
        Some((question, question.points.get(missed.point)?.as_str()))
    };
    summary.weakest.iter().filter_map(find).collect()
}

fn weakest_points(summary: &InterviewSummary<'_>) -> Vec<String> {
    let weakest = weakest(summary).into_iter();
    weakest.map(|(_, point)| point.to_owned()).collect()
}

/// The documentation of the questions that have the weakest points, or else of those that were
/// failed.
fn reading(summary: &InterviewSummary<'_>) -> Vec<String> {
    let weak = weakest(summary).into_iter().map(|(question, _)| question);
    let again = summary.questions.iter().filter_map(|one| {
        let failed = one.assessment == Some(InterviewAssessment::Rated(Rating::Again));
        one.question.filter(|_| failed)
    });
    let mut links: Vec<String> = Vec::new();
    let mut length = 0;
    for docs in weak
        .chain(again)
        .filter_map(|question| question.docs.as_ref())
    {
        // With the bullet and the line break. Half a link would lead nowhere.
        length += docs.chars().count() + 3;
        if !links.contains(docs) && length <= FIELD_MAX {
            links.push(docs.clone());
        }
    }
    links
}

/// The line of `/progress` about a member's interviews; `None` without any. The picture shows the
/// same.
pub fn progress_line(interviews: &InterviewHistory) -> Option<String> {
    if interviews.held == 0 {
        return None;
    }
    let word = if interviews.held == 1 {
        "interview"
    } else {
        "interviews"
    };
    let held = format!("**{} {word}** held.", interviews.held_text());
    let shares = interviews.shown().iter();
    let shares: Vec<String> = shares.map(|one| format!("{} %", one.share())).collect();
    Some(match shares.as_slice() {
        [] => held,
        [only] => format!("{held} You said {only} of the key points."),
        several => format!("{held} Key points you said: {}.", several.join(" → ")),
    })
}

/// A length of time: "45 s", "10 min", "9 min 20 s".
fn duration_text(seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// A time that Discord shows as date and time in the member's own zone (Discord docs, reference,
/// "Timestamp Styles").
fn date_and_time(time: Timestamp) -> String {
    format!("<t:{}:f>", time.as_second())
}

/// The state by which `/quiz` shows outputs to choose from.
fn quiz_state(question: &Question, state: InterviewState, chosen: Option<u8>) -> QuizState {
    QuizState {
        question: question.id.clone(),
        topic: None,
        path: None,
        level: None,
        mode: PickMode::Mixed,
        reviews_before: 0,
        order: state.order(),
        chosen,
    }
}

/// Whether a chosen output is not what the program prints.
pub fn is_right(question: &Question, state: InterviewState, output: u8) -> bool {
    !quiz_state(question, state, Some(output)).predicted_wrong()
}

fn interview_button(
    style: ButtonStyle,
    label: &str,
    action: InterviewAction,
    state: InterviewState,
) -> Button {
    button(style, label, &ComponentId::Interview { action, state })
}
