//! The card: how its parts are put together.

use super::color::{CARD, INK, MUTED};
use super::font::Weight;
use super::svg::{Anchor, Area, Point, Style, Svg};
use super::{Progress, forecast, heat, panel, topics};

/// The width of the picture, in pixels. Discord shows it 550 wide and 350 high at most on a desktop, and about 350
/// wide on a phone, so letters must be large and the picture no higher than needed.
pub const WIDTH: u32 = 1100;
/// From the edge to what is drawn, in pixels.
const MARGIN: f64 = 30.0;
/// The width inside of the margins, in pixels.
pub const ROOM: f64 = WIDTH as f64 - 2.0 * MARGIN;
/// Between the parts, in pixels.
const GAP: f64 = 28.0;
/// Between the heat map and what is beside it, in pixels.
const BESIDE: f64 = 26.0;

/// The size of the smallest text, in pixels: 11 where Discord shows the picture at 460, 8 at 350.
pub const TEXT: f64 = 26.0;
/// Text that explains.
pub const LABEL: Style = Style {
    size: TEXT,
    weight: Weight::Regular,
    color: MUTED,
    anchor: Anchor::Start,
};
/// Headings.
pub const HEADING: Style = Style {
    size: 30.0,
    weight: Weight::SemiBold,
    color: INK,
    anchor: Anchor::Start,
};
/// Large numbers.
pub const NUMBER: Style = Style {
    size: 58.0,
    ..HEADING
};

/// The height of the picture, in pixels: it has a bar a topic.
pub fn height(progress: &Progress) -> u32 {
    let parts = heat::HEIGHT + topics::height(progress) + forecast::HEIGHT;
    let height = (parts + 2.0 * GAP + 2.0 * MARGIN).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of a few lengths, all above 0 and below a thousand"
    )]
    let height = height as u32;
    height
}

/// The picture as SVG.
pub fn svg(progress: &Progress) -> String {
    let height = height(progress);
    let mut svg = Svg::new(WIDTH, height);
    let card = Area::new(Point::new(0.0, 0.0), f64::from(WIDTH), f64::from(height));
    svg.rect(card, 0.0, CARD);
    let at = Point::new(MARGIN, MARGIN);
    heat::draw(&mut svg, at, progress);
    let beside = heat::WIDTH + BESIDE;
    panel::draw(&mut svg, at.plus(beside, 0.0), ROOM - beside, progress);
    let at = at.plus(0.0, heat::HEIGHT + GAP);
    topics::draw(&mut svg, at, progress);
    let at = at.plus(0.0, topics::height(progress) + GAP);
    forecast::draw(&mut svg, at, progress);
    svg.finish()
}
