//! What people do while the bot is about to die.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::{Sandbox, ids};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{MessageExt, posts_in};

/// The members; the first one is the admin.
pub const MEMBERS: [u64; 3] = [ids::ADA, ids::LIN, ids::SAM];

/// An order of an admin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAction {
    /// Credit for a member's round.
    Credit(u64, u32),
    /// A round void for all.
    Void(u32),
    /// A new catch-up limit, in minutes.
    CatchUp(i64),
    /// A pause, or its end.
    Pause(bool),
    /// A team in another server's channel.
    SetUp(u64),
    /// Not an order, but confirmed like one: a question practised and scored.
    Review,
}

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionOutcome {
    /// It was answered with success.
    Succeeded,
    /// It was answered with a refusal.
    Rejected,
    /// The bot died first.
    Unknown,
}

/// What people did.
#[derive(Debug, Default)]
pub struct ObservedHistory {
    /// Question, member, message.
    pub replies: Vec<(u64, u64, u64)>,
    /// In the order in which they were given.
    pub actions: Vec<(AdminAction, ActionOutcome)>,
}

/// Where things happen.
#[derive(Clone)]
pub struct Scene {
    pub sandbox: Sandbox,
    pub history: Arc<Mutex<ObservedHistory>>,
}

/// What is to happen in a life.
#[derive(Debug, Default, Clone)]
pub struct ActionPlan {
    /// The time is moved there.
    pub move_to: Option<jiff::Timestamp>,
    pub actions: Vec<AdminAction>,
    /// A server from which the bot is removed.
    pub leave: Option<u64>,
}

/// Lets it all happen at once.
pub fn spawn_actions(scene: &Scene, plan: ActionPlan, rng: &mut StdRng) -> JoinSet<()> {
    let mut acts = JoinSet::new();
    for member in MEMBERS {
        acts.spawn(member_writes(scene.clone(), member, split(rng)));
    }
    acts.spawn(run_admin_actions(scene.clone(), plan.actions, split(rng)));
    let sandbox = scene.sandbox.clone();
    acts.spawn(async move {
        if let Some(guild) = plan.leave {
            sandbox.remove_bot(guild);
        }
        if let Some(time) = plan.move_to {
            // A bot that dies meanwhile does not report.
            let _ = sandbox.clock().set(time).await;
        }
    });
    acts
}

/// A random source of one's own, so that what one draws does not depend on how tasks take turns.
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

/// Writes one message: to the newest question, or, once today's is there, to yesterday's; in the thread, or in
/// reply to the question itself.
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
    let in_thread = question.thread.filter(|_| rng.random_bool(0.7));
    let sent = match in_thread {
        Some(thread) => scene.sandbox.post(thread, member, "what I think"),
        None => scene
            .sandbox
            .compose(ids::ASYNCIO, member, "what I think")
            .reply_to(question.id)
            .send(),
    };
    let message = sent.unwrap_or_else(|error| panic!("{error}"));
    let mut notes = scene.history.lock().unwrap();
    notes.replies.push((question.id, member, message));
}

async fn run_admin_actions(scene: Scene, orders: Vec<AdminAction>, mut rng: StdRng) {
    for order in orders {
        pause(&mut rng, 15).await;
        let index = {
            let mut notes = scene.history.lock().unwrap();
            notes.actions.push((order, ActionOutcome::Unknown));
            notes.actions.len() - 1
        };
        let came = perform(&scene.sandbox, order).await;
        scene.history.lock().unwrap().actions[index].1 = came;
    }
}

/// Gives an order and waits for the answer.
pub async fn perform(sandbox: &Sandbox, order: AdminAction) -> ActionOutcome {
    if order == AdminAction::Review {
        return practise(sandbox).await.unwrap_or(ActionOutcome::Unknown);
    }
    let (command, options, success): (_, Vec<(&str, Value)>, _) = match order {
        AdminAction::Credit(member, round) => (
            "team credit",
            vec![
                ("member", json!(member.to_string())),
                ("round", json!(round)),
            ],
            "has credit",
        ),
        AdminAction::Void(round) => ("team void", vec![("round", json!(round))], "is void"),
        AdminAction::CatchUp(minutes) => (
            "team settings",
            vec![("catch_up", json!(format!("{minutes}m")))],
            "has new settings",
        ),
        AdminAction::Pause(true) => ("team pause", vec![], "is paused"),
        AdminAction::Pause(false) => ("team resume", vec![], "goes on"),
        AdminAction::SetUp(_) => (
            "setup",
            vec![
                ("timezone", json!("UTC")),
                ("time", json!("23:00")),
                ("days", json!("every day")),
            ],
            "is set up",
        ),
        AdminAction::Review => unreachable!("it has several steps"),
    };
    let channel = match order {
        AdminAction::SetUp(channel) => channel,
        _ => ids::ASYNCIO,
    };
    let outcome = sandbox.command(channel, ids::ADA, command, &options).await;
    outcome_of(&outcome, success).unwrap_or(ActionOutcome::Unknown)
}

fn outcome_of(outcome: &ClientOutcome, success: &str) -> Option<ActionOutcome> {
    let message = outcome.message().filter(|message| !message.thinking)?;
    let is_through = message.text().contains(success);
    Some(if is_through {
        ActionOutcome::Succeeded
    } else {
        ActionOutcome::Rejected
    })
}

/// A question is practised, from `/quiz` to the score; nothing if the bot dies on the way.
async fn practise(sandbox: &Sandbox) -> Option<ActionOutcome> {
    let queues = [("topic", json!("queues"))];
    let asked = sandbox
        .command(ids::ASYNCIO, ids::ADA, "quiz", &queues)
        .await;
    let asked = asked.message().filter(|message| !message.thinking)?;
    if !asked.text().contains("[Why now]") {
        return Some(ActionOutcome::Rejected);
    }
    let press = |button| sandbox.press(asked.id, ids::ADA, button, &[]);
    let shown = press("Show the answer").await;
    shown.message().filter(|message| !message.thinking)?;
    outcome_of(&press("None of them").await, "It comes again")
}

/// Orders for a life: some, or none.
pub fn random_actions(rounds: u32, paused_is_fine: bool, rng: &mut StdRng) -> Vec<AdminAction> {
    let mut orders = Vec::new();
    for _ in 0..rng.random_range(0..=2) {
        let newest = rounds.max(1);
        let round = rng.random_range(newest.saturating_sub(4).max(1)..=newest);
        let member = *MEMBERS.choose(rng).unwrap();
        match rng.random_range(0..5) {
            4 => orders.push(AdminAction::Review),
            0 => orders.push(AdminAction::Credit(member, round)),
            1 if rng.random_bool(0.3) => orders.push(AdminAction::Void(round)),
            2 if paused_is_fine => {
                orders.push(AdminAction::Pause(true));
                if rng.random_bool(0.7) {
                    orders.push(AdminAction::Pause(false));
                }
            }
            _ => orders.push(AdminAction::CatchUp(rng.random_range(60..600))),
        }
    }
    orders
}
