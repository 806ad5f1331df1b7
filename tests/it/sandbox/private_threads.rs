//! Private threads: only their members and moderators see them; the bot makes them, adds members,
//! and finds them again.

use discord_sandbox::{Sandbox, ids, permission};
use serde_json::{Value, json};

use super::client::{assert_matches_openapi, call, sandbox};

const CHANNEL: u64 = ids::ASYNCIO;

fn allow(sandbox: &Sandbox, permission: u64) {
    assert!(sandbox.set_bot_permission(ids::GUILD, permission, true));
}

/// Makes a private thread as the bot. Returns its id.
async fn make(sandbox: &Sandbox, name: &str) -> u64 {
    let body =
        json!({ "name": name, "type": 12, "invitable": false, "auto_archive_duration": 4320 });
    let path = format!("/channels/{CHANNEL}/threads");
    let (status, thread) = call(sandbox, "POST", &path, body).await;
    assert_eq!(status, 201, "{thread}");
    assert_eq!(thread["type"], 12);
    assert_eq!(thread["thread_metadata"]["invitable"], false);
    thread["id"].as_str().unwrap().parse().unwrap()
}

async fn add(sandbox: &Sandbox, thread: u64, user: u64) -> (u16, u64) {
    let path = format!("/channels/{thread}/thread-members/{user}");
    let (status, answer) = call(sandbox, "PUT", &path, Value::Null).await;
    (status, answer["code"].as_u64().unwrap_or(0))
}

async fn listed(sandbox: &Sandbox, path: &str) -> Vec<String> {
    let (status, page) = call(sandbox, "GET", path, Value::Null).await;
    assert_eq!(status, 200, "{path}: {page}");
    let threads = page["threads"].as_array().unwrap().iter();
    threads
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn only_members_and_moderators_see_a_private_thread() {
    let sandbox = sandbox().await;
    let path = format!("/channels/{CHANNEL}/threads");
    let body = json!({ "name": "secret" });
    let (status, refused) = call(&sandbox, "POST", &path, body).await;
    assert_eq!((status, refused["code"].as_u64()), (403, Some(50_013)));
    allow(&sandbox, permission::CREATE_PRIVATE_THREADS);
    let thread = make(&sandbox, "secret").await;
    assert_eq!(add(&sandbox, thread, ids::LIN).await, (204, 0));
    assert_eq!(add(&sandbox, thread, ids::LIN).await, (204, 0));
    let seen_by = |user| sandbox.messages(thread, user).len();
    // Discord writes once that Lin was added. Ada may manage threads.
    assert_eq!(
        (seen_by(ids::LIN), seen_by(ids::ADA), seen_by(ids::SAM)),
        (1, 1, 0)
    );
    assert!(sandbox.post(thread, ids::LIN, "hello").is_ok());
    assert!(sandbox.post(thread, ids::SAM, "hello").is_err());
    let remove = format!("/channels/{thread}/thread-members/{}", ids::LIN);
    assert_eq!(call(&sandbox, "DELETE", &remove, Value::Null).await.0, 204);
    assert_eq!(seen_by(ids::LIN), 0);
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn members_who_cannot_be_added_are_refused() {
    let sandbox = sandbox().await;
    allow(&sandbox, permission::CREATE_PRIVATE_THREADS);
    let thread = make(&sandbox, "secret").await;
    let stranger = sandbox.add_user("Stranger");
    assert_eq!(add(&sandbox, thread, stranger).await, (404, 10_007));
    assert_eq!(add(&sandbox, thread, 7).await, (404, 10_013));
    sandbox.set_overwrite(
        CHANNEL,
        discord_sandbox::model::Overwrite {
            id: ids::SAM,
            is_member: true,
            allow: 0,
            deny: permission::VIEW_CHANNEL,
        },
    );
    assert_eq!(add(&sandbox, thread, ids::SAM).await, (403, 50_001));
    sandbox.archive_thread(thread, true);
    assert_eq!(add(&sandbox, thread, ids::LIN).await, (400, 50_083));
    assert_eq!(add(&sandbox, CHANNEL, ids::LIN).await, (400, 50_024));
    assert_matches_openapi(&sandbox);
}

#[tokio::test]
async fn threads_are_listed_newest_first_and_deleted_by_moderators() {
    let sandbox = sandbox().await;
    allow(&sandbox, permission::CREATE_PRIVATE_THREADS);
    let first = make(&sandbox, "first").await;
    let second = make(&sandbox, "second").await;
    let third = make(&sandbox, "third").await;
    let active = format!("/guilds/{}/threads/active", ids::GUILD);
    let ids_of = |threads: &[u64]| threads.iter().map(u64::to_string).collect::<Vec<_>>();
    assert_eq!(
        listed(&sandbox, &active).await,
        ids_of(&[third, second, first])
    );
    for thread in [first, second] {
        sandbox.archive_thread(thread, true);
    }
    assert_eq!(listed(&sandbox, &active).await, ids_of(&[third]));
    let joined = format!("/channels/{CHANNEL}/users/@me/threads/archived/private");
    assert_eq!(listed(&sandbox, &joined).await, ids_of(&[second, first]));
    let page = format!("{joined}?limit=2&before={second}");
    assert_eq!(listed(&sandbox, &page).await, ids_of(&[first]));
    let all = format!("/channels/{CHANNEL}/threads/archived/private");
    let (status, refused) = call(&sandbox, "GET", &all, Value::Null).await;
    assert_eq!((status, refused["code"].as_u64()), (403, Some(50_013)));
    let path = format!("/channels/{third}");
    let (status, refused) = call(&sandbox, "DELETE", &path, Value::Null).await;
    assert_eq!((status, refused["code"].as_u64()), (403, Some(50_013)));
    allow(&sandbox, permission::MANAGE_THREADS);
    assert_eq!(call(&sandbox, "DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(listed(&sandbox, &active).await, ids_of(&[]));
    assert_eq!(listed(&sandbox, &all).await.len(), 2);
    assert_matches_openapi(&sandbox);
}
