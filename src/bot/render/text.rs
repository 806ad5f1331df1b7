//! Helpers for texts: Discord's limits, Markdown, times and plurals.

use jiff::Timestamp;
use jiff::civil::Date;

pub use quizloop_core::text::pluralize;

use std::borrow::Cow;

/// The end of a truncated text.
const ELLIPSIS: char = '…';
/// The start and end of a code block.
const FENCE: &str = "```";

/// Truncates a text to at most `max` characters, on a character boundary and with an ellipsis.
/// Closes a code block that would stay open. `max` is at least 5.
pub fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let shorter = (0..max).rev().flat_map(|room| {
        let kept: String = text.chars().take(room).collect();
        // A partial fence would show as stray backticks.
        let kept = kept.trim_end_matches('`');
        [
            format!("{kept}{ELLIPSIS}"),
            format!("{kept}{ELLIPSIS}\n{FENCE}"),
        ]
    });
    let fits = |short: &String| short.chars().count() <= max && fences_are_closed(short);
    shorter
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| ELLIPSIS.to_string())
}

/// [`truncate`] for an owned text, without a copy if it fits.
pub fn truncate_owned(text: String, max: usize) -> String {
    // Every character has at least one byte.
    if text.len() <= max {
        return text;
    }
    truncate(&text, max)
}

/// A date as people say it: `Mon 30 Nov`.
pub fn day(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

/// The mark before and after a spoiler.
const SPOILER: &str = "||";

/// Returns the beginning of a text from a user, at most `max` characters, and closes a code block
/// and a spoiler that would stay open. `max` is at least 8.
pub fn closed_beginning(text: &str, max: usize) -> String {
    let length = text.chars().count();
    let mut shorter = (0..=length.min(max)).rev().map(|room| {
        let kept: String = text.chars().take(room).collect();
        let end = if room < length {
            // A partial mark would show as stray characters.
            format!("{}{ELLIPSIS}", kept.trim_end_matches(['`', '|']))
        } else {
            kept
        };
        let closing = closing_marks(&end);
        end + &closing
    });
    shorter
        .find(|short| short.chars().count() <= max)
        .unwrap_or_else(|| ELLIPSIS.to_string())
}

/// Returns the marks that close what is open at the end of a text.
fn closing_marks(text: &str) -> String {
    let blocks = text.split(FENCE);
    let is_code_open = blocks.clone().count().is_multiple_of(2);
    // Odd parts are inside a code block.
    let spoilers: usize = blocks.step_by(2).map(count_spoiler_marks).sum();
    let fence = if is_code_open { "\n```" } else { "" };
    let spoiler = if spoilers.is_multiple_of(2) {
        ""
    } else {
        SPOILER
    };
    format!("{fence}{spoiler}")
}

/// Counts the marks of spoilers in a text without code blocks, outside inline code.
fn count_spoiler_marks(text: &str) -> usize {
    let parts: Vec<&str> = text.split('`').collect();
    // Odd parts are between two backticks. The last part has no backtick after it.
    let is_plain = |index: usize| index.is_multiple_of(2) || index + 1 == parts.len();
    let plain = (0..parts.len()).filter(|index| is_plain(*index));
    plain
        .map(|index| parts[index].matches(SPOILER).count())
        .sum()
}

/// Whether no code block is open at the end.
fn fences_are_closed(text: &str) -> bool {
    text.matches(FENCE).count().is_multiple_of(2)
}

/// A block of Python code.
pub fn python_block(code: &str) -> String {
    code_block("py", code)
}

/// A block of plain output.
pub fn output_block(text: &str) -> String {
    code_block("text", text)
}

/// A text that members must click to read. Two bars in the text would end the spoiler, so zero-width
/// spaces are put between them.
pub fn spoiler(text: &str) -> String {
    let mut hidden = String::from("||");
    for letter in text.chars() {
        if letter == '|' && hidden.ends_with('|') {
            hidden.push('\u{200b}');
        }
        hidden.push(letter);
    }
    if hidden.ends_with('|') {
        hidden.push('\u{200b}');
    }
    hidden + "||"
}

/// Three backticks in the text would end the block, so zero-width spaces are put between them.
fn code_block(language: &str, text: &str) -> String {
    let text = text.trim_end().replace(FENCE, "`\u{200b}`\u{200b}`");
    format!("{FENCE}{language}\n{text}\n{FENCE}")
}

/// A text with a capital first letter.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    first
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// A list with a bullet before each item.
pub fn bullets<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let lines: Vec<String> = items
        .into_iter()
        .map(|item| format!("• {}", item.as_ref()))
        .collect();
    lines.join("\n")
}

/// Puts the web addresses in a text between `<` and `>`, so that Discord shows no previews of the
/// pages below the message. Addresses in code have no preview.
pub fn without_link_previews(text: &str) -> String {
    let mut parts: Vec<Cow<'_, str>> = text.split('`').map(Cow::Borrowed).collect();
    // Odd parts are between two backticks.
    for part in parts.iter_mut().step_by(2) {
        if part.contains("://") {
            *part = bracket_links(part).into();
        }
    }
    parts.join("`")
}

fn bracket_links(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|web| rest.find(web))
        .min()
    {
        let (before, link) = rest.split_at(start);
        let is_end =
            |letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | ')');
        let link = &link[..link.find(is_end).unwrap_or(link.len())];
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        shown.push_str(before);
        if before.ends_with('<') {
            shown.push_str(link);
        } else {
            shown.extend(["<", link, ">"]);
        }
        rest = &rest[start + link.len()..];
    }
    shown + rest
}

/// A time that Discord shows as a distance from now, such as "in 5 minutes", and keeps current
/// (Discord docs, reference, "Timestamp Styles").
pub fn relative_time(time: Timestamp) -> String {
    format!("<t:{}:R>", time.as_second())
}

/// Maximum length of a quoted text in characters.
const QUOTED_MAX: usize = 100;
/// Maximum number of combining marks on one letter. No script needs more, and long stacks would
/// cover the lines above.
const COMBINING_MARKS_MAX: usize = 3;

/// Escapes and truncates a text from a user, to quote it in a sentence.
pub fn quote(text: &str) -> String {
    truncate(&escape_markdown(text), QUOTED_MAX)
}

/// Whether a character is invisible but reverses, joins or hides its neighbours (Unicode's
/// categories Cf, Zl and Zp, as far as chats allow them).
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a character is a mark on the previous letter (Unicode's blocks of combining marks).
const fn is_combining_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Escapes a text from a user, so that it shows literally: it can't contain Markdown, break the
/// line or reverse its direction.
///
/// Parentheses stay as they are: they mean something only after a square bracket, which is escaped.
pub fn escape_markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for letter in text.chars() {
        marks = if is_combining_mark(letter) {
            marks + 1
        } else {
            0
        };
        match letter {
            letter if is_invisible(letter) || marks > COMBINING_MARKS_MAX => {}
            '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '@' => {
                shown.push('\\');
                shown.push(letter);
            }
            letter if letter.is_control() => shown.push(' '),
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_on_characters_and_closes_code() {
        assert_eq!(truncate("höhe", 4), "höhe");
        assert_eq!(truncate("höhen", 4), "höh…");
        assert_eq!(truncate("🧵🧵🧵", 2), "🧵…");
        assert_eq!(truncate("a ```py\nlong code", 14), "a ```py\nl…\n```");
        assert_eq!(bullets(["one", "two"]), "• one\n• two");
        assert_eq!(pluralize(1, "reply", "replies"), "1 reply");
    }

    #[test]
    fn a_beginning_closes_spoilers_and_code() {
        let short = closed_beginning;
        assert_eq!(short("as it is", 20), "as it is");
        assert_eq!(short("one ||two three|| four", 14), "one ||two t…||");
        assert_eq!(
            short("||```py\nlong code```||", 20),
            "||```py\nlong …\n```||"
        );
        assert_eq!(short("`||` and ||this", 30), "`||` and ||this||");
        assert_eq!(short("```\n||", 30), "```\n||\n```");
        assert_eq!(short("one || two |||| three", 14), "one || two …||");
    }

    #[test]
    fn links_have_no_previews() {
        let shown = without_link_previews;
        assert_eq!(shown("no link"), "no link");
        assert_eq!(
            shown("See https://docs.python.org/3/. Or (http://a.example)?"),
            "See <https://docs.python.org/3/>. Or (<http://a.example>)?"
        );
        assert_eq!(
            shown("[docs](https://a.example/b) and <https://c.example>"),
            "[docs](<https://a.example/b>) and <https://c.example>"
        );
        let code = "`https://a.example`\n```py\nget(\"https://b.example\")\n```";
        assert_eq!(shown(code), code);
    }

    #[test]
    fn a_spoiler_stays_closed() {
        assert_eq!(spoiler("a | b"), "||a | b||");
        assert_eq!(
            spoiler("|a ||| `b || c`|"),
            "||\u{200b}|a |\u{200b}|\u{200b}| `b |\u{200b}| c`|\u{200b}||"
        );
    }

    #[test]
    fn code_can_t_leave_its_block() {
        assert_eq!(
            output_block("a\n```\n@everyone\n"),
            "```text\na\n`\u{200b}`\u{200b}`\n@everyone\n```"
        );
        assert_eq!(
            escape_markdown("||@here|| *x*\n"),
            "\\|\\|\\@here\\|\\| \\*x\\* "
        );
        assert_eq!(
            escape_markdown("\u{202e}evil\u{200b} n\u{303}"),
            "evil n\u{303}"
        );
        assert_eq!(
            escape_markdown(&format!("a{}", "\u{301}".repeat(50))),
            "a\u{301}\u{301}\u{301}"
        );
        assert_eq!(quote(&"\u{1f9f5}".repeat(6000)).chars().count(), 100);
    }

    proptest! {
        /// For any text, nothing stays open, and a short text is not truncated.
        #[test]
        fn a_beginning_fits_and_leaves_nothing_open(text in "([a-z ü\n]|`|```|\\|\\|){0,40}", max in 8_usize..40) {
            let short = closed_beginning(&text, max);
            prop_assert!(short.chars().count() <= max);
            prop_assert_eq!(closing_marks(&short), "", "{:?}", short);
            if text.chars().count() + 6 <= max {
                prop_assert!(short.starts_with(&text));
            }
        }

        /// 33. For any text, the limit holds and no code block stays open.
        #[test]
        fn a_cut_fits_and_leaves_no_block_open(text in "([a-z ü🧵\n]|`|```){0,40}", max in 12_usize..40) {
            let short = truncate(&text, max);
            prop_assert!(short.chars().count() <= max);
            if text.chars().count() > max {
                prop_assert!(fences_are_closed(&short), "{:?}", short);
            }
        }
    }
}
