//! The forecast: how many reviews come due on each of the next 14 days, a bar a day with its number.

use jiff::ToSpan;

use super::Progress;
use super::color::{INK, MUTED, SCALE, TRACK};
use super::font::Weight;
use super::panel::short;
use super::picture::{HEADING, LABEL, ROOM, TEXT};
use super::svg::{Anchor, Area, Point, Style, Svg};

/// From one day to the next, in pixels.
const PITCH: f64 = ROOM / 14.0;
/// A bar's width, in pixels.
const BAR: f64 = 46.0;
/// The highest bar, in pixels.
const HIGHEST: f64 = 62.0;
/// The lowest bar of a day with something due, in pixels.
const LOWEST: f64 = 5.0;
/// Heading and numbers above the highest bar, in pixels.
const HEAD: f64 = 76.0;
/// The names of the days below the bars, in pixels.
const NAMES: f64 = 34.0;
/// How high it is, in pixels.
pub const HEIGHT: f64 = HEAD + HIGHEST + NAMES;

/// How many, above a bar.
const COUNT: Style = Style {
    weight: Weight::SemiBold,
    ..LABEL.colored(INK).anchored(Anchor::Middle)
};

/// Draws it.
pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    svg.text(at.plus(0.0, TEXT), HEADING, "Reviews due");
    let hint = hint(progress);
    let end = at.plus(ROOM, TEXT);
    svg.text(end, LABEL.anchored(Anchor::End), &hint);
    let ground = at.y + HEAD + HIGHEST;
    let most = progress.forecast.iter().copied().max().unwrap_or(0);
    for (day, due) in (0_u8..).zip(progress.forecast) {
        let middle = at.x + (f64::from(day) + 0.5) * PITCH;
        let height = height(due, most);
        let color = if day == 0 { SCALE[3] } else { SCALE[1] };
        let area = Area::new(Point::new(middle - BAR / 2.0, ground - height), BAR, height);
        svg.rect(area, 3.0, if due == 0 { TRACK } else { color });
        if due > 0 {
            svg.text(
                Point::new(middle, ground - height - 8.0),
                COUNT,
                &short(due),
            );
        }
        let date = progress.today.saturating_add(i64::from(day).days());
        let (name, color) = match day {
            0 => ("today".to_owned(), INK),
            _ => (date.strftime("%a").to_string(), MUTED),
        };
        let style = LABEL.anchored(Anchor::Middle).colored(color);
        svg.text(Point::new(middle, ground + NAMES - 6.0), style, &name);
    }
}

fn height(due: u32, most: u32) -> f64 {
    match due {
        0 => 3.0,
        due => (HIGHEST * f64::from(due) / f64::from(most)).max(LOWEST),
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
