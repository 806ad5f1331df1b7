//! The self-assessment below a round's model answer: its menu, and the result with the way on to
//! `/quiz`.

use jiff::civil::Date;

use super::component::{ActionRow, ButtonStyle, SelectOption, StringSelect};
use super::daily::button;
use super::rating;
use super::text::{bullets, pluralize, spoiler};
use crate::bot::interactions::assessment::{AssessmentAction, AssessmentState};
use crate::bot::interactions::custom_id::ComponentId;
use crate::bot::interactions::quiz::{OptionOrder, QuizAction, QuizState};
use quizloop_bank::Question;
use quizloop_core::question_picker::PickMode;
use quizloop_core::self_assessment::Ticks;

/// Number of days ahead for which a weekday alone names one day.
const WEEKDAY_IS_CLEAR: i32 = 6;

/// The menu of key points with the button for none of them; the four ratings for a question without
/// key points.
pub fn rows(question: &Question, state: AssessmentState) -> Vec<ActionRow> {
    let id = |action| ComponentId::Assess { action, state };
    if question.points.is_empty() {
        return vec![rating::row(|rating| id(AssessmentAction::Rate(rating)))];
    }
    let option = |(number, point): (usize, &String)| {
        // Menus don't render Markdown.
        SelectOption::new(&point.replace('`', ""), number.to_string())
    };
    let options: Vec<SelectOption> = question.points.iter().enumerate().map(option).collect();
    let points = options.len();
    let menu = id(AssessmentAction::Points).custom_id();
    let menu = StringSelect::new(menu, "Which points did your reply make?", options)
        .value_range(1, points);
    let none = id(AssessmentAction::NoPoints);
    vec![
        ActionRow::select(menu),
        ActionRow::buttons(vec![button(ButtonStyle::Secondary, "None of them", &none)]),
    ]
}

/// The text that explains the rows, if they need one.
pub fn prompt(question: &Question) -> Option<String> {
    let has_points = !question.points.is_empty();
    (!has_points).then(|| rating::QUESTION.to_owned())
}

/// What a member has achieved with a round, and what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentResult {
    /// The ticks that count.
    pub ticks: Ticks,
    /// The member's streak in the round's team.
    pub streak: u32,
    /// The team's local date today.
    pub today: Date,
    /// When the question is due again.
    pub due: Option<Date>,
    /// Reviews due today.
    pub reviews: u32,
}

/// The text below the model answer once a member has assessed their reply. Its last line is the
/// way on.
pub fn closing(question: &Question, result: &AssessmentResult) -> String {
    let mut parts = vec![format!("**{}**", title(result.ticks))];
    let missed = missed_points(question, result.ticks);
    if !missed.is_empty() {
        parts.push(format!("Missed:\n{}", bullets(missed)));
    }
    if let Some(follow_up) = &question.follow_up {
        parts.push(format!("Likely follow-up: {}", spoiler(follow_up)));
    }
    parts.push(next_line(result));
    parts.join("\n\n")
}

/// The texts of the points without a tick; none if the question has other points by now.
fn missed_points(question: &Question, ticks: Ticks) -> Vec<&str> {
    if ticks.points() != question.points.len() {
        return Vec::new();
    }
    let points = ticks
        .missed()
        .filter_map(|index| question.points.get(index));
    points.map(String::as_str).collect()
}

fn title(ticks: Ticks) -> String {
    match ticks.points() {
        0 => "You assessed your reply".into(),
        points => {
            let points = pluralize(points, "key point", "key points");
            format!("Your reply made {} of {points}", ticks.made())
        }
    }
}

/// Streak, next review and what is due, such as "🔥 5 in a row · comes back on Thursday · 3 to
/// repeat".
pub fn next_line(result: &AssessmentResult) -> String {
    let streak = (result.streak > 0).then(|| format!("🔥 {} in a row", result.streak));
    let due = result
        .due
        .map(|due| format!("comes back {}", day_text(result.today, due)));
    let reviews = match result.reviews {
        0 => "nothing to repeat today".into(),
        reviews => format!("{reviews} to repeat"),
    };
    let parts: Vec<String> = streak.into_iter().chain(due).chain([reviews]).collect();
    parts.join(" · ")
}

/// A day as people name it: "tomorrow", "on Thursday", "on 24 Apr", "on 24 Apr 2027".
pub(super) fn day_text(today: Date, day: Date) -> String {
    match today.until(day).map_or(0, |span| span.get_days()) {
        ..=0 => "today".into(),
        1 => "tomorrow".into(),
        2..=WEEKDAY_IS_CLEAR => day.strftime("on %A").to_string(),
        _ if day.year() == today.year() => day.strftime("on %-d %b").to_string(),
        _ => day.strftime("on %-d %b %Y").to_string(),
    }
}

/// The row with the button that continues in `/quiz`.
pub fn next_row(question: &Question, reviews: u32) -> ActionRow {
    let state = QuizState {
        question: question.id.clone(),
        topic: None,
        path: None,
        level: None,
        mode: PickMode::Mixed,
        reviews_before: 0,
        chosen: None,
        order: OptionOrder::default(),
    };
    let label = if reviews > 0 {
        "Repeat now"
    } else {
        "Practise another"
    };
    let next = ComponentId::Quiz {
        action: QuizAction::Next,
        state,
    };
    ActionRow::buttons(vec![button(ButtonStyle::Primary, label, &next)])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn result() -> AssessmentResult {
        AssessmentResult {
            ticks: Ticks::new(3, [0]),
            streak: 5,
            today: date(2026, 11, 30),
            due: Some(date(2026, 12, 3)),
            reviews: 3,
        }
    }

    #[test]
    fn the_last_line_says_what_comes_next() {
        let line = next_line(&result());
        insta::assert_snapshot!(line, @"🔥 5 in a row · comes back on Thursday · 3 to repeat");
        let due = |day| {
            let due = Some(day);
            next_line(&AssessmentResult {
                due,
                streak: 0,
                reviews: 0,
                ..result()
            })
        };
        insta::assert_snapshot!(due(date(2026, 12, 1)), @"comes back tomorrow · nothing to repeat today");
        insta::assert_snapshot!(due(date(2026, 12, 6)), @"comes back on Sunday · nothing to repeat today");
        insta::assert_snapshot!(due(date(2026, 12, 7)), @"comes back on 7 Dec · nothing to repeat today");
        insta::assert_snapshot!(due(date(2027, 1, 8)), @"comes back on 8 Jan 2027 · nothing to repeat today");
    }
}
