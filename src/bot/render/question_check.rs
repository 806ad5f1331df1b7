//! Checks that Discord can show a question in full: renders every message and modal that the
//! question can become, and measures each. A new one that shows a question's texts belongs in
//! `render_all`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::assessment::AssessmentResult;
use super::daily::LevelDisplay;
use super::interview::{AnsweredQuestion, AskedQuestion, InterviewSummary, QuestionOutcome};
use super::limits::{LengthError, check_message, check_modal, check_thread_name};
use super::message::Message;
use super::quiz::{PathPosition, QuizHeader, Score};
use super::reveal::{OpenAnswer, RoundPlace};
use super::{assessment, daily, feedback, interview, quiz, remind, reveal, wrap_up};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::assessment::AssessmentState;
use crate::bot::interactions::interview::InterviewState;
use crate::bot::interactions::quiz::{MadePoints, OPTION_COUNT, OptionOrder, QuizState};
use quizloop_bank::{FieldError, Question};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId};
use quizloop_core::interview::{
    AnswerKind, INTERVIEW_QUESTIONS, InterviewAssessment, InterviewResult, MissedPoint,
};
use quizloop_core::members::NewRating;
use quizloop_core::question_picker::{PickMode, PickReason};
use quizloop_core::retention::Retention;
use quizloop_core::reveal_guard::GuardedRound;
use quizloop_core::review::Rating;
use quizloop_core::round::{Round, ThreadStatus};
use quizloop_core::self_assessment::Ticks;
use quizloop_core::wrap_up::POINTS_IN_WRAP_UP;

/// Maximum number of fields that an error advises to shorten.
const ADVISED_FIELDS: usize = 3;

/// A field is not advised if it is shorter than the longest one by more than this factor.
const ADVISED_FACTOR: usize = 4;

/// A number that is longer than any that the bot shows.
const LONG_NUMBER: u32 = 1_000_000_000;

/// The title of a path with the greatest length that the bank allows.
const LONG_TITLE: &str = "WWWWWWWWWWWWWWWWWWWWWWWWW";

/// Returns an error for each part of a message that Discord would reject. A part that is too long
/// in several messages is reported once, where it is longest.
pub fn check(question: &Question) -> Vec<FieldError> {
    let mut longest: BTreeMap<(&str, &str), (&str, LengthError)> = BTreeMap::new();
    let thread = check_thread_name(&daily::thread_name(&question.question));
    let rendered = render_all(question);
    // Not one of them, because it shows only the beginning of a question.
    let summary = Rendered::message("the summary of /interview", &longest_summary(question));
    let messages = rendered.iter().chain([&summary]).map(Rendered::errors);
    for (name, errors) in messages.chain([("the thread", thread)]) {
        for error in errors {
            let field = fields_in(question, &error.text)
                .first()
                .map_or("id", |(field, _)| field);
            match longest.get(&(field, error.part)) {
                Some((_, known)) if known.length >= error.length => {}
                _ => drop(longest.insert((field, error.part), (name, error))),
            }
        }
    }
    let error = |((field, _), (name, error)): ((&'static str, _), (&str, LengthError))| {
        let message = format!("Discord cannot show {name}: {error}");
        FieldError::new(field, message, advice(question, &error))
    };
    longest.into_iter().map(error).collect()
}

fn advice(question: &Question, error: &LengthError) -> String {
    if error.length == 0 {
        return "write a text of more than spaces and backticks".into();
    }
    let mut fields = fields_in(question, &error.text);
    let longest = fields.first().map_or(0, |(_, length)| *length);
    fields.retain(|(_, length)| length * ADVISED_FACTOR >= longest);
    fields.truncate(ADVISED_FIELDS);
    let fields: Vec<_> = fields
        .iter()
        .map(|(field, length)| format!("`{field}` ({length} characters)"))
        .collect();
    format!("shorten {}", fields.join(" or "))
}

/// Returns the fields whose texts a part of a message contains, with their lengths, longest first.
fn fields_in(question: &Question, part: &str) -> Vec<(&'static str, usize)> {
    // Messages escape some marks and leave out others.
    let plain = |text: &str| text.replace(['\\', '`'], "");
    let part = plain(part);
    let prose = question
        .text_fields()
        .map(|field| (field.field, field.text));
    let texts = prose
        .chain(question.programs())
        .chain([("topic", question.topic.as_str())])
        .chain(question.docs.as_deref().map(|docs| ("docs", docs)));
    let mut lengths: BTreeMap<&str, usize> = BTreeMap::new();
    for (field, text) in texts {
        if part.contains(&plain(text)) {
            *lengths.entry(field).or_default() += text.chars().count();
        }
    }
    let mut lengths: Vec<_> = lengths.into_iter().collect();
    lengths.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    lengths
}

/// A message or modal with the name by which an error calls it.
pub(super) struct Rendered {
    name: &'static str,
    pub(super) json: Value,
    pub(super) is_modal: bool,
}

impl Rendered {
    fn message(name: &'static str, message: &Message) -> Self {
        Self {
            name,
            json: json(message),
            is_modal: false,
        }
    }

    fn errors(&self) -> (&'static str, Vec<LengthError>) {
        let errors = if self.is_modal {
            check_modal(&self.json)
        } else {
            check_message(&self.json)
        };
        (self.name, errors)
    }
}

fn json(value: &impl Serialize) -> Value {
    // Serializing texts, numbers and lists cannot fail.
    serde_json::to_value(value).unwrap_or_default()
}

/// Renders every message and modal that shows the question, with the longest names and numbers.
pub(super) fn render_all(question: &Question) -> Vec<Rendered> {
    let round = sample_round();
    let (guild, channel) = (GuildId::new(u64::MAX), ChannelId::new(u64::MAX));
    let state = sample_state(question);
    let post = daily::post(question, &round, usize::MAX, LevelDisplay::Shown)
        .mention_role(RoleId::new(u64::MAX));
    let guarded = GuardedRound {
        channel,
        number: round.number,
    };
    let reply = remind::reply_button(guild, channel, &round);
    let confirmation = reveal::confirm(guarded, RoundPlace::Here, reply, question);
    let reminder = remind::reminder(guild, channel, &round, Some(question));
    let mut rendered = vec![
        Rendered::message("the daily message", &post),
        Rendered::message("the wrap-up", &longest_wrap_up(question)),
        Rendered::message("the hint", &reveal::hint(question)),
        Rendered::message("the confirmation before the answer", &confirmation),
        Rendered::message("the reminder", &reminder),
        Rendered {
            name: "the form to report a mistake",
            json: json(&feedback::report_modal(question)),
            is_modal: true,
        },
        Rendered {
            name: "the form for an answer in /quiz",
            json: json(&quiz::answer_modal(question, &state)),
            is_modal: true,
        },
    ];
    let header = QuizHeader {
        reason: PickReason::Again,
        due: LONG_NUMBER,
        path: Some(PathPosition {
            title: LONG_TITLE,
            position: usize::MAX,
            total: usize::MAX,
        }),
        level: LevelDisplay::Shown,
    };
    for hint in [false, true] {
        let asked = quiz::question(question, &state, header, hint);
        rendered.push(Rendered::message("the question in /quiz", &asked));
    }
    for page in AnswerPage::of(question) {
        rendered.extend(render_page(question, &state, page));
    }
    rendered.extend(render_interview(question));
    rendered
}

/// Renders every message of an interview that shows the question.
fn render_interview(question: &Question) -> Vec<Rendered> {
    let state = InterviewState {
        start: i64::MIN,
        position: u8::MAX,
        points: u8::MAX,
    };
    let asked = interview::question(AskedQuestion {
        question: Some(question),
        state,
        total: usize::MAX,
        ends_at: Timestamp::MAX,
    });
    let mut rendered = vec![
        Rendered::message("the question in /interview", &asked),
        Rendered {
            name: "the form for an answer in /interview",
            json: json(&interview::answer_modal(question, state)),
            is_modal: true,
        },
    ];
    let chosen = (0..)
        .take(OPTION_COUNT)
        .map(|output| AnswerKind::Predicted {
            output,
            is_right: true,
        });
    let answers: Vec<_> = chosen.chain([AnswerKind::Written]).collect();
    for page in AnswerPage::of(question) {
        for answer in &answers {
            let answered = AnsweredQuestion {
                question: Some(question),
                state,
                shown: usize::MAX,
                answer: Some(*answer),
                seconds: u32::MAX,
                is_guarded: false,
            };
            let shown = interview::model_answer(&answered, page);
            rendered.push(Rendered::message("the model answer in /interview", &shown));
        }
    }
    rendered
}

/// The summary of an interview in which every question is this one and nothing was said.
fn longest_summary(question: &Question) -> Message {
    let ticks = Ticks::new(question.points.len(), []);
    let outcome = QuestionOutcome {
        question: Some(question),
        answer: Some(AnswerKind::Predicted {
            output: 0,
            is_right: false,
        }),
        assessment: Some(InterviewAssessment::Points(ticks)),
        seconds: u32::MAX,
        due: Some(Date::MAX),
    };
    let mut longest: Vec<usize> = (0..question.points.len()).collect();
    longest.sort_by_key(|point| std::cmp::Reverse(question.points[*point].chars().count()));
    let weakest = longest.into_iter().take(2).enumerate();
    interview::summary(&InterviewSummary {
        result: InterviewResult {
            started_at: Timestamp::MAX,
            minutes: u8::MAX,
            seconds: u32::MAX,
            questions: u8::MAX,
            said: 0,
            points: u16::MAX,
        },
        questions: vec![outcome; INTERVIEW_QUESTIONS],
        total: usize::MAX,
        weakest: weakest
            .map(|(question, point)| MissedPoint { question, point })
            .collect(),
        today: Date::MIN,
        reviews: LONG_NUMBER,
    })
}

/// Renders every message with a page of the model answer.
fn render_page(question: &Question, state: &QuizState, page: AnswerPage) -> Vec<Rendered> {
    let open = OpenAnswer {
        question,
        page,
        public: true,
        round: Some(MessageId::new(u64::MAX)),
    };
    let mut rendered = vec![
        Rendered::message("the model answer", &open.public_message()),
        Rendered::message(
            "the model answer with the self-assessment",
            &with_self_assessment(open, None),
        ),
        Rendered::message(
            "the result of the self-assessment",
            &with_self_assessment(open, Some(sample_result(question))),
        ),
    ];
    let chosen = (0..).take(OPTION_COUNT).map(Some);
    for chosen in chosen.chain([None]) {
        let state = QuizState {
            chosen,
            ..state.clone()
        };
        let answer = quiz::answer(question, &state, page, None);
        let score = quiz::score_message(question, &state, &sample_score(question), page);
        rendered.extend([
            Rendered::message("the model answer in /quiz", &answer),
            Rendered::message("the score in /quiz", &score),
        ]);
    }
    rendered
}

/// The private answer of a member who answered the round, as the cache of answers assembles it.
fn with_self_assessment(open: OpenAnswer<'_>, result: Option<AssessmentResult>) -> Message {
    let question = open.question;
    let mut message = open.public_message();
    let rows = if let Some(result) = result {
        let closing = assessment::closing(question, &result);
        message.embeds.push(open.closing_embed(closing));
        vec![assessment::next_row(question, result.reviews)]
    } else {
        let state = AssessmentState {
            round: MessageId::new(u64::MAX),
            points: u8::MAX,
            reviews_before: u16::MAX,
        };
        let prompt = assessment::prompt(question);
        message
            .embeds
            .extend(prompt.map(|text| open.closing_embed(text)));
        assessment::rows(question, state)
    };
    message.components.splice(0..0, rows);
    message
}

/// The longest result of a self-assessment: all points were missed, and much is still due.
fn sample_result(question: &Question) -> AssessmentResult {
    AssessmentResult {
        ticks: Ticks::new(question.points.len(), []),
        streak: LONG_NUMBER,
        today: Date::MIN,
        due: Some(Date::MAX),
        reviews: LONG_NUMBER,
    }
}

fn sample_round() -> Round {
    Round {
        number: u32::MAX,
        day: Date::MAX,
        question: String::new(),
        // The number with the longest notice.
        remaining: 0,
        reason: quizloop_core::round::DrawReason::Repeat,
        due: Timestamp::MAX,
        nonce: String::new(),
        message: Some(MessageId::new(u64::MAX)),
        thread: ThreadStatus::Unavailable,
        read_up_to: None,
        hides_level: false,
        voided_by: None,
        wrap_up: None,
        window: quizloop_core::round::Window::default(),
        assessments: quizloop_core::self_assessment::Assessments::default(),
    }
}

/// The wrap-up with the longest key points.
fn longest_wrap_up(question: &Question) -> Message {
    let mut points: Vec<&str> = question.points.iter().map(String::as_str).collect();
    points.sort_by_key(|point| std::cmp::Reverse(point.chars().count()));
    points.truncate(POINTS_IN_WRAP_UP);
    let level = LevelDisplay::Shown;
    wrap_up::wrap_up(&sample_round(), Some(question), usize::MAX, &points, level)
}

fn sample_state(question: &Question) -> QuizState {
    QuizState {
        question: question.id.clone(),
        topic: Some(question.topic.clone()),
        path: None,
        level: Some(question.effective_level()),
        mode: PickMode::Mixed,
        reviews_before: u16::MAX,
        order: OptionOrder::default(),
        chosen: None,
    }
}

/// The longest score: nothing was right, and much is still due.
fn sample_score(question: &Question) -> Score {
    let today = Date::MIN;
    let rating = NewRating {
        question: &question.id,
        review_count: 0,
        rating: Rating::Again,
        retention: Retention::default(),
        today,
    };
    let (mut review, is_new) = Guild::new(GuildId::new(1)).rate(UserId::new(1), &rating);
    review.due = Date::MAX;
    Score {
        made: MadePoints::default(),
        review,
        is_new,
        today,
        due: LONG_NUMBER,
    }
}
