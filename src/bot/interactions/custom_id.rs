//! Typed custom ids of buttons, menus and modals.
//!
//! A custom id contains all state of its component, so old components keep working after a restart.
//! The format is `q1:action:arguments…`, where `q1` is the version of the format. A press on a
//! component whose format is no longer supported is answered with an explanation.

use std::fmt;

use jiff::civil::Date;

use super::answer_page::AnswerPage;
use super::assessment::{AssessmentAction, AssessmentState};
use super::drafts::DraftId;
use super::interview::{InterviewAction, InterviewSetup, InterviewState};
use super::pair::{PairAction, PairState};
use super::question_form::QuestionForm;
use super::question_import::ImportMode;
use super::quiz::{QuizAction, QuizState};
use quizloop_core::id::{ChannelId, MessageId, ParseIdError, UserId};

/// Maximum length of a custom id in characters (Discord docs, components/reference, "Button").
#[cfg(test)]
const CUSTOM_ID_MAX: usize = 100;

const VERSION: &str = "q1";

/// Placeholder for any topic.
const ANY_TOPIC: &str = "*";

/// Placeholder for no message.
const NO_MESSAGE: &str = "-";

/// Placeholder for no draft.
const NO_DRAFT: &str = "-";

/// The custom id of a button or menu. Questions are given by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentId {
    /// Shows the hint for the question of a daily message.
    Hint { question: String },
    /// Shows the model answer to the question of a daily message.
    Answer { question: String },
    /// Shows the member's streak.
    Streak,
    /// Confirms that the model answer is shown although the member has not replied.
    Reveal {
        /// The team's channel.
        channel: ChannelId,
        round: u32,
        /// Whether everybody sees the answer.
        public: bool,
        question: String,
    },
    /// The menu or a button with which a member assesses their reply to a round.
    Assess {
        action: AssessmentAction,
        state: AssessmentState,
    },
    /// Turns to a page of a model answer.
    Page {
        page: AnswerPage,
        /// Whether everybody sees the message with the button. The page is then shown in a new
        /// message to the member alone.
        public: bool,
        /// The message of the round in which the question was asked, if it is known.
        round: Option<MessageId>,
        question: String,
    },
    /// A button or the menu of `/quiz`.
    Quiz {
        action: QuizAction,
        state: QuizState,
    },
    /// A button of `/privacy`.
    Privacy(PrivacyAction),
    /// Opens the modal for a mistake in a question.
    Report { question: String },
    /// Shows a page of `/history`.
    History {
        /// The page, counted from 0.
        page: usize,
        /// The topic that the member chose.
        topic: Option<String>,
    },
    /// Shows a page of `/team reports`, counted from 0.
    Reports { page: usize },
    /// Closes the report that was chosen on a page of `/team reports`.
    CloseReport { page: usize },
    /// Posts the first question of a team after `/setup`.
    PostNow { channel: ChannelId },
    /// Confirms the removal of a team.
    Remove { channel: ChannelId },
    /// Imports the questions of a kept file.
    Import { draft: DraftId, mode: ImportMode },
    /// Opens the form again with the texts of a refused draft.
    CorrectDraft { draft: DraftId },
    /// Shows a page of `/team questions list`, counted from 0.
    Questions {
        filter: QuestionListFilter,
        page: usize,
    },
    /// Confirms the removal of one of the server's own questions.
    RemoveQuestion { question: String },
    /// The menu that shows a suggestion in full.
    OpenSuggestion,
    /// Decides about the suggestion with this number.
    DecideSuggestion {
        suggestion: u32,
        decision: SuggestionDecision,
    },
    /// Starts an interview.
    StartInterview(InterviewSetup),
    /// A button or the menu of an interview.
    Interview {
        action: InterviewAction,
        state: InterviewState,
    },
    /// Saves or drops settings that wait for a confirmation.
    Settings {
        action: SettingsAction,
        draft: DraftId,
    },
    /// Decides about an edit of a question that another admin has changed meanwhile.
    Edit { action: EditAction, draft: DraftId },
    /// A component of a mock interview.
    Pair {
        action: PairAction,
        state: PairState,
    },
    /// Changes what the round of that message counts for.
    ChangeRound {
        change: RoundChange,
        /// The message of the round. Its number would be another round's once the team is set up
        /// again.
        message: MessageId,
    },
    /// A button of `/team status`.
    Panel {
        channel: ChannelId,
        action: PanelAction,
    },
    /// A menu with the values of a team's setting.
    Setting {
        channel: ChannelId,
        setting: PanelSetting,
    },
}

/// What becomes of an edit of a question that another admin has changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditAction {
    Overwrite,
    Discard,
}

/// What becomes of settings that wait for a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsAction {
    Save,
    Cancel,
}

/// What a button of `/team status` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelAction {
    /// Shows the status again.
    Refresh,
    Pause,
    /// Ends a pause or a skip.
    Resume,
    /// Skips the question of that day, if it still is the next one.
    Skip(Date),
    Post,
    /// Opens the menus with settings.
    Settings,
}

/// A setting with a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelSetting {
    Time,
    Days,
    Levels,
    Reveal,
    Report,
}

/// What an admin does to a round, after a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundChange {
    /// It counts for nobody.
    Void,
    /// It counts again.
    Restore,
    /// It counts for a member.
    Credit(UserId),
    /// It counts for a member only if they answered it.
    TakeBackCredit(UserId),
}

/// The questions that `/team questions list` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionListFilter {
    /// The server's own questions.
    Own,
    /// Built-in questions and those of the operator's files.
    Shared,
    Disabled,
    /// Open suggestions of members.
    Suggestions,
}

/// What an admin decides about a suggestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuggestionDecision {
    Approve,
    Reject,
}

impl QuestionListFilter {
    const NAMES: [(&str, Self); 4] = [
        ("own", Self::Own),
        ("shared", Self::Shared),
        ("disabled", Self::Disabled),
        ("suggestions", Self::Suggestions),
    ];

    /// Parses the keyword in custom ids and options.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, filter)| filter)
    }
}

impl fmt::Display for QuestionListFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(_, filter)| filter == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

impl RoundChange {
    fn parse(parts: &[&str]) -> Option<Self> {
        Some(match parts {
            ["void"] => Self::Void,
            ["restore"] => Self::Restore,
            ["credit", user] => Self::Credit(user.parse().ok()?),
            ["take-back", user] => Self::TakeBackCredit(user.parse().ok()?),
            _ => return None,
        })
    }
}

impl fmt::Display for RoundChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Void => f.write_str("void"),
            Self::Restore => f.write_str("restore"),
            Self::Credit(user) => write!(f, "credit:{user}"),
            Self::TakeBackCredit(user) => write!(f, "take-back:{user}"),
        }
    }
}

impl PanelAction {
    fn parse(parts: &[&str]) -> Option<Self> {
        Some(match parts {
            ["refresh"] => Self::Refresh,
            ["pause"] => Self::Pause,
            ["resume"] => Self::Resume,
            ["skip", day] => Self::Skip(day.parse().ok()?),
            ["post"] => Self::Post,
            ["settings"] => Self::Settings,
            _ => return None,
        })
    }
}

impl fmt::Display for PanelAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refresh => f.write_str("refresh"),
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Skip(day) => write!(f, "skip:{day}"),
            Self::Post => f.write_str("post"),
            Self::Settings => f.write_str("settings"),
        }
    }
}

impl PanelSetting {
    /// The settings in the order of their menus, with their keys in the table of team settings.
    pub const KEYS: [(&str, Self); 5] = [
        ("at", Self::Time),
        ("days", Self::Days),
        ("levels", Self::Levels),
        ("reveal", Self::Reveal),
        ("report", Self::Report),
    ];

    fn parse(text: &str) -> Option<Self> {
        let mut keys = Self::KEYS.into_iter();
        let found = keys.find(|(key, _)| *key == text);
        found.map(|(_, setting)| setting)
    }

    /// Returns the key in the table of team settings.
    pub fn key(self) -> &'static str {
        let mut keys = Self::KEYS.into_iter();
        let found = keys.find(|(_, setting)| *setting == self);
        found.map_or("", |(key, _)| key)
    }
}

impl SuggestionDecision {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }
}

impl fmt::Display for SuggestionDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        })
    }
}

impl EditAction {
    const NAMES: [(&str, Self); 2] = [("overwrite", Self::Overwrite), ("discard", Self::Discard)];

    fn parse(text: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, action)| action)
    }
}

impl fmt::Display for EditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(_, action)| action == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

impl SettingsAction {
    const NAMES: [(&str, Self); 2] = [("save", Self::Save), ("cancel", Self::Cancel)];

    fn parse(text: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, action)| action)
    }
}

impl fmt::Display for SettingsAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(_, action)| action == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

/// The custom id of a modal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModalId {
    /// A mistake in a question, given by its id.
    Report { question: String },
    /// A member's own answer in `/quiz`.
    Quiz(QuizState),
    /// The text of a question.
    Question {
        /// The refused draft that the form corrects.
        draft: Option<DraftId>,
        form: QuestionForm,
    },
    /// A member's own answer in an interview.
    Interview(InterviewState),
}

/// A button of `/privacy`. It always concerns the member who presses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivacyAction {
    /// Exports the stored data as a file.
    Export,
    /// Hides the member from leaderboards.
    Hide,
    /// Shows the member on leaderboards again.
    Show,
    /// Asks for confirmation before the deletion.
    Delete,
    /// Deletes the stored data permanently.
    DeleteForGood,
}

impl PrivacyAction {
    const NAMES: [(&str, Self); 5] = [
        ("export", Self::Export),
        ("hide", Self::Hide),
        ("show", Self::Show),
        ("delete", Self::Delete),
        ("delete-for-good", Self::DeleteForGood),
    ];

    fn parse(text: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, action)| action)
    }
}

impl fmt::Display for PrivacyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(_, action)| action == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

impl ComponentId {
    /// Returns the action without its arguments, as a label for logs.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Hint { .. } => "hint",
            Self::Answer { .. } => "answer",
            Self::Streak => "streak",
            Self::Reveal { .. } => "reveal",
            Self::Assess { .. } => "assess",
            Self::Page { .. } => "page",
            Self::Quiz { .. } => "quiz",
            Self::Privacy(_) => "privacy",
            Self::Report { .. } => "report",
            Self::History { .. } => "history",
            Self::Reports { .. } => "reports",
            Self::CloseReport { .. } => "report-close",
            Self::PostNow { .. } => "post-now",
            Self::Remove { .. } => "remove",
            Self::Import { .. } => "import",
            Self::CorrectDraft { .. } => "correct",
            Self::Questions { .. } => "questions",
            Self::RemoveQuestion { .. } => "question-remove",
            Self::OpenSuggestion => "suggestion-open",
            Self::DecideSuggestion { .. } => "suggestion",
            Self::StartInterview(_) => "interview-start",
            Self::Interview { .. } => "interview",
            Self::Settings { .. } => "settings",
            Self::Edit { .. } => "edit",
            Self::Pair { .. } => "pair",
            Self::ChangeRound { .. } => "round",
            Self::Panel { .. } => "panel",
            Self::Setting { .. } => "setting",
        }
    }

    /// Parses a custom id; `None` if it is unknown or has an unsupported version.
    #[expect(clippy::too_many_lines, reason = "a table: one arm for each component")]
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
            ("assess", [action, state @ ..]) => Self::Assess {
                action: AssessmentAction::parse(action)?,
                state: AssessmentState::parse(state)?,
            },
            ("page", [page, audience, round, question]) => Self::Page {
                page: AnswerPage::parse(page)?,
                public: parse_audience(audience)?,
                round: parse_round(round).ok()?,
                question: (*question).to_owned(),
            },
            ("quiz", [action, state @ ..]) => Self::Quiz {
                action: QuizAction::parse(action)?,
                state: QuizState::parse(state)?,
            },
            ("privacy", [action]) => Self::Privacy(PrivacyAction::parse(action)?),
            ("report", [question]) => Self::Report {
                question: (*question).to_owned(),
            },
            ("history", [page, topic]) => Self::History {
                page: page.parse().ok()?,
                topic: (*topic != ANY_TOPIC).then(|| (*topic).to_owned()),
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
            ("import", [draft, mode]) => Self::Import {
                draft: draft.parse().ok()?,
                mode: ImportMode::parse(mode)?,
            },
            ("correct", [draft]) => Self::CorrectDraft {
                draft: draft.parse().ok()?,
            },
            ("questions", [filter, page]) => Self::Questions {
                filter: QuestionListFilter::parse(filter)?,
                page: page.parse().ok()?,
            },
            ("question-remove", [question]) => Self::RemoveQuestion {
                question: (*question).to_owned(),
            },
            ("suggestion-open", []) => Self::OpenSuggestion,
            ("suggestion", [decision, suggestion]) => Self::DecideSuggestion {
                suggestion: suggestion.parse().ok()?,
                decision: SuggestionDecision::parse(decision)?,
            },
            ("interview-start", setup) => Self::StartInterview(InterviewSetup::parse(setup)?),
            ("interview", [action, state @ ..]) => Self::Interview {
                action: InterviewAction::parse(action)?,
                state: InterviewState::parse(state)?,
            },
            ("settings", [action, draft]) => Self::Settings {
                action: SettingsAction::parse(action)?,
                draft: draft.parse().ok()?,
            },
            ("edit", [action, draft]) => Self::Edit {
                action: EditAction::parse(action)?,
                draft: draft.parse().ok()?,
            },
            ("pair", [action, state @ ..]) => Self::Pair {
                action: PairAction::parse(action)?,
                state: PairState::parse(state)?,
            },
            ("round", [message, change @ ..]) => Self::ChangeRound {
                change: RoundChange::parse(change)?,
                message: message.parse().ok()?,
            },
            ("panel", [channel, action @ ..]) => Self::Panel {
                channel: channel.parse().ok()?,
                action: PanelAction::parse(action)?,
            },
            ("setting", [channel, setting]) => Self::Setting {
                channel: channel.parse().ok()?,
                setting: PanelSetting::parse(setting)?,
            },
            _ => return None,
        })
    }

    /// Returns the custom id in its textual form.
    pub fn custom_id(&self) -> String {
        format!("{VERSION}:{self}")
    }
}

impl ModalId {
    /// Returns the action without its arguments, as a label for logs.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Report { .. } => "report",
            Self::Quiz(_) => "quiz",
            Self::Question { .. } => "question",
            Self::Interview(_) => "interview",
        }
    }

    /// Parses a custom id; `None` if it is unknown or has an unsupported version.
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
            ("quiz", state) => Self::Quiz(QuizState::parse(state)?),
            ("question", [draft, form @ ..]) => Self::Question {
                draft: match *draft {
                    NO_DRAFT => None,
                    draft => Some(draft.parse().ok()?),
                },
                form: QuestionForm::parse(form)?,
            },
            ("interview", state) => Self::Interview(InterviewState::parse(state)?),
            _ => return None,
        })
    }

    /// Returns the custom id in its textual form.
    pub fn custom_id(&self) -> String {
        format!("{VERSION}:{self}")
    }
}

impl fmt::Display for ModalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        match self {
            Self::Report { question } => write!(f, "{action}:{question}"),
            Self::Quiz(state) => write!(f, "{action}:{state}"),
            Self::Question {
                draft: Some(draft),
                form,
            } => write!(f, "{action}:{draft}:{form}"),
            Self::Question { draft: None, form } => write!(f, "{action}:{NO_DRAFT}:{form}"),
            Self::Interview(state) => write!(f, "{action}:{state}"),
        }
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        match self {
            Self::Hint { question }
            | Self::Answer { question }
            | Self::Report { question }
            | Self::RemoveQuestion { question } => {
                write!(f, "{action}:{question}")
            }
            Self::Streak | Self::OpenSuggestion => f.write_str(action),
            Self::Reveal {
                channel,
                round,
                public,
                question,
            } => {
                let audience = audience(*public);
                write!(f, "{action}:{channel}:{round}:{audience}:{question}")
            }
            Self::Assess {
                action: step,
                state,
            } => write!(f, "{action}:{step}:{state}"),
            Self::Page {
                page,
                public,
                round,
                question,
            } => {
                let audience = audience(*public);
                write!(f, "{action}:{page}:{audience}:")?;
                match round {
                    Some(round) => write!(f, "{round}:{question}"),
                    None => write!(f, "{NO_MESSAGE}:{question}"),
                }
            }
            Self::Quiz {
                action: step,
                state,
            } => write!(f, "{action}:{step}:{state}"),
            Self::Privacy(step) => write!(f, "{action}:{step}"),
            Self::History { page, topic } => {
                let topic = topic.as_deref().unwrap_or(ANY_TOPIC);
                write!(f, "{action}:{page}:{topic}")
            }
            Self::Reports { page } | Self::CloseReport { page } => write!(f, "{action}:{page}"),
            Self::Import { draft, mode } => write!(f, "{action}:{draft}:{mode}"),
            Self::PostNow { channel } | Self::Remove { channel } => {
                write!(f, "{action}:{channel}")
            }
            Self::CorrectDraft { draft } => write!(f, "{action}:{draft}"),
            Self::Questions { filter, page } => write!(f, "{action}:{filter}:{page}"),
            Self::DecideSuggestion {
                suggestion,
                decision,
            } => write!(f, "{action}:{decision}:{suggestion}"),
            Self::StartInterview(setup) => write!(f, "{action}:{setup}"),
            Self::Interview {
                action: step,
                state,
            } => write!(f, "{action}:{step}:{state}"),
            Self::Settings {
                action: step,
                draft,
            } => write!(f, "{action}:{step}:{draft}"),
            Self::Edit {
                action: step,
                draft,
            } => write!(f, "{action}:{step}:{draft}"),
            Self::Pair {
                action: step,
                state,
            } => write!(f, "{action}:{step}:{state}"),
            Self::ChangeRound { change, message } => write!(f, "{action}:{message}:{change}"),
            Self::Panel {
                channel,
                action: step,
            } => write!(f, "{action}:{channel}:{step}"),
            Self::Setting { channel, setting } => write!(f, "{action}:{channel}:{}", setting.key()),
        }
    }
}

const fn audience(public: bool) -> &'static str {
    if public { "all" } else { "me" }
}

fn parse_audience(text: &str) -> Option<bool> {
    match text {
        "all" => Some(true),
        "me" => Some(false),
        _ => None,
    }
}

fn parse_round(text: &str) -> Result<Option<MessageId>, ParseIdError> {
    if text == NO_MESSAGE {
        return Ok(None);
    }
    text.parse().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::interactions::question_form::{FormPurpose, QuestionOptions};
    use crate::bot::interactions::quiz::OptionOrder;
    use proptest::prelude::*;
    use quizloop_core::question_picker::PickMode;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    /// The quiz state with the longest text.
    fn quiz(question: &str) -> QuizState {
        QuizState {
            question: question.into(),
            topic: Some("t".repeat(quizloop_bank::TOPIC_MAX)),
            path: None,
            level: Some(quizloop_bank::Level::Senior),
            mode: PickMode::Mixed,
            reviews_before: u16::MAX,
            order: OptionOrder::random(&mut StdRng::seed_from_u64(1)),
            chosen: Some(3),
        }
    }

    /// Forms with the longest texts, and with none.
    fn forms() -> [QuestionForm; 4] {
        let options = QuestionOptions {
            level: Some(quizloop_bank::Level::Senior),
            kind: Some(quizloop_bank::Kind::Compare),
            topic: Some("t".repeat(quizloop_bank::TOPIC_MAX)),
        };
        let edit = |opened: Option<&str>| FormPurpose::Edit {
            question: "s-12345678".into(),
            opened: opened.map(|hash| hash.parse().unwrap()),
        };
        [
            (edit(Some("ffffffff")), options.clone()),
            (edit(None), options),
            (FormPurpose::Add, QuestionOptions::default()),
            (FormPurpose::Suggest, QuestionOptions::default()),
        ]
        .map(|(purpose, options)| QuestionForm { purpose, options })
    }

    #[test]
    fn custom_ids_round_trip_and_fit_the_limit() {
        // The longest id that the bank accepts.
        let question = "q".repeat(quizloop_bank::ID_MAX);
        let channel = ChannelId::new(u64::MAX);
        let components = [
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
            ComponentId::History {
                page: usize::MAX,
                topic: Some("t".repeat(quizloop_bank::TOPIC_MAX)),
            },
            ComponentId::History {
                page: 0,
                topic: None,
            },
            ComponentId::Reports { page: usize::MAX },
            ComponentId::CloseReport { page: usize::MAX },
            ComponentId::PostNow { channel },
            ComponentId::Remove { channel },
        ];
        let actions = "h w 1 2 3 4 a p 0 A H G E n s e c i t sff e00 c01 i7f t80".split(' ');
        let on_path = || QuizState {
            topic: None,
            path: Some("p".repeat(quizloop_bank::PATH_NAME_MAX)),
            ..quiz(&question)
        };
        let quiz_components = actions.flat_map(|action| {
            [quiz(&question), on_path()].map(|state| ComponentId::Quiz {
                action: QuizAction::parse(action).unwrap(),
                state,
            })
        });
        let assessments = AssessmentAction::LETTERS.map(|(_, action)| ComponentId::Assess {
            action,
            state: AssessmentState {
                round: MessageId::new(u64::MAX),
                points: u8::MAX,
                reviews_before: u16::MAX,
            },
        });
        let privacy = PrivacyAction::NAMES.map(|(_, action)| ComponentId::Privacy(action));
        let rounds = [None, Some(MessageId::new(u64::MAX))];
        let pages = AnswerPage::LETTERS.into_iter().flat_map(|(_, page)| {
            rounds.map(|round| ComponentId::Page {
                page,
                public: round.is_none(),
                round,
                question: question.clone(),
            })
        });
        let all = components.into_iter().chain(pages).chain(assessments);
        let all = all.chain(quiz_components).chain(privacy);
        all.for_each(check_component);
        let modals = [
            ModalId::Quiz(quiz(&question)),
            ModalId::Quiz(on_path()),
            ModalId::Report { question },
        ];
        modals.into_iter().for_each(check_modal);
    }

    fn check_component(component: ComponentId) {
        let id = component.custom_id();
        assert!(id.chars().count() <= CUSTOM_ID_MAX, "{id}");
        assert_eq!(ComponentId::parse(&id), Some(component));
    }

    fn check_modal(modal: ModalId) {
        let id = modal.custom_id();
        assert!(id.chars().count() <= CUSTOM_ID_MAX, "{id}");
        assert_eq!(ModalId::parse(&id), Some(modal));
    }

    #[test]
    fn custom_ids_about_questions_round_trip_and_fit_the_limit() {
        let draft = DraftId(u64::MAX);
        for form in forms() {
            for draft in [None, Some(draft)] {
                let form = form.clone();
                check_modal(ModalId::Question { draft, form });
            }
        }
        check_component(ComponentId::CorrectDraft { draft });
        for (_, action) in EditAction::NAMES {
            check_component(ComponentId::Edit { action, draft });
        }
        for (_, action) in SettingsAction::NAMES {
            check_component(ComponentId::Settings { action, draft });
        }
        check_component(ComponentId::OpenSuggestion);
        check_component(ComponentId::RemoveQuestion {
            question: "q".repeat(quizloop_bank::ID_MAX),
        });
        for (_, mode) in ImportMode::NAMES {
            check_component(ComponentId::Import { draft, mode });
        }
        for (_, filter) in QuestionListFilter::NAMES {
            let page = usize::MAX;
            check_component(ComponentId::Questions { filter, page });
        }
        for (_, action) in PairAction::LETTERS {
            let state = PairState {
                channel: ChannelId::new(u64::MAX),
                number: u32::MAX,
                phase: u32::MAX,
            };
            check_component(ComponentId::Pair { action, state });
        }
        for decision in [SuggestionDecision::Approve, SuggestionDecision::Reject] {
            let suggestion = u32::MAX;
            check_component(ComponentId::DecideSuggestion {
                suggestion,
                decision,
            });
        }
    }

    #[test]
    fn custom_ids_of_interviews_round_trip_and_fit_the_limit() {
        let state = InterviewState {
            start: i64::MIN,
            position: u8::MAX,
            points: u8::MAX,
        };
        let pages = AnswerPage::LETTERS.map(|(_, page)| InterviewAction::Page(page));
        let actions = InterviewAction::LETTERS.map(|(_, action)| action);
        for action in actions.into_iter().chain(pages) {
            check_component(ComponentId::Interview { action, state });
        }
        check_modal(ModalId::Interview(state));
        let setup = InterviewSetup {
            minutes: 25,
            level: Some(quizloop_bank::Level::Senior),
            topic: Some("t".repeat(quizloop_bank::TOPIC_MAX)),
            replaces: Some(i64::MIN),
        };
        let any = InterviewSetup {
            minutes: 10,
            level: None,
            topic: None,
            replaces: None,
        };
        check_component(ComponentId::StartInterview(setup));
        check_component(ComponentId::StartInterview(any));
        let other = "q1:interview-start:11:*:*:*";
        assert_eq!(ComponentId::parse(other), None, "no such length");
    }

    #[test]
    fn custom_ids_of_admins_round_trip_and_fit_the_limit() {
        let user = UserId::new(u64::MAX);
        let changes = [
            RoundChange::Void,
            RoundChange::Restore,
            RoundChange::Credit(user),
            RoundChange::TakeBackCredit(user),
        ];
        for change in changes {
            let message = MessageId::new(u64::MAX);
            check_component(ComponentId::ChangeRound { change, message });
        }
        let channel = ChannelId::new(u64::MAX);
        for action in [
            PanelAction::Refresh,
            PanelAction::Pause,
            PanelAction::Resume,
            PanelAction::Skip(jiff::civil::date(2026, 12, 31)),
            PanelAction::Post,
            PanelAction::Settings,
        ] {
            check_component(ComponentId::Panel { channel, action });
        }
        for (key, setting) in PanelSetting::KEYS {
            assert!(quizloop_core::team_settings::find(key).is_some(), "{key}");
            check_component(ComponentId::Setting { channel, setting });
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_rejected(text in "(q1:)?(question:[-f]:(add|edit|suggest):[-s]:[-m]:[-c]:([-t]:)?)?((edit|settings):(overwrite|save|cancel):)?(assess:[p0-5]:)?(interview-start:(10|15|9):[*jms]{1,6}:)?(interview:([awk1-4vp0AHGEnsecit]:)?-?[0-9]{1,14}:[0-9]{1,3}:)?(page:[secit]:(me|all):([0-9]{1,3}|-))?(history:[0-9]{1,20}:)?(pair:[iscpfrymxnk0AHGE]:)?(round:[0-9]{1,3}:(void|credit:|take-back:)?)?(panel:[0-9]{1,3}:(skip:[0-9-]{10})?)?(setting:[0-9]{1,3}:(at|days)?)?(quiz:([hw0-4apAHGEnsecit]([0-9a-f]{2})?:)?[dnm][*jms][a-z][0-9]{0,2}[A-E]?)?[a-z0-9:*-]{0,60}") {
            if let Some(component) = ComponentId::parse(&text) {
                prop_assert_eq!(ComponentId::parse(&component.custom_id()), Some(component));
            }
            if let Some(modal) = ModalId::parse(&text) {
                prop_assert_eq!(ModalId::parse(&modal.custom_id()), Some(modal));
            }
        }
    }
}
