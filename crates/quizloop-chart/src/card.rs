//! The layout of the card.

use super::color::{BACKGROUND, FOREGROUND, MUTED};
use super::font::Weight;
use super::svg::{Anchor, Area, Point, Svg, TextStyle};
use super::{Progress, forecast, heatmap, interviews, legend_panel, topics};

/// Width of the picture, in pixels. Discord shows it at most 550 wide and 350 high on a desktop, and
/// about 350 wide on a phone. Text must therefore be large, and the picture as low as possible.
pub const WIDTH: u32 = 1100;
/// Distance from the edge to the content, in pixels.
const MARGIN: f64 = 30.0;
/// Width between the margins, in pixels.
pub const CONTENT_WIDTH: f64 = WIDTH as f64 - 2.0 * MARGIN;
/// Distance between the parts, in pixels.
const GAP: f64 = 28.0;
/// Distance between the heat map and the legend panel, in pixels.
const PANEL_GAP: f64 = 26.0;

/// Size of the smallest text, in pixels. It appears as 11 if Discord shows the picture 460 wide, and
/// as 8 at 350.
pub const TEXT_SIZE: f64 = 26.0;
/// Labels and explanations.
pub const LABEL: TextStyle = TextStyle {
    size: TEXT_SIZE,
    weight: Weight::Regular,
    color: MUTED,
    anchor: Anchor::Start,
};
/// Headings.
pub const HEADING: TextStyle = TextStyle {
    size: 30.0,
    weight: Weight::SemiBold,
    color: FOREGROUND,
    anchor: Anchor::Start,
};
/// Large numbers.
pub const NUMBER: TextStyle = TextStyle {
    size: 58.0,
    ..HEADING
};

/// Returns the height of the picture in pixels, which depends on the number of topics and on whether
/// there were interviews.
pub fn height(progress: &Progress) -> u32 {
    let interviews = interviews::height(progress).map_or(0.0, |height| height + GAP);
    let parts = heatmap::HEIGHT + topics::height(progress) + interviews + forecast::HEIGHT;
    let height = (parts + 2.0 * GAP + 2.0 * MARGIN).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of a few lengths, all above 0 and below a thousand"
    )]
    let height = height as u32;
    height
}

/// Returns the picture as SVG.
pub fn svg(progress: &Progress) -> String {
    let height = height(progress);
    let mut svg = Svg::new(WIDTH, height);
    let card = Area::new(Point::new(0.0, 0.0), f64::from(WIDTH), f64::from(height));
    svg.rect(card, 0.0, BACKGROUND);
    let at = Point::new(MARGIN, MARGIN);
    heatmap::draw(&mut svg, at, progress);
    let panel_left = heatmap::WIDTH + PANEL_GAP;
    legend_panel::draw(
        &mut svg,
        at.offset(panel_left, 0.0),
        CONTENT_WIDTH - panel_left,
        progress,
    );
    let at = at.offset(0.0, heatmap::HEIGHT + GAP);
    topics::draw(&mut svg, at, progress);
    let mut at = at.offset(0.0, topics::height(progress) + GAP);
    if let Some(height) = interviews::height(progress) {
        interviews::draw(&mut svg, at, progress);
        at = at.offset(0.0, height + GAP);
    }
    forecast::draw(&mut svg, at, progress);
    svg.finish()
}
