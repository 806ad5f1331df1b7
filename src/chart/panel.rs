//! Beside the heat map: the streak, and what the marks mean. A newcomer reads how to begin instead of two zeros.

use jiff::civil::Date;

use super::heat::{self, CELL};
use super::picture::{HEADING, LABEL, NUMBER};
use super::svg::{Point, Svg};
use super::{Day, Outcome, Progress};

/// From one number to the other, in pixels.
const NUMBERS: f64 = 150.0;
/// From one line of the legend to the next, in pixels.
const LINE: f64 = 34.0;
/// From one column of the legend to the other, in pixels.
const COLUMN: f64 = 152.0;
/// From an entry to the middle of its mark, and to its text, in pixels.
const MARK: f64 = CELL / 2.0;
const AFTER_MARK: f64 = 30.0;
/// The first line of the legend, from the upper edge.
const LEGEND: f64 = 118.0;

/// Draws it, as high as the heat map.
pub fn draw(svg: &mut Svg, at: Point, room: f64, progress: &Progress) {
    if progress.is_empty() {
        welcome(svg, at);
    } else {
        number(svg, at, progress.streak, "in a row");
        number(svg, at.plus(NUMBERS, 0.0), progress.longest, "longest");
    }
    legend(svg, at.plus(0.0, LEGEND));
    heat::scale(svg, at.plus(0.0, LEGEND + 3.0 * LINE), room);
}

fn welcome(svg: &mut Svg, at: Point) {
    svg.text(at.plus(0.0, 20.0), HEADING, "Start today");
    svg.text(at.plus(0.0, 51.0), LABEL, "Reply to the question,");
    svg.text(at.plus(0.0, 80.0), LABEL, "or try /quiz.");
}

fn number(svg: &mut Svg, at: Point, value: u32, what: &str) {
    svg.text(at.plus(0.0, 43.0), NUMBER, &short(value));
    svg.text(at.plus(0.0, 74.0), LABEL, what);
}

fn legend(svg: &mut Svg, at: Point) {
    let entries = [
        (day(Some(Outcome::Answered), 0), "answered"),
        (day(None, 1), "practised"),
        (day(Some(Outcome::Missed), 0), "missed"),
        (day(Some(Outcome::Frozen), 0), "frozen"),
        (day(None, 0), "no round"),
    ];
    for (number, (day, what)) in (0_u8..).zip(entries) {
        let base = place(at, number);
        heat::mark(svg, base.plus(MARK, -9.0), Some(&day));
        svg.text(base.plus(AFTER_MARK, 0.0), LABEL, what);
    }
    let base = place(at, 5);
    heat::ring(svg, base.plus(MARK, -9.0));
    svg.text(base.plus(AFTER_MARK + 4.0, 0.0), LABEL, "today");
}

/// Two entries of the legend stand on a line.
fn place(at: Point, number: u8) -> Point {
    let (column, line) = (f64::from(number % 2), f64::from(number / 2));
    at.plus(column * COLUMN, line * LINE)
}

fn day(round: Option<Outcome>, reviews: u16) -> Day {
    Day {
        date: Date::ZERO,
        round,
        reviews,
    }
}

/// A number in four characters at most.
pub fn short(number: u32) -> String {
    match number {
        0..=9_999 => number.to_string(),
        10_000..=999_999 => format!("{}k", number / 1000),
        1_000_000.. => "1M+".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short() {
        let shown = [0, 9_999, 10_000, 999_999, u32::MAX].map(short);
        assert_eq!(shown, ["0", "9999", "10k", "999k", "1M+"]);
    }
}
