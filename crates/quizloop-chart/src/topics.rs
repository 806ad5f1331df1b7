//! A bar for each topic. From left to right, it shows the share of its questions that is recalled
//! today, that was seen but has faded, and that was never seen. On its right are the key points that
//! the member said, of those of all assessed questions.

use super::card::{CONTENT_WIDTH, HEADING, LABEL, TEXT_SIZE};
use super::color::{FOREGROUND, RECALLED, SCALE, SEEN, TRACK};
use super::font::{Weight, has_glyphs, text_width, truncate_to_width};
use super::legend_panel::short_number;
use super::svg::{Anchor, Area, Point, Svg, TextStyle};
use super::{PointsSaid, Progress, Topic};

const COLUMNS: usize = 3;
/// Maximum number of bars. The built-in bank has 23 topics.
const MAX_BARS: usize = 24;
/// Height of a bar, in pixels.
const BAR_HEIGHT: f64 = 33.0;
/// Distance from one bar to the next, in pixels.
const PITCH: f64 = 39.0;
/// Distance between two columns, in pixels.
const GAP: f64 = 14.0;
/// Distance from a bar's edge to its text, in pixels.
const INSET: f64 = 10.0;
/// Height of the line under the recalled part, in pixels.
const UNDERLINE_HEIGHT: f64 = 4.0;
/// Distance from the heading to what was assessed, and from a name to its points, in pixels.
const TEXT_GAP: f64 = 16.0;
/// Height of the heading, in pixels.
const HEADER_HEIGHT: f64 = 46.0;
/// Width of a column, in pixels.
const COLUMN_WIDTH: f64 = (CONTENT_WIDTH - 2.0 * GAP) / 3.0;
/// Names on bars.
const NAME_STYLE: TextStyle = LABEL.with_color(FOREGROUND);

/// A topic whose name the font can't draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedName<'a> {
    /// The label that the picture shows instead.
    pub label: String,
    pub name: &'a str,
}

/// Returns the topics that the picture shows with a number, because the font can't draw their names.
/// The message beside the picture lists them; it is displayed with the reader's own fonts.
pub fn unsupported_names(progress: &Progress) -> Vec<UnsupportedName<'_>> {
    let (shown, _) = visible_topics(progress);
    shown
        .into_iter()
        .filter(|(_, topic)| !has_glyphs(&topic.name))
        .map(|(number, topic)| UnsupportedName {
            label: substitute_label(number),
            name: &topic.name,
        })
        .collect()
}

fn substitute_label(number: usize) -> String {
    format!("topic {number}")
}

/// Returns the topics that have a bar, numbered from 1, and the number of the other topics. If there
/// are too many topics, those with seen questions come first.
fn visible_topics(progress: &Progress) -> (Vec<(usize, &Topic)>, usize) {
    let mut all: Vec<_> = (1..).zip(&progress.topics).collect();
    if all.len() <= MAX_BARS {
        return (all, 0);
    }
    all.sort_by_key(|(_, topic)| !topic.is_known());
    // The last position shows the number of the other topics.
    let rest = all.split_off(MAX_BARS - 1);
    (all, rest.len())
}

fn row_count(progress: &Progress) -> usize {
    progress.topics.len().min(MAX_BARS).div_ceil(COLUMNS)
}

/// Returns the height in pixels.
pub fn height(progress: &Progress) -> f64 {
    let rows = u8::try_from(row_count(progress)).unwrap_or(u8::MAX);
    HEADER_HEIGHT + f64::from(rows) * PITCH - (PITCH - BAR_HEIGHT)
}

pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    svg.text(at.offset(0.0, TEXT_SIZE), HEADING, HEADING_TEXT);
    draw_assessed(svg, at.offset(0.0, TEXT_SIZE), progress);
    draw_legend(svg, at);
    let (shown, more) = visible_topics(progress);
    let rows = row_count(progress).max(1);
    let mut cells = (0..COLUMNS).flat_map(|column| (0..rows).map(move |row| (column, row)));
    for ((number, topic), (column, row)) in shown.into_iter().zip(&mut cells) {
        draw_bar(svg, bar_position(at, column, row), number, topic);
    }
    if let (Some((column, row)), true) = (cells.next(), more > 0) {
        let base = bar_position(at, column, row).offset(INSET, BASELINE);
        svg.text(base, LABEL, &format!("and {more} more"));
    }
}

const HEADING_TEXT: &str = "Topics";

/// Writes beside the heading what was assessed in all topics.
fn draw_assessed(svg: &mut Svg, base: Point, progress: &Progress) {
    let Some(assessed) = progress.assessed() else {
        return;
    };
    let left = text_width(HEADING_TEXT, HEADING.size, HEADING.weight) + TEXT_GAP;
    let questions = short_number(assessed.questions);
    let text = match points_text(assessed) {
        Some(points) => format!("{questions} assessed, {points} points"),
        None => format!("{questions} assessed"),
    };
    svg.text(base.offset(left, 0.0), LABEL, &text);
}

/// Returns the said points of all points, such as `5/8`.
fn points_text(assessed: PointsSaid) -> Option<String> {
    let PointsSaid { said, points, .. } = assessed;
    let text = || format!("{}/{}", short_number(said), short_number(points));
    (points > 0).then(text)
}

/// Distance from a bar's upper edge to the baseline of its name, in pixels.
const BASELINE: f64 = 23.0;

fn bar_position(at: Point, column: usize, row: usize) -> Point {
    let [column, row] = [column, row].map(|number| f64::from(u8::try_from(number).unwrap_or(0)));
    at.offset(column * (COLUMN_WIDTH + GAP), HEADER_HEIGHT + row * PITCH)
}

fn draw_bar(svg: &mut Svg, at: Point, number: usize, topic: &Topic) {
    let part = |share: f64| Area::new(at, COLUMN_WIDTH * share, BAR_HEIGHT);
    let seen = topic.share_seen();
    let recalled = seen * topic.share_recalled();
    svg.rect(part(1.0), 5.0, TRACK);
    if seen > 0.0 {
        svg.rect(part(seen), 5.0, SEEN);
        svg.rect(part(recalled), 5.0, RECALLED);
        draw_underline(svg, part(recalled));
    }
    let name = if has_glyphs(&topic.name) {
        &topic.name
    } else {
        &substitute_label(number)
    };
    let mut room = COLUMN_WIDTH - 2.0 * INSET;
    if let Some(points) = points_text(topic.assessed) {
        let base = at.offset(COLUMN_WIDTH - INSET, BASELINE);
        svg.text(base, NAME_STYLE.with_anchor(Anchor::End), &points);
        room -= text_width(&points, NAME_STYLE.size, NAME_STYLE.weight) + TEXT_GAP;
    }
    let name = truncate_to_width(name, room, NAME_STYLE.size, NAME_STYLE.weight);
    svg.text(at.offset(INSET, BASELINE), NAME_STYLE, &name);
}

/// Draws a bright line at the bottom of the recalled part, which distinguishes it without colours.
fn draw_underline(svg: &mut Svg, part: Area) {
    let at = part.at.offset(0.0, part.height - UNDERLINE_HEIGHT);
    svg.rect(
        Area::new(at, part.width, UNDERLINE_HEIGHT),
        UNDERLINE_HEIGHT / 2.0,
        SCALE[2],
    );
}

/// Draws the legend to the right of the heading.
fn draw_legend(svg: &mut Svg, at: Point) {
    let entries = [
        ("not seen", TRACK),
        ("seen, faded", SEEN),
        ("recalled today", RECALLED),
    ];
    let mut base = at.offset(CONTENT_WIDTH, TEXT_SIZE);
    for (what, color) in entries {
        svg.text(base, LABEL.with_anchor(Anchor::End), what);
        base = base.offset(-text_width(what, LABEL.size, Weight::Regular) - 34.0, 0.0);
        let square = Area::new(base.offset(0.0, -20.0), 24.0, 24.0);
        svg.rect(square, 4.0, color);
        if color == RECALLED {
            draw_underline(svg, square);
        }
        base = base.offset(-24.0, 0.0);
    }
}
