//! A channel rendered as plain text.

use std::time::Duration;

use discord_sandbox::ids;
use serde_json::json;

use super::client::{assert_matches_openapi, call, sandbox};

#[tokio::test]
async fn the_transcript_contains_everything_a_member_sees() {
    let sandbox = sandbox().await;
    let path = format!("/channels/{}/messages", ids::ASYNCIO);
    let option = |label: &str| json!({ "label": label, "value": label });
    let (_, post) = call(&sandbox, "POST", &path, json!({
        "embeds": [{
            "title": "Question of the day",
            "description": "What is a task?\n```python\nasyncio.create_task(x())\n```",
            "fields": [{ "name": "Level", "value": "junior" }],
            "footer": { "text": "Round 1" },
        }],
        "components": [
            { "type": 1, "components": [
                { "type": 2, "style": 1, "label": "Model answer", "custom_id": "answer" },
                { "type": 2, "style": 2, "label": "Hint", "custom_id": "hint", "disabled": true },
            ] },
            { "type": 1, "components": [{
                "type": 3, "custom_id": "points", "placeholder": "Which?",
                "options": [option("one"), option("two")],
            }] },
        ],
    }))
    .await;
    let post: u64 = post["id"].as_str().unwrap().parse().unwrap();
    let old = sandbox
        .post(ids::ASYNCIO, ids::SAM, "good morning")
        .unwrap();
    sandbox
        .clock()
        .advance(Duration::from_secs(90))
        .await
        .unwrap();
    let threads = format!("{path}/{post}/threads");
    call(
        &sandbox,
        "POST",
        &threads,
        json!({ "name": "What is a task?" }),
    )
    .await;
    let reply = sandbox
        .post(post, ids::LIN, "It drives a coroutine\nas soon as it can")
        .unwrap();
    sandbox.react(reply, ids::APP, "✅").unwrap();
    sandbox.react(reply, ids::SAM, "✅").unwrap();
    sandbox
        .compose(post, ids::SAM, "")
        .sticker("wave")
        .attachment("loop.png")
        .send()
        .unwrap();
    sandbox
        .compose(ids::ASYNCIO, ids::ADA, "hello <@1150000000000000002>, <@&1140000000000000002>: <#1120000000000000002> at <t:1774598400:F> <t:1774602000:R> <x> <@5>")
        .reply_to(old)
        .send()
        .unwrap();
    sandbox.edit_message(old, ids::SAM, "good evening").unwrap();
    sandbox.archive_thread(post, true);
    insta::assert_snapshot!(sandbox.transcript(ids::ASYNCIO, ids::LIN), @r#"
    #asyncio
    [Fri 2026-03-27 08:00] Test bot (bot)
      │ # Question of the day
      │ What is a task?
      │ ```python
      │ asyncio.create_task(x())
      │ ```
      │ ## Level
      │ junior
      │ — Round 1
      [ Model answer ] [ Hint (off) ]
      [ Which? ▾ one | two ]
      └─ Thread: What is a task? (archived)
         [Fri 2026-03-27 08:01] Lin
           It drives a coroutine
           as soon as it can
           ✅ 2
         [Fri 2026-03-27 08:01] Sam
           (file: loop.png)
           (sticker: wave)
    [Fri 2026-03-27 08:00] Sam (edited)
      good evening
    [Fri 2026-03-27 08:01] Test bot (bot) started a thread
      What is a task?
    [Fri 2026-03-27 08:01] Ada replies
      hello @Lin, @team: #general at Fri 2026-03-27 08:00 UTC in 1 hour <x> <@5>
    "#);
    assert_matches_openapi(&sandbox);
}
