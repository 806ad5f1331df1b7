//! Decodes the bytes of a file in the encodings that spreadsheets and editors write.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use quizloop_diagnostics::Source;

/// Number of bytes that are looked at to recognise UTF-16 without a byte order mark.
const SAMPLE: usize = 200;

/// A warning about texts that may be wrong.
pub(super) const NOT_UTF8: &str =
    "some lines are not UTF-8 and were read as Windows-1252; check letters with accents";

/// Decodes a file: UTF-8, UTF-16, or else Windows-1252. All line ends become `\n`, so that lines are
/// counted as an editor counts them. Returns whether the encoding is a guess.
pub(super) fn decode(name: &str, bytes: &[u8]) -> (Source, bool) {
    let encoding = encoding_rs::Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| utf16_without_mark(bytes))
        .unwrap_or(UTF_8);
    let (text, _, has_errors) = encoding.decode(bytes);
    let is_guess = has_errors && encoding == UTF_8;
    let text = if is_guess {
        decode_lines(bytes)
    } else {
        text.into_owned()
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    (Source::new(name, text), is_guess)
}

/// Decodes the lines that are not UTF-8 as Windows-1252. Files that were put together from several
/// have both.
fn decode_lines(bytes: &[u8]) -> String {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let utf8 = std::str::from_utf8(line).map(Cow::Borrowed);
        utf8.unwrap_or_else(|_| WINDOWS_1252.decode_without_bom_handling(line).0)
    });
    lines.collect()
}

/// Recognises UTF-16 by its zero bytes: every second byte of Latin text is one.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let zeros = |parity| {
        let numbered = sample.iter().enumerate();
        let zeros = numbered.filter(|(index, byte)| index % 2 == parity && **byte == 0);
        zeros.count()
    };
    let half = sample.len() / 2;
    let is_most = |count: usize| count > 0 && count * 2 > half;
    match (zeros(0), zeros(1)) {
        (0, odd) if is_most(odd) => Some(UTF_16LE),
        (even, 0) if is_most(even) => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, bool) {
        let (source, is_guess) = decode("a.csv", bytes);
        (source.text().to_owned(), is_guess)
    }

    #[test]
    fn usual_encodings_are_recognised() {
        let text = "question,answer\r\nWas heißt „await“?,warten\r";
        let plain = "question,answer\nWas heißt „await“?,warten\n".to_owned();
        let utf16 = |mark: &str, to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = format!("{mark}{text}");
            units.encode_utf16().flat_map(to_bytes).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16("\u{feff}", u16::to_le_bytes),
            utf16("\u{feff}", u16::to_be_bytes),
            utf16("", u16::to_le_bytes),
            utf16("", u16::to_be_bytes),
        ] {
            assert_eq!(decoded(&bytes), (plain.clone(), false));
        }
        let mixed = b"caf\xe9 \x93a\x94\ncaf\xc3\xa9";
        assert_eq!(decoded(mixed), ("café “a”\ncafé".to_owned(), true));
        assert_eq!(decoded(b""), (String::new(), false));
    }
}
