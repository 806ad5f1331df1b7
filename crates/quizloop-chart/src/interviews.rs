//! What the member said in their last interviews: a bar for each, filled to the share of the key
//! points, and beside the heading how many interviews and mock interviews they held. Members without
//! any have no such part.

use super::card::{CONTENT_WIDTH, HEADING, LABEL, TEXT_SIZE};
use super::color::{FOREGROUND, MUTED, SCALE, TRACK};
use super::font::Weight;
use super::legend_panel::short_number;
use super::svg::{Anchor, Area, Point, Svg, TextStyle};
use super::{InterviewHistory, InterviewScore, Progress};

/// Distance from one bar to the next, in pixels: as many fit as are shown.
const PITCH: f64 = CONTENT_WIDTH / 10.0;
/// Width of a bar, in pixels.
const BAR_WIDTH: f64 = 60.0;
/// Height of a bar, in pixels.
const BAR_HEIGHT: f64 = 62.0;
/// Height of the heading, in pixels.
const HEADING_HEIGHT: f64 = 36.0;
/// Height of the heading and the shares above the bars, in pixels.
const HEADER_HEIGHT: f64 = 76.0;
/// Height of the dates below the bars, in pixels.
const DATES_HEIGHT: f64 = 34.0;

/// The share above a bar.
const SHARE_STYLE: TextStyle = TextStyle {
    weight: Weight::SemiBold,
    ..LABEL.with_color(FOREGROUND).with_anchor(Anchor::Middle)
};

/// Returns the height in pixels; `None` if there is nothing to show.
pub fn height(progress: &Progress) -> Option<f64> {
    let interviews = &progress.interviews;
    if interviews.is_empty() {
        return None;
    }
    Some(if interviews.shown().is_empty() {
        HEADING_HEIGHT
    } else {
        HEADER_HEIGHT + BAR_HEIGHT + DATES_HEIGHT
    })
}

pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    let interviews = &progress.interviews;
    svg.text(at.offset(0.0, TEXT_SIZE), HEADING, "Interviews");
    let end = at.offset(CONTENT_WIDTH, TEXT_SIZE);
    svg.text(end, LABEL.with_anchor(Anchor::End), &held(interviews));
    for (number, score) in (0_u8..).zip(interviews.shown()) {
        let middle = at.offset((f64::from(number) + 0.5) * PITCH, HEADER_HEIGHT);
        draw_score(svg, middle, *score);
    }
}

/// Draws a bar; `top` is the middle of its upper edge.
fn draw_score(svg: &mut Svg, top: Point, score: InterviewScore) {
    let percent = score.share();
    let corner = top.offset(-BAR_WIDTH / 2.0, 0.0);
    svg.rect(Area::new(corner, BAR_WIDTH, BAR_HEIGHT), 3.0, TRACK);
    let height = BAR_HEIGHT * f64::from(percent) / 100.0;
    if percent > 0 {
        let filled = Area::new(corner.offset(0.0, BAR_HEIGHT - height), BAR_WIDTH, height);
        svg.rect(filled, 3.0, SCALE[2]);
    }
    let share = format!("{percent} %");
    svg.text(top.offset(0.0, -8.0), SHARE_STYLE, &share);
    let style = LABEL.with_anchor(Anchor::Middle).with_color(MUTED);
    let base = top.offset(0.0, BAR_HEIGHT + DATES_HEIGHT - 6.0);
    svg.text(base, style, &score.date.strftime("%-d %b").to_string());
}

/// Returns how many interviews and mock interviews were held.
fn held(interviews: &InterviewHistory) -> String {
    let mock = match interviews.mock_interviews {
        0 => None,
        1 => Some("1 mock interview".to_owned()),
        mock => Some(format!("{} mock interviews", short_number(mock))),
    };
    let held = (interviews.held > 0).then(|| format!("{} held", interviews.held_text()));
    match (held, mock) {
        (Some(held), Some(mock)) => format!("{held}, and {mock}"),
        (Some(held), None) => held,
        (None, mock) => mock.unwrap_or_default() + " held",
    }
}
