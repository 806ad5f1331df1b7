//! The font: IBM Plex Sans in two weights, compiled in, unmodified (`font/LICENSE.txt`: SIL Open Font License).
//!
//! A minimal container has no fonts, and the picture must be the same everywhere. The font covers
//! Latin, Greek and Cyrillic.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, Source};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

/// The font family in the SVG.
pub const FAMILY: &str = "IBM Plex Sans";

const REGULAR: &[u8] = include_bytes!("font/IBMPlexSans-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("font/IBMPlexSans-SemiBold.ttf");

/// The end of a truncated text.
const ELLIPSIS: char = '…';

/// Font weight, with its CSS number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// For labels.
    Regular = 400,
    /// For headings and numbers.
    SemiBold = 600,
}

impl Weight {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::SemiBold => SEMI_BOLD,
        }
    }
}

/// Returns both weights for the renderer, loaded at the first call.
pub fn database() -> Arc<Database> {
    static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut database = Database::new();
        for bytes in [REGULAR, SEMI_BOLD] {
            database.load_font_source(Source::Binary(Arc::new(bytes)));
        }
        Arc::new(database)
    });
    Arc::clone(&DATABASE)
}

/// Returns whether the font can draw a text. Several combining marks on one letter are rejected:
/// they would reach into the lines above.
pub fn has_glyphs(text: &str) -> bool {
    let Ok(font) = FontRef::new(REGULAR) else {
        return false;
    };
    let charmap = font.charmap();
    let marks: Vec<bool> = text.chars().map(is_mark).collect();
    let is_stacked =
        marks.first() == Some(&true) || marks.windows(2).any(|two| two == [true, true]);
    !is_stacked && text.chars().all(|c| charmap.map(c).is_some())
}

/// Returns whether a character is a combining mark (from the blocks that the font covers).
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1dc0}'..='\u{1dff}')
}

/// Returns the width of a text in pixels. Kerning is ignored, so the result may be slightly too
/// large.
pub fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    let Ok(font) = FontRef::new(weight.bytes()) else {
        return 0.0;
    };
    let charmap = font.charmap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units = f64::from(
        font.metrics(Size::unscaled(), LocationRef::default())
            .units_per_em,
    );
    let advance = |c| metrics.advance_width(charmap.map(c)?);
    let advances = text.chars().filter_map(advance).map(f64::from);
    advances.sum::<f64>() * size / units
}

/// Truncates a text to a width in pixels, and appends an ellipsis if it was truncated.
pub fn truncate_to_width(text: &str, max_width: f64, size: f64, weight: Weight) -> String {
    if text_width(text, size, weight) <= max_width {
        return text.to_owned();
    }
    let mut chars: Vec<char> = text.chars().collect();
    while chars.pop().is_some() {
        let shorter: String = chars.iter().collect();
        let shorter = format!("{}{ELLIPSIS}", shorter.trim_end());
        if text_width(&shorter, size, weight) <= max_width {
            return shorter;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_have_the_same_family() {
        let database = database();
        let weights: Vec<u16> = database.faces().map(|face| face.weight.0).collect();
        assert_eq!(weights, [Weight::Regular as u16, Weight::SemiBold as u16]);
        for face in database.faces() {
            assert_eq!(face.families[0].0, FAMILY);
        }
    }

    #[test]
    fn a_text_is_truncated_to_its_width() {
        let regular = |text, width| truncate_to_width(text, width, 26.0, Weight::Regular);
        assert_eq!(regular("queues", 200.0), "queues");
        assert_eq!(regular("structured concurrency", 200.0), "structured con…");
        assert_eq!(regular("structured concurrency", 1.0), "");
        let wide = text_width("queues", 26.0, Weight::SemiBold);
        assert!(wide > text_width("queues", 26.0, Weight::Regular));
        assert!((wide * 2.0 - text_width("queues", 52.0, Weight::SemiBold)).abs() < 0.01);
    }

    #[test]
    fn has_glyphs_knows_what_the_font_can_draw() {
        assert!(has_glyphs("structured concurrency"));
        assert!(has_glyphs("отмена задач"));
        assert!(has_glyphs("ουρές"));
        assert!(has_glyphs("cafe\u{301}"));
        assert!(!has_glyphs("非同期"));
        assert!(!has_glyphs("🧵"));
        assert!(!has_glyphs("a\u{301}\u{301}"));
        assert!(!has_glyphs("\u{202e}evil"));
    }
}
