//! Every answer that Discord, or what lies before it, may give to every request the bot makes: one message and one
//! thread a round, every reply counted, and the bot goes on.

use std::time::Duration;

use quizloop::sandbox::client::ClientOutcome;
use quizloop::sandbox::faults::{FaultRule, RequestFault};
use quizloop::sandbox::ids;
use serde_json::json;

use crate::support::World;

/// Names of all that may happen to a request, and the like of it.
fn faults() -> Vec<(String, RequestFault)> {
    let mut faults: Vec<(String, RequestFault)> = [500, 501, 502, 503, 504, 520]
        .map(|status| {
            (
                status.to_string(),
                RequestFault::api_error(status, 0, "Server Error"),
            )
        })
        .into();
    for scope in ["user", "global", "shared"] {
        let fault = RequestFault::too_many_requests(0.3, scope);
        faults.push((format!("429 {scope}"), fault));
    }
    let page = |status, body: &str| RequestFault::Answer {
        status,
        body: body.to_owned(),
        headers: vec![("Content-Type".into(), "text/html".into())],
    };
    faults.extend([
        ("a page instead of JSON".into(), RequestFault::bad_gateway()),
        ("200 with garbage".into(), RequestFault::malformed_body()),
        ("200 with nothing".into(), page(200, "")),
        (
            "200 with other JSON".into(),
            RequestFault::answer(200, &json!([{ "id": 7 }, null])),
        ),
        (
            "200 with an unknown field".into(),
            RequestFault::answer(200, &json!({ "nobody": "knows this" })),
        ),
        (
            "429 without JSON".into(),
            page(429, "<h1>rate limited</h1>"),
        ),
        ("a reset".into(), RequestFault::Reset),
        (
            "slow".into(),
            RequestFault::Delay(Duration::from_millis(700)),
        ),
    ]);
    faults
}

/// The requests of a day, in which each of them may go wrong before or after it took effect.
const ROUTES: [&str; 5] = [
    "CreateMessage",
    "StartThread",
    "Reaction",
    "EditMessage",
    "ListMessages",
];

/// 5, 6. A day for each fault on each request of a post and of a reply: none is lost, none is doubled.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_every_request() {
    let mut worlds = tokio::task::JoinSet::new();
    for (number, route) in ROUTES.into_iter().enumerate() {
        worlds.spawn(days_of_trouble(number, route));
        // Each world is a process; two at a time are as quick as all at once.
        if worlds.len() > 1 {
            worlds.join_next().await.unwrap().unwrap();
        }
    }
    worlds.join_all().await;
}

async fn days_of_trouble(number: usize, route: &'static str) {
    let mut world = World::at("2026-01-01T08:00[UTC]")
        .team()
        .with("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]")
        .start()
        .await;
    world.skip_api_check();
    let mut days = 0;
    for (what, fault) in faults() {
        for rule in [FaultRule::on(route), FaultRule::on(route).after()] {
            let what = format!("{route} {:?}: {what}", rule.when);
            world.sandbox.add_fault(rule, fault.clone());
            world.advance("1h").await;
            // Whatever failed is tried again within seconds.
            for _ in 0..3 {
                world.advance("10s").await;
            }
            days += 1;
            assert_eq!(world.posts().len(), days, "{what}\n{}", world.log());
            assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), days, "{what}");
            let reply = world.ada().post_reply("a reply");
            if route == "ListMessages" && days % 8 == 0 {
                world.kill_and_restart().await;
            }
            if route == "Reaction" {
                world
                    .until(&what, || world.saved_streak(ids::ADA) as usize == days)
                    .await;
            } else {
                world.ada().wait_until_counted(reply).await;
            }
            world.sandbox.clear_faults();
            world.advance("22h59m30s").await;
        }
    }
    assert_eq!(world.ada().streak().await as usize, days, "{number}");
    assert!(!world.log().contains("panicked"), "{}", world.log());
}

/// 5. A request is never answered: given up after a while and tried again.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_hang() {
    let mut worlds = tokio::task::JoinSet::new();
    for route in ["CreateMessage", "StartThread"] {
        for rule in [FaultRule::on(route), FaultRule::on(route).after()] {
            worlds.spawn(async move {
                let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
                let what = format!("{route} {:?}", rule.when);
                world.sandbox.add_fault(rule, RequestFault::Hang);
                // The clock waits ten seconds for the bot, a request fifteen.
                let nine = "2026-03-27T09:00:00Z".parse().unwrap();
                let _ = world.sandbox.clock().set(nine).await;
                let quiz = world.lin().command("quiz", &[]).await;
                assert!(
                    matches!(quiz, ClientOutcome::Message(_)),
                    "{what}: {quiz:?}"
                );
                world
                    .until("the request to be given up", || {
                        world.log().contains("no answer in 15 seconds")
                    })
                    .await;
                world.advance("10s").await;
                assert_eq!(world.posts().len(), 1, "{what}");
                assert_eq!(world.sandbox.threads(ids::ASYNCIO).len(), 1, "{what}");
            });
        }
    }
    worlds.join_all().await;
}

/// 32. The answer to a member's command meets every fault: that one member is told by Discord that nothing came, and
/// the next one is answered.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_fail() {
    let mut world = World::at("2026-03-27T10:00[UTC]").team().start().await;
    world.skip_api_check();
    for (what, fault) in faults() {
        world.sandbox.add_fault(FaultRule::on("Callback"), fault);
        let _ = world.lin().command("quiz", &[]).await;
        let next = world.ada().command("quiz", &[]).await;
        assert!(
            matches!(next, ClientOutcome::Message(_)),
            "{what}: {next:?}"
        );
        world.sandbox.clear_faults();
        // Members who flood are told to slow down.
        world.advance("1m").await;
    }
    assert!(!world.log().contains("panicked"), "{}", world.log());
}
