//! What is kept of a member, in plain words, and what they can do about it.

use super::component::{Button, ButtonStyle};
use super::daily::button;
use super::file::File;
use super::message::{Embed, Message};
use super::text::{bullets, pluralize};
use crate::bot::custom_id::{ComponentId, PrivacyAction};
use crate::practice::data_deletion::{BACKFILL_ROUNDS, INACTIVITY_MONTHS};

/// The colour of what concerns the member alone.
const PRIVACY_COLOR: u32 = 0x5c_6b_73;

/// How much is kept of a member in one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredData {
    /// Teams in which they took part.
    pub teams: usize,
    /// Rounds with a mark of theirs, over all teams.
    pub rounds: usize,
    /// Questions they practised.
    pub reviews: usize,
    /// Mistakes in questions that they reported and no admin has closed.
    pub reports: usize,
    /// Teams of whose questions they want to be reminded.
    pub reminders: usize,
    /// Whether they are on no board.
    pub hidden: bool,
}

/// What `/privacy` says.
pub fn overview(kept: &StoredData) -> Message {
    let embed = Embed {
        title: Some("What I keep of you".into()),
        description: Some(
            "In this server I keep ids, dates, counts and ratings. The text of your replies never reaches me, \
             and what you write in `/quiz` is shown back and forgotten. Only a mistake that you report is kept in your \
             words, for the admins."
                .into(),
        ),
        color: PRIVACY_COLOR,
        ..Embed::default()
    }
    .field("Of you there are", bullets(stored_items(kept)))
    .field(
        "What it is for",
        "Marks make your streak. Reviews say when `/quiz` brings a question back. An order an admin gives is kept with \
         their name.",
    )
    .field(
        "How long",
        format!(
            "Until you delete it, the bot is removed from the server, or you were not seen here for {INACTIVITY_MONTHS} \
             months."
        ),
    );
    Message::embed(embed).buttons(buttons(kept.hidden))
}

fn stored_items(kept: &StoredData) -> Vec<String> {
    let rounds = pluralize(kept.rounds, "round", "rounds");
    let teams = pluralize(kept.teams, "team", "teams");
    let mut lines = vec![
        format!("a mark in {rounds} of {teams}, and for the newest two the id of your first reply"),
        format!(
            "reviews of {}, and how many you did on each day of half a year",
            pluralize(kept.reviews, "question", "questions")
        ),
    ];
    if kept.reports > 0 {
        let reports = pluralize(kept.reports, "mistake", "mistakes");
        lines.push(format!(
            "{reports} in questions that you reported, until an admin closes the report"
        ));
    }
    if kept.reminders > 0 {
        let teams = pluralize(kept.reminders, "team", "teams");
        lines.push(format!("when you want to be reminded, in {teams}"));
    }
    if kept.hidden {
        lines.push("your wish not to be on boards and in reports".into());
    }
    lines
}

fn buttons(hidden: bool) -> Vec<Button> {
    let press = |style, label, step| button(style, label, &ComponentId::Privacy(step));
    let boards = if hidden {
        press(
            ButtonStyle::Secondary,
            "Put me on the boards",
            PrivacyAction::Show,
        )
    } else {
        press(
            ButtonStyle::Secondary,
            "Take me off the boards",
            PrivacyAction::Hide,
        )
    };
    vec![
        press(
            ButtonStyle::Primary,
            "Export as a file",
            PrivacyAction::Export,
        ),
        boards,
        press(
            ButtonStyle::Danger,
            "Delete everything of mine",
            PrivacyAction::Delete,
        ),
    ]
}

/// With the file.
pub fn exported(json: Vec<u8>) -> Message {
    let file = File::new(
        "quizloop-privacy.json",
        "All that Quizloop keeps of you in this server, as JSON",
        json,
    );
    Message::text("Here is all I keep of you in this server. Nobody else sees this message.")
        .attach(file)
}

/// Asked back before anything is deleted.
pub fn confirm_deletion(kept: &StoredData) -> Message {
    let (rounds, reviews) = (
        pluralize(kept.rounds, "round", "rounds"),
        pluralize(kept.reviews, "question", "questions"),
    );
    Message::text(format!(
        "This deletes your streak with {rounds}, and your reviews of {reviews}, in this server and for good. You \
         also leave its boards. If you may want it back one day, export it first."
    ))
    .buttons(vec![
        button(
            ButtonStyle::Danger,
            "Delete for good",
            &ComponentId::Privacy(PrivacyAction::DeleteForGood),
        ),
        button(
            ButtonStyle::Secondary,
            "Export as a file",
            &ComponentId::Privacy(PrivacyAction::Export),
        ),
    ])
}

/// It is done.
pub fn deleted() -> Message {
    Message::text(format!(
        "Everything I kept of you in this server is deleted. What you replied until now does not count any more; your \
         next reply starts a new streak. To make sure of that I keep your id and this moment until {BACKFILL_ROUNDS} more \
         questions have come; then they go as well."
    ))
}
