//! `/quiz`: one private message, edited from question to hint to answer to score.

use std::iter;

use jiff::civil::Date;

use super::component::{ButtonStyle, SelectOption, StringSelect};
use super::daily::{LevelDisplay, button, color, question_text};
use super::feedback::report_button;
use super::message::{ActionRow, CONTENT_MAX, Embed, Message};
use super::modal::{Modal, TextInput, TextInputStyle};
use super::rating;
use super::reveal::{
    ShortText, WRITTEN_MAX, hint_text, page_buttons, page_embed, short_embed, short_page,
    written_answer, written_answer_within,
};
use super::text::{bullets, output_block, pluralize};
use crate::bot::interactions::answer_page::AnswerPage;
use crate::bot::interactions::custom_id::{ComponentId, ModalId};
use crate::bot::interactions::quiz::{MadePoints, OPTION_COUNT, QuizAction, QuizState, ScoredPage};
use quizloop_bank::Question;
use quizloop_core::question_picker::PickReason;
use quizloop_core::review::{Rating, Review};

/// The custom id of the field for the member's answer.
pub const ANSWER_FIELD: &str = "answer";

/// The letters of the outputs to choose from.
pub(super) const OPTION_LETTERS: [&str; OPTION_COUNT] = ["A", "B", "C", "D"];

/// What is shown above and below a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuizHeader<'a> {
    /// Why the question was picked.
    pub reason: PickReason,
    /// Reviews due today, including this one.
    pub due: u32,
    /// Where the question is on the member's path, if they follow one.
    pub path: Option<PathPosition<'a>>,
    /// The question may have been posted since it was asked here.
    pub level: LevelDisplay,
}

/// The place of a question on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathPosition<'a> {
    pub title: &'a str,
    /// Counted from 1.
    pub position: usize,
    /// Number of questions on the path.
    pub total: usize,
}

/// What a member has seen of a path on which nothing is left for today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathProgress {
    pub title: String,
    /// Number of questions on the path.
    pub total: usize,
    /// Number of questions that the member has not scored yet.
    pub unseen: usize,
    /// The local date today.
    pub today: Date,
    /// When the next one is due for review, if the member has scored any.
    pub next: Option<Date>,
}

/// The result of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// Key points made.
    pub made: MadePoints,
    /// The memory state after the review.
    pub review: Review,
    /// Whether the review was recorded with these points; `false` if it had been before.
    pub is_new: bool,
    /// The team's local date today.
    pub today: Date,
    /// Reviews still due today.
    pub due: u32,
}

/// The question, with the hint if `hint` is set.
pub fn question(
    question: &Question,
    state: &QuizState,
    header: QuizHeader<'_>,
    hint: bool,
) -> Message {
    let has_outputs = offers_outputs(question);
    let embed = Embed {
        title: Some("Practice".into()),
        description: Some(text_with_outputs(question, state)),
        color: header.level.color(question),
        ..Embed::default()
    };
    let mut embed = header
        .level
        .add_fields(embed, question)
        .inline_field("Why now", reason_text(header.reason));
    if let Some(path) = header.path {
        let PathPosition {
            title,
            position,
            total,
        } = path;
        embed = embed.inline_field("Path", format!("{title} · {position} of {total}"));
    }
    if hint {
        embed = embed.question_field("Hint", hint_text(question));
    }
    let message = Message::embed(embed.footer(footer(header.due, has_outputs)));
    let press = |style, label: &str, action| quiz_button(style, label, action, state);
    let hint = (!hint).then(|| press(ButtonStyle::Secondary, "Hint", QuizAction::Hint));
    let another = press(ButtonStyle::Secondary, "Another", QuizAction::Next);
    if !has_outputs {
        let own = press(ButtonStyle::Secondary, "Write my answer", QuizAction::Write);
        let answer = press(ButtonStyle::Primary, "Show the answer", QuizAction::Answer);
        return message.buttons(hint.into_iter().chain([own, answer, another]).collect());
    }
    let choose = |(place, letter): (u8, &&str)| {
        press(ButtonStyle::Primary, letter, QuizAction::Choose(place))
    };
    let answer = press(ButtonStyle::Secondary, "I don't know", QuizAction::Answer);
    message
        .buttons((0..).zip(&OPTION_LETTERS).map(choose).collect())
        .buttons(hint.into_iter().chain([answer, another]).collect())
}

/// The question, with the outputs to choose from, if it has some.
pub(super) fn text_with_outputs(question: &Question, state: &QuizState) -> String {
    let outputs = outputs(question, state);
    let choice =
        |(letter, printed): (&&str, &&str)| format!("**{letter}**\n{}", output_block(printed));
    let choices = OPTION_LETTERS.iter().zip(&outputs).map(choice);
    let text: Vec<String> = iter::once(question_text(question)).chain(choices).collect();
    text.join("\n")
}

/// Whether the question has outputs to choose from.
pub fn offers_outputs(question: &Question) -> bool {
    question.output.is_some() && question.wrong_outputs.len() + 1 == OPTION_COUNT
}

fn reason_text(why: PickReason) -> &'static str {
    match why {
        PickReason::Due => "time to repeat",
        PickReason::New => "new to you",
        PickReason::Again => "you missed it earlier today",
        PickReason::Ahead => "early repeat",
    }
}

fn footer(due: u32, choose: bool) -> String {
    let due = match due {
        0 => String::new(),
        due => format!("{due} to repeat today · "),
    };
    let how = if choose {
        "Choose what it prints"
    } else {
        "Answer out loud before you look"
    };
    format!("{due}{how}. Practice doesn't affect your streak.")
}

/// The outputs to choose from, in the order of this quiz. Empty if the question has none.
fn outputs<'a>(question: &'a Question, state: &QuizState) -> Vec<&'a str> {
    let right = question.output.as_deref();
    let wrong = question.wrong_outputs.iter().map(String::as_str);
    let all: Vec<&str> = right.into_iter().chain(wrong).collect();
    if all.len() != OPTION_COUNT {
        return Vec::new();
    }
    state.order.permutation().map(|place| all[place]).into()
}

fn quiz_button(
    style: ButtonStyle,
    label: &str,
    action: QuizAction,
    state: &QuizState,
) -> super::component::Button {
    let id = ComponentId::Quiz {
        action,
        state: state.clone(),
    };
    button(style, label, &id)
}

/// The modal for the member's own answer, below the question.
pub fn answer_modal(question: &Question, state: &QuizState) -> Modal {
    let field = TextInput::new(
        TextInputStyle::Paragraph,
        ANSWER_FIELD,
        "As you would say it",
        WRITTEN_MAX,
    )
    .placeholder("Only you will see it, next to the model answer. It isn't saved.");
    Modal::new(
        "My answer",
        ModalId::Quiz(state.clone()).custom_id(),
        vec![field],
    )
    .text(&question_text(question))
}

/// A page of the model answer, with a menu to tick the key points that were made, or else buttons to
/// rate the answer. Above it is what the member wrote, if they did, or which output they chose.
pub fn answer(
    question: &Question,
    state: &QuizState,
    page: AnswerPage,
    written: Option<&str>,
) -> Message {
    let page = page.or_first(question);
    let embed = match page {
        AnswerPage::Short => short_embed(question, short_text(question, state)),
        _ => page_embed(question, page),
    };
    let mut message = Message::embed(embed);
    message.components = scoring_rows(question, state);
    if question.points.is_empty() {
        message.embeds.push(Embed {
            description: Some(rating_prompt(state).to_owned()),
            color: color(question.level),
            ..Embed::default()
        });
    }
    let pages = pages(question, page, state, QuizAction::Page);
    message.components.extend(pages);
    message.content = Some(match written {
        Some(text) => written_answer(text),
        None => prediction_text(question, state),
    });
    message
}

/// The menu and buttons with which a member scores their answer.
fn scoring_rows(question: &Question, state: &QuizState) -> Vec<ActionRow> {
    let press = |label, action| quiz_button(ButtonStyle::Secondary, label, action, state);
    let skip = press("Skip scoring", QuizAction::Next);
    let report = report_button(question);
    if question.points.is_empty() {
        let ratings = if state.predicted_wrong() {
            ActionRow::buttons(vec![press(
                rating::label(Rating::Again),
                QuizAction::Rate(Rating::Again),
            )])
        } else {
            rating::row(|rating| ComponentId::Quiz {
                action: QuizAction::Rate(rating),
                state: state.clone(),
            })
        };
        return vec![ratings, ActionRow::buttons(vec![skip, report])];
    }
    let id = ComponentId::Quiz {
        action: QuizAction::Points,
        state: state.clone(),
    };
    let menu = points_menu(question, id.custom_id(), "Which points did you make?");
    let none = press("None of them", QuizAction::NoPoints);
    vec![
        ActionRow::select(menu),
        ActionRow::buttons(vec![none, skip, report]),
    ]
}

/// The menu in which a member ticks key points; the question has some.
pub(super) fn points_menu(
    question: &Question,
    custom_id: String,
    placeholder: &str,
) -> StringSelect {
    let option = |(number, point): (usize, &String)| {
        // Menus don't render Markdown.
        SelectOption::new(&point.replace('`', ""), number.to_string())
    };
    let options: Vec<SelectOption> = question.points.iter().enumerate().map(option).collect();
    let points = options.len();
    StringSelect::new(custom_id, placeholder, options).value_range(1, points)
}

/// The text above the ratings.
fn rating_prompt(state: &QuizState) -> &'static str {
    match prediction_verdict(state) {
        "" => rating::QUESTION,
        verdict => verdict,
    }
}

fn pages(
    question: &Question,
    shown: AnswerPage,
    state: &QuizState,
    turn: impl Fn(AnswerPage) -> QuizAction,
) -> Option<ActionRow> {
    page_buttons(question, shown, |page| ComponentId::Quiz {
        action: turn(page),
        state: state.clone(),
    })
}

/// Adds what the member wrote to a message that is shown instead of the model answer.
pub fn with_written_answer(mut message: Message, text: &str) -> Message {
    let mut content = message.content.unwrap_or_default() + "\n\n";
    let room = CONTENT_MAX.saturating_sub(content.chars().count());
    content += &written_answer_within(text, room);
    message.content = Some(content);
    message
}

/// The output that the member chose and the one that is printed; empty if they chose none.
pub(super) fn prediction_text(question: &Question, state: &QuizState) -> String {
    let letter = |place: usize| OPTION_LETTERS.get(place).copied();
    let chosen = state.chosen.and_then(|place| letter(place.into()));
    let right = outputs(question, state)
        .into_iter()
        .zip(OPTION_LETTERS)
        .find(|(printed, _)| Some(*printed) == question.output.as_deref());
    let (Some(chosen), Some((printed, right))) = (chosen, right) else {
        return String::new();
    };
    let printed = output_block(printed);
    if chosen == right {
        format!("✅ You chose **{chosen}**. It prints:\n{printed}")
    } else {
        format!("❌ You chose **{chosen}**. It prints **{right}**:\n{printed}")
    }
}

/// The output is not repeated below the one that was chosen.
pub(super) fn short_text(question: &Question, state: &QuizState) -> ShortText {
    if prediction_text(question, state).is_empty() {
        ShortText::WithOutput
    } else {
        ShortText::QuestionOnly
    }
}

/// A page of the model answer with the score, as an edit: the member's own answer stays above it.
pub fn score_message(
    question: &Question,
    state: &QuizState,
    score: &Score,
    page: AnswerPage,
) -> Message {
    let page = page.or_first(question);
    let shown = match page {
        AnswerPage::Short => scored_points(question, state, score.made),
        _ => page_embed(question, page),
    };
    let text = [
        prediction_verdict(state),
        &next_review_text(score),
        &remaining_due_text(score),
    ];
    let text: Vec<&str> = text.into_iter().filter(|line| !line.is_empty()).collect();
    let embed = Embed {
        title: Some(title(question, score)),
        description: Some(text.join("\n")),
        color: color(question.level),
        ..Embed::default()
    };
    let next = quiz_button(ButtonStyle::Primary, "Next", QuizAction::Next, state);
    let mut message = Message::embed(shown).buttons(vec![next, report_button(question)]);
    message
        .components
        .extend(pages(question, page, state, |page| {
            QuizAction::ScoredPage(ScoredPage {
                page,
                made: score.made,
            })
        }));
    message.embeds.push(embed);
    message.keep_content()
}

/// The first page with the key points in two lists: missed and made.
fn scored_points(question: &Question, state: &QuizState, made: MadePoints) -> Embed {
    if question.points.is_empty() {
        return short_embed(question, short_text(question, state));
    }
    let listed = |was_made: bool| {
        let points = question.points.iter().enumerate();
        let points = points.filter(|(place, _)| made.contains(*place) == was_made);
        bullets(points.map(|(_, point)| point))
    };
    short_page(question, short_text(question, state))
        .question_field("You missed", listed(false))
        .question_field("You made", listed(true))
}

fn prediction_verdict(state: &QuizState) -> &'static str {
    if state.predicted_wrong() {
        "Your prediction was wrong, so this counts as not known."
    } else {
        ""
    }
}

fn title(question: &Question, score: &Score) -> String {
    if !score.is_new {
        return "Already scored".into();
    }
    if question.points.is_empty() {
        let rating = rating::label(score.review.rating);
        return format!("You rated your answer: {rating}");
    }
    let points = pluralize(question.points.len(), "key point", "key points");
    format!("You made {} of {points}", score.made.count())
}

fn next_review_text(score: &Score) -> String {
    let review = score.review;
    let when = relative_day(score.today, review.due);
    let date = if score
        .today
        .until(review.due)
        .is_ok_and(|span| span.get_days() > 1)
    {
        review.due.strftime(" (%a %-d %b %Y)").to_string()
    } else {
        String::new()
    };
    let again = if review.rating == Rating::Again && review.last == score.today {
        " You can also try again today."
    } else {
        ""
    };
    format!("I'll ask again {when}{date}.{again}")
}

fn remaining_due_text(score: &Score) -> String {
    match score.due {
        0 => "Nothing else to repeat today.".into(),
        due => format!("{due} more to repeat today."),
    }
}

/// What a member reads when nothing is left on a path for today.
pub fn path_progress_text(progress: &PathProgress) -> String {
    let PathProgress {
        title,
        total,
        unseen,
        today,
        next,
    } = progress;
    let questions = pluralize(*total, "question", "questions");
    let next = next.map_or_else(String::new, |day| {
        format!(" The next repeat comes {}.", relative_day(*today, day))
    });
    match unseen {
        0 if *total == 0 => format!(
            "An admin has disabled every question of **{title}**. `/quiz path:` has other paths."
        ),
        0 => format!(
            "🎉 That's all of **{title}**: you've scored every one of its {questions}.{next} \
             `/quiz path:` has other paths."
        ),
        unseen => {
            let are = if *unseen == 1 { "is" } else { "are" };
            format!(
                "That's all of **{title}** for today. {unseen} of its {questions} {are} still \
                 without a score: `/quiz path:` continues there tomorrow.{next}"
            )
        }
    }
}

/// A day relative to today: "tomorrow", "in 9 days".
pub fn relative_day(today: Date, day: Date) -> String {
    let days = today.until(day).map_or(0, |span| span.get_days());
    match days {
        ..=0 => "today".into(),
        1 => "tomorrow".into(),
        days => format!("in {days} days"),
    }
}
