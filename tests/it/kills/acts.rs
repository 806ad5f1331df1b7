//! What people do while the bot is about to die.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use quizloop::sandbox::user::Outcome;
use quizloop::sandbox::{Sandbox, ids};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Read, posts_in};

/// The members; the first one is the admin.
pub const MEMBERS: [u64; 3] = [ids::ADA, ids::LIN, ids::SAM];

/// An order of an admin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
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
pub enum Came {
    /// It was answered with success.
    Through,
    /// It was answered with a refusal.
    Refused,
    /// The bot died first.
    Unknown,
}

/// What people did.
#[derive(Debug, Default)]
pub struct Notes {
    /// Question, member, message.
    pub replies: Vec<(u64, u64, u64)>,
    /// In the order in which they were given.
    pub orders: Vec<(Order, Came)>,
}

/// Where things happen.
#[derive(Clone)]
pub struct Scene {
    pub sandbox: Sandbox,
    pub notes: Arc<Mutex<Notes>>,
}

/// What is to happen in a life.
#[derive(Debug, Default, Clone)]
pub struct Plan {
    /// The time is moved there.
    pub move_to: Option<jiff::Timestamp>,
    pub orders: Vec<Order>,
    /// A server from which the bot is removed.
    pub leave: Option<u64>,
}

/// Lets it all happen at once.
pub fn begin(scene: &Scene, plan: Plan, rng: &mut StdRng) -> JoinSet<()> {
    let mut acts = JoinSet::new();
    for member in MEMBERS {
        acts.spawn(member_writes(scene.clone(), member, split(rng)));
    }
    acts.spawn(admin_orders(scene.clone(), plan.orders, split(rng)));
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
    let mut notes = scene.notes.lock().unwrap();
    notes.replies.push((question.id, member, message));
}

async fn admin_orders(scene: Scene, orders: Vec<Order>, mut rng: StdRng) {
    for order in orders {
        pause(&mut rng, 15).await;
        let index = {
            let mut notes = scene.notes.lock().unwrap();
            notes.orders.push((order, Came::Unknown));
            notes.orders.len() - 1
        };
        let came = give(&scene.sandbox, order).await;
        scene.notes.lock().unwrap().orders[index].1 = came;
    }
}

/// Gives an order and waits for the answer.
pub async fn give(sandbox: &Sandbox, order: Order) -> Came {
    if order == Order::Review {
        return practise(sandbox).await.unwrap_or(Came::Unknown);
    }
    let (command, options, success): (_, Vec<(&str, Value)>, _) = match order {
        Order::Credit(member, round) => (
            "team credit",
            vec![
                ("member", json!(member.to_string())),
                ("round", json!(round)),
            ],
            "has credit",
        ),
        Order::Void(round) => ("team void", vec![("round", json!(round))], "is void"),
        Order::CatchUp(minutes) => (
            "team settings",
            vec![("catch_up", json!(format!("{minutes}m")))],
            "has new settings",
        ),
        Order::Pause(true) => ("team pause", vec![], "is paused"),
        Order::Pause(false) => ("team resume", vec![], "goes on"),
        Order::SetUp(_) => (
            "setup",
            vec![
                ("timezone", json!("UTC")),
                ("time", json!("23:00")),
                ("days", json!("every day")),
            ],
            "is set up",
        ),
        Order::Review => unreachable!("it has several steps"),
    };
    let channel = match order {
        Order::SetUp(channel) => channel,
        _ => ids::ASYNCIO,
    };
    let outcome = sandbox.command(channel, ids::ADA, command, &options).await;
    said(&outcome, success).unwrap_or(Came::Unknown)
}

fn said(outcome: &Outcome, success: &str) -> Option<Came> {
    let message = outcome.message().filter(|message| !message.thinking)?;
    let is_through = message.text().contains(success);
    Some(if is_through {
        Came::Through
    } else {
        Came::Refused
    })
}

/// A question is practised, from `/quiz` to the score; nothing if the bot dies on the way.
async fn practise(sandbox: &Sandbox) -> Option<Came> {
    let queues = [("topic", json!("queues"))];
    let asked = sandbox
        .command(ids::ASYNCIO, ids::ADA, "quiz", &queues)
        .await;
    let asked = asked.message().filter(|message| !message.thinking)?;
    if !asked.text().contains("[Why now]") {
        return Some(Came::Refused);
    }
    let press = |button| sandbox.press(asked.id, ids::ADA, button, &[]);
    let shown = press("Show the answer").await;
    shown.message().filter(|message| !message.thinking)?;
    said(&press("None of them").await, "It comes again")
}

/// Orders for a life: some, or none.
pub fn orders(rounds: u32, paused_is_fine: bool, rng: &mut StdRng) -> Vec<Order> {
    let mut orders = Vec::new();
    for _ in 0..rng.random_range(0..=2) {
        let newest = rounds.max(1);
        let round = rng.random_range(newest.saturating_sub(4).max(1)..=newest);
        let member = *MEMBERS.choose(rng).unwrap();
        match rng.random_range(0..5) {
            4 => orders.push(Order::Review),
            0 => orders.push(Order::Credit(member, round)),
            1 if rng.random_bool(0.3) => orders.push(Order::Void(round)),
            2 if paused_is_fine => {
                orders.push(Order::Pause(true));
                if rng.random_bool(0.7) {
                    orders.push(Order::Pause(false));
                }
            }
            _ => orders.push(Order::CatchUp(rng.random_range(60..600))),
        }
    }
    orders
}
