//! Actions of members and the admin until the bot is killed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::{Sandbox, ids};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::hardship::Hardship;
use crate::support::{MessageExt, credit_options, posts_in};

/// The members; the first is the admin.
pub const MEMBERS: [u64; 3] = [ids::ADA, ids::LIN, ids::SAM];

/// An admin action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAction {
    /// Credits a member's round.
    Credit(u64, u32),
    /// Takes credit back.
    TakeBackCredit(u64, u32),
    /// Voids a round for all members.
    Void(u32),
    /// Makes a void round count again.
    Restore(u32),
    /// Sets the catch-up limit, in minutes.
    CatchUp(i64),
    /// Pauses the team, or resumes it.
    Pause(bool),
    /// Sets up a team in another server's channel.
    SetUp(u64),
    /// Practises and scores a question. Not an admin action, but confirmed in the same way.
    Review,
    /// Lin replies to the round with this number, unless she has, and assesses the reply.
    Assess(u32),
}

/// Result of an admin action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionOutcome {
    /// The response reported success.
    Succeeded,
    /// The response reported a rejection.
    Rejected,
    /// The bot was killed before it responded.
    Unknown,
}

/// What members and the admin did.
#[derive(Debug, Default)]
pub struct ObservedHistory {
    /// Question, member, message.
    pub replies: Vec<(u64, u64, u64)>,
    /// In the order in which they were performed.
    pub actions: Vec<(AdminAction, ActionOutcome)>,
}

/// The sandbox in which the actions happen, and their record.
#[derive(Clone)]
pub struct Scene {
    pub sandbox: Sandbox,
    pub history: Arc<Mutex<ObservedHistory>>,
}

/// Actions until the next kill.
#[derive(Debug, Default, Clone)]
pub struct ActionPlan {
    /// The time to advance to.
    pub move_to: Option<jiff::Timestamp>,
    pub actions: Vec<AdminAction>,
    /// A server from which the bot is removed.
    pub leave: Option<u64>,
    pub hardship: Option<Hardship>,
}

/// Starts all actions concurrently.
pub fn spawn_actions(scene: &Scene, plan: ActionPlan, rng: &mut StdRng) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for member in MEMBERS {
        tasks.spawn(member_writes(scene.clone(), member, split(rng)));
    }
    tasks.spawn(run_admin_actions(scene.clone(), plan.actions, split(rng)));
    if let Some(hardship) = plan.hardship {
        let (sandbox, mut rng) = (scene.sandbox.clone(), split(rng));
        tasks.spawn(async move {
            pause(&mut rng, 10).await;
            hardship.happen(&sandbox, &mut rng).await;
        });
    }
    let sandbox = scene.sandbox.clone();
    tasks.spawn(async move {
        if let Some(guild) = plan.leave {
            sandbox.remove_bot(guild);
        }
        if let Some(time) = plan.move_to {
            // A bot that is killed meanwhile does not acknowledge the time.
            let _ = sandbox.clock().set(time).await;
        }
    });
    tasks
}

/// Derives an independent random source, so that its values do not depend on task scheduling.
fn split(rng: &mut StdRng) -> StdRng {
    use rand::SeedableRng;
    StdRng::seed_from_u64(rng.random())
}

async fn pause(rng: &mut StdRng, most: u64) {
    tokio::time::sleep(Duration::from_millis(rng.random_range(0..=most))).await;
}

async fn member_writes(scene: Scene, member: u64, mut rng: StdRng) {
    for _ in 0..rng.random_range(1..=3) {
        pause(&mut rng, 25).await;
        write(&scene, member, &mut rng);
    }
}

/// Writes one reply: to the newest question or, just after a new one was posted, to the previous
/// question; in the thread or as a reply to the question itself.
pub fn write(scene: &Scene, member: u64, rng: &mut StdRng) {
    let posts = posts_in(&scene.sandbox, ids::ASYNCIO);
    let Some(newest) = posts.last() else {
        return;
    };
    let late = posts.len() > 1
        && newest.written_ms == scene.sandbox.clock().now_ms()
        && rng.random_bool(0.25);
    let question = if late {
        &posts[posts.len() - 2]
    } else {
        newest
    };
    reply_to(scene, question, member, rng);
}

/// Writes one reply, in the thread or as a reply to the question itself, and returns it.
fn reply_to(scene: &Scene, question: &MessageView, member: u64, rng: &mut StdRng) -> u64 {
    let in_thread = question.thread.filter(|_| rng.random_bool(0.7));
    let result = match in_thread {
        Some(thread) => scene.sandbox.post(thread, member, "what I think"),
        None => scene
            .sandbox
            .compose(ids::ASYNCIO, member, "what I think")
            .reply_to(question.id)
            .send(),
    };
    let message = result.unwrap_or_else(|error| panic!("{error}"));
    let mut history = scene.history.lock().unwrap();
    history.replies.push((question.id, member, message));
    message
}

async fn run_admin_actions(scene: Scene, actions: Vec<AdminAction>, mut rng: StdRng) {
    for action in actions {
        pause(&mut rng, 15).await;
        let index = {
            let mut history = scene.history.lock().unwrap();
            history.actions.push((action, ActionOutcome::Unknown));
            history.actions.len() - 1
        };
        let outcome = match action {
            AdminAction::Assess(round) => assess(&scene, round, &mut rng)
                .await
                .unwrap_or(ActionOutcome::Unknown),
            _ => perform(&scene.sandbox, action).await,
        };
        scene.history.lock().unwrap().actions[index].1 = outcome;
    }
}

/// Performs an admin action and waits for the response.
pub async fn perform(sandbox: &Sandbox, action: AdminAction) -> ActionOutcome {
    if action == AdminAction::Review {
        return practise(sandbox).await.unwrap_or(ActionOutcome::Unknown);
    }
    let (command, options, success): (_, Vec<(&str, Value)>, _) = match action {
        AdminAction::Credit(member, round) => (
            "team credit",
            credit_options(member, round).into(),
            "gets credit",
        ),
        AdminAction::TakeBackCredit(member, round) => (
            "team restore",
            credit_options(member, round).into(),
            "has no credit for question",
        ),
        AdminAction::Void(round) => ("team void", vec![question(round)], "no longer counts"),
        AdminAction::Restore(round) => ("team restore", vec![question(round)], "counts again"),
        AdminAction::CatchUp(minutes) => (
            "team settings",
            vec![("catch_up", json!(format!("{minutes}m")))],
            "has these settings",
        ),
        AdminAction::Pause(true) => ("team pause", vec![], "are paused"),
        AdminAction::Pause(false) => ("team resume", vec![], "are back on"),
        AdminAction::SetUp(_) => (
            "setup",
            vec![
                ("timezone", json!("UTC")),
                ("time", json!("23:00")),
                ("days", json!("every day")),
            ],
            "is set up",
        ),
        AdminAction::Review | AdminAction::Assess(_) => unreachable!("it has several steps"),
    };
    let channel = match action {
        AdminAction::SetUp(channel) => channel,
        _ => ids::ASYNCIO,
    };
    let mut outcome = sandbox.command(channel, ids::ADA, command, &options).await;
    if let Some((message, button)) = confirmation(&outcome) {
        outcome = sandbox.press(message, ids::ADA, button, &[]).await;
    }
    outcome_of(&outcome, success).unwrap_or(ActionOutcome::Unknown)
}

fn question(round: u32) -> (&'static str, Value) {
    ("question", json!(round.to_string()))
}

/// Returns message and label of the button with which an admin confirms an action.
fn confirmation(outcome: &ClientOutcome) -> Option<(u64, &'static str)> {
    let message = outcome.message()?;
    let components = serde_json::to_string(&message.components).unwrap();
    let mut buttons = ["Cancel the question", "Give credit"].into_iter();
    let button = buttons.find(|button| components.contains(button))?;
    Some((message.id, button))
}

fn outcome_of(outcome: &ClientOutcome, success: &str) -> Option<ActionOutcome> {
    let message = outcome.message().filter(|message| !message.thinking)?;
    let succeeded = message.text().contains(success);
    Some(if succeeded {
        ActionOutcome::Succeeded
    } else {
        ActionOutcome::Rejected
    })
}

/// Practises a question, from `/quiz` to the score. Returns `None` if the bot is killed meanwhile.
async fn practise(sandbox: &Sandbox) -> Option<ActionOutcome> {
    let queues = [("topic", json!("queues"))];
    let quiz = sandbox
        .command(ids::ASYNCIO, ids::ADA, "quiz", &queues)
        .await;
    let quiz = quiz.message().filter(|message| !message.thinking)?;
    if !quiz.text().contains("[Why now]") {
        return Some(ActionOutcome::Rejected);
    }
    let press = |button| sandbox.press(quiz.id, ids::ADA, button, &[]);
    let answer = press("Show the answer").await;
    answer.message().filter(|message| !message.thinking)?;
    outcome_of(&press("None of them").await, "I'll ask again")
}

/// Lin replies to a round and assesses her reply. Returns `None` if the bot is killed meanwhile.
async fn assess(scene: &Scene, round: u32, rng: &mut StdRng) -> Option<ActionOutcome> {
    let sandbox = &scene.sandbox;
    let index = round as usize - 1;
    let is_posted = || posts_in(sandbox, ids::ASYNCIO).len() > index;
    if !wait_until(sandbox, is_posted).await {
        return None;
    }
    let post = posts_in(sandbox, ids::ASYNCIO).swap_remove(index);
    let reply = reply_to(scene, &post, ids::LIN, rng);
    let is_counted = || {
        let reply = sandbox.message(reply);
        reply.is_some_and(|reply| reply.is_counted())
    };
    if !wait_until(sandbox, is_counted).await {
        return None;
    }
    let answer = sandbox.press(post.id, ids::LIN, "Model answer", &[]).await;
    let answer = answer.message().filter(|message| !message.thinking)?;
    let components = serde_json::to_string(&answer.components).unwrap();
    if !components.contains("q1:assess:0:") {
        return Some(ActionOutcome::Rejected);
    }
    let assessed = sandbox
        .press(answer.id, ids::LIN, "None of them", &[])
        .await;
    outcome_of(&assessed, "Your reply made 0 of")
}

/// Waits for at most twenty seconds, and two once the bot has no session: it may have been killed.
/// Returns whether it happened.
async fn wait_until(sandbox: &Sandbox, is_done: impl Fn() -> bool) -> bool {
    let mut polls_without_session = 0;
    for _ in 0..2000 {
        if is_done() {
            return true;
        }
        if !sandbox.is_connected() {
            polls_without_session += 1;
        }
        if polls_without_session == 200 {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// Returns random admin actions until the next kill, possibly none.
pub fn random_actions(rounds: u32, paused_is_fine: bool, rng: &mut StdRng) -> Vec<AdminAction> {
    let mut actions = Vec::new();
    for _ in 0..rng.random_range(0..=2) {
        let newest = rounds.max(1);
        let round = rng.random_range(newest.saturating_sub(4).max(1)..=newest);
        let member = *MEMBERS.choose(rng).unwrap();
        match rng.random_range(0..6) {
            5 => actions.push(AdminAction::Assess(newest)),
            4 => actions.push(AdminAction::Review),
            0 => {
                actions.push(AdminAction::Credit(member, round));
                if rng.random_bool(0.3) {
                    actions.push(AdminAction::TakeBackCredit(member, round));
                }
            }
            1 if rng.random_bool(0.3) => {
                actions.push(AdminAction::Void(round));
                if rng.random_bool(0.5) {
                    actions.push(AdminAction::Restore(round));
                }
            }
            2 if paused_is_fine => {
                actions.push(AdminAction::Pause(true));
                if rng.random_bool(0.7) {
                    actions.push(AdminAction::Pause(false));
                }
            }
            _ => actions.push(AdminAction::CatchUp(rng.random_range(60..600))),
        }
    }
    actions
}
