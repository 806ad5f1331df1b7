//! Error messages for members, and direct messages to admins about failures.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::message::Message;
use super::quiz::PathProgress;
use super::text::relative_time;
use crate::bot::discord::permissions::PairAccess;
use crate::bot::discord::rest::ApiError;
use quizloop_bank::Level;
use quizloop_core::id::ChannelId;
use quizloop_core::mock_interview::MatchPressError;
use quizloop_core::self_assessment::AssessmentError;

/// "Missing Access".
const MISSING_ACCESS: isize = 50_001;
/// "Missing Permissions".
const MISSING_PERMISSIONS: isize = 50_013;
/// "Unknown Channel".
const UNKNOWN_CHANNEL: isize = 10_003;

/// "Maximum number of active threads reached", and the same for announcement channels.
const TOO_MANY_THREADS: [isize; 2] = [160_006, 160_007];

/// Why a question or its wrap-up could not be posted, or not completely.
#[derive(Debug, Clone, Copy)]
pub enum PostingProblem<'a> {
    /// Discord refused the message.
    Message(&'a ApiError),
    /// The question is posted, and Discord refused its thread.
    Thread(&'a ApiError),
    /// Discord refused the wrap-up in the question's thread.
    WrapUp(&'a ApiError),
    /// The question may be posted, and the bot may not look for it.
    HistoryUnreadable,
    /// There is no question to post.
    EmptyBank,
    /// The team's settings leave no question to post.
    NoQuestion,
    /// The members could not be matched for mock interviews, or not all of them.
    Pairs(PairProblem<'a>),
}

/// Why members could not be matched for mock interviews.
#[derive(Debug, Clone, Copy)]
pub enum PairProblem<'a> {
    /// The channel has no private threads, or permissions are missing.
    Access(&'a PairAccess),
    /// Discord refused the thread of a match.
    Thread(&'a ApiError),
    /// A thread may exist, and the bot may not look for it.
    HistoryUnreadable,
}

/// Explains a problem of mock interviews, and how to fix it.
pub fn explain_pairs(problem: PairProblem<'_>) -> String {
    match problem {
        PairProblem::Access(access) => pair_access_text(access),
        PairProblem::Thread(failure) => match failure.code() {
            Some(code) if TOO_MANY_THREADS.contains(&code) => {
                "This server has as many active threads as Discord allows. Close threads that are no \
                 longer needed today, and I'll make the missing ones."
                    .into()
            }
            Some(MISSING_ACCESS | MISSING_PERMISSIONS) => {
                "I'm missing a permission in the channel. Give my role \"Create Private Threads\" and \
                 \"Send Messages in Threads\" there."
                    .into()
            }
            _ => explain_failure(failure),
        },
        PairProblem::HistoryUnreadable => {
            "I may have made a thread already, but I'm not allowed to look. Give my role \"Read Message \
             History\" in the channel."
                .into()
        }
    }
}

/// What is missing for mock interviews, and how to fix it.
pub fn pair_access_text(access: &PairAccess) -> String {
    if !access.has_private_threads {
        return "Mock interviews need private threads, which only a text channel has. This is an \
                announcement channel."
            .into();
    }
    let names: Vec<_> = access
        .missing
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect();
    format!(
        "Mock interviews need private threads. Give my role {} in the channel.",
        names.join(" and ")
    )
}

/// Explains a problem, and how to fix it.
pub fn explain(problem: PostingProblem<'_>) -> String {
    match problem {
        PostingProblem::Message(failure) => explain_failure(failure),
        PostingProblem::Thread(failure) => {
            let cause = match failure.code() {
                Some(code) if TOO_MANY_THREADS.contains(&code) => {
                    "This server has as many active threads as Discord allows. Close threads that are \
                     no longer needed, and I'll start this one."
                        .into()
                }
                _ => explain_failure(failure),
            };
            format!(
                "The question is posted, but I couldn't start its thread. Until I can, replies to the \
                 message itself count. {cause}"
            )
        }
        PostingProblem::WrapUp(failure) => format!(
            "I couldn't post the wrap-up in the question's thread. {}",
            explain_failure(failure)
        ),
        PostingProblem::HistoryUnreadable => {
            "I may have posted it already, but I'm not allowed to look. Give my role \"Read Message \
             History\" in the channel. Until then I don't post it, so that it doesn't appear twice."
                .into()
        }
        PostingProblem::Pairs(problem) => explain_pairs(problem),
        PostingProblem::EmptyBank => {
            "There is no question to post: the question bank is empty. Ask the person who runs the \
             bot to add questions."
                .into()
        }
        PostingProblem::NoQuestion => {
            "There is no question to post: the team's settings leave none that is free. `/team status` \
             shows them, and `/team settings` changes them."
                .into()
        }
    }
}

fn explain_failure(failure: &ApiError) -> String {
    match failure.code() {
        Some(MISSING_ACCESS) => {
            "I can't see the channel. Give my role \"View Channel\" and \"Read Message History\" there.".into()
        }
        Some(MISSING_PERMISSIONS) => {
            "I'm missing a permission in the channel. Give my role \"View Channel\", \"Send Messages\", \
             \"Embed Links\", \"Read Message History\", \"Create Public Threads\" and \"Send Messages in \
             Threads\" there. `/team status` shows which one is missing."
                .into()
        }
        Some(UNKNOWN_CHANNEL) => {
            "The channel no longer exists. Run `/setup` in another one. `/team remove` deletes the data of the old one.".into()
        }
        _ => format!("{failure}. `/team status` shows if the problem continues."),
    }
}

/// The one direct message about a problem with a question or its wrap-up, to the admin who set the team up.
pub fn posting_failed_dm(channel: ChannelId, problem: PostingProblem<'_>) -> Message {
    let text = explain(problem);
    let beginning = match problem {
        PostingProblem::Thread(_) | PostingProblem::WrapUp(_) => {
            format!("In <#{channel}>: {text}")
        }
        PostingProblem::Pairs(_) => {
            format!("I couldn't match everyone for mock interviews in <#{channel}>. {text}")
        }
        _ => format!("I couldn't post the question in <#{channel}>. {text}"),
    };
    let next = match problem {
        PostingProblem::WrapUp(_) => "I'll try again with the next question",
        PostingProblem::Pairs(_) => "I'll try again next week",
        _ => "I'll keep trying",
    };
    Message::text(format!(
        "{beginning}\n{next}, and won't message you about this again."
    ))
}

/// The one direct message about replies that can't be read, to the admin who set the team up.
pub fn history_unreadable_dm(channel: ChannelId) -> Message {
    Message::text(format!(
        "I'm not allowed to read the message history of <#{channel}>. Replies still count while I'm \
         online, but I can't find those that were sent while I was offline. Give my role \"Read \
         Message History\" in the channel, and I'll count them.\nI won't message you about this again."
    ))
}

/// The one direct message about a failing disk.
pub fn saving_failed_dm() -> Message {
    Message::text(
        "I can't save anything right now: the disk of the machine I run on is full or broken. Until \
         that is fixed, I post no questions and can't save commands. No replies are lost: each gets its \
         ✅ once it is saved. The bot's log has the details.\n\
         I'll keep trying, and won't message you about this again.",
    )
}

/// Why a command or button could not do what the member asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserError {
    /// Commands only work in servers.
    GuildOnly,
    /// The command or its subcommand does not exist, or not any more.
    UnknownCommand,
    /// No team posts here.
    TeamNotFound,
    /// Several teams post in this server, none of them here.
    AmbiguousTeam,
    /// The command is about the team of a channel, and no team posts in this one.
    NotInTeamChannel,
    /// The team has posted nothing yet.
    RoundNotFound,
    /// The question is not in the bank.
    QuestionNotFound(String),
    /// The message command is for another kind of message.
    NotOwnReply,
    /// The question is open, so its answer is not shown to everyone.
    QuestionOpen,
    /// The member can't assess their reply to this round.
    NotAssessable(AssessmentError),
    /// The question has another number of key points than when its answer was shown.
    KeyPointsChanged,
    /// No question that may be asked now matches the topic and level.
    NoMatchingQuestion,
    /// No question has that topic.
    TopicNotFound(String),
    /// No question of the topic has that level, or no question at all.
    NoQuestionAtLevel { topic: Option<String>, level: Level },
    /// Every matching question was asked today.
    AllAskedToday,
    /// No matching question is due.
    NothingDue {
        /// The local date today.
        today: Date,
        /// When the next one is due, if any.
        next: Option<Date>,
    },
    /// The question on the message is the only one that is due.
    OnlyThisDue,
    /// The member has seen every matching question.
    NothingUnseen,
    /// Nothing is left for today on the member's path.
    PathEnded(PathProgress),
    /// There is no such path.
    PathNotFound(String),
    /// The other member has hidden their streak.
    StreakHidden,
    /// Only admins may do that.
    AdminsOnly,
    /// The team is managed by the operator's config file.
    ManagedByConfig,
    /// The machine's clock differs from Discord's.
    WrongClock,
    /// The state could not be saved.
    SaveFailed,
    /// Another process now owns the server, or the server's data can't be read.
    OwnedElsewhere,
    /// The server's data could not be loaded.
    LoadFailed,
    /// The button belongs to an old message format or a deleted round.
    StaleComponent,
    /// The modal was ready too late for Discord to open it.
    ModalTooLate,
    /// The server is still being loaded, and the response can't be deferred.
    StillLoading,
    /// What the member wrote is not kept any more.
    DraftExpired,
    /// An option has an invalid value.
    InvalidOption(String),
    /// The member sends requests too fast, and is blocked until then.
    RateLimited(Timestamp),
    /// A request to Discord failed.
    Discord(String),
    /// No question matches what the member wants to be interviewed about.
    NoInterviewQuestion,
    /// The interview was dropped or replaced.
    InterviewGone,
    /// The team has no mock interviews.
    PairsOff,
    /// A press in the thread of a match changes nothing.
    PairPress(MatchPressError),
}

impl UserError {
    /// The text as an ephemeral message.
    pub fn message(&self) -> Message {
        Message::text(self.text()).ephemeral()
    }

    /// The explanation and what to do.
    pub fn text(&self) -> String {
        match self {
            Self::GuildOnly => "I only work in servers. Use this command in a server's channel.".into(),
            Self::UnknownCommand => "This command no longer exists. Type `/` to see the current ones.".into(),
            Self::TeamNotFound => "No team practises in this channel yet. An admin can start one with `/setup`.".into(),
            Self::AmbiguousTeam => "This server has several teams. Use this command in a team's channel, or name the channel.".into(),
            Self::NotInTeamChannel => "Use `/history` in a team's channel or in the thread of one of its questions: it lists the questions of that team.".into(),
            Self::RoundNotFound => "This team has no question yet. Until the first one comes, try `/quiz`.".into(),
            Self::QuestionNotFound(text) => format!(
                "There is no question \"{}\". Type a few of its words and pick one of the suggestions.",
                super::text::quote(text)
            ),
            Self::NotOwnReply => "This is for your own reply to a question: it shows what you wrote above the key points of the model answer.".into(),
            Self::QuestionOpen => "This question is still open, so I can't show its answer to everyone. You can once the next question is out. Until then, `/answer` shows it to you alone.".into(),
            Self::NotAssessable(error) => assessment_error_text(*error).into(),
            Self::KeyPointsChanged => "The key points of this question have changed since. Open the model answer again to tick them.".into(),
            Self::NoMatchingQuestion => "No matching question can be asked right now. Choose another topic or level, or use `/quiz` without them.".into(),
            Self::TopicNotFound(topic) => format!(
                "There is no topic \"{}\". Pick one of the suggestions.",
                super::text::quote(topic)
            ),
            Self::NoQuestionAtLevel { topic: Some(topic), level } => format!(
                "No question about {} has the level {level}. Leave topic or level out.",
                super::daily::topic_label(topic)
            ),
            Self::NoQuestionAtLevel { topic: None, level } => {
                format!("No question has the level {level}. Choose another one.")
            }
            Self::AllAskedToday => "You've had every matching question today. Come back tomorrow, or choose another topic.".into(),
            Self::NothingDue { today, next: Some(day) } => format!(
                "Nothing to repeat yet. The next one comes {}; `/quiz mode:new` has questions you haven't seen.",
                super::quiz::relative_day(*today, *day)
            ),
            Self::NothingDue { next: None, .. } => "Nothing to repeat yet. Questions come back once you've scored them; `/quiz mode:new` has new ones.".into(),
            Self::OnlyThisDue => "This is the only question left to repeat today. Score it, or try `/quiz mode:new`.".into(),
            Self::NothingUnseen => "You've seen every matching question. `/quiz` without a mode repeats what you know least.".into(),
            Self::PathEnded(progress) => super::quiz::path_progress_text(progress),
            Self::PathNotFound(text) => format!(
                "There is no path \"{}\". Pick one of the suggestions.",
                super::text::quote(text)
            ),
            Self::StreakHidden => "This member has hidden their streak.".into(),
            Self::AdminsOnly => "You need the \"Manage Server\" permission for this.".into(),
            Self::ManagedByConfig => "This team is set up in the bot's config file. Ask the person who runs the bot to change it.".into(),
            Self::WrongClock => "The clock of the machine I run on is wrong, so I post nothing. Ask the person who runs the bot to set it, then try again.".into(),
            Self::SaveFailed => "That could not be saved, so it doesn't count yet. Please try again in a minute.".into(),
            Self::OwnedElsewhere => "I'm restarting. Please try again in a few seconds.".into(),
            Self::LoadFailed => "I can't reach this server's data right now. Nothing is lost. Please try again in a minute.".into(),
            Self::StaleComponent => "This button is too old. Use the buttons on the newest question, or `/answer` and `/streak`.".into(),
            Self::ModalTooLate => "That took too long, so the form couldn't open. Please press the button again.".into(),
            Self::StillLoading => "I'm still loading this server's questions. Please try again in a few seconds.".into(),
            Self::DraftExpired => "I no longer have that text: I keep it for 15 minutes, and not when I'm restarted. Please run the command again.".into(),
            Self::RateLimited(until) => format!(
                "Too many requests. Try again {}.",
                // Discord shows whole seconds. Round up, so that the time shown is never too early.
                relative_time(*until + SignedDuration::from_secs(1))
            ),
            Self::InvalidOption(text) | Self::Discord(text) => text.clone(),
            Self::NoInterviewQuestion => "No question matches, so there is nothing to ask. Leave out topic or level, or pick a topic from the list.".into(),
            Self::InterviewGone => "This interview is over and put away. `/interview` starts a new one, and `/progress` shows how your last ones went.".into(),
            Self::PairsOff => "This team has no mock interviews. An admin can switch them on with `/team settings`: `pairs` takes a weekday and a time.".into(),
            Self::PairPress(error) => super::pair::press_error_text(*error).into(),
        }
    }
}

const fn assessment_error_text(error: AssessmentError) -> &'static str {
    match error {
        AssessmentError::RoundNotFound => {
            "I no longer have this question on record, so you can't assess your reply. `/quiz` asks it again."
        }
        AssessmentError::Void => "An admin cancelled this question, so there is nothing to assess.",
        AssessmentError::TooOld => {
            "You can assess your replies to the two newest questions. `/quiz` repeats the older ones."
        }
        AssessmentError::NotAnswered => {
            "You can only assess a reply that you wrote in time and before you saw the answer. To practise a question anyway, try `/quiz`."
        }
    }
}
