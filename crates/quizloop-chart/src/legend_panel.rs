//! The panel beside the heat map: the streak and the legend. A new member sees how to start instead
//! of two zeros.

use jiff::civil::Date;

use super::card::{HEADING, LABEL, NUMBER};
use super::heatmap::{self, CELL};
use super::svg::{Point, Svg};
use super::{Day, DayOutcome, Progress};

/// Distance between the two numbers, in pixels.
const NUMBERS_PITCH: f64 = 150.0;
/// Distance between the lines of the legend, in pixels.
const LINE_HEIGHT: f64 = 34.0;
/// Distance between the columns of the legend, in pixels.
const COLUMN_WIDTH: f64 = 152.0;
/// Distance from the left of an entry to the centre of its mark, in pixels.
const MARK_OFFSET: f64 = CELL / 2.0;
/// Distance from the left of an entry to its text, in pixels.
const TEXT_OFFSET: f64 = 30.0;
/// Distance from the upper edge to the first line of the legend, in pixels.
const LEGEND_TOP: f64 = 118.0;

/// Draws the panel, which is as high as the heat map.
pub fn draw(svg: &mut Svg, at: Point, room: f64, progress: &Progress) {
    if progress.is_empty() {
        draw_welcome(svg, at);
    } else {
        draw_number(svg, at, progress.streak, "in a row");
        draw_number(
            svg,
            at.offset(NUMBERS_PITCH, 0.0),
            progress.longest,
            "longest",
        );
    }
    draw_legend(svg, at.offset(0.0, LEGEND_TOP));
    heatmap::draw_scale(svg, at.offset(0.0, LEGEND_TOP + 3.0 * LINE_HEIGHT), room);
}

fn draw_welcome(svg: &mut Svg, at: Point) {
    svg.text(at.offset(0.0, 20.0), HEADING, "Start today");
    svg.text(at.offset(0.0, 51.0), LABEL, "Reply to the question,");
    svg.text(at.offset(0.0, 80.0), LABEL, "or try /quiz.");
}

fn draw_number(svg: &mut Svg, at: Point, value: u32, what: &str) {
    svg.text(at.offset(0.0, 43.0), NUMBER, &short_number(value));
    svg.text(at.offset(0.0, 74.0), LABEL, what);
}

fn draw_legend(svg: &mut Svg, at: Point) {
    let entries = [
        (day(Some(DayOutcome::Answered), 0), "answered"),
        (day(None, 1), "practised"),
        (day(Some(DayOutcome::Missed), 0), "missed"),
        (day(Some(DayOutcome::Frozen), 0), "frozen"),
        (day(None, 0), "no round"),
    ];
    for (number, (day, what)) in (0_u8..).zip(entries) {
        let base = legend_position(at, number);
        heatmap::draw_day(svg, base.offset(MARK_OFFSET, -9.0), Some(&day));
        svg.text(base.offset(TEXT_OFFSET, 0.0), LABEL, what);
    }
    let base = legend_position(at, 5);
    heatmap::draw_today_ring(svg, base.offset(MARK_OFFSET, -9.0));
    svg.text(base.offset(TEXT_OFFSET + 4.0, 0.0), LABEL, "today");
}

/// Returns the position of an entry. There are two entries on a line.
fn legend_position(at: Point, number: u8) -> Point {
    let (column, line) = (f64::from(number % 2), f64::from(number / 2));
    at.offset(column * COLUMN_WIDTH, line * LINE_HEIGHT)
}

fn day(round: Option<DayOutcome>, reviews: u16) -> Day {
    Day {
        date: Date::ZERO,
        round,
        reviews,
    }
}

/// Formats a number in at most four characters.
pub fn short_number(number: u32) -> String {
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
        let shown = [0, 9_999, 10_000, 999_999, u32::MAX].map(short_number);
        assert_eq!(shown, ["0", "9999", "10k", "999k", "1M+"]);
    }
}
