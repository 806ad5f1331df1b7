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

/// The command that shows the viewer's streak, which ends the guide.
const STREAK: &str = "/streak";

/// The command that asks for a practice question: an easy one without code.
const PRACTICE: &str = "/quiz topic:fundamentals level:junior";

/// Returns the guided start: from the first reply to a streak of two days.
fn guide() -> Vec<GuideStep> {
    let step = |id: &str, title: &str, html: &str, buttons, goal| GuideStep {
        id: id.to_owned(),
        title: title.to_owned(),
        html: html.to_owned(),
        buttons,
        goal,
        start: None,
    };
    let next = |id, label| {
        vec![
            GuideButton::new(id, label, GuideAction::NextEvent)
                .shown(GuideVisibility::WithoutThread),
            GuideButton::new(
                &format!("{id}-thread"),
                "Open the thread",
                GuideAction::OpenThread,
            )
            .shown(GuideVisibility::WithThread),
        ]
    };
    let run = |id, label, command: &str| {
        let action = GuideAction::RunCommand(command.to_owned());
        vec![GuideButton::new(id, label, action)]
    };
    let used = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned());
        Some(GuideGoal::Used(names.collect()))
    };
    let saved = || Some(GuideGoal::Reaction("✅".to_owned()));
    vec![
        step(
            "question",
            "Welcome",
            "Quizloop asks your team one asyncio interview question a day. This page plays \
             Discord; you are {me}.",
            next("today", "Get today's question"),
            Some(GuideGoal::Thread),
        ),
        step(
            "reply",
            "Reply",
            "Answer in your own words. ✅ means saved.",
            Vec::new(),
            saved(),
        ),
        step(
            "look",
            "Look",
            "Compare: only you see it.",
            run("answer", "Show the model answer", "/answer"),
            used(&["answer", "Model answer"]),
        ),
        step(
            "practise",
            "Practise",
            "In private, at any time.",
            run("quiz", "Ask me another", PRACTICE),
            used(&["quiz"]),
        ),
        step(
            "tomorrow",
            "Tomorrow",
            "Weekends don't break a streak.",
            next("tomorrow", "Go to the next question"),
            Some(GuideGoal::Thread),
        ),
        step(
            "again",
            "Reply again",
            "A new day: answer again.",
            Vec::new(),
            saved(),
        ),
        GuideStep {
            start: Some(GuideAction::RunCommand(STREAK.to_owned())),
            ..step(
                "done",
                "Your streak",
                "That was <strong>/streak</strong>. Next: rehearse with <strong>/interview</strong>. \
                 Play Lin and Sam below the channels and let both run <strong>/pair join</strong>: \
                 on Monday at 10:00 they get a private thread, in which you can switch between \
                 them. Or break something under <em>Faults and log</em>.",
                vec![
                    GuideButton::new("slash", "Show the commands", GuideAction::ShowCommands),
                    GuideButton::new("restart", "Start over", GuideAction::Restart),
                ],
                None,
            )
        },
    ]
}
