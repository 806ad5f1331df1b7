//! The Python versions in which an entry's code runs.

use std::fmt;
use std::str::FromStr;

/// A range of Python 3 versions, by their second number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Python {
    since: u16,
    until: Option<u16>,
}

/// Says that a text is no range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no Python version such as \"3.11\" or \"3.11-3.13\"")]
pub struct BadPython(String);

impl Python {
    /// Whether the code runs in Python 3.`minor`.
    pub fn admits(self, minor: u16) -> bool {
        minor >= self.since && self.until.is_none_or(|until| minor <= until)
    }
}

/// As it is written in question files: `3.11`, `3.11-3.13`.
impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.since)?;
        self.until.map_or(Ok(()), |until| write!(f, "-3.{until}"))
    }
}

impl FromStr for Python {
    type Err = BadPython;

    fn from_str(text: &str) -> Result<Self, BadPython> {
        let bad = || BadPython(text.to_owned());
        let (since, until) = match text.split_once('-') {
            None => (minor(text).ok_or_else(bad)?, None),
            Some((since, until)) => (
                minor(since).ok_or_else(bad)?,
                Some(minor(until).ok_or_else(bad)?),
            ),
        };
        if until.is_some_and(|until| until < since) {
            return Err(bad());
        }
        Ok(Self { since, until })
    }
}

fn minor(text: &str) -> Option<u16> {
    let digits = text.trim().strip_prefix("3.")?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_closed() {
        let python: Python = "3.11-3.13".parse().unwrap();
        assert!(python.admits(11) && python.admits(13));
        assert!(!python.admits(10) && !python.admits(14));
        assert_eq!(python.to_string(), "3.11-3.13");
        assert!("3.12".parse::<Python>().unwrap().admits(99));
        for bad in ["3", "2.7", "3.x", "3.+1", "3.13-3.11", "3.11+", ""] {
            assert!(bad.parse::<Python>().is_err(), "{bad}");
        }
    }
}
