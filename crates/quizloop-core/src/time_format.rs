//! Times of day and catch-up limits in the forms in which people write them.

use jiff::SignedDuration;
use jiff::civil::Time;

use super::text::pluralize;

/// Maximum catch-up limit. It ensures that a question is never posted after its day.
pub(crate) const CATCH_UP_MAX: SignedDuration = SignedDuration::from_hours(24);

/// Maximum length of a time of day in characters, as in `12:30 pm`.
pub const TIME_OF_DAY_MAX: u16 = 8;

/// Parses a time of day as people write it: `09:00`, `9.30`, `17`, `17h`, `17h30`, `5pm` or `5:30 pm`.
pub(crate) fn parse_time_of_day(text: &str) -> Option<Time> {
    let text = text.trim().to_ascii_lowercase();
    let halves = [("am", 0), ("pm", 12)];
    let half = halves.into_iter().find_map(|(word, offset)| {
        let clock = text.strip_suffix(word)?;
        Some((clock.trim_end(), offset))
    });
    let (clock, half) = half.map_or((&*text, None), |(clock, offset)| (clock, Some(offset)));
    let (hour, minute) = match clock.split_once([':', '.', 'h']) {
        // `17h` has no minutes; `17:` is not finished.
        Some((hour, "")) if clock.ends_with('h') => (hour, "00"),
        Some(parts) => parts,
        None => (clock, "00"),
    };
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (i8, i8) = (parse_digits(hour)?, parse_digits(minute)?);
    let hour = match half {
        // Noon is 12pm, and midnight 12am.
        Some(offset) => (1..=12).contains(&hour).then_some(hour % 12 + offset)?,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// Parses `3h`, `90m`, `1h30m`, `1h 30m` or `0`, at most 24 hours.
pub(crate) fn parse_catch_up(text: &str) -> Option<SignedDuration> {
    if text.trim() == "0" {
        return Some(SignedDuration::ZERO);
    }
    let text = text.replace(' ', "");
    let (hours, rest) = text
        .split_once('h')
        .map_or((None, text.as_str()), |(hours, rest)| (Some(hours), rest));
    let minutes = match rest {
        "" => None,
        rest => Some(rest.strip_suffix('m')?),
    };
    if hours.is_none() && minutes.is_none() {
        return None;
    }
    let read = |part: Option<&str>| part.map_or(Some(0), parse_digits::<i64>);
    let total = read(hours)?.checked_mul(60)?.checked_add(read(minutes)?)?;
    let minutes = u16::try_from(total).ok()?;
    Some(SignedDuration::from_mins(minutes.into())).filter(|limit| *limit <= CATCH_UP_MAX)
}

/// Formats as `90 minutes`, `1 hour`, `3 hours` or `1 h 30 min`.
pub(crate) fn hours_and_minutes(span: SignedDuration) -> String {
    let (hours, minutes) = (span.as_hours(), span.as_mins() % 60);
    match (hours, minutes) {
        (0, minutes) => pluralize(minutes, "minute", "minutes"),
        (hours, 0) => pluralize(hours, "hour", "hours"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn parse_digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_parsed_as_people_write_them() {
        for (text, hour, minute) in [
            ("09:00", 9, 0),
            (" 9:05 ", 9, 5),
            ("00:00", 0, 0),
            ("9", 9, 0),
            ("17", 17, 0),
            ("17h", 17, 0),
            ("17h30", 17, 30),
            ("9.30", 9, 30),
            ("5pm", 17, 0),
            ("5 PM", 17, 0),
            ("5:30pm", 17, 30),
            ("12:30 pm", 12, 30),
            ("9am", 9, 0),
            ("12am", 0, 0),
            ("12pm", 12, 0),
        ] {
            let time = Time::constant(hour, minute, 0, 0);
            assert_eq!(parse_time_of_day(text), Some(time), "{text}");
            assert!(text.len() <= usize::from(TIME_OF_DAY_MAX), "{text}");
        }
        for bad in [
            "24:00", "24", "17:", "h", "pm", "13pm", "0am", "5pmm", "09:60", "09:0", "+9:00",
            "009:00", "09:00:00", "9h5", "9am30", "",
        ] {
            assert_eq!(parse_time_of_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_in_hours_and_minutes() {
        let shown = [1, 45, 60, 90, 180, 1440]
            .map(|minutes| hours_and_minutes(SignedDuration::from_mins(minutes)));
        let expected = [
            "1 minute",
            "45 minutes",
            "1 hour",
            "1 h 30 min",
            "3 hours",
            "24 hours",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn durations_are_hours_and_minutes() {
        let minutes = |text| parse_catch_up(text).map(|span| span.as_mins());
        assert_eq!(minutes("3h"), Some(180));
        assert_eq!(minutes("90m"), Some(90));
        assert_eq!(minutes("1h30m"), Some(90));
        assert_eq!(minutes("1h 30m"), Some(90));
        assert_eq!(minutes("0"), Some(0));
        assert_eq!(minutes("24h"), Some(1440));
        for bad in [
            "",
            "3",
            "h",
            "m",
            "25h",
            "1441m",
            "-1h",
            "90s",
            "3 hours",
            "99999999999999999999h",
        ] {
            assert_eq!(minutes(bad), None, "{bad}");
        }
    }
}
