//! The heat map: a mark for each day of 26 weeks. A column is a week from Monday to Sunday.
//!
//! The shape of a mark shows the result of the day's round, and its colour the number of reviews. A
//! dot in a missed or frozen day shows that the member practised on that day.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::card::{LABEL, TEXT_SIZE};
use super::color::{Color, FOREGROUND, FROZEN, MUTED, NO_ROUND, SCALE};
use super::svg::{Anchor, Area, Point, Svg};
use super::{Day, DayOutcome, Progress, WEEKS};

/// Distance from one day to the next, in pixels.
pub const PITCH: f64 = 26.0;
/// Size of a day's mark, in pixels.
pub const CELL: f64 = 21.0;
/// Width of the weekdays' letters on the left, in pixels.
const WEEKDAYS_WIDTH: f64 = 34.0;
/// Height of the months' names above, in pixels.
const MONTHS_HEIGHT: f64 = 32.0;
/// Width of the heat map, in pixels.
pub const WIDTH: f64 = WEEKDAYS_WIDTH + WEEKS as f64 * PITCH;
/// Height of the heat map, in pixels.
pub const HEIGHT: f64 = MONTHS_HEIGHT + 7.0 * PITCH;
/// Number of columns that the name of a month needs.
const WEEKS_PER_NAME: u32 = 3;
/// Minimum number of reviews for each colour.
const LEVEL_THRESHOLDS: [u16; 4] = [1, 2, 5, 10];
/// Thickness of outlines, in pixels.
const STROKE: f64 = 3.0;

/// Returns the first day of the heat map: the Monday 25 weeks before this week's Monday.
pub fn first_day(today: Date) -> Date {
    let since_monday = i32::from(today.weekday().to_monday_zero_offset());
    let weeks = i32::try_from(7 * (WEEKS - 1)).unwrap_or(0);
    today.saturating_sub((since_monday + weeks).days())
}

pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    let grid = at.offset(WEEKDAYS_WIDTH, MONTHS_HEIGHT);
    draw_weekdays(svg, at.offset(0.0, MONTHS_HEIGHT));
    let first = first_day(progress.today);
    draw_months(svg, grid, first);
    let days: HashMap<Date, &Day> = progress.days.iter().map(|day| (day.date, day)).collect();
    for offset in 0..7 * WEEKS {
        let date = add_days(first, offset);
        if date > progress.today {
            break;
        }
        let (week, weekday) = (f64::from(offset / 7), f64::from(offset % 7));
        let corner = grid.offset(week * PITCH, weekday * PITCH);
        let center = corner.offset(CELL / 2.0, CELL / 2.0);
        draw_day(svg, center, days.get(&date).copied());
        if date == progress.today {
            draw_today_ring(svg, center);
        }
    }
}

fn add_days(date: Date, days: u32) -> Date {
    date.saturating_add(i64::from(days).days())
}

fn draw_weekdays(svg: &mut Svg, at: Point) {
    for (row, letter) in [(0.0, "M"), (2.0, "W"), (4.0, "F")] {
        let base = at.offset(0.0, row * PITCH + CELL - 1.0);
        svg.text(base, LABEL, letter);
    }
}

/// Draws each month's name above the first week that begins in the month.
fn draw_months(svg: &mut Svg, grid: Point, first: Date) {
    let name_at = |week: u32| {
        let monday = add_days(first, 7 * week);
        let is_new = week == 0 || add_days(first, 7 * (week - 1)).month() != monday.month();
        is_new.then_some(monday)
    };
    for week in 0..WEEKS {
        let Some(monday) = name_at(week) else {
            continue;
        };
        let next = (week + 1..week + WEEKS_PER_NAME).any(|week| name_at(week).is_some());
        if (week == 0 && next) || week + 2 > WEEKS {
            continue;
        }
        let base = grid.offset(f64::from(week) * PITCH, -(MONTHS_HEIGHT - TEXT_SIZE) - 4.0);
        svg.text(base, LABEL, &monday.strftime("%b").to_string());
    }
}

pub fn draw_today_ring(svg: &mut Svg, center: Point) {
    svg.frame(Area::around(center, PITCH + 2.0), 7.0, 2.0, FOREGROUND);
}

/// Draws the mark of a day.
pub fn draw_day(svg: &mut Svg, center: Point, day: Option<&Day>) {
    let Some(day) = day else {
        return draw_empty_day(svg, center);
    };
    match (day.round, level_color(day.reviews)) {
        // An answered round is never dark, even without reviews.
        (Some(DayOutcome::Answered), level) => {
            draw_answered(svg, center, level.unwrap_or(SCALE[0]));
        }
        (Some(DayOutcome::Missed), level) => draw_missed(svg, center, level),
        (Some(DayOutcome::Frozen), level) => draw_frozen(svg, center, level),
        (None, Some(level)) => svg.circle(center, CELL / 2.0, level),
        (None, None) => draw_empty_day(svg, center),
    }
}

/// Returns the colour for a number of reviews; `None` for zero.
fn level_color(reviews: u16) -> Option<Color> {
    let reached = LEVEL_THRESHOLDS
        .iter()
        .zip(SCALE)
        .filter(|(from, _)| reviews >= **from);
    reached.map(|(_, color)| color).next_back()
}

fn draw_empty_day(svg: &mut Svg, center: Point) {
    svg.circle(center, 3.5, NO_ROUND);
}

fn draw_answered(svg: &mut Svg, center: Point, level: Color) {
    svg.rect(Area::around(center, CELL), 4.0, level);
}

fn draw_missed(svg: &mut Svg, center: Point, level: Option<Color>) {
    svg.frame(Area::around(center, CELL), 4.0, STROKE, MUTED);
    draw_review_dot(svg, center, level);
}

/// Draws a snowflake.
fn draw_frozen(svg: &mut Svg, center: Point, level: Option<Color>) {
    let reach = CELL / 2.0 - STROKE / 2.0 + 1.0;
    for degrees in [90.0_f64, 30.0, 150.0] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (right, down) = (reach * cos, reach * sin);
        let (from, to) = (center.offset(-right, -down), center.offset(right, down));
        svg.line(from, to, STROKE, FROZEN);
    }
    draw_review_dot(svg, center, level);
}

fn draw_review_dot(svg: &mut Svg, center: Point, level: Option<Color>) {
    if let Some(level) = level {
        svg.circle(center, 5.5, level);
    }
}

/// Draws the scale of colours with its labels.
pub fn draw_scale(svg: &mut Svg, at: Point, room: f64) {
    let [from, .., to] = LEVEL_THRESHOLDS;
    svg.text(at, LABEL, &from.to_string());
    let mut center = at.offset(30.0, -9.0);
    for color in SCALE {
        draw_answered(svg, center, color);
        center = center.offset(PITCH, 0.0);
    }
    let end = LABEL.with_anchor(Anchor::Start);
    svg.text(
        Point::new(center.x - 5.0, at.y),
        end,
        &format!("{to}+ reviews"),
    );
    debug_assert!(center.x < at.x + room);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    #[test]
    fn begins_on_a_monday_and_ends_with_this_week() {
        for day in 1..=14 {
            let today = date(2026, 11, day);
            let first = first_day(today);
            assert_eq!(first.weekday(), Weekday::Monday);
            let days = first.until((jiff::Unit::Day, today)).unwrap().get_days();
            assert!((175..182).contains(&days), "{today}: {days}");
        }
    }

    #[test]
    fn more_reviews_are_brighter() {
        let of = |reviews| {
            level_color(reviews).and_then(|color| SCALE.iter().position(|one| *one == color))
        };
        assert_eq!(
            [0, 1, 2, 4, 5, 9, 10, 9999].map(of),
            [
                None,
                Some(0),
                Some(1),
                Some(1),
                Some(2),
                Some(2),
                Some(3),
                Some(3)
            ]
        );
    }
}
