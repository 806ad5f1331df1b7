//! The Python versions that run a question's code.

use std::fmt;
use std::str::FromStr;

/// A range of Python 3 minor versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PythonVersions {
    since: u16,
    until: Option<u16>,
}

/// A Python 3 minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    minor: u16,
}

/// A text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a Python version, such as \"3.14\"")]
pub struct ParsePythonVersionError(String);

/// A text is not a version or a range of versions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a Python version or range, such as \"3.11\" or \"3.11-3.13\"")]
pub struct ParsePythonVersionsError(String);

impl PythonVersions {
    /// Whether the range includes Python 3.`minor`.
    pub fn supports(self, minor: u16) -> bool {
        minor >= self.since && self.until.is_none_or(|until| minor <= until)
    }
}

/// Formats the range as in question files: `3.11`, `3.11-3.13`.
impl fmt::Display for PythonVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.since)?;
        self.until.map_or(Ok(()), |until| write!(f, "-3.{until}"))
    }
}

impl FromStr for PythonVersions {
    type Err = ParsePythonVersionsError;

    fn from_str(text: &str) -> Result<Self, ParsePythonVersionsError> {
        let bad = || ParsePythonVersionsError(text.to_owned());
        let (since, until) = match text.split_once('-') {
            None => (parse_minor(text).ok_or_else(bad)?, None),
            Some((since, until)) => (
                parse_minor(since).ok_or_else(bad)?,
                Some(parse_minor(until).ok_or_else(bad)?),
            ),
        };
        if until.is_some_and(|until| until < since) {
            return Err(bad());
        }
        Ok(Self { since, until })
    }
}

/// Formats the version as in question files: `3.14`.
impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor)
    }
}

impl FromStr for PythonVersion {
    type Err = ParsePythonVersionError;

    fn from_str(text: &str) -> Result<Self, ParsePythonVersionError> {
        let minor = parse_minor(text).ok_or_else(|| ParsePythonVersionError(text.to_owned()))?;
        Ok(Self { minor })
    }
}

fn parse_minor(text: &str) -> Option<u16> {
    let digits = text.trim().strip_prefix("3.")?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_no_range() {
        let since: PythonVersion = "3.14".parse().unwrap();
        assert_eq!(since.to_string(), "3.14");
        for bad in ["3.14+", "3.11-3.13", "3", ""] {
            assert!(bad.parse::<PythonVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_are_closed() {
        let python: PythonVersions = "3.11-3.13".parse().unwrap();
        assert!(python.supports(11) && python.supports(13));
        assert!(!python.supports(10) && !python.supports(14));
        assert_eq!(python.to_string(), "3.11-3.13");
        assert!("3.12".parse::<PythonVersions>().unwrap().supports(99));
        for bad in ["3", "2.7", "3.x", "3.+1", "3.13-3.11", "3.11+", ""] {
            assert!(bad.parse::<PythonVersions>().is_err(), "{bad}");
        }
    }
}
