//! What a button, a menu or a form means: all state it needs is in its custom id, so that it works for ever,
//! also after a restart.
//!
//! The form is `q1:action:arguments…`. `q1` is the version of this form: a button of an older form
//! that is not understood any more gets a clear sentence instead of silence.

use std::fmt;

use super::quiz::{QuizAction, QuizState};
use crate::practice::id::ChannelId;

/// Discord's limit for a custom id, in characters (Discord docs, components/reference, "Button").
#[cfg(test)]
const CUSTOM_ID_MAX: usize = 100;

const VERSION: &str = "q1";

/// What a member pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentId {
    /// "How to answer" on a daily message.
    Hint {
        /// The id of the question.
        question: String,
    },
    /// "Model answer" on a daily message.
    Answer {
        /// The id of the question.
        question: String,
    },
    /// "My streak" on a daily message.
    Streak,
    /// "Show it anyway": reveal although the member has not replied.
    Reveal {
        /// The team's channel.
        channel: ChannelId,
        /// The round.
        round: u32,
        /// Whether for all to see.
        public: bool,
        /// The id of the question.
        question: String,
    },
    /// A button or the menu of `/quiz`.
    Quiz {
        /// What was pressed.
        action: QuizAction,
        /// Where the quiz stands.
        state: QuizState,
    },
    /// A button of `/privacy`.
    Privacy(PrivacyAction),
    /// "Report a mistake" under a model answer.
    Report {
        /// The id of the question.
        question: String,
    },
    /// A page of `/team reports`.
    Reports {
        /// From 0.
        page: usize,
    },
    /// The menu of `/team reports` that closes one.
    CloseReport {
        /// The page it is on.
        page: usize,
    },
    /// "Post the first one now" of `/setup`.
    PostNow {
        /// The team's channel.
        channel: ChannelId,
    },
    /// "Remove for good" of `/team remove`.
    Remove {
        /// The team's channel.
        channel: ChannelId,
    },
}

/// What form a member sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModalId {
    /// What is wrong with a question.
    Report {
        /// The id of the question.
        question: String,
    },
    /// A member's own answer in `/quiz`.
    Quiz(QuizState),
}

/// What is pressed in `/privacy`. It always is about who presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivacyAction {
    /// "Export as a file".
    Export,
    /// "Take me off the boards".
    Hide,
    /// "Put me on the boards".
    Show,
    /// "Delete everything of mine": asks back.
    Delete,
    /// "Delete for good".
    DeleteForGood,
}

impl PrivacyAction {
    const WORDS: [(&str, Self); 5] = [
        ("export", Self::Export),
        ("hide", Self::Hide),
        ("show", Self::Show),
        ("delete", Self::Delete),
        ("delete-for-good", Self::DeleteForGood),
    ];

    fn parse(word: &str) -> Option<Self> {
        let found = Self::WORDS.into_iter().find(|(one, _)| *one == word);
        found.map(|(_, step)| step)
    }
}

impl fmt::Display for PrivacyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known = Self::WORDS.into_iter();
        let word = known.find(|(_, step)| step == self).map(|(word, _)| word);
        f.write_str(word.unwrap_or_default())
    }
}

impl ComponentId {
    /// Whether it opens a form and looks at nothing but the bank.
    pub const fn opens_modal(&self) -> bool {
        matches!(
            self,
            Self::Report { .. }
                | Self::Quiz {
                    action: QuizAction::Write,
                    ..
                }
        )
    }

    /// Reads a custom id; `None` if it is not one of ours or of a form that is gone.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let mut parts = custom_id.split(':');
        if parts.next()? != VERSION {
            return None;
        }
        let action = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        Some(match (action, arguments.as_slice()) {
            ("hint", [question]) => Self::Hint {
                question: (*question).to_owned(),
            },
            ("answer", [question]) => Self::Answer {
                question: (*question).to_owned(),
            },
            ("streak", []) => Self::Streak,
            ("reveal", [channel, round, audience, question]) => Self::Reveal {
                channel: channel.parse().ok()?,
                round: round.parse().ok()?,
                public: *audience == "all",
                question: (*question).to_owned(),
            },
            ("quiz", [step, at @ ..]) => Self::Quiz {
                action: QuizAction::parse(step)?,
                state: QuizState::parse(at)?,
            },
            ("privacy", [step]) => Self::Privacy(PrivacyAction::parse(step)?),
            ("report", [question]) => Self::Report {
                question: (*question).to_owned(),
            },
            ("reports", [page]) => Self::Reports {
                page: page.parse().ok()?,
            },
            ("report-close", [page]) => Self::CloseReport {
                page: page.parse().ok()?,
            },
            ("post-now", [channel]) => Self::PostNow {
                channel: channel.parse().ok()?,
            },
            ("remove", [channel]) => Self::Remove {
                channel: channel.parse().ok()?,
            },
            _ => return None,
        })
    }

    /// The custom id that means this.
    pub fn custom_id(&self) -> String {
        format!("{VERSION}:{self}")
    }
}

impl ModalId {
    /// Reads a custom id; `None` if it is not one of ours or of a form that is gone.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let mut parts = custom_id.split(':');
        if parts.next()? != VERSION {
            return None;
        }
        let action = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        Some(match (action, arguments.as_slice()) {
            ("report", [question]) => Self::Report {
                question: (*question).to_owned(),
            },
            ("quiz", at) => Self::Quiz(QuizState::parse(at)?),
            _ => return None,
        })
    }

    /// The custom id that means this.
    pub fn custom_id(&self) -> String {
        format!("{VERSION}:{self}")
    }
}

impl fmt::Display for ModalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report { question } => write!(f, "report:{question}"),
            Self::Quiz(at) => write!(f, "quiz:{at}"),
        }
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hint { question } => write!(f, "hint:{question}"),
            Self::Answer { question } => write!(f, "answer:{question}"),
            Self::Streak => f.write_str("streak"),
            Self::Reveal {
                channel,
                round,
                public,
                question,
            } => {
                let audience = if *public { "all" } else { "me" };
                write!(f, "reveal:{channel}:{round}:{audience}:{question}")
            }
            Self::Quiz {
                action: step,
                state: at,
            } => write!(f, "quiz:{step}:{at}"),
            Self::Privacy(step) => write!(f, "privacy:{step}"),
            Self::Report { question } => write!(f, "report:{question}"),
            Self::Reports { page } => write!(f, "reports:{page}"),
            Self::CloseReport { page } => write!(f, "report-close:{page}"),
            Self::PostNow { channel } => write!(f, "post-now:{channel}"),
            Self::Remove { channel } => write!(f, "remove:{channel}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::quiz::OptionOrder;
    use crate::practice::question_picker::PickMode;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    /// The longest there is.
    fn quiz(question: &str) -> QuizState {
        QuizState {
            question: question.into(),
            topic: Some("t".repeat(crate::bank::TOPIC_MAX)),
            level: Some(crate::bank::Level::Senior),
            mode: PickMode::Mixed,
            reviews_before: u16::MAX,
            order: OptionOrder::random(&mut StdRng::seed_from_u64(1)),
        }
    }

    #[test]
    fn what_is_written_is_read_and_fits_the_limit() {
        // The longest id that the bank takes.
        let question = "q".repeat(crate::bank::ID_MAX);
        let channel = ChannelId::new(u64::MAX);
        let presses = [
            ComponentId::Hint {
                question: question.clone(),
            },
            ComponentId::Answer {
                question: question.clone(),
            },
            ComponentId::Streak,
            ComponentId::Reveal {
                channel,
                round: 99_999,
                public: true,
                question: question.clone(),
            },
            ComponentId::Report {
                question: question.clone(),
            },
            ComponentId::Reports { page: usize::MAX },
            ComponentId::CloseReport { page: usize::MAX },
            ComponentId::PostNow { channel },
            ComponentId::Remove { channel },
        ];
        let steps = "hw1234ap0n".chars().map(|letter| {
            let step = QuizAction::parse(&letter.to_string()).unwrap();
            let at = quiz(&question);
            ComponentId::Quiz {
                action: step,
                state: at,
            }
        });
        let privacy = PrivacyAction::WORDS.map(|(_, step)| ComponentId::Privacy(step));
        for press in presses.into_iter().chain(steps).chain(privacy) {
            let id = press.custom_id();
            assert!(id.chars().count() <= CUSTOM_ID_MAX, "{id}");
            assert_eq!(ComponentId::parse(&id), Some(press));
        }
        let forms = [ModalId::Quiz(quiz(&question)), ModalId::Report { question }];
        for form in forms {
            let id = form.custom_id();
            assert!(id.chars().count() <= CUSTOM_ID_MAX, "{id}");
            assert_eq!(ModalId::parse(&id), Some(form));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_refused(text in "(q1:)?(quiz:([hw0-4apn]:)?[dnm][*jms][a-z])?[a-z0-9:*-]{0,60}") {
            if let Some(press) = ComponentId::parse(&text) {
                prop_assert_eq!(ComponentId::parse(&press.custom_id()), Some(press));
            }
            if let Some(form) = ModalId::parse(&text) {
                prop_assert_eq!(ModalId::parse(&form.custom_id()), Some(form));
            }
        }
    }
}
