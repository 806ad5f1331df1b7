//! The font: IBM Plex Sans in two weights, compiled in, unmodified (`font/LICENSE.txt`: SIL Open Font License).
//!
//! A bare container has no fonts, and the picture is to be the same everywhere. It has the letters of Latin, Greek and
//! Cyrillic.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::{Database, Source};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

/// The name under which the SVG asks for it.
pub const FAMILY: &str = "IBM Plex Sans";

const REGULAR: &[u8] = include_bytes!("font/IBMPlexSans-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("font/IBMPlexSans-SemiBold.ttf");

/// Stands at the end of a text that was cut.
const ELLIPSIS: char = '…';

/// How strong the lines of the letters are, in CSS's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// For what explains.
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

/// Both weights for the drawing; read with the first picture.
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

/// Whether the font has all letters of a text, each mark on a letter of its own.
pub fn has_glyphs(text: &str) -> bool {
    let Ok(font) = FontRef::new(REGULAR) else {
        return false;
    };
    let letters = font.charmap();
    // Towers of marks would stand in the lines above.
    let marks: Vec<bool> = text.chars().map(is_mark).collect();
    let tower = marks.first() == Some(&true) || marks.windows(2).any(|two| two == [true, true]);
    !tower && text.chars().all(|letter| letters.map(letter).is_some())
}

/// Marks that stand on the letter before (Unicode's blocks of combining marks that the font has).
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1dc0}'..='\u{1dff}')
}

/// How wide a text is, in pixels. Kerning is left out, which makes it a little too wide rather than too narrow.
pub fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    let Ok(font) = FontRef::new(weight.bytes()) else {
        return 0.0;
    };
    let letters = font.charmap();
    let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let units = f64::from(
        font.metrics(Size::unscaled(), LocationRef::default())
            .units_per_em,
    );
    let advance = |letter| metrics.advance_width(letters.map(letter)?);
    let advances = text.chars().filter_map(advance).map(f64::from);
    advances.sum::<f64>() * size / units
}

/// The text, cut to so many pixels, with an ellipsis if something was cut.
pub fn truncate_to_width(text: &str, room: f64, size: f64, weight: Weight) -> String {
    if text_width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut short: Vec<char> = text.chars().collect();
    while short.pop().is_some() {
        let cut: String = short.iter().collect();
        let cut = format!("{}{ELLIPSIS}", cut.trim_end());
        if text_width(&cut, size, weight) <= room {
            return cut;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_are_there_under_one_name() {
        let database = database();
        let weights: Vec<u16> = database.faces().map(|face| face.weight.0).collect();
        assert_eq!(weights, [Weight::Regular as u16, Weight::SemiBold as u16]);
        for face in database.faces() {
            assert_eq!(face.families[0].0, FAMILY);
        }
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        let regular = |text, room| truncate_to_width(text, room, 26.0, Weight::Regular);
        assert_eq!(regular("queues", 200.0), "queues");
        assert_eq!(regular("structured concurrency", 200.0), "structured con…");
        assert_eq!(regular("structured concurrency", 1.0), "");
        let wide = text_width("queues", 26.0, Weight::SemiBold);
        assert!(wide > text_width("queues", 26.0, Weight::Regular));
        assert!((wide * 2.0 - text_width("queues", 52.0, Weight::SemiBold)).abs() < 0.01);
    }

    #[test]
    fn it_is_known_what_can_be_written() {
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
