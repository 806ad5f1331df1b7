//! Lists and single questions for the admins of a server, and members' suggestions.

use super::component::{Button, ButtonStyle, SelectOption, StringSelect};
use super::daily::{LevelDisplay, button, color, named_topic, question_text};
use super::message::{Embed, Message};
use super::text::{bullets, pluralize, quote, relative_time};
use crate::bot::interactions::custom_id::{ComponentId, QuestionListFilter, SuggestionDecision};
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, UserId};
use quizloop_core::server_questions::{
    Decision, MAX_SERVER_QUESTIONS, MAX_SUGGESTIONS, MAX_SUGGESTIONS_PER_MEMBER,
    ServerQuestionError, Suggestion, SuggestionNotice,
};

/// The embed colour of messages for admins.
const ADMIN_COLOR: u32 = 0x5c_6b_73;

/// Questions on one page, few enough for a phone. Ten lines of at most 250 characters fit an embed.
pub const PAGE_SIZE: usize = 10;

/// Maximum number of decisions in a notice; more are only counted.
const NOTICES_MAX: usize = 10;

/// A question of a list.
#[derive(Debug, Clone, Copy)]
pub struct ListedQuestion<'q> {
    pub question: &'q Question,
    pub is_enabled: bool,
    /// Whether its level and topic are shown in lists.
    pub level: LevelDisplay,
}

/// The part of a list that is shown. Pages count from 0, and a page after the last one shows the
/// last one.
#[derive(Debug, Clone, Copy)]
struct Page {
    shown: usize,
    last: usize,
}

impl Page {
    fn of(count: usize, asked: usize) -> Self {
        let last = count.saturating_sub(1) / PAGE_SIZE;
        Self {
            shown: asked.min(last),
            last,
        }
    }

    const fn first_item(self) -> usize {
        self.shown * PAGE_SIZE
    }

    fn footer(self) -> Option<String> {
        (self.last > 0).then(|| format!("Page {} of {}", self.shown + 1, self.last + 1))
    }

    fn buttons(self, filter: QuestionListFilter) -> Vec<Button> {
        let to = |label, page| {
            let press = ComponentId::Questions { filter, page };
            button(ButtonStyle::Secondary, label, &press)
        };
        let previous = self.shown.checked_sub(1).map(|page| to("Previous", page));
        let next = (self.shown < self.last).then(|| to("Next", self.shown + 1));
        previous.into_iter().chain(next).collect()
    }
}

/// A page of a list of questions. `suggestions` is the number of open suggestions.
pub fn list(
    filter: QuestionListFilter,
    questions: &[ListedQuestion<'_>],
    page: usize,
    suggestions: usize,
) -> Message {
    if questions.is_empty() {
        let text = match filter {
            QuestionListFilter::Disabled => {
                "No question is disabled. `/team questions disable` takes one out of the draw."
            }
            _ => {
                "This server has no questions of its own yet. Add one with `/team questions add`. \
                 Members can send theirs with `/suggest`."
            }
        };
        return Message::text(format!("{text}{}", waiting_line(suggestions)));
    }
    let page = Page::of(questions.len(), page);
    let shown = questions.iter().skip(page.first_item()).take(PAGE_SIZE);
    let count = pluralize(questions.len(), "question", "questions");
    let title = match filter {
        QuestionListFilter::Own => format!("{count} of this server"),
        QuestionListFilter::Disabled => {
            format!(
                "{} disabled",
                pluralize(questions.len(), "question is", "questions are")
            )
        }
        QuestionListFilter::Shared | QuestionListFilter::Suggestions => {
            format!("{count} for all servers")
        }
    };
    let lines: Vec<String> = shown.map(list_line).collect();
    let text = format!("{}{}", lines.join("\n"), waiting_line(suggestions));
    with_page(filter, page, title, text)
}

fn list_line(listed: &ListedQuestion<'_>) -> String {
    let question = listed.question;
    let text = plain(&question.question);
    let mut parts = match listed.level {
        LevelDisplay::Shown => vec![format!("**{}** {text}", name(question))],
        // Neighbouring numbers have the same topic.
        LevelDisplay::Hidden => vec![text],
    };
    if listed.level == LevelDisplay::Shown {
        parts.extend(labels(question));
    }
    if !listed.is_enabled {
        parts.push("disabled".into());
    }
    parts.join(" · ")
}

/// Says that suggestions wait, in lists and in the status of a team.
pub fn waiting_line(suggestions: usize) -> String {
    match suggestions {
        0 => String::new(),
        count => format!("\n📥 {}", waiting(count)),
    }
}

/// Says how many suggestions wait, and where they are.
pub fn waiting(suggestions: usize) -> String {
    format!(
        "{} for you to decide: `/team questions list filter:suggestions`",
        pluralize(
            suggestions,
            "suggestion is waiting",
            "suggestions are waiting"
        )
    )
}

/// A page of the open suggestions, oldest first, with a menu that opens one.
pub fn suggestions(open: &[Suggestion], page: usize) -> Message {
    if open.is_empty() {
        return Message::text("No suggestion is waiting. Members send them with `/suggest`.");
    }
    let page = Page::of(open.len(), page);
    let shown = open.iter().skip(page.first_item()).take(PAGE_SIZE);
    let line = |one: &Suggestion| {
        let at = relative_time(one.at);
        let text = plain(&one.content.question);
        format!("**{}** <@{}> {at}: {text}", one.number, one.author)
    };
    let lines: Vec<String> = shown.clone().map(line).collect();
    let option = |one: &Suggestion| {
        SelectOption::new(
            &format!("Suggestion {}", one.number),
            one.number.to_string(),
        )
        .description(&one.content.question.replace(['`', '\n'], " "))
    };
    let menu = StringSelect::new(
        ComponentId::OpenSuggestion.custom_id(),
        "Read a suggestion and decide",
        shown.map(option).collect(),
    );
    let title = pluralize(open.len(), "open suggestion", "open suggestions");
    let embed = Embed {
        title: Some(title),
        description: Some(lines.join("\n")),
        color: ADMIN_COLOR,
        ..Embed::default()
    };
    let message = Message::embed(with_footer(embed, page.footer())).select(menu);
    with_buttons(message, page.buttons(QuestionListFilter::Suggestions))
}

fn with_page(filter: QuestionListFilter, page: Page, title: String, text: String) -> Message {
    let embed = Embed {
        title: Some(title),
        description: Some(text),
        color: ADMIN_COLOR,
        ..Embed::default()
    };
    let message = Message::embed(with_footer(embed, page.footer()));
    with_buttons(message, page.buttons(filter))
}

fn with_footer(embed: Embed, footer: Option<String>) -> Embed {
    match footer {
        Some(footer) => embed.footer(footer),
        None => embed,
    }
}

fn with_buttons(message: Message, buttons: Vec<Button>) -> Message {
    if buttons.is_empty() {
        message
    } else {
        message.buttons(buttons)
    }
}

/// A question in full, for admins.
pub fn show(listed: ListedQuestion<'_>, author: Option<UserId>) -> Message {
    let question = listed.question;
    let mut embed = whole(question, name(question));
    if let Some(author) = author {
        embed = embed.field("Written by", format!("<@{author}>"));
    }
    if !listed.is_enabled {
        embed = embed.field(
            "Disabled",
            "It is not drawn until `/team questions enable`.",
        );
    }
    Message::embed(embed)
}

/// A suggestion in full, with the buttons that decide. `question` is what it would become.
pub fn suggestion(suggestion: &Suggestion, question: &Question) -> Message {
    let from = format!("<@{}> {}", suggestion.author, relative_time(suggestion.at));
    let title = format!("Suggestion {}", suggestion.number);
    let decide = |style, label, decision| {
        let press = ComponentId::DecideSuggestion {
            suggestion: suggestion.number,
            decision,
        };
        button(style, label, &press)
    };
    Message::embed(whole(question, title).field("From", from)).buttons(vec![
        decide(ButtonStyle::Primary, "Approve", SuggestionDecision::Approve),
        decide(ButtonStyle::Secondary, "Reject", SuggestionDecision::Reject),
        back_to_suggestions(),
    ])
}

fn back_to_suggestions() -> Button {
    let press = ComponentId::Questions {
        filter: QuestionListFilter::Suggestions,
        page: 0,
    };
    button(ButtonStyle::Secondary, "All suggestions", &press)
}

/// An embed with the texts of a question that the form has.
fn whole(question: &Question, title: String) -> Embed {
    let text = format!("{}\n\n{}", question_text(question), question.answer);
    let embed = Embed {
        title: Some(title),
        description: Some(text),
        color: color(question.level),
        ..Embed::default()
    }
    .question_field("Key points", bullets(&question.points))
    .question_field(
        "How to answer",
        question.how_to_answer.clone().unwrap_or_default(),
    )
    .question_field("Follow-up", question.follow_up.clone().unwrap_or_default());
    let labels = labels(question).join(" · ");
    with_footer(embed, Some(labels).filter(|labels| !labels.is_empty()))
}

/// The level, the topic and the kind, as far as the question has them.
fn labels(question: &Question) -> Vec<String> {
    let level = question.level.map(|level| level.to_string());
    let topic = named_topic(question);
    let kind = question.kind.map(|kind| kind.to_string());
    level.into_iter().chain(topic).chain(kind).collect()
}

/// The question's number as people see it, such as `#s12`.
pub fn name(question: &Question) -> String {
    question.label()
}

/// The beginning of a question, as plain text in a line.
fn plain(question: &str) -> String {
    quote(&question.replace('`', ""))
}

/// A question was added.
pub fn added(number: u32) -> Message {
    Message::text(format!(
        "Saved as #s{number}. It can come up from the next draw on. `/team questions show` shows it."
    ))
}

/// A question was edited.
pub fn edited(number: u32) -> Message {
    Message::text(format!(
        "#s{number} is changed. A question that is posted already keeps its text; its buttons show \
         the new one."
    ))
}

/// A suggestion was saved. It says who reads it, and how the member learns of the decision.
pub fn suggested(number: u32) -> Message {
    Message::text(format!(
        "Thank you! Your suggestion is saved as number {number}. Admins of this server see it with \
         your name. Once they decide, I tell you below your next command here."
    ))
}

/// A question was enabled or disabled, or was so before.
pub fn enabled(question: &Question, level: LevelDisplay, is_enabled: bool) -> Message {
    let name = match level {
        LevelDisplay::Shown => name(question),
        LevelDisplay::Hidden => format!("\"{}\"", plain(&question.question)),
    };
    Message::text(if is_enabled {
        format!("{name} is enabled. It can come up from the next draw on.")
    } else {
        format!(
            "{name} is disabled: it is not drawn any more, neither for a team nor for practice. If it \
             is posted already, it stays. `/team questions enable` undoes this."
        )
    })
}

/// The question is not the server's own, so it can neither be edited nor removed.
pub fn not_own(question: &Question) -> String {
    format!(
        "\"{}\" is a question for all servers, so it can't be changed here. `/team questions \
         disable` takes it out of this server's draw.",
        plain(&question.question)
    )
}

/// Asks for confirmation before a question is removed.
pub fn confirm_removal(question: &Question) -> Message {
    let press = ComponentId::RemoveQuestion {
        question: question.id.clone(),
    };
    Message::text(format!(
        "Remove {} \"{}\"? This can't be undone. `/team questions disable` keeps it.",
        name(question),
        plain(&question.question)
    ))
    .buttons(vec![button(ButtonStyle::Danger, "Remove it", &press)])
}

/// A question was removed.
pub fn removed(number: u32) -> Message {
    Message::text(format!("#s{number} is removed."))
}

/// The question can't be removed yet. `channel` is the team that asks it.
pub fn in_use(question: &Question, channel: Option<ChannelId>) -> String {
    let place = channel.map_or_else(|| "a team".into(), |channel| format!("<#{channel}>"));
    format!(
        "{} is the newest question in {place}, so it can't be removed yet. Try again after the next \
         question, or disable it with `/team questions disable`.",
        name(question)
    )
}

/// An admin decided about a suggestion.
pub fn decided(decision: &Decision, is_new: bool) -> Message {
    let number = decision.number;
    let outcome = match decision.question {
        Some(question) => format!("approved: it is #s{question}"),
        None => "rejected".into(),
    };
    let text = if is_new {
        format!("Suggestion {number} is {outcome}. The member learns it below their next command.")
    } else {
        let by = decision
            .by
            .map_or_else(|| "An admin".into(), |by| format!("<@{by}>"));
        let at = relative_time(decision.at);
        format!("{by} decided {at}: suggestion {number} is {outcome}.")
    };
    Message::text(text).buttons(vec![back_to_suggestions()])
}

/// The suggestion is neither open nor among the decisions that are remembered.
pub fn suggestion_not_found() -> String {
    "This suggestion no longer exists.".into()
}

/// What was decided on a member's suggestions.
pub fn decision_notice(notices: &[SuggestionNotice]) -> Message {
    let line = |notice: &SuggestionNotice| {
        let title = plain(&notice.title);
        match notice.question {
            Some(number) => format!("Approved as #s{number}: {title}"),
            None => format!("Not taken: {title}"),
        }
    };
    let mut lines: Vec<String> = notices.iter().take(NOTICES_MAX).map(line).collect();
    if let Some(more) = notices.len().checked_sub(NOTICES_MAX + 1) {
        lines.push(format!("and {} more", more + 1));
    }
    let subject = match notices {
        [_] => "your suggestion",
        _ => "your suggestions",
    };
    Message::text(format!(
        "An admin has decided on {subject}:\n{}",
        bullets(lines)
    ))
}

/// Explains why nothing was saved, and what to do.
pub fn error(error: ServerQuestionError) -> String {
    match error {
        ServerQuestionError::Full => format!(
            "This server already has {MAX_SERVER_QUESTIONS} questions of its own. Remove some with \
             `/team questions remove` first."
        ),
        ServerQuestionError::TooLarge => {
            "The texts of this server's questions take up all the room there is. Remove some with \
             `/team questions remove` first."
                .into()
        }
        ServerQuestionError::NotFound => {
            "This question no longer exists: an admin has removed it.".into()
        }
        ServerQuestionError::InUse => "A team is asking this question.".into(),
        ServerQuestionError::MemberFull => format!(
            "You already have {MAX_SUGGESTIONS_PER_MEMBER} open suggestions. You can send this one \
             once an admin has decided on another."
        ),
        ServerQuestionError::SuggestionsFull => format!(
            "This server already has {MAX_SUGGESTIONS} open suggestions. An admin needs to decide on \
             some first."
        ),
        ServerQuestionError::AlreadyDecided { .. } => {
            "This suggestion has been decided already.".into()
        }
    }
}
