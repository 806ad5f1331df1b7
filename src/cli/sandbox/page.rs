//! Quizloop's additions to the sandbox's page: the guided start, the week, and the next question.

use std::sync::Arc;

use discord_sandbox::Options;
use discord_sandbox::page::{
    GuideAction, GuideButton, GuideGoal, GuideStep, GuideVisibility, PageExtension,
};

use super::week::SimulatedWeek;

/// Returns the options of a sandbox for Quizloop: its name and its page.
pub fn options() -> Options {
    Options {
        name: "Quizloop".to_owned(),
        page: PageExtension {
            event: Some("question".to_owned()),
            guide: guide(),
            demos: vec![Arc::new(SimulatedWeek)],
        },
        ..Options::default()
    }
}

/// Returns the guided start: from the first reply to the second day.
fn guide() -> Vec<GuideStep> {
    let next = |id, label| GuideButton::new(id, label, GuideAction::NextEvent);
    let thread = GuideButton::new("thread", "Open the thread", GuideAction::OpenThread);
    vec![
        GuideStep {
            id: "reply".to_owned(),
            title: "1 of 3 · Reply".to_owned(),
            html: "Quizloop posts one interview question a day. This page imitates Discord; you \
                   start as {me}. Open the thread and answer in your own words: ✅ means your \
                   reply is saved."
                .to_owned(),
            buttons: vec![
                next("question", "Get today's question").shown(GuideVisibility::WithoutThread),
                thread.shown(GuideVisibility::WithThread),
            ],
            goal: Some(GuideGoal::Reaction("✅".to_owned())),
        },
        GuideStep {
            id: "commands".to_owned(),
            title: "2 of 3 · Ask the bot".to_owned(),
            html: "Type <kbd>/</kbd> in the message box. <strong>/answer</strong> shows the model \
                   answer to you only; below it, tick which points your reply made. \
                   <strong>/quiz</strong> asks you another question whenever you like."
                .to_owned(),
            buttons: vec![GuideButton::new(
                "slash",
                "Show the commands",
                GuideAction::ShowCommands,
            )],
            goal: Some(GuideGoal::Commands(vec![
                "answer".to_owned(),
                "quiz".to_owned(),
            ])),
        },
        GuideStep {
            id: "tomorrow".to_owned(),
            title: "3 of 3 · Tomorrow".to_owned(),
            html: "Reply to each day's question to grow your streak. Weekends don't break it. \
                   Move the clock to the next question, or try <em>+1 day</em> and \
                   <em>A week</em>."
                .to_owned(),
            buttons: vec![next("tomorrow", "Go to the next question")],
            goal: Some(GuideGoal::NewThread),
        },
        GuideStep {
            id: "done".to_owned(),
            title: "All done".to_owned(),
            html: "Reply to the new question, then type <strong>/streak</strong> to see your \
                   streak. Next, switch to another member below the channel list, or break \
                   something under <em>⚡ Faults and log</em>."
                .to_owned(),
            buttons: Vec::new(),
            goal: None,
        },
    ]
}
