//! The alt text of the picture, for members who use a screen reader.

use std::cmp::Reverse;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Day, DayOutcome, InterviewHistory, PointsSaid, Progress, Topic, WEEKS, first_day};

/// Maximum length of an alt text in characters: Discord's limit for an attachment's description
/// (Discord docs, resources/message, "Attachment Object").
pub const ALT_MAX: usize = 1024;

/// Maximum length of a topic's name, in characters.
const TOPIC_NAME_MAX: usize = 40;

/// Describes the picture in at most [`ALT_MAX`] characters. If there are too many topics, the last
/// ones are only counted.
pub fn alt_text(progress: &Progress) -> String {
    if progress.is_empty() {
        return newcomer_text(progress);
    }
    let mut text = [
        streak_text(progress),
        rounds_text(progress),
        reviews_text(progress),
        due_text(progress),
    ]
    .join(" ");
    if let Some(assessed) = progress.assessed() {
        text.push(' ');
        text += &assessed_text(assessed);
    }
    if !progress.interviews.is_empty() {
        text.push(' ');
        text += &interviews_text(&progress.interviews);
    }
    push_topics(&mut text, &progress.topics);
    text
}

fn assessed_text(assessed: PointsSaid) -> String {
    let questions = pluralize(assessed.questions, "question", "questions");
    if assessed.points == 0 {
        return format!("Assessed: {questions}.");
    }
    let points = pluralize(assessed.points, "point", "points");
    format!("Assessed: {questions}, {} of {points} said.", assessed.said)
}

/// Describes the interviews in few words: the topics need the room.
fn interviews_text(interviews: &InterviewHistory) -> String {
    let mut parts = Vec::new();
    if interviews.held > 0 {
        parts.push(format!("Interviews held: {}.", interviews.held_text()));
    }
    if let [first, ..] = interviews.shown() {
        let last = interviews.shown().last().unwrap_or(first);
        let shares = interviews.shown().iter();
        let shares: Vec<_> = shares.map(|one| one.share().to_string()).collect();
        let when = if first.date == last.date {
            format!("on {}", format_date(first.date))
        } else {
            let (first, last) = (format_date(first.date), format_date(last.date));
            format!("from {first} to {last}")
        };
        parts.push(format!("Key points said {when}: {} %.", shares.join(", ")));
    }
    if interviews.mock_interviews > 0 {
        let mock = interviews.mock_interviews;
        parts.push(format!("Mock interviews held: {mock}."));
    }
    parts.join(" ")
}

fn newcomer_text(progress: &Progress) -> String {
    format!(
        "A progress chart of {WEEKS} weeks with today marked, still empty. Reply to the question of \
         the day or try /quiz to fill it. Topics not seen yet: {}.",
        progress.topics.len()
    )
}

fn streak_text(progress: &Progress) -> String {
    let questions = pluralize(progress.streak, "question", "questions");
    format!(
        "Streak: {questions} in a row, longest {}. Since {}:",
        progress.longest,
        format_date(first_day(progress.today))
    )
}

fn visible_days(progress: &Progress) -> impl Iterator<Item = &Day> {
    let days = first_day(progress.today)..=progress.today;
    progress
        .days
        .iter()
        .filter(move |day| days.contains(&day.date))
}

fn rounds_text(progress: &Progress) -> String {
    let count = |outcome| {
        let days = visible_days(progress).filter(|day| day.round == Some(outcome));
        days.count()
    };
    let (answered, missed, frozen) = (
        count(DayOutcome::Answered),
        count(DayOutcome::Missed),
        count(DayOutcome::Frozen),
    );
    let answered = pluralize(answered, "question", "questions");
    format!("{answered} answered, {missed} missed, {frozen} covered by a freeze;")
}

fn reviews_text(progress: &Progress) -> String {
    let practice_days = || visible_days(progress).filter(|day| day.reviews > 0);
    let reviews: u64 = practice_days().map(|day| u64::from(day.reviews)).sum();
    if reviews == 0 {
        return "no reviews.".into();
    }
    let days = pluralize(practice_days().count(), "day", "days");
    format!("{} on {days}.", pluralize(reviews, "review", "reviews"))
}

fn due_text(progress: &Progress) -> String {
    let all = progress.due();
    if all == 0 {
        return "No reviews are due in the next 14 days.".into();
    }
    let [today, ..] = progress.forecast;
    let later = (1_u8..).zip(&progress.forecast[1..]);
    // The first of several days with the same number; `max_by_key` would return the last.
    let busiest = later.min_by_key(|(_, due)| Reverse(**due));
    let busiest = busiest
        .filter(|(_, due)| **due > 0)
        .map(|(ahead, due)| {
            let date = progress.today.saturating_add(i64::from(ahead).days());
            format!(", {due} of them on {}", format_date(date))
        })
        .unwrap_or_default();
    format!("Reviews due: {today} today, {all} in the next 14 days{busiest}.")
}

/// Appends as many topics as fit. Topics with seen or assessed questions are listed, the others are
/// counted.
fn push_topics(text: &mut String, topics: &[Topic]) {
    let (seen, unseen): (Vec<_>, Vec<_>) = topics.iter().partition(|topic| topic.is_known());
    if seen.is_empty() {
        *text += &unseen_text(unseen.len());
        return;
    }
    *text += if seen.iter().any(|topic| topic.assessed.points > 0) {
        " Topics (questions seen, recall today, points said):"
    } else {
        " Topics (questions seen, recall today):"
    };
    let rest = unseen_text(unseen.len());
    // Leaves room for the number of omitted topics and of unseen topics.
    let room = ALT_MAX - rest.chars().count() - " and 4294967295 more.".len();
    let mut left = seen.len();
    for topic in seen {
        let item = format!(" {},", topic_text(topic));
        if text.chars().count() + item.chars().count() > room {
            break;
        }
        *text += &item;
        left -= 1;
    }
    let end = text.trim_end_matches([',', ':']).len();
    text.truncate(end);
    let more = match left {
        0 => ".".into(),
        left => format!(" and {left} more."),
    };
    *text += &more;
    if !unseen.is_empty() {
        *text += &rest;
    }
}

fn unseen_text(topics: usize) -> String {
    format!(" Topics not seen yet: {topics}.")
}

fn topic_text(topic: &Topic) -> String {
    let visible = topic.name.chars().filter(|c| !is_invisible(*c));
    let name: String = visible.take(TOPIC_NAME_MAX).collect();
    let percent = (topic.share_recalled() * 100.0).round();
    let seen = topic.seen.min(topic.total);
    let PointsSaid { said, points, .. } = topic.assessed;
    // As short as in the picture, so that all topics of the built-in bank fit.
    let assessed = match points {
        0 => String::new(),
        points => format!(" ({said}/{points})"),
    };
    format!("{name} {seen} of {} at {percent} %{assessed}", topic.total)
}

/// Returns whether a character is invisible but may reorder or hide the text around it.
fn is_invisible(c: char) -> bool {
    let is_format =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    is_format || c.is_control()
}

fn format_date(date: Date) -> String {
    date.strftime("%a %-d %B").to_string()
}

fn pluralize(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}
