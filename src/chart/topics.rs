//! Mastery: a bar a topic. The bar is the topic; its first part is what is recalled today, then comes what was seen
//! and has faded, and the rest was never seen.

use super::card::{CONTENT_WIDTH, HEADING, LABEL, TEXT_SIZE};
use super::color::{FOREGROUND, RECALLED, SCALE, SEEN, TRACK};
use super::font::{Weight, has_glyphs, text_width, truncate_to_width};
use super::svg::{Anchor, Area, Point, Svg, TextStyle};
use super::{Progress, Topic};

/// Columns.
const COLUMNS: usize = 3;
/// Bars that there is room for. The built-in bank has 23 topics.
const MAX_BARS: usize = 24;
/// The height of a bar, in pixels.
const BAR_HEIGHT: f64 = 33.0;
/// From one bar to the next, in pixels.
const PITCH: f64 = 39.0;
/// Between two columns, in pixels.
const GAP: f64 = 14.0;
/// From a bar's edge to its text, in pixels.
const INSET: f64 = 10.0;
/// The line under what is recalled, in pixels.
const UNDERLINE_HEIGHT: f64 = 4.0;
/// The heading above, in pixels.
const HEADER_HEIGHT: f64 = 46.0;
/// The width of a column, in pixels.
const COLUMN_WIDTH: f64 = (CONTENT_WIDTH - 2.0 * GAP) / 3.0;
/// Names on bars.
const NAME_STYLE: TextStyle = LABEL.with_color(FOREGROUND);

/// A topic whose name the font can't write: what the picture says in its place, and the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedName<'a> {
    /// What the picture says.
    pub label: String,
    /// The name.
    pub name: &'a str,
}

/// The topics that the picture shows under a number, because its font lacks letters of their names. Whoever shows
/// the picture writes them beside it, with the reader's own fonts.
pub fn unsupported_names(progress: &Progress) -> Vec<UnsupportedName<'_>> {
    let (shown, _) = visible_topics(progress);
    let unwritten = shown
        .into_iter()
        .filter(|(_, topic)| !has_glyphs(&topic.name));
    let unwritten = unwritten.map(|(number, topic)| UnsupportedName {
        label: substitute_label(number),
        name: &topic.name,
    });
    unwritten.collect()
}

fn substitute_label(number: usize) -> String {
    format!("topic {number}")
}

/// The topics for which there is a bar, numbered from 1, and how many there are besides. Where there are too many,
/// those of which something was seen come before the others.
fn visible_topics(progress: &Progress) -> (Vec<(usize, &Topic)>, usize) {
    let mut all: Vec<_> = (1..).zip(&progress.topics).collect();
    if all.len() <= MAX_BARS {
        return (all, 0);
    }
    all.sort_by_key(|(_, topic)| topic.seen == 0);
    // The last place says how many there are besides.
    let rest = all.split_off(MAX_BARS - 1);
    (all, rest.len())
}

fn row_count(progress: &Progress) -> usize {
    progress.topics.len().min(MAX_BARS).div_ceil(COLUMNS)
}

/// How high it is, in pixels.
pub fn height(progress: &Progress) -> f64 {
    let rows = u8::try_from(row_count(progress)).unwrap_or(u8::MAX);
    HEADER_HEIGHT + f64::from(rows) * PITCH - (PITCH - BAR_HEIGHT)
}

/// Draws it.
pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    svg.text(at.offset(0.0, TEXT_SIZE), HEADING, "Topics");
    draw_legend(svg, at);
    let (shown, more) = visible_topics(progress);
    let rows = row_count(progress).max(1);
    let mut places = (0..COLUMNS).flat_map(|column| (0..rows).map(move |row| (column, row)));
    for ((number, topic), place) in shown.into_iter().zip(&mut places) {
        draw_bar(svg, bar_position(at, place), number, topic);
    }
    if let (Some(place), true) = (places.next(), more > 0) {
        let base = bar_position(at, place).offset(INSET, BASELINE);
        svg.text(base, LABEL, &format!("and {more} more"));
    }
}

/// From a bar's upper edge to the line on which its name stands.
const BASELINE: f64 = 23.0;

fn bar_position(at: Point, (column, row): (usize, usize)) -> Point {
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
    let name = truncate_to_width(
        name,
        COLUMN_WIDTH - 2.0 * INSET,
        NAME_STYLE.size,
        NAME_STYLE.weight,
    );
    svg.text(at.offset(INSET, BASELINE), NAME_STYLE, &name);
}

/// A bright line at the bottom of what is recalled, which tells it from the rest where the colours don't.
fn draw_underline(svg: &mut Svg, part: Area) {
    let at = part.at.offset(0.0, part.height - UNDERLINE_HEIGHT);
    svg.rect(
        Area::new(at, part.width, UNDERLINE_HEIGHT),
        UNDERLINE_HEIGHT / 2.0,
        SCALE[2],
    );
}

/// What the parts of a bar mean, to the right of the heading.
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
