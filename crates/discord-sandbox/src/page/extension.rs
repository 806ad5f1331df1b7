//! What a bot adds to the page: a scheduled event, a guided start and demos.
//!
//! The sandbox knows no bot, so the program that starts the sandbox passes all of this in
//! [`Options::page`](crate::Options::page). Without it, the page has neither.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Serialize;

use crate::Sandbox;

/// A bot's additions to the page.
#[derive(Debug, Clone, Default)]
pub struct PageExtension {
    /// The event that the bot schedules, in one word such as "reminder". It names the button that
    /// moves the clock to the next one ("Next reminder") and its value in the control API
    /// (`{"next": "reminder"}`). The times come from [`Calendar`](super::Calendar).
    pub event: Option<String>,
    /// The steps of the guided start, in order. Empty for no guide.
    pub guide: Vec<GuideStep>,
    /// Activities that the page offers as buttons.
    pub demos: Vec<Arc<dyn Demo>>,
}

/// One step of the guided start.
///
/// ```
/// use discord_sandbox::page::{GuideAction, GuideButton, GuideGoal, GuideStep};
///
/// let roll = GuideAction::RunCommand("/roll sides:6".into());
/// let step = GuideStep {
///     id: "roll".into(),
///     title: "1 of 2 · Roll".into(),
///     html: "You are {me}. <strong>/roll</strong> rolls a die.".into(),
///     buttons: vec![GuideButton::new("roll", "Roll a die", roll)],
///     goal: Some(GuideGoal::Used(vec!["roll".into()])),
///     start: None,
/// };
/// assert_eq!(step.buttons[0].id, "roll");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuideStep {
    /// Id, under which the browser remembers the step.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Text as HTML, inserted without escaping. `{me}` is replaced with the viewer's name.
    pub html: String,
    /// Buttons under the text.
    pub buttons: Vec<GuideButton>,
    /// What completes the step. `None` for the last step.
    pub goal: Option<GuideGoal>,
    /// What the page does for the viewer when the step begins.
    pub start: Option<GuideAction>,
}

/// A button of a guide step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuideButton {
    /// Id, unique in the guide.
    pub id: String,
    /// Label.
    pub label: String,
    /// What the button does.
    pub action: GuideAction,
    /// When the button is shown.
    pub shown: GuideVisibility,
}

impl GuideButton {
    /// Creates a button that is always shown.
    pub fn new(id: &str, label: &str, action: GuideAction) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            action,
            shown: GuideVisibility::Always,
        }
    }

    /// Sets when the button is shown.
    #[must_use]
    pub fn shown(self, shown: GuideVisibility) -> Self {
        Self { shown, ..self }
    }
}

/// What the guide does for the viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum GuideAction {
    /// Moves the clock to the bot's next scheduled event, and opens the thread that it starts.
    NextEvent,
    /// Opens the newest thread that was started since the step began.
    OpenThread,
    /// Types `/` in the message box that is shown, which lists the commands.
    ShowCommands,
    /// Runs a command as the viewer would type it, such as `/roll sides:6`, in the thread or channel
    /// that is shown.
    RunCommand(String),
    /// Begins the guide again.
    Restart,
}

/// When a button of the guide is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuideVisibility {
    /// Always.
    Always,
    /// While no thread was started since the step began.
    WithoutThread,
    /// If a thread was started since the step began.
    WithThread,
}

/// What completes a step of the guide. Only what happens after the step began counts; in the first
/// step, also what happened before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum GuideGoal {
    /// One of the viewer's messages has a reaction with this emoji.
    Reaction(String),
    /// The viewer has used one of these: a command, or a button by its label.
    Used(Vec<String>),
    /// A new thread is open.
    Thread,
}

/// An activity of simulated members that the page offers as a button, such as a busy week.
///
/// `POST /sandbox/demo/{id}` runs it as well.
pub trait Demo: fmt::Debug + Send + Sync {
    /// Returns the id: one word, which the page uses for no other button.
    fn id(&self) -> &str;

    /// Returns the button's label.
    fn label(&self) -> &str;

    /// Returns a sentence about the demo: the button's tooltip, and the help of the control API.
    fn description(&self) -> &str;

    /// Returns the notice that is shown while the demo runs.
    fn progress(&self) -> &str;

    /// Runs the demo and returns a summary for the viewer.
    fn run(&self, sandbox: Sandbox) -> BoxFuture<'_, DemoResult>;
}

/// The summary of a demo, or why it failed.
pub type DemoResult = Result<String, Box<dyn Error + Send + Sync>>;

impl PageExtension {
    /// Returns the demo with this id.
    pub fn demo(&self, id: &str) -> Option<&Arc<dyn Demo>> {
        self.demos.iter().find(|demo| demo.id() == id)
    }
}
