//! Offsets from UTC that people write in place of a time zone, such as `GMT+2` or `+05:30`.

/// Largest offset of a place, in minutes: UTC+14, Kiribati.
const MAX_MINUTES: i32 = 14 * 60;

/// What a text that is an offset means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenOffset {
    /// Minutes east of UTC.
    pub minutes: i32,
    /// Whether the text is a name such as `Etc/GMT+2`, whose sign is the opposite of what people
    /// write: it is two hours behind UTC (IANA's file `etcetera`).
    pub is_inverted: bool,
}

/// Parses an offset with or without a name before it: `GMT+2`, `utc -5`, `+05:30`, `Etc/GMT-3`.
/// `None` if the text is something else.
pub fn parse(text: &str) -> Option<WrittenOffset> {
    let text = text.trim().to_ascii_uppercase();
    let (rest, is_inverted) = match text.strip_prefix("ETC/") {
        Some(rest) => (rest, true),
        None => (text.as_str(), false),
    };
    let names = ["GMT", "UTC", "UCT", "Z"];
    let rest = names
        .iter()
        .find_map(|name| rest.strip_prefix(name))
        .unwrap_or(rest)
        .trim_start();
    let (sign, digits) = split_sign(rest)?;
    let minutes = sign * parse_minutes(digits.trim_start())?;
    let minutes = if is_inverted { -minutes } else { minutes };
    (minutes.abs() <= MAX_MINUTES).then_some(WrittenOffset {
        minutes,
        is_inverted,
    })
}

/// Formats an offset, such as `UTC+5:30`.
pub fn format(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

fn split_sign(text: &str) -> Option<(i32, &str)> {
    // The last three are a minus sign, an en dash, and "plus or minus", as some web pages write
    // offsets.
    let signs = [
        ('+', 1),
        ('-', -1),
        ('\u{2212}', -1),
        ('\u{2013}', -1),
        ('\u{b1}', 1),
    ];
    signs
        .iter()
        .find_map(|(symbol, sign)| Some((*sign, text.strip_prefix(*symbol)?)))
}

/// Parses hours and perhaps minutes: `2`, `02`, `5:30`, `0530`, `5.5`.
fn parse_minutes(text: &str) -> Option<i32> {
    let (hours, minutes) = match text.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None => match text.split_once('.') {
            Some((hours, "5")) => (hours, "30"),
            Some((hours, "75")) => (hours, "45"),
            Some(_) => return None,
            None if (3..=4).contains(&text.len()) => text.split_at_checked(text.len() - 2)?,
            None => (text, "0"),
        },
    };
    let is_number = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let minutes: i32 = minutes.parse().ok().filter(|minutes| *minutes < 60)?;
    Some(hours.parse::<i32>().ok()? * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(text: &str) -> Option<i32> {
        parse(text).map(|offset| offset.minutes)
    }

    #[test]
    fn offsets_are_read_as_people_write_them() {
        for (text, expected) in [
            ("GMT+2", 120),
            ("gmt +2", 120),
            ("UTC-5", -300),
            ("UTC \u{2212} 5", -300),
            ("UTC\u{b1}0", 0),
            ("+05:30", 330),
            ("+0530", 330),
            ("UTC+5.5", 330),
            ("-3:30", -210),
            ("Z+1", 60),
            ("GMT+0", 0),
            ("+14", 840),
        ] {
            assert_eq!(
                parse(text),
                Some(WrittenOffset {
                    minutes: expected,
                    is_inverted: false
                }),
                "{text}"
            );
        }
        let etc = parse("etc/gmt-2");
        assert_eq!(
            etc,
            Some(WrittenOffset {
                minutes: 120,
                is_inverted: true
            })
        );
        for text in [
            "",
            "UTC",
            "GMT",
            "2",
            "05:30",
            "+",
            "UTC+",
            "+15",
            "+99:99",
            "+1:5",
            "+1:60",
            "EST5EDT",
            "Etc/UTC",
            "Europe/Berlin",
            "+2h",
            "+1.3",
            "+é0",
            "++2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_formatted_is_read(minutes in -MAX_MINUTES..=MAX_MINUTES) {
            prop_assume!(minutes != 0);
            let written = WrittenOffset { minutes, is_inverted: false };
            prop_assert_eq!(parse(&format(minutes)), Some(written));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,12}") {
            if let Some(offset) = parse(&text) {
                prop_assert!(offset.minutes.abs() <= MAX_MINUTES);
            }
        }
    }

    #[test]
    fn the_sign_is_that_of_the_text() {
        assert_eq!(minutes("GMT+2"), Some(120));
        assert_eq!(minutes("Etc/GMT+2"), Some(-120));
        assert_eq!([0, 120, -210].map(format), ["UTC", "UTC+2", "UTC-3:30"]);
    }
}
