//! Decodes a file's bytes into text with positions.
//!
//! A byte order mark and Windows line ends, which some editors write, are accepted.

use super::{Diagnostic, Location, Span};

/// Maximum size of a file: about 3,000 questions. A larger file is probably not a question file.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";
const UTF16_BOMS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// A file before decoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFile {
    /// Name of the file, as the operator wrote it.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The text of a file, with an index of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// Byte position of each line, because a big file can have thousands of diagnostics.
    line_starts: Vec<usize>,
}

impl Source {
    /// Creates a source from decoded text with `\n` line ends.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: name.into(),
            line_starts: std::iter::once(0).chain(breaks).collect(),
            text,
        }
    }

    /// Decodes a file. Fails if the file is too big or not UTF-8.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        if bytes.len() > MAX_BYTES {
            return Err(too_big(name).into());
        }
        let bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(name, text.replace("\r\n", "\n"))),
            Err(error) => Err(not_utf8(name, bytes, error.valid_up_to()).into()),
        }
    }

    /// Returns the name of the file, as the operator wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text with `\n` line ends.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of the line with a byte, from 1.
    pub fn line_number(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    /// Returns the location of a span. Of several lines, only the first is marked.
    pub fn location(&self, span: &Span) -> Location {
        let start = floor_boundary(&self.text, span.start);
        let line = self.line_starts.partition_point(|begin| *begin <= start);
        let line_start = self.line_starts[line - 1];
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |at| start + at);
        let end = floor_boundary(&self.text, span.end).clamp(start, line_end);
        Location {
            line,
            text: self.text[line_start..line_end].to_owned(),
            span: start - line_start..end - line_start,
        }
    }

    /// Returns the span of a phrase inside another span. If the phrase is not found, because parsing
    /// changed it (escapes, reflowed lines), it returns the outer span.
    pub fn find_within(&self, span: &Span, phrase: &str) -> Span {
        let found = self
            .text
            .get(span.clone())
            .and_then(|text| text.find(phrase));
        match found {
            Some(at) => span.start + at..span.start + at + phrase.len(),
            None => span.clone(),
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn too_big(name: &str) -> Diagnostic {
    let limit = MAX_BYTES / (1024 * 1024);
    let message = format!("this file is too big: the maximum is {limit} MB");
    Diagnostic::error(name, message).fix(
        "split it into several files, or remove it from `bank.paths` if it is not a question file",
    )
}

fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Diagnostic {
    if UTF16_BOMS.iter().any(|mark| bytes.starts_with(mark)) {
        return Diagnostic::error(name, "this file is UTF-16, not UTF-8")
            .fix("save the file as UTF-8 in your editor");
    }
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = String::from_utf8_lossy(&bytes[valid..]);
    let rest_of_line = rest.lines().next().unwrap_or_default();
    let location = Location {
        line: before.matches('\n').count() + 1,
        text: format!("{}{rest_of_line}", &before[start..]),
        span: valid - start..valid - start,
    };
    let message = format!(
        "this file is not UTF-8: byte {} of line {} is 0x{:02X}",
        valid - start + 1,
        location.line,
        bytes.get(valid).copied().unwrap_or_default()
    );
    Diagnostic {
        location: Some(location),
        ..Diagnostic::error(name, message)
    }
    .fix("save the file as UTF-8 in your editor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_accepted() {
        let source = Source::decode("a.toml", b"\xef\xbb\xbfa = 1\r\nb = 2\r\n").unwrap();
        assert_eq!(source.text(), "a = 1\nb = 2\n");
        let location = source.location(&(6..7));
        assert_eq!((location.line, location.span), (2, 0..1));
    }

    #[test]
    fn columns_count_characters() {
        let source = Source::new("a.toml", "x = \"ä\"\ny = \"äöü\" # z");
        let span = source.find_within(&(9..20), "öü");
        insta::assert_snapshot!(Diagnostic::at(&source, &span, "bad"), @r#"
        error: bad
         --> a.toml:2:7
          |
        2 | y = "äöü" # z
          |       ^^
        "#);
        assert_eq!(
            [0, 8, 9, 99].map(|byte| source.line_number(byte)),
            [1, 1, 2, 2]
        );
        // A position after the end of the text is treated as the end.
        assert_eq!(source.location(&(99..100)).line, 2);
    }

    #[test]
    fn the_first_byte_that_is_not_utf8_is_reported() {
        let diagnostic = Source::decode("a.toml", b"a = 1\nb = \"caf\xe9\"\n").unwrap_err();
        insta::assert_snapshot!(diagnostic, @r#"
        error: this file is not UTF-8: byte 9 of line 2 is 0xE9
         --> a.toml:2:9
          |
        2 | b = "caf�"
          |         ^
          |
          = help: save the file as UTF-8 in your editor
        "#);
        let diagnostic = Source::decode("a.toml", b"\xff\xfea\0").unwrap_err();
        assert_eq!(diagnostic.message, "this file is UTF-16, not UTF-8");
    }

    #[test]
    fn a_file_that_is_too_big_is_rejected() {
        let diagnostic = Source::decode("a.toml", &vec![b' '; MAX_BYTES + 1]).unwrap_err();
        insta::assert_snapshot!(diagnostic, @"
        error: this file is too big: the maximum is 10 MB
        --> a.toml
         = help: split it into several files, or remove it from `bank.paths` if it is not a question file
        ");
        assert!(Source::decode("a.toml", &vec![b' '; MAX_BYTES]).is_ok());
    }
}
