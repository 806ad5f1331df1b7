//! The picture in words, for who can't see it.

use std::cmp::Reverse;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Day, DayOutcome, Progress, Topic, WEEKS, first_day};

/// The longest text, in characters: what Discord takes as an attachment's description (Discord docs,
/// resources/message, "Attachment Object").
pub const ALT_MAX: usize = 1024;

/// So much of a topic's name is said, in characters.
const TOPIC_NAME_MAX: usize = 40;

/// What the picture shows, in words. At most [`ALT_MAX`] characters: where there are many topics, the last ones are
/// counted only.
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
    push_topics(&mut text, &progress.topics);
    text
}

fn newcomer_text(progress: &Progress) -> String {
    let topics = pluralize(progress.topics.len(), "topic waits", "topics wait");
    format!(
        "An empty map of {WEEKS} weeks, with today marked: nothing yet. Reply to the day's question or try /quiz, and \
         it begins to fill. {topics}."
    )
}

fn streak_text(progress: &Progress) -> String {
    let rounds = pluralize(progress.streak, "round", "rounds");
    format!(
        "Streak: {rounds} in a row, longest {}. Since {}:",
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
    let of = |outcome| {
        let days = visible_days(progress).filter(|day| day.round == Some(outcome));
        days.count()
    };
    let (answered, missed, frozen) = (
        of(DayOutcome::Answered),
        of(DayOutcome::Missed),
        of(DayOutcome::Frozen),
    );
    let answered = pluralize(answered, "round", "rounds");
    format!("{answered} answered, {missed} missed, {frozen} covered by a freeze;")
}

fn reviews_text(progress: &Progress) -> String {
    let practised = || visible_days(progress).filter(|day| day.reviews > 0);
    let reviews: u64 = practised().map(|day| u64::from(day.reviews)).sum();
    if reviews == 0 {
        return "no reviews.".into();
    }
    let days = pluralize(practised().count(), "day", "days");
    format!("{} on {days}.", pluralize(reviews, "review", "reviews"))
}

fn due_text(progress: &Progress) -> String {
    let all = progress.due();
    if all == 0 {
        return "No reviews are due in the next 14 days.".into();
    }
    let [today, ..] = progress.forecast;
    let later = (1_u8..).zip(&progress.forecast[1..]);
    // Of days with as many the first, which `max_by_key` would not give.
    let most = later.min_by_key(|(_, due)| Reverse(**due));
    let most = most.filter(|(_, most)| **most > 0).map(|(ahead, most)| {
        let date = progress.today.saturating_add(i64::from(ahead).days());
        format!(", {most} of them on {}", format_date(date))
    });
    let most = most.unwrap_or_default();
    format!("Reviews due: {today} today, {all} in the next 14 days{most}.")
}

/// Says as many topics as there is room for, those of which something was seen before the others.
fn push_topics(text: &mut String, topics: &[Topic]) {
    let (seen, unseen): (Vec<_>, Vec<_>) = topics.iter().partition(|topic| topic.seen > 0);
    if seen.is_empty() {
        *text += " Nothing seen yet of ";
        *text += &pluralize(unseen.len(), "topic", "topics");
        *text += ".";
        return;
    }
    *text += " Topics, seen and recalled today:";
    let rest = format!(" Not seen yet: {}.", unseen.len());
    // Room for what comes last: how many topics were left out, and how many were not seen.
    let room = ALT_MAX - rest.chars().count() - " and 4294967295 more.".len();
    let mut left = seen.len();
    for topic in seen {
        let said = format!(" {},", topic_text(topic));
        if text.chars().count() + said.chars().count() > room {
            break;
        }
        *text += &said;
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

fn topic_text(topic: &Topic) -> String {
    let letters = topic.name.chars().filter(|letter| !is_invisible(*letter));
    let name: String = letters.take(TOPIC_NAME_MAX).collect();
    let percent = (topic.share_recalled() * 100.0).round();
    let seen = topic.seen.min(topic.total);
    format!("{name} {seen} of {} at {percent} %", topic.total)
}

/// Letters that are not seen themselves but turn or hide those around them.
fn is_invisible(letter: char) -> bool {
    let turns = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    turns || letter.is_control()
}

fn format_date(date: Date) -> String {
    date.strftime("%a %-d %B").to_string()
}

fn pluralize(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", if number == 1 { one } else { many })
}
