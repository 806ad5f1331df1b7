//! The texts as which parts of an interview are stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{AnswerKind, InterviewAnswer, InterviewAssessment, InterviewResult};
use crate::review::Rating;

/// Stands for a question that was left out.
const LEFT_OUT: &str = "-";

/// A text is not an answer or an assessment in an interview.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseInterviewAnswerError {
    #[error(
        "\"{0}\" is not an answer: expected said, written, skipped, right A or wrong A, then seconds"
    )]
    Answer(String),
    #[error("\"{0}\" is not an assessment: expected one x or . for each key point, a rating, or -")]
    Assessment(String),
}

/// A text is not the result of an interview.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not the result of an interview: expected start, minutes, seconds, questions, points said, points"
)]
pub struct ParseInterviewResultError(String);

/// How it was answered, then the seconds from the start: `said 130`, `wrong B 200`.
impl fmt::Display for InterviewAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after;
        match self.kind {
            AnswerKind::Said => write!(f, "said {after}"),
            AnswerKind::Written => write!(f, "written {after}"),
            AnswerKind::Skipped => write!(f, "skipped {after}"),
            AnswerKind::Predicted { output, is_right } => {
                let verdict = if is_right { "right" } else { "wrong" };
                let letter = char::from(b'A'.saturating_add(output));
                write!(f, "{verdict} {letter} {after}")
            }
        }
    }
}

impl FromStr for InterviewAnswer {
    type Err = ParseInterviewAnswerError;

    fn from_str(text: &str) -> Result<Self, ParseInterviewAnswerError> {
        let read = || {
            let (kind, after) = text.rsplit_once(' ')?;
            let kind = match kind {
                "said" => AnswerKind::Said,
                "written" => AnswerKind::Written,
                "skipped" => AnswerKind::Skipped,
                predicted => {
                    let (verdict, letter) = predicted.split_once(' ')?;
                    AnswerKind::Predicted {
                        output: output(letter)?,
                        is_right: match verdict {
                            "right" => true,
                            "wrong" => false,
                            _ => return None,
                        },
                    }
                }
            };
            let after = after.parse().ok()?;
            Some(Self { kind, after })
        };
        read().ok_or_else(|| ParseInterviewAnswerError::Answer(text.to_owned()))
    }
}

/// Returns the position of the output with that letter.
fn output(letter: &str) -> Option<u8> {
    match letter.as_bytes() {
        [letter @ b'A'..=b'Z'] => Some(letter - b'A'),
        _ => None,
    }
}

/// The ticks, the rating of a question without key points, or `-`.
impl fmt::Display for InterviewAssessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(ticks) => ticks.fmt(f),
            Self::Rated(rating) => f.write_str(rating.as_str()),
            Self::LeftOut => f.write_str(LEFT_OUT),
        }
    }
}

impl FromStr for InterviewAssessment {
    type Err = ParseInterviewAnswerError;

    fn from_str(text: &str) -> Result<Self, ParseInterviewAnswerError> {
        if text == LEFT_OUT {
            return Ok(Self::LeftOut);
        }
        let mut ratings = Rating::ALL.into_iter();
        if let Some(rating) = ratings.find(|rating| rating.as_str() == text) {
            return Ok(Self::Rated(rating));
        }
        let ticks = text.parse().ok().filter(|_| !text.is_empty());
        ticks
            .map(Self::Points)
            .ok_or_else(|| ParseInterviewAnswerError::Assessment(text.to_owned()))
    }
}

/// Start, minutes, seconds, questions, points said, points: `2026-03-27T09:00:00Z 15 612 5 14 22`.
impl fmt::Display for InterviewResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            started_at,
            minutes,
            seconds,
            questions,
            said,
            points,
        } = self;
        write!(
            f,
            "{started_at} {minutes} {seconds} {questions} {said} {points}"
        )
    }
}

impl FromStr for InterviewResult {
    type Err = ParseInterviewResultError;

    fn from_str(text: &str) -> Result<Self, ParseInterviewResultError> {
        let read = || {
            let mut parts = text.split(' ');
            let result = Self {
                started_at: parts.next()?.parse().ok()?,
                minutes: parts.next()?.parse().ok()?,
                seconds: parts.next()?.parse().ok()?,
                questions: parts.next()?.parse().ok()?,
                said: parts.next()?.parse().ok()?,
                points: parts.next()?.parse().ok()?,
            };
            (parts.next().is_none() && result.said <= result.points).then_some(result)
        };
        read().ok_or_else(|| ParseInterviewResultError(text.to_owned()))
    }
}

/// Implements serde by the text of a type.
macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(InterviewAnswer, InterviewAssessment, InterviewResult);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::self_assessment::Ticks;

    #[test]
    fn answers_and_assessments_are_words() {
        let predicted = |output, is_right| AnswerKind::Predicted { output, is_right };
        for (kind, text) in [
            (AnswerKind::Said, "said 130"),
            (AnswerKind::Written, "written 130"),
            (AnswerKind::Skipped, "skipped 130"),
            (predicted(0, true), "right A 130"),
            (predicted(3, false), "wrong D 130"),
        ] {
            let answer = InterviewAnswer { kind, after: 130 };
            assert_eq!(answer.to_string(), text);
            assert_eq!(text.parse(), Ok(answer));
        }
        for (assessment, text) in [
            (InterviewAssessment::Points(Ticks::new(3, [0, 2])), "x.x"),
            (InterviewAssessment::Rated(Rating::Good), "good"),
            (InterviewAssessment::LeftOut, "-"),
        ] {
            assert_eq!(assessment.to_string(), text);
            assert_eq!(text.parse(), Ok(assessment));
        }
        for other in ["", "said", "said x", "right 1", "right a 1", "left A 1"] {
            assert!(other.parse::<InterviewAnswer>().is_err(), "{other}");
        }
        for other in ["", "x y", "perfect", &".".repeat(26)] {
            assert!(other.parse::<InterviewAssessment>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_result_is_one_line() {
        let text = "2026-03-27T09:00:00.5Z 15 612 5 14 22";
        let result: InterviewResult = text.parse().unwrap();
        assert_eq!((result.said, result.points, result.seconds), (14, 22, 612));
        assert_eq!(result.to_string(), text);
        for other in [
            "",
            "2026-03-27T09:00:00Z 15 612 5 23 22",
            &format!("{text} 1"),
        ] {
            assert!(other.parse::<InterviewResult>().is_err(), "{other}");
        }
    }
}
