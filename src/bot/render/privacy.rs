//! The data stored about a member, and what they can do with it.

use super::component::{Button, ButtonStyle};
use super::daily::button;
use super::file::File;
use super::message::{Embed, Message};
use super::text::{bullets, pluralize};
use crate::bot::interactions::custom_id::{ComponentId, PrivacyAction};
use quizloop_core::data_deletion::{BACKFILL_ROUNDS, INACTIVITY_MONTHS, RESTORABLE_DAYS};
use quizloop_core::mock_interview::HISTORY_WEEKS;

/// The embed colour of messages about a member's data.
const PRIVACY_COLOR: u32 = 0x5c_6b_73;

/// How much is stored about a member in one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredData {
    /// Teams in which they have results.
    pub teams: usize,
    /// Rounds in which they have a result, over all teams.
    pub rounds: usize,
    /// Questions they practised in `/quiz`.
    pub reviews: usize,
    /// Rounds with their ticks in the self-assessment, over all teams.
    pub assessments: usize,
    /// Rounds with which they reached a milestone that was mentioned to them, over all teams.
    pub milestones: usize,
    /// Topics for which the sum of their ticks is stored.
    pub assessed_topics: usize,
    /// Their open reports of mistakes in questions.
    pub reports: usize,
    /// Questions of the server that they wrote.
    pub written_questions: usize,
    /// Their open suggestions of questions.
    pub suggestions: usize,
    /// Suggestions that they decided, and their own of whose decision they have not been notified.
    pub decisions: usize,
    /// Teams in which they set a reminder.
    pub reminders: usize,
    /// Whether they are reminded of due reviews.
    pub review_reminder: bool,
    /// Whether they are hidden from leaderboards and weekly reports.
    pub hidden: bool,
    /// Whether an interview is stored with its questions.
    pub interview: bool,
    /// Results of earlier interviews.
    pub interview_results: usize,
    /// Teams in which they joined mock interviews.
    pub pair_teams: usize,
    /// Weeks of the last year in which they were matched.
    pub matched_weeks: usize,
    /// Results of mock interviews that they did not confirm yet.
    pub open_results: usize,
    /// Mock interviews that they held.
    pub mock_interviews: usize,
}

/// The reply to `/privacy`.
pub fn overview(kept: &StoredData) -> Message {
    let mut embed = Embed {
        title: Some("Your data".into()),
        description: Some(
            "In this server I store ids, dates, counts and ratings. The text of a reply reaches me only \
             if you compare it with the model answer. Then it is only shown back to you, as is what \
             you write in `/quiz` or `/interview`. The only texts I store are a mistake that you report, and a question \
             that you write or suggest for this server."
                .into(),
        ),
        color: PRIVACY_COLOR,
        ..Embed::default()
    }
    .field("Stored about you", bullets(stored_items(kept)));
    // In a field of its own, because a field has a limit.
    let interviews = interview_items(kept);
    if !interviews.is_empty() {
        embed = embed.field("Your interviews", bullets(interviews));
    }
    let embed = embed.field(
        "What it's for",
        "Results make up your streak. Scores and ticks decide when `/quiz` repeats a question, and \
         ticks also show which key points a team misses. If an admin \
         cancels or credits a question, their id is stored with it.",
    )
    .field(
        "How long",
        format!(
            "Until you delete it, the bot or the team is removed, or you haven't been active here for \
             {INACTIVITY_MONTHS} months. For {RESTORABLE_DAYS} days after a removal, the person who runs \
             the bot can restore the data; what you delete is deleted there as well."
        ),
    );
    Message::embed(embed).buttons(buttons(kept.hidden))
}

fn stored_items(kept: &StoredData) -> Vec<String> {
    let questions = pluralize(kept.rounds, "question", "questions");
    let teams = pluralize(kept.teams, "team", "teams");
    let mut lines = vec![
        format!(
            "your results for {questions} in {teams}, and the message id of your first reply to each \
             team's two newest"
        ),
        format!(
            "your `/quiz` scores for {}, and how many you did on each day of the last half year",
            pluralize(kept.reviews, "question", "questions")
        ),
    ];
    if kept.assessments > 0 {
        let questions = pluralize(kept.assessments, "question", "questions");
        lines.push(format!(
            "the key points that you ticked for {questions}, of each team's two newest"
        ));
    }
    if kept.milestones > 0 {
        lines.push("that I told you of a milestone of your streak, for two questions".into());
    }
    if kept.assessed_topics > 0 {
        let topics = pluralize(kept.assessed_topics, "topic", "topics");
        lines.push(format!("how many key points you ticked in {topics}"));
    }
    if kept.reports > 0 {
        let reports = pluralize(kept.reports, "mistake", "mistakes");
        lines.push(format!(
            "{reports} that you reported, until an admin closes the report"
        ));
    }
    if kept.written_questions > 0 {
        let questions = pluralize(kept.written_questions, "question", "questions");
        lines.push(format!("that you wrote {questions} of this server"));
    }
    if kept.suggestions > 0 {
        let suggestions = pluralize(kept.suggestions, "question", "questions");
        lines.push(format!(
            "{suggestions} that you suggested, until an admin decides"
        ));
    }
    if kept.decisions > 0 {
        let decisions = pluralize(kept.decisions, "suggestion", "suggestions");
        lines.push(format!(
            "what was decided on {decisions} that you made or decided"
        ));
    }
    if kept.reminders > 0 {
        let teams = pluralize(kept.reminders, "team", "teams");
        lines.push(format!("your reminder time in {teams}"));
    }
    if kept.review_reminder {
        lines.push("the time of your reminder of due reviews".into());
    }
    if kept.hidden {
        lines.push("your choice to be hidden from leaderboards and weekly reports".into());
    }
    lines
}

fn interview_items(kept: &StoredData) -> Vec<String> {
    let mut lines = Vec::new();
    if kept.interview {
        lines.push(
            "your newest interview: its questions, times and ticks, until a day after its end"
                .into(),
        );
    }
    if kept.interview_results > 0 {
        let results = pluralize(kept.interview_results, "interview", "interviews");
        lines.push(format!(
            "date, length and number of key points of your last {results}"
        ));
    }
    if kept.pair_teams > 0 {
        let teams = pluralize(kept.pair_teams, "team", "teams");
        lines.push(format!(
            "that you joined mock interviews in {teams}, with the topic and the level that you chose"
        ));
    }
    if kept.matched_weeks > 0 {
        let weeks = pluralize(kept.matched_weeks, "week", "weeks");
        lines.push(format!(
            "with whom you were matched in {weeks} of the last {HISTORY_WEEKS}"
        ));
    }
    if kept.open_results > 0 {
        let results = pluralize(kept.open_results, "result", "results");
        lines.push(format!(
            "{results} of mock interviews, for a week or until you confirm them"
        ));
    }
    if kept.mock_interviews > 0 {
        let held = pluralize(kept.mock_interviews, "mock interview", "mock interviews");
        lines.push(format!("that you held {held}"));
    }
    lines
}

fn buttons(hidden: bool) -> Vec<Button> {
    let action = |style, label, action| button(style, label, &ComponentId::Privacy(action));
    let leaderboards = if hidden {
        action(
            ButtonStyle::Secondary,
            "Show me on leaderboards",
            PrivacyAction::Show,
        )
    } else {
        action(
            ButtonStyle::Secondary,
            "Hide me from leaderboards",
            PrivacyAction::Hide,
        )
    };
    vec![
        action(
            ButtonStyle::Primary,
            "Export my data",
            PrivacyAction::Export,
        ),
        leaderboards,
        action(ButtonStyle::Danger, "Delete my data", PrivacyAction::Delete),
    ]
}

/// The member's data as a file.
pub fn exported(json: Vec<u8>) -> Message {
    let file = File::new(
        "quizloop-privacy.json",
        "Everything Quizloop stores about you in this server, as JSON",
        json,
    );
    Message::text("Here is everything I store about you in this server. Only you can see this.")
        .attach(file)
}

/// Asks for confirmation before anything is deleted.
pub fn confirm_deletion(kept: &StoredData) -> Message {
    let results = pluralize(kept.rounds, "question", "questions");
    let scores = pluralize(kept.reviews, "question", "questions");
    let stays = if kept.written_questions > 0 {
        " The questions that you wrote stay, without your name."
    } else {
        ""
    };
    Message::text(format!(
        "This deletes your data in this server for good: your streak with the results for {results}, \
         and your `/quiz` scores for {scores}. You also leave its leaderboards.{stays} To keep a copy, \
         export your data first."
    ))
    .buttons(vec![
        button(
            ButtonStyle::Danger,
            "Delete for good",
            &ComponentId::Privacy(PrivacyAction::DeleteForGood),
        ),
        button(
            ButtonStyle::Secondary,
            "Export my data",
            &ComponentId::Privacy(PrivacyAction::Export),
        ),
    ])
}

/// The member's data was deleted.
pub fn deleted() -> Message {
    Message::text(format!(
        "Everything I stored about you in this server is deleted. Your earlier replies no longer \
         count, and your next reply starts a new streak. So that they stay uncounted, I keep your id \
         and the time of this deletion until {BACKFILL_ROUNDS} more questions are out."
    ))
}
