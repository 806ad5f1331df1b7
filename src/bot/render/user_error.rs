//! What admins are told when something does not work, and what members are told then.

use jiff::Timestamp;
use jiff::civil::Date;

use super::message::Message;
use crate::bot::rest::ApiError;
use crate::practice::id::ChannelId;

/// "Missing Access".
const MISSING_ACCESS: isize = 50_001;
/// "Missing Permissions".
const MISSING_PERMISSIONS: isize = 50_013;
/// "Unknown Channel".
const UNKNOWN_CHANNEL: isize = 10_003;

/// What keeps a team from its question, and what to do.
pub fn explain(failure: &ApiError) -> String {
    match failure.code() {
        Some(MISSING_ACCESS) => {
            "I can't see the channel. Give my role \"View Channel\" there, and \"Read Message History\".".into()
        }
        Some(MISSING_PERMISSIONS) => {
            "I lack a permission in the channel. Give my role \"View Channel\", \"Send Messages\", \"Embed Links\", \
             \"Read Message History\", \"Create Public Threads\" and \"Send Messages in Threads\" there; `/team status` checks them."
                .into()
        }
        Some(UNKNOWN_CHANNEL) => {
            "The channel is gone. Run `/setup` in another one; `/team remove` deletes what is kept of this one.".into()
        }
        _ => format!("Discord refused the post: {failure}. `/team status` shows whether it still does."),
    }
}

/// The one direct message to the admin who set a team up.
pub fn posting_failed_dm(channel: ChannelId, what: &str) -> Message {
    Message::text(format!(
        "Quizloop could not post the question in <#{channel}>. {what}\nI go on trying, and say this only once."
    ))
}

/// The one direct message about a disk that takes nothing.
pub fn saving_failed_dm() -> Message {
    Message::text(
        "Quizloop can't save anything at the moment: the disk of the machine it runs on is full or broken. Until \
         it is mended no question is posted, and commands say that they could not be saved. Nobody's reply is \
         lost: it gets its ✅ when it is saved. Whoever runs the bot finds more in its log.\n\
         I go on trying, and say this only once.",
    )
}

/// Why a member's wish can't be fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserError {
    /// Commands work in servers only.
    GuildOnly,
    /// No team posts here.
    TeamNotFound,
    /// Several teams post in this server, none of them here.
    AmbiguousTeam,
    /// The team has posted nothing yet.
    RoundNotFound,
    /// The question is not in the bank.
    QuestionNotFound(String),
    /// No question has that topic and level.
    NoMatchingQuestion,
    /// Every question that fits was asked today.
    AllAskedToday,
    /// Nothing that fits is due; the next one is on that day, if any is.
    NothingDue {
        /// The local date.
        today: Date,
        /// After today.
        next: Option<Date>,
    },
    /// The member has seen every question that fits.
    NothingUnseen,
    /// The other member keeps their streak to themselves.
    StreakHidden,
    /// Only admins may do that.
    AdminsOnly,
    /// The operator's file says how this team is.
    ManagedByConfig,
    /// The state could not be saved.
    SaveFailed,
    /// The server is another process's now, or its data can't be read.
    OwnedElsewhere,
    /// The database does not give the server's data.
    LoadFailed,
    /// The button is of a form that is gone, or of a round that is.
    StaleComponent,
    /// A form was ready too late to be shown.
    ModalTooLate,
    /// An option has a value that can't be taken.
    InvalidOption(String),
    /// The member asks too fast, and is answered again at that moment.
    RateLimited(Timestamp),
    /// Discord did not do its part.
    Discord(String),
}

impl UserError {
    /// The sentence, for the member alone.
    pub fn message(&self) -> Message {
        Message::text(self.text()).ephemeral()
    }

    fn text(&self) -> String {
        match self {
            Self::GuildOnly => "I work in servers only: run this in a channel of yours.".into(),
            Self::TeamNotFound => "No team practises in this channel yet. An admin can start one with `/setup`.".into(),
            Self::AmbiguousTeam => "Several teams practise in this server: run this in the channel of one of them, or name the channel.".into(),
            Self::RoundNotFound => "This team has no question yet. `/team status` shows admins when the first one comes; `/quiz` works now.".into(),
            Self::QuestionNotFound(text) => format!(
                "There is no question \"{}\" in the bank. Type some words of it and pick one of the suggestions.",
                super::text::quote(text)
            ),
            Self::NoMatchingQuestion => "There is no question with that topic and level. Leave one of them out.".into(),
            Self::AllAskedToday => "You had every question that fits today. Come back tomorrow, or choose another topic.".into(),
            Self::NothingDue { today, next: Some(day) } => format!(
                "Nothing is due. The next one comes {}; `/quiz mode:new` has questions you have not seen.",
                super::quiz::relative_day(*today, *day)
            ),
            Self::NothingDue { next: None, .. } => "Nothing is due: questions come back after you have scored them. `/quiz` without a mode has new ones.".into(),
            Self::NothingUnseen => "You have seen every question that fits. `/quiz` without a mode brings back what you know least.".into(),
            Self::StreakHidden => "They keep their streak to themselves.".into(),
            Self::AdminsOnly => "Only members who may manage the server (\"Manage Server\") can do that.".into(),
            Self::ManagedByConfig => "The operator's file manages this channel: its settings are changed there, not here.".into(),
            Self::SaveFailed => "That could not be saved, so it does not count yet. Please try again in a minute.".into(),
            Self::OwnedElsewhere => "I am just moving, and can't look into this server's notes at this moment. Please try again in a few seconds.".into(),
            Self::LoadFailed => "I can't get at this server's notes right now. Nothing is lost. Please try again in a minute.".into(),
            Self::StaleComponent => "This button is of an older message that I can't follow any more. The newest question has fresh ones, and `/answer` and `/streak` always work.".into(),
            Self::ModalTooLate => "That took too long, and a form can't be shown late. Please press again.".into(),
            Self::RateLimited(until) => format!(
                "Slow down, please: that was more than anybody can read. I answer you again <t:{}:R>.",
                // Discord shows whole seconds: never one too early.
                until.as_second() + 1
            ),
            Self::InvalidOption(text) | Self::Discord(text) => text.clone(),
        }
    }
}
