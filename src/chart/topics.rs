//! Mastery: a bar a topic. The bar is the topic; its first part is what is recalled today, then comes what was seen
//! and has faded, and the rest was never seen.

use super::color::{INK, RECALLED, SCALE, SEEN, TRACK};
use super::font::{Weight, fit, width, writes};
use super::picture::{HEADING, LABEL, ROOM, TEXT};
use super::svg::{Anchor, Area, Point, Style, Svg};
use super::{Progress, Topic};

/// Columns.
const COLUMNS: usize = 3;
/// Bars that there is room for. The built-in bank has 23 topics.
const SHOWN_MAX: usize = 24;
/// The height of a bar, in pixels.
const BAR: f64 = 33.0;
/// From one bar to the next, in pixels.
const PITCH: f64 = 39.0;
/// Between two columns, in pixels.
const GAP: f64 = 14.0;
/// From a bar's edge to its text, in pixels.
const INSET: f64 = 10.0;
/// The line under what is recalled, in pixels.
const LINE: f64 = 4.0;
/// The heading above, in pixels.
const HEAD: f64 = 46.0;
/// The width of a column, in pixels.
const COLUMN: f64 = (ROOM - 2.0 * GAP) / 3.0;
/// Names on bars.
const NAME: Style = LABEL.colored(INK);

/// A topic whose name the font can't write: what the picture says in its place, and the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritten<'a> {
    /// What the picture says.
    pub label: String,
    /// The name.
    pub name: &'a str,
}

/// The topics that the picture shows under a number, because its font lacks letters of their names. Whoever shows
/// the picture writes them beside it, with the reader's own fonts.
pub fn unwritten(progress: &Progress) -> Vec<Unwritten<'_>> {
    let (shown, _) = shown(progress);
    let unwritten = shown.into_iter().filter(|(_, topic)| !writes(&topic.name));
    let unwritten = unwritten.map(|(number, topic)| Unwritten {
        label: label(number),
        name: &topic.name,
    });
    unwritten.collect()
}

fn label(number: usize) -> String {
    format!("topic {number}")
}

/// The topics for which there is a bar, numbered from 1, and how many there are besides. Where there are too many,
/// those of which something was seen come before the others.
fn shown(progress: &Progress) -> (Vec<(usize, &Topic)>, usize) {
    let mut all: Vec<_> = (1..).zip(&progress.topics).collect();
    if all.len() <= SHOWN_MAX {
        return (all, 0);
    }
    all.sort_by_key(|(_, topic)| topic.seen == 0);
    // The last place says how many there are besides.
    let rest = all.split_off(SHOWN_MAX - 1);
    (all, rest.len())
}

fn rows(progress: &Progress) -> usize {
    progress.topics.len().min(SHOWN_MAX).div_ceil(COLUMNS)
}

/// How high it is, in pixels.
pub fn height(progress: &Progress) -> f64 {
    let rows = u8::try_from(rows(progress)).unwrap_or(u8::MAX);
    HEAD + f64::from(rows) * PITCH - (PITCH - BAR)
}

/// Draws it.
pub fn draw(svg: &mut Svg, at: Point, progress: &Progress) {
    svg.text(at.plus(0.0, TEXT), HEADING, "Topics");
    legend(svg, at);
    let (shown, more) = shown(progress);
    let rows = rows(progress).max(1);
    let mut places = (0..COLUMNS).flat_map(|column| (0..rows).map(move |row| (column, row)));
    for ((number, topic), place) in shown.into_iter().zip(&mut places) {
        bar(svg, corner(at, place), number, topic);
    }
    if let (Some(place), true) = (places.next(), more > 0) {
        let base = corner(at, place).plus(INSET, BASE);
        svg.text(base, LABEL, &format!("and {more} more"));
    }
}

/// From a bar's upper edge to the line on which its name stands.
const BASE: f64 = 23.0;

fn corner(at: Point, (column, row): (usize, usize)) -> Point {
    let [column, row] = [column, row].map(|number| f64::from(u8::try_from(number).unwrap_or(0)));
    at.plus(column * (COLUMN + GAP), HEAD + row * PITCH)
}

fn bar(svg: &mut Svg, at: Point, number: usize, topic: &Topic) {
    let part = |share: f64| Area::new(at, COLUMN * share, BAR);
    let seen = topic.share_seen();
    let recalled = seen * topic.share_recalled();
    svg.rect(part(1.0), 5.0, TRACK);
    if seen > 0.0 {
        svg.rect(part(seen), 5.0, SEEN);
        svg.rect(part(recalled), 5.0, RECALLED);
        underline(svg, part(recalled));
    }
    let name = if writes(&topic.name) {
        &topic.name
    } else {
        &label(number)
    };
    let name = fit(name, COLUMN - 2.0 * INSET, NAME.size, NAME.weight);
    svg.text(at.plus(INSET, BASE), NAME, &name);
}

/// A bright line at the bottom of what is recalled, which tells it from the rest where the colours don't.
fn underline(svg: &mut Svg, part: Area) {
    let at = part.at.plus(0.0, part.height - LINE);
    svg.rect(Area::new(at, part.width, LINE), LINE / 2.0, SCALE[2]);
}

/// What the parts of a bar mean, to the right of the heading.
fn legend(svg: &mut Svg, at: Point) {
    let entries = [
        ("not seen", TRACK),
        ("seen, faded", SEEN),
        ("recalled today", RECALLED),
    ];
    let mut base = at.plus(ROOM, TEXT);
    for (what, color) in entries {
        svg.text(base, LABEL.anchored(Anchor::End), what);
        base = base.plus(-width(what, LABEL.size, Weight::Regular) - 34.0, 0.0);
        let square = Area::new(base.plus(0.0, -20.0), 24.0, 24.0);
        svg.rect(square, 4.0, color);
        if color == RECALLED {
            underline(svg, square);
        }
        base = base.plus(-24.0, 0.0);
    }
}
