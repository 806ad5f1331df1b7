//! The forecast: a bar for each of the next 14 days with the number of reviews due.

use jiff::ToSpan;

use super::Progress;
use super::card::{CONTENT_WIDTH, HEADING, LABEL, TEXT_SIZE};
use super::color::{FOREGROUND, MUTED, SCALE, TRACK};
use super::font::Weight;
use super::legend_panel::short_number;
use super::svg::{Anchor, Area, Point, Svg, TextStyle};

/// Distance from one day to the next, in pixels.
const PITCH: f64 = CONTENT_WIDTH / 14.0;
/// Width of a bar, in pixels.
const BAR_WIDTH: f64 = 46.0;
/// Height of the highest bar, in pixels.
const MAX_BAR_HEIGHT: f64 = 62.0;
/// Minimum height of the bar of a day with reviews, in pixels.
const MIN_BAR_HEIGHT: f64 = 5.0;
/// Height of the heading and the numbers above the highest bar, in pixels.
const HEADER_HEIGHT: f64 = 76.0;
/// Height of the names of the days below the bars, in pixels.
const DAY_NAMES_HEIGHT: f64 = 34.0;
/// Height of the forecast, in pixels.
pub const HEIGHT: f64 = HEADER_HEIGHT + MAX_BAR_HEIGHT + DAY_NAMES_HEIGHT;

/// The number above a bar.
const COUNT_STYLE: TextStyle = TextStyle {
    weight: Weight::SemiBold,
    ..LABEL.with_color(FOREGROUND).with_anchor(Anchor::Middle)
};

pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    svg.text(at.offset(0.0, TEXT_SIZE), HEADING, "Reviews due");
    let hint = hint(progress);
    let end = at.offset(CONTENT_WIDTH, TEXT_SIZE);
    svg.text(end, LABEL.with_anchor(Anchor::End), &hint);
    let ground = at.y + HEADER_HEIGHT + MAX_BAR_HEIGHT;
    let most = progress.forecast.iter().copied().max().unwrap_or(0);
    for (day, due) in (0_u8..).zip(progress.forecast) {
        let middle = at.x + (f64::from(day) + 0.5) * PITCH;
        let height = bar_height(due, most);
        let color = if day == 0 { SCALE[3] } else { SCALE[1] };
        let area = Area::new(
            Point::new(middle - BAR_WIDTH / 2.0, ground - height),
            BAR_WIDTH,
            height,
        );
        svg.rect(area, 3.0, if due == 0 { TRACK } else { color });
        if due > 0 {
            svg.text(
                Point::new(middle, ground - height - 8.0),
                COUNT_STYLE,
                &short_number(due),
            );
        }
        let date = progress.today.saturating_add(i64::from(day).days());
        let (name, color) = match day {
            0 => ("today".to_owned(), FOREGROUND),
            _ => (date.strftime("%a").to_string(), MUTED),
        };
        let style = LABEL.with_anchor(Anchor::Middle).with_color(color);
        svg.text(
            Point::new(middle, ground + DAY_NAMES_HEIGHT - 6.0),
            style,
            &name,
        );
    }
}

fn bar_height(due: u32, most: u32) -> f64 {
    match due {
        0 => 3.0,
        due => (MAX_BAR_HEIGHT * f64::from(due) / f64::from(most)).max(MIN_BAR_HEIGHT),
    }
}

fn hint(progress: &Progress) -> String {
    if progress.topics.iter().all(|topic| topic.seen == 0) {
        return "What you practise with /quiz comes back here".into();
    }
    match progress.due() {
        0 => "none in the next 14 days".into(),
        due => format!("{due} in the next 14 days"),
    }
}
