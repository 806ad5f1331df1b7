//! Mock interviews: the messages in a match's thread, the interviewer's card, the candidate's result,
//! and the replies to `/pair`.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use super::component::BUTTONS_MAX;
use super::daily::{answer_button, button, color, named_topic, question_text, topic_label};
use super::message::{
    ActionRow, Button, ButtonStyle, CONTENT_MAX, Embed, Message, SelectOption, StringSelect,
};
use super::quiz::relative_day;
use super::rating;
use super::text::{bullets, pluralize, relative_time, spoiler, truncate};
use crate::bot::interactions::custom_id::ComponentId;
use crate::bot::interactions::pair::{PairAction, PairState};
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, UserId};
use quizloop_core::mock_interview::{
    Match, MatchPressError, MeetingSummary, Participant, RunningTurn, SILENT_WEEKS_MAX,
};
use quizloop_core::self_assessment::Ticks;

/// The embed colour of the messages in a thread.
const PAIR_COLOR: u32 = 0x2a_9d_8f;

/// The name of a match's thread.
pub fn thread_name(one: &Match) -> String {
    format!("Mock interview {}", one.day.strftime("%-d %b"))
}

fn mention(user: UserId) -> String {
    format!("<@{user}>")
}

/// Names members: `A`, `A and B`, `A, B and C`.
fn mentions(users: &[UserId]) -> String {
    let names: Vec<_> = users.iter().copied().map(mention).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn pair_button(style: ButtonStyle, label: &str, action: PairAction, state: PairState) -> Button {
    button(style, label, &ComponentId::Pair { action, state })
}

const fn state_of(channel: ChannelId, one: &Match, phase: u32) -> PairState {
    PairState {
        channel,
        number: one.number,
        phase,
    }
}

/// Who interviews whom.
fn turn_text(turn: &RunningTurn) -> String {
    format!(
        "{} interviews, {} answers. Only the interviewer can open the question.",
        mention(turn.interviewer),
        mention(turn.candidate)
    )
}

/// The button with which the interviewer opens the question of the running interview.
fn card_button(channel: ChannelId, one: &Match) -> Button {
    let state = state_of(channel, one, one.phase);
    pair_button(
        ButtonStyle::Primary,
        "Open the question",
        PairAction::Card,
        state,
    )
}

/// The first message in a match's thread. It shows who interviews first, once a member has pressed
/// the button.
pub fn guide(channel: ChannelId, one: &Match) -> Message {
    let names = mentions(&one.members);
    if one.members.len() < 2 {
        let text = format!(
            "{names} I couldn't add the other member to this thread, so there is no mock interview for \
             you this week. Next time you come first."
        );
        let embed = Embed {
            color: PAIR_COLOR,
            ..Embed::default()
        };
        let mut message = Message::embed(embed.footer(one.label()));
        message.content = Some(text);
        return message;
    }
    let left_out = if one.is_incomplete {
        " A third member couldn't be added."
    } else {
        ""
    };
    let roles = if one.members.len() > 2 {
        "One interviews, one answers, one listens; then you take turns."
    } else {
        "One interviews, one answers; then you swap."
    };
    let text = format!(
        "Find half an hour this week, by voice or in this thread. {roles}\n\
         1. Press *I interview first*. The question, its key points and a follow-up are for you alone.\n\
         2. Ask, listen, tick what was said, and press *Finish*.\n\
         3. The other member alone opens the result, and decides what counts for their reviews.\n\n\
         Moderators of this server can read this thread. I store no answers, and nobody is rated."
    );
    let embed = Embed {
        title: Some("How it works".into()),
        description: Some(text),
        color: PAIR_COLOR,
        ..Embed::default()
    };
    let mut message = Message::embed(embed.footer(one.label()));
    let hello = format!("{names} You have a mock interview this week.{left_out}");
    let first = one.running.as_ref().filter(|_| one.phase == 1);
    message.content = Some(match (first, one.phase) {
        (Some(turn), _) => format!("{hello}\n**{}**", turn_text(turn)),
        (None, 0) => hello,
        (None, _) => format!("{hello}\nYour first interview is finished. The result is below."),
    });
    if first.is_some() {
        return message.buttons(vec![card_button(channel, one)]);
    }
    if one.phase == 0 {
        let start = pair_button(
            ButtonStyle::Primary,
            "I interview first",
            PairAction::Start,
            state_of(channel, one, 0),
        );
        return message.buttons(vec![start]);
    }
    message
}

/// The message after an interview. Only the candidate can open the result.
pub fn result_ready(channel: ChannelId, one: &Match, phase: u32) -> Message {
    let candidate = one.result(phase).map(|result| result.candidate);
    let name = candidate.map(mention).unwrap_or_default();
    let mut text = format!("The result for {name} is ready. Nobody else can open it.");
    let open = pair_button(
        ButtonStyle::Primary,
        "My result",
        PairAction::Result,
        state_of(channel, one, phase),
    );
    let mut buttons = vec![open];
    let next = one.running.as_ref().filter(|_| one.phase == phase + 1);
    if let Some(turn) = next {
        // Writing to a string can't fail.
        let _ = write!(text, "\n**{}**", turn_text(turn));
        buttons.push(card_button(channel, one));
    } else if one.phase == phase && one.has_turns_left() {
        let _ = write!(text, " Then {name} interviews: press *Swap*.");
        buttons.push(pair_button(
            ButtonStyle::Secondary,
            "Swap",
            PairAction::Swap,
            state_of(channel, one, phase),
        ));
    } else if !one.has_turns_left() {
        text += " Each of you has interviewed now: well done.";
    }
    let embed = Embed {
        color: PAIR_COLOR,
        ..Embed::default()
    };
    let mut message = Message::embed(embed.footer(one.result_label(phase)));
    message.content = Some(text);
    message.buttons(buttons)
}

/// The question whether the members met.
pub fn check(channel: ChannelId, one: &Match) -> Message {
    let text = format!(
        "{} Did you meet for your mock interview? Only I see your answer. If you don't answer two weeks \
         in a row, I won't match you until you join again.",
        mentions(&one.members)
    );
    let embed = Embed {
        color: PAIR_COLOR,
        ..Embed::default()
    };
    let mut message = Message::embed(embed.footer(one.check_label()));
    message.content = Some(text);
    let state = state_of(channel, one, one.phase);
    message.buttons(vec![
        pair_button(ButtonStyle::Primary, "We met", PairAction::Met, state),
        pair_button(
            ButtonStyle::Secondary,
            "We didn't meet",
            PairAction::NotMet,
            state,
        ),
    ])
}

/// The reply to the answer whether they met.
pub fn check_answered(met: bool) -> Message {
    let text = if met {
        "Thanks. Admins only see how many groups met."
    } else {
        "Thanks. You still have this thread if you find the time. Admins only see how many groups met."
    };
    Message::text(text).ephemeral()
}

/// The menu of a question's key points; `None` if it has none.
fn points_menu(
    question: &Question,
    action: PairAction,
    state: PairState,
    ticks: Option<Ticks>,
    placeholder: &str,
) -> Option<StringSelect> {
    if question.points.is_empty() {
        return None;
    }
    let ticks = ticks.filter(|ticks| ticks.points() == question.points.len());
    let missed: Vec<usize> = ticks.iter().flat_map(|ticks| ticks.missed()).collect();
    let option = |(index, point): (usize, &String)| {
        // Menus don't render Markdown.
        SelectOption::new(&point.replace('`', ""), index.to_string())
            .selected(ticks.is_some() && !missed.contains(&index))
    };
    let options: Vec<_> = question.points.iter().enumerate().map(option).collect();
    let max = options.len();
    let id = ComponentId::Pair { action, state }.custom_id();
    Some(StringSelect::new(id, placeholder, options).value_range(1, max))
}

/// A field's text, empty if there is none.
fn or_empty(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

/// The question for the interviewer alone, with all that helps to interview.
pub fn card(question: &Question, turn: &RunningTurn, state: PairState) -> Message {
    let mut embed = Embed {
        title: Some("Only you can see this".into()),
        color: color(question.level),
        ..Embed::default()
    }
    .question_field("Key points", bullets(&question.points))
    .question_field("How to answer", or_empty(question.how_to_answer.as_ref()))
    .question_field("Pitfalls", bullets(&question.pitfalls))
    .question_field("Follow-up to ask", or_empty(question.follow_up.as_ref()));
    if question.points.is_empty() {
        embed = embed.question_field("Answer", truncate(&question.answer, 1000));
    }
    let mut message = Message::embed(embed);
    let heading = format!("Ask {}:\n", mention(turn.candidate));
    let text = format!("{heading}{}", question_text(question));
    message.content = Some(truncate(&text, CONTENT_MAX));
    let menu = points_menu(
        question,
        PairAction::Points,
        state,
        turn.ticks,
        "Tick what was said",
    );
    let mut buttons = vec![pair_button(
        ButtonStyle::Primary,
        "Finish",
        PairAction::Finish,
        state,
    )];
    if menu.is_some() && turn.ticks.is_some_and(|ticks| ticks.made() > 0) {
        buttons.push(pair_button(
            ButtonStyle::Secondary,
            "Clear the ticks",
            PairAction::NoPoints,
            state,
        ));
    }
    let message = match menu {
        Some(menu) => message.select(menu),
        None => message,
    };
    message.buttons(buttons).ephemeral()
}

/// The interviewer has finished.
pub fn finished(candidate: UserId) -> Message {
    Message::text(format!(
        "Finished. I've told {} in the thread that the result is ready; only they can open it.",
        mention(candidate)
    ))
    .ephemeral()
}

/// The result, for the candidate alone.
pub fn result(question: &Question, ticks: Ticks, state: PairState) -> Message {
    let has_same_points = ticks.points() == question.points.len();
    let (said, missed): (Vec<_>, Vec<_>) = question
        .points
        .iter()
        .enumerate()
        .partition(|(index, _)| has_same_points && !ticks.missed().any(|one| one == *index));
    let texts = |points: Vec<(usize, &String)>| bullets(points.into_iter().map(|(_, text)| text));
    let names = [
        named_topic(question),
        question.level.map(|level| level.to_string()),
    ];
    let names: Vec<_> = names.into_iter().flatten().collect();
    let mut embed = Embed {
        title: Some("Your result, for you alone".into()),
        description: Some(question_text(question)),
        color: color(question.level),
        ..Embed::default()
    };
    if question.points.is_empty() {
        embed = embed.question_field("Answer", truncate(&question.answer, 1000));
    } else {
        embed = embed
            .question_field("Said", texts(said))
            .question_field("Missed", texts(missed));
    }
    embed = embed
        .question_field("Pitfalls", bullets(&question.pitfalls))
        .question_field(
            "Likely follow-up",
            question
                .follow_up
                .as_deref()
                .map_or_else(String::new, spoiler),
        );
    if !names.is_empty() {
        embed = embed.footer(names.join(" · "));
    }
    let mut message = Message::embed(embed);
    let menu = points_menu(
        question,
        PairAction::Change,
        state,
        Some(ticks),
        "I said these points",
    );
    let Some(menu) = menu else {
        message.content = Some(rating::QUESTION.to_owned());
        message.components = vec![rating::row(|rating| ComponentId::Pair {
            action: PairAction::Rate(rating),
            state,
        })];
        return message.ephemeral();
    };
    message.content = Some(
        "Your interviewer ticked this. Confirm it, or choose other points: that counts for your \
         reviews, once."
            .into(),
    );
    let mut buttons = Vec::new();
    if has_same_points {
        buttons.push(pair_button(
            ButtonStyle::Primary,
            "Confirm",
            PairAction::Confirm,
            state,
        ));
    }
    buttons.push(pair_button(
        ButtonStyle::Secondary,
        "None of them",
        PairAction::ChangeToNone,
        state,
    ));
    message.select(menu).buttons(buttons).ephemeral()
}

/// The candidate has confirmed their result.
pub fn confirmed(question: &Question, ticks: Option<Ticks>, today: Date, due: Date) -> Message {
    let score = match ticks.filter(|ticks| ticks.points() > 0) {
        Some(ticks) => format!(
            "{} of {}",
            ticks.made(),
            pluralize(ticks.points(), "key point", "key points")
        ),
        None => "Noted".to_owned(),
    };
    let text = format!(
        "**{score}.** The question comes back {} in `/quiz`.",
        relative_day(today, due)
    );
    Message::text(text)
        .buttons(vec![answer_button(question)])
        .ephemeral()
}

/// Why a press in a match's thread changes nothing.
pub const fn press_error_text(error: MatchPressError) -> &'static str {
    match error {
        MatchPressError::Over => {
            "This mock interview is over. `/pair status` shows when you are matched next."
        }
        MatchPressError::NotMember => "Only the members of this mock interview can do that.",
        MatchPressError::OtherPhase => {
            "This button is from an earlier step. Use the buttons on the newest message."
        }
        MatchPressError::NotInterviewer => {
            "Only the interviewer sees the question. You answer this time; then you swap."
        }
        MatchPressError::NotCandidate => "Only the member who answered can open this result.",
        MatchPressError::NoResult => {
            "This result is no longer there: you have confirmed it, or a week has passed."
        }
        MatchPressError::AllInterviewed => "Each of you has interviewed in this mock interview.",
    }
}

/// The direct message to a member who is alone.
pub fn alone(channel: ChannelId) -> Message {
    Message::text(format!(
        "Nobody else is free for a mock interview in <#{channel}> this week. Next time you come first. \
         Colleagues can join with `/pair join`."
    ))
}

/// What `/pair` knows of a team, for its replies.
#[derive(Debug, Clone, Copy)]
pub struct PairTeam {
    pub channel: ChannelId,
    /// When the members are matched next; `None` if the team is paused or has no mock interviews.
    pub next: Option<Timestamp>,
}

impl PairTeam {
    fn next_text(self) -> String {
        self.next.map_or_else(
            || "No matching is planned: the team is paused, or mock interviews are off.".into(),
            |at| {
                format!(
                    "Members are matched next <t:{}:F> ({}).",
                    at.as_second(),
                    relative_time(at)
                )
            },
        )
    }
}

/// What a member chose, such as ` on queues, at mid level`.
fn choice_text(participant: &Participant) -> String {
    let topic = participant.topic.as_deref().map(topic_label);
    let topic = topic.map(|topic| format!(" on {topic}"));
    let level = participant.level.as_ref();
    let level = level.map(|level| format!(" at {level} level"));
    [topic, level].into_iter().flatten().collect()
}

/// The reply to `/pair join`.
pub fn joined(team: PairTeam, participant: &Participant) -> Message {
    let questions = match choice_text(participant) {
        choice if choice.is_empty() => "the team's questions".to_owned(),
        choice => format!("questions{choice}"),
    };
    Message::text(format!(
        "You've joined mock interviews in <#{}>. You'll be asked {questions}. {}\nI'll make a private \
         thread for you and your partner, which moderators can read too. `/pair skip` leaves a week out, \
         `/pair leave` ends it.",
        team.channel,
        team.next_text()
    ))
}

/// The reply to `/pair leave`.
pub fn left(channel: ChannelId, had_joined: bool) -> Message {
    Message::text(if had_joined {
        format!(
            "You won't be matched in <#{channel}> any more. The thread of a mock interview that you have \
             now stays."
        )
    } else {
        format!("You haven't joined mock interviews in <#{channel}>.")
    })
}

/// The reply to `/pair skip`.
pub fn skipped(team: PairTeam, has_joined: bool) -> Message {
    let channel = team.channel;
    let next = team
        .next
        .map_or_else(String::new, |at| format!(" on <t:{}:D>", at.as_second()));
    Message::text(if has_joined {
        format!(
            "You're left out of the next matching in <#{channel}>{next}, and back in after it. `/pair \
             join` takes that back."
        )
    } else {
        format!("You haven't joined mock interviews in <#{channel}>. `/pair join` does.")
    })
}

/// A match of the member, for `/pair status`.
#[derive(Debug, Clone, Copy)]
pub struct OwnMatch<'a> {
    pub one: &'a Match,
    pub user: UserId,
}

/// The reply to `/pair status`.
pub fn status(
    team: PairTeam,
    participant: Option<&Participant>,
    matches: &[OwnMatch<'_>],
) -> Message {
    let channel = team.channel;
    let mut lines = vec![match participant {
        None => format!(
            "You haven't joined mock interviews in <#{channel}>. `/pair join` does. {}",
            team.next_text()
        ),
        Some(one) if one.is_suspended => format!(
            "You aren't matched in <#{channel}>, because you didn't answer in {SILENT_WEEKS_MAX} weeks in \
             a row. `/pair join` brings you back."
        ),
        Some(one) => {
            let choice = choice_text(one);
            let questions = if choice.is_empty() {
                String::new()
            } else {
                format!(", with questions{choice}")
            };
            let mut text = format!(
                "You've joined mock interviews in <#{channel}>{questions}. {}",
                team.next_text()
            );
            if one.skips {
                text += " You're left out of that one.";
            } else if one.comes_first {
                text += " You come first.";
            }
            text
        }
    }];
    let mut buttons = Vec::new();
    for OwnMatch { one, user } in matches {
        let others: Vec<_> = one
            .members
            .iter()
            .copied()
            .filter(|other| other != user)
            .collect();
        let place = match one.thread_id() {
            Some(thread) if one.is_active() => format!("in <#{thread}>"),
            Some(_) => "is over".into(),
            None if one.has_ended => "could not be set up".into(),
            None => "is being set up".into(),
        };
        let with = if others.is_empty() {
            String::new()
        } else {
            format!(" with {}", mentions(&others))
        };
        lines.push(format!(
            "Your mock interview of {}{with} {place}.",
            one.day.strftime("%-d %b")
        ));
        let open = one
            .results
            .iter()
            .filter(|result| result.candidate == *user && result.content.is_some());
        for result in open {
            let state = state_of(channel, one, result.phase);
            let label = format!("My result of {}", one.day.strftime("%-d %b"));
            buttons.push(pair_button(
                ButtonStyle::Primary,
                &label,
                PairAction::Result,
                state,
            ));
        }
    }
    buttons.truncate(BUTTONS_MAX);
    let mut message = Message::text(lines.join("\n"));
    if !buttons.is_empty() {
        message.components = vec![ActionRow::buttons(buttons)];
    }
    message
}

/// The line of `/team status` about how many take part and met. It names nobody.
pub fn team_line(participants: usize, summary: Option<MeetingSummary>) -> String {
    let joined = pluralize(participants, "member has", "members have");
    let met = summary.map_or_else(String::new, |summary| {
        let groups = pluralize(summary.groups as usize, "group", "groups");
        let day = summary.day.strftime("%-d %b");
        format!(" Of {groups} matched on {day}, {} met.", summary.met)
    });
    format!("{joined} joined.{met}")
}

/// The line of `/progress`; `None` if the member held none.
pub fn progress_line(held: u32) -> Option<String> {
    let held = pluralize(held as usize, "mock interview", "mock interviews");
    (!held.starts_with('0')).then(|| format!("{held} held."))
}
