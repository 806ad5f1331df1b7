//! Every response that Discord or a proxy may give to each request of the bot: one message and one
//! thread a round, every reply is counted, and the bot keeps running.

use std::time::Duration;

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::World;

/// Returns all faults of a request, with their names.
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

/// Requests of a day; each may fail before or after it took effect.
const ROUTES: [&str; 5] = [
    "CreateMessage",
    "StartThread",
    "Reaction",
    "EditMessage",
    "ListMessages",
];

/// 5, 6. A day for each fault of each request of a post and of a reply: nothing is lost or
/// duplicated.
#[tokio::test(flavor = "multi_thread")]
async fn any_response_to_any_request_loses_nothing() {
    let mut worlds = tokio::task::JoinSet::new();
    for (number, route) in ROUTES.into_iter().enumerate() {
        worlds.spawn(run_days_with_faults(number, route));
        // Each world is a process; two at a time are as fast as all at once.
        if worlds.len() > 1 {
            worlds.join_next().await.unwrap().unwrap();
        }
    }
    worlds.join_all().await;
}

async fn run_days_with_faults(number: usize, route: &'static str) {
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
            // Failed requests are retried within seconds.
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
                    .wait_until(&what, || world.saved_streak(ids::ADA) as usize == days)
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

/// 5. A request never gets a response: it times out and is retried.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_hang_are_retried() {
    let mut worlds = tokio::task::JoinSet::new();
    for route in ["CreateMessage", "StartThread"] {
        for rule in [FaultRule::on(route), FaultRule::on(route).after()] {
            worlds.spawn(async move {
                let world = World::at("2026-03-27T08:59[UTC]").team().start().await;
                let what = format!("{route} {:?}", rule.when);
                world.sandbox.add_fault(rule, RequestFault::Hang);
                // The simulated clock waits ten seconds for the bot; a request times out after
                // fifteen.
                let nine = "2026-03-27T09:00:00Z".parse().unwrap();
                let _ = world.sandbox.clock().set(nine).await;
                let quiz = world.lin().command("quiz", &[]).await;
                assert!(
                    matches!(quiz, ClientOutcome::Message(_)),
                    "{what}: {quiz:?}"
                );
                world
                    .wait_until("the request to be given up", || {
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

/// 32. The response to a command meets each fault: that member sees Discord's own error, and the
/// next one gets a response.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_response_does_not_affect_the_next() {
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
        // Stay below the limit of commands per member.
        world.advance("1m").await;
    }
    assert!(!world.log().contains("panicked"), "{}", world.log());
}
