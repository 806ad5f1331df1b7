//! Writes SVG: shapes and texts, escaped for XML.

use std::fmt::{self, Write as _};

use super::color::Color;
use super::font::{FAMILY, Weight};

/// A position in pixels, from the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Returns the point at the given distances to the right and down.
    pub fn offset(self, right: f64, down: f64) -> Self {
        Self::new(self.x + right, self.y + down)
    }
}

/// A rectangle, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The upper left corner.
    pub at: Point,
    pub width: f64,
    pub height: f64,
}

impl Area {
    pub const fn new(at: Point, width: f64, height: f64) -> Self {
        Self { at, width, height }
    }

    /// Returns a square around a point.
    pub fn around(center: Point, size: f64) -> Self {
        Self::new(center.offset(-size / 2.0, -size / 2.0), size, size)
    }
}

/// The part of a text that is at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, Copy)]
pub struct TextStyle {
    /// Font size, in pixels.
    pub size: f64,
    pub weight: Weight,
    pub color: Color,
    pub anchor: Anchor,
}

impl TextStyle {
    /// Returns the style with another anchor.
    pub const fn with_anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// Returns the style with another colour.
    pub const fn with_color(self, color: Color) -> Self {
        Self { color, ..self }
    }
}

/// A writer of an SVG document.
#[derive(Debug)]
pub struct Svg {
    text: String,
}

impl Svg {
    /// Creates an empty document of that size, in pixels.
    pub fn new(width: u32, height: u32) -> Self {
        let text = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">"#
        );
        Self { text }
    }

    /// Closes the document and returns its text.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// Draws a filled rectangle with round corners.
    pub fn rect(&mut self, area: Area, radius: f64, fill: Color) {
        let (area, radius) = (RectAttributes(area), SvgNumber(radius));
        self.element(format_args!(
            r#"<rect {area} rx="{radius}" fill="{fill}"/>"#
        ));
    }

    /// Draws the outline of a rectangle with round corners, inside of the rectangle.
    pub fn frame(&mut self, area: Area, radius: f64, thickness: f64, color: Color) {
        let half = thickness / 2.0;
        let inside = Area::new(
            area.at.offset(half, half),
            area.width - thickness,
            area.height - thickness,
        );
        let (area, radius, thickness) = (
            RectAttributes(inside),
            SvgNumber(radius),
            SvgNumber(thickness),
        );
        self.element(format_args!(
            r#"<rect {area} rx="{radius}" fill="none" stroke="{color}" stroke-width="{thickness}"/>"#
        ));
    }

    /// Draws a filled circle.
    pub fn circle(&mut self, center: Point, radius: f64, fill: Color) {
        let (x, y, radius) = (SvgNumber(center.x), SvgNumber(center.y), SvgNumber(radius));
        self.element(format_args!(
            r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>"#
        ));
    }

    /// Draws a line with round ends.
    pub fn line(&mut self, from: Point, to: Point, thickness: f64, color: Color) {
        let [a, b, c, d] = [from.x, from.y, to.x, to.y].map(SvgNumber);
        let thickness = SvgNumber(thickness);
        self.element(format_args!(
            r#"<path d="M{a} {b}L{c} {d}" stroke="{color}" stroke-width="{thickness}" stroke-linecap="round"/>"#
        ));
    }

    /// Draws a line of text; `at` is on its baseline.
    pub fn text(&mut self, at: Point, style: TextStyle, text: &str) {
        let (x, y, size) = (SvgNumber(at.x), SvgNumber(at.y), SvgNumber(style.size));
        let (weight, fill) = (style.weight as u16, style.color);
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = XmlEscaped(text);
        self.element(format_args!(
            r#"<text x="{x}" y="{y}" font-family="{FAMILY}" font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    fn element(&mut self, element: fmt::Arguments<'_>) {
        // Writing to a string can't fail.
        let _ = writeln!(self.text, "{element}");
    }
}

/// A number with at most two decimal places.
struct SvgNumber(f64);

impl fmt::Display for SvgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        write!(f, "{rounded}")
    }
}

struct RectAttributes(Area);

impl fmt::Display for RectAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Area { at, width, height } = self.0;
        let [x, y, width, height] = [at.x, at.y, width.max(0.0), height.max(0.0)].map(SvgNumber);
        write!(f, r#"x="{x}" y="{y}" width="{width}" height="{height}""#)
    }
}

/// Text escaped for XML. Characters that XML 1.0 does not allow (section 2.2, "Characters") become
/// replacement characters.
struct XmlEscaped<'a>(&'a str);

impl fmt::Display for XmlEscaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' | '\r' => f.write_char(' ')?,
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                    f.write_char(char::REPLACEMENT_CHARACTER)?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::FOREGROUND;

    #[test]
    fn text_is_escaped() {
        let mut svg = Svg::new(10, 20);
        let style = TextStyle {
            size: 9.0,
            weight: Weight::Regular,
            color: FOREGROUND,
            anchor: Anchor::End,
        };
        svg.text(
            Point::new(1.0, 2.0 / 3.0),
            style,
            "</text>&\"'\u{1}\u{ffff}\n",
        );
        insta::assert_snapshot!(svg.finish(), @r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="10" height="20"><text x="1" y="0.67" font-family="IBM Plex Sans" font-size="9" font-weight="400" fill="#f2f5fa" text-anchor="end">&lt;/text&gt;&amp;&quot;&#39;�� </text>
        </svg>
        "##);
    }
}
