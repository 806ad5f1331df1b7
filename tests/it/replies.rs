//! No reply is lost: replies that the gateway does not report, or that serenity can't decode, are
//! read from the history, and each counted reply gets its ✅.

use std::time::Duration;

use discord_sandbox::client::ClientOutcome;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use discord_sandbox::model::Overwrite;
use discord_sandbox::permission::{READ_MESSAGE_HISTORY, SEND_MESSAGES, VIEW_CHANNEL};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::support::{MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";

/// Starts a world in which the first question was posted and its history was read.
async fn start_posted() -> World {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.thread();
    // The bot may still read the history that the post has requested.
    world
        .wait_for("the history to be read", |world| {
            (list_count(world, ids::ASYNCIO) > 0).then_some(())
        })
        .await;
    world
}

/// Returns how often the bot has read a page of a channel's or thread's history.
fn list_count(world: &World, channel: u64) -> usize {
    let path = format!("/channels/{channel}/messages");
    let requests = world.sandbox.requests();
    requests
        .iter()
        .filter(|request| request.method == "GET" && request.path.contains(&path))
        .count()
}

/// Advances the time in small steps until a reply has its ✅: a retry is due some time after the
/// failure, at which the bot may still be working.
async fn advance_until_counted(world: &World, reply: u64) {
    for _ in 0..300 {
        if world.sandbox.message(reply).unwrap().is_counted() {
            return;
        }
        world.advance("10s").await;
    }
    world.lin().wait_until_counted(reply).await;
}

fn reaction_count(world: &World) -> usize {
    let requests = world.sandbox.requests();
    requests
        .iter()
        .filter(|request| request.route == "Reaction")
        .count()
}

/// Hides the guild from the bot without any event, for as long as `act` takes.
fn unnoticed(world: &World, act: impl FnOnce() -> u64) -> u64 {
    let hide = |hidden| {
        world.sandbox.with(|discord| {
            discord.guilds.get_mut(&ids::GUILD).unwrap().unavailable = hidden;
        });
    };
    hide(true);
    let message = act();
    hide(false);
    message
}

fn overwrite(deny: u64) -> Overwrite {
    Overwrite {
        id: ids::APP,
        is_member: true,
        allow: 0,
        deny,
    }
}

/// 18. A server has an outage within a session: replies made meanwhile are counted when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn replies_during_an_outage_of_the_server_are_counted() {
    let world = start_posted().await;
    world.sandbox.set_guild_unavailable(ids::GUILD, true);
    let reply = world.lin().post_reply("during the outage");
    world.sandbox.set_guild_unavailable(ids::GUILD, false);
    world.lin().wait_until_counted(reply).await;
    assert_eq!(world.lin().streak().await, 1);
}

/// 18. The channel is hidden from the bot for a while, by an overwrite, by its role, or by something
/// of which only Discord's thread list tells.
#[tokio::test(flavor = "multi_thread")]
async fn replies_in_a_hidden_channel_are_counted_when_it_is_visible_again() {
    let world = start_posted().await;
    world
        .sandbox
        .set_overwrite(ids::ASYNCIO, overwrite(VIEW_CHANNEL));
    let reply = world.ada().post_reply("behind an overwrite");
    world.sandbox.set_overwrite(ids::ASYNCIO, overwrite(0));
    world.ada().wait_until_counted(reply).await;

    let reply = unnoticed(&world, || world.lin().post_reply("behind a role"));
    world
        .sandbox
        .set_bot_permission(ids::GUILD, VIEW_CHANNEL, true);
    world.advance("1m").await;
    world.lin().wait_until_counted(reply).await;

    let reply = unnoticed(&world, || world.sam().post_reply("behind a list"));
    let synced = json!({
        "guild_id": ids::GUILD.to_string(),
        "channel_ids": [ids::ASYNCIO.to_string()],
        "threads": [],
        "members": [],
    });
    world.sandbox.dispatch_raw("THREAD_LIST_SYNC", &synced);
    world.sam().wait_until_counted(reply).await;
}

/// 18. A role hides the channel and forbids posts. When it is changed back, replies are counted
/// and the question is posted without waiting for the next regular attempt.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_role_ends_backoffs_and_reads_the_history() {
    let world = start_posted().await;
    world.advance("10h").await;
    let reply = unnoticed(&world, || world.lin().post_reply("hidden by a role"));
    world.set_time("2026-03-27T08:59").await;
    world
        .sandbox
        .set_bot_permission(ids::GUILD, SEND_MESSAGES, false);
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 1);
    world
        .sandbox
        .set_bot_permission(ids::GUILD, SEND_MESSAGES, true);
    world
        .wait_for("the question", |world| world.posts().get(1)?.thread)
        .await;
    world.advance("1m").await;
    world.lin().wait_until_counted(reply).await;
}

/// 18. A reply was missed without any sign. The history of its thread is read once more when the
/// next question closes its round, also if Discord fails at first: the round is not missed.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_read_when_a_round_closes() {
    let world = start_posted().await;
    world.advance("10h").await;
    let reply = unnoticed(&world, || world.lin().post_reply("nobody noticed"));
    world.set_time("2026-03-27T08:59").await;
    world
        .sandbox
        .add_fault(FaultRule::on("ListMessages"), RequestFault::server_error());
    world.advance("1m").await;
    assert_eq!(world.posts().len(), 2, "the post does not wait");
    advance_until_counted(&world, reply).await;
    assert_eq!(
        world.lin().streak_reasons().await,
        ["⏳ still open", "✅ answered"]
    );
}

/// 18. The bot is killed before it has read the thread of a closed round: the next start reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_round_is_read_after_a_restart() {
    let mut world = start_posted().await;
    world.advance("10h").await;
    let reply = unnoticed(&world, || world.lin().post_reply("nobody noticed"));
    world.set_time("2026-03-27T08:59").await;
    let hold = world.sandbox.hold_requests(FaultRule::on("ListMessages"));
    world.advance("1m").await;
    hold.first_request().await;
    world.kill().await;
    hold.reset();
    world.sandbox.clear_faults();
    world.start_bot().await;
    world.lin().wait_until_counted(reply).await;
    assert_eq!(world.posts().len(), 2);
}

/// 18. Discord names a newer message in a thread than the bot knows: its history is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_with_an_unknown_newer_message_is_read() {
    let world = start_posted().await;
    world.ada().reply("received").await;
    world.advance("2m").await;
    let thread = world.thread();
    let before = list_count(&world, thread);
    let reply = unnoticed(&world, || world.lin().post_reply("not received"));
    world.sandbox.archive_thread(thread, true);
    world.sandbox.archive_thread(thread, false);
    world.lin().wait_until_counted(reply).await;
    assert!(list_count(&world, thread) > before);
}

/// 18. A member whose reply is not counted asks for their streak in its thread: it is read.
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_streak_in_the_thread_reads_it() {
    let world = start_posted().await;
    world.advance("2m").await;
    let thread = world.thread();
    let reply = unnoticed(&world, || world.lin().post_reply("not received"));
    assert_eq!(world.lin().streak_in(thread).await, 0);
    world.lin().wait_until_counted(reply).await;
    assert_eq!(world.lin().streak_in(thread).await, 1);
}

/// The bot starts without Read Message History: the admin gets one direct message about it, and the
/// reply counts once the permission is back.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_is_alerted_once_if_the_history_cannot_be_read() {
    let mut world = World::at(THURSDAY).start().await;
    world.set_up_by_ada().await;
    world.advance("1m").await;
    world.ada().reply("received").await;
    world.kill().await;
    let reply = world.lin().post_reply("while the bot was offline");
    let deny = |world: &World, bits| world.sandbox.set_overwrite(ids::ASYNCIO, overwrite(bits));
    deny(&world, READ_MESSAGE_HISTORY);
    world.start_bot().await;
    let alert = |world: &World| world.direct_messages().pop();
    let alert = world.wait_for("the alert", alert).await;
    insta::assert_snapshot!(alert.text(), @r#"
    I'm not allowed to read the message history of <#1120000000000000001>. Replies still count while I'm online, but I can't find those that were sent while I was offline. Give my role "Read Message History" in the channel, and I'll count them.
    I won't message you about this again.
    "#);
    world.kill().await;
    world.start_bot().await;
    world.advance("1h").await;
    assert!(!world.sandbox.message(reply).unwrap().is_counted());
    assert_eq!(world.direct_messages().len(), 1);
    deny(&world, 0);
    world.lin().wait_until_counted(reply).await;
    assert_eq!(world.lin().streak().await, 1);
    assert_eq!(world.direct_messages().len(), 1);
}

/// A member deletes the only reply that the bot knows: the empty history is no reason for an alert.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_history_that_the_bot_may_read_causes_no_alert() {
    let mut world = start_posted().await;
    let reply = world.lin().reply("deleted later").await;
    world.kill().await;
    world.sandbox.delete_message(reply, ids::LIN).unwrap();
    let before = list_count(&world, world.thread());
    world.start_bot().await;
    world
        .wait_for("the history to be read", |world| {
            (list_count(world, world.thread()) > before).then_some(())
        })
        .await;
    world.advance("10m").await;
    assert_eq!(world.direct_messages(), Vec::new());
}

/// The fields of a forwarded message, as Discord sends them.
fn forward_fields(channel: u64, message: u64) -> Value {
    json!({
        "flags": 16384,
        "message_reference": {
            "type": 1,
            "guild_id": ids::GUILD.to_string(),
            "channel_id": channel.to_string(),
            "message_id": message.to_string(),
        },
        "message_snapshots": [{ "message": {
            "type": 0, "content": "", "embeds": [], "attachments": [], "flags": 0,
            "timestamp": "2026-03-27T08:00:00+00:00", "edited_timestamp": null,
            "mentions": [], "mention_roles": [],
        } }],
    })
}

/// A forwarded question is no reply: neither in the channel nor in the thread, neither live nor from
/// the history.
#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_message_is_no_reply() {
    let mut world = start_posted().await;
    world.skip_api_check();
    let (post, thread) = (world.post().id, world.thread());
    let forward = |channel, user| {
        let fields = forward_fields(ids::ASYNCIO, post);
        let draft = world.sandbox.compose(channel, user, "forwarded");
        draft.json(fields).send().unwrap()
    };
    let mut forwards = vec![forward(ids::ASYNCIO, ids::LIN), forward(thread, ids::LIN)];
    world.ada().reply("a reply after them").await;
    world.kill().await;
    let forward = |channel, user| {
        let fields = forward_fields(ids::ASYNCIO, post);
        let draft = world.sandbox.compose(channel, user, "forwarded");
        draft.json(fields).send().unwrap()
    };
    forwards.extend([forward(ids::ASYNCIO, ids::SAM), forward(thread, ids::SAM)]);
    let last = world.member(ids::LIN).write(thread, "a reply after all");
    world.start_bot().await;
    world.lin().wait_until_counted(last).await;
    for forward in forwards {
        assert!(!world.sandbox.message(forward).unwrap().is_counted());
    }
    assert_eq!(
        (world.lin().streak().await, world.sam().streak().await),
        (1, 0)
    );
}

/// The fields of a reply to a forwarded message: Discord leaves fields of the forwarded message out,
/// which serenity requires.
fn reply_to_forward_fields(thread: u64) -> Value {
    json!({ "referenced_message": {
        "id": "1", "channel_id": thread.to_string(), "type": 0, "content": "", "tts": false,
        "timestamp": "2026-03-27T08:05:00+00:00", "edited_timestamp": null, "flags": 16384,
        "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
        "embeds": [], "pinned": false,
        "author": { "id": "2", "username": "y", "discriminator": "0", "avatar": null },
        "message_snapshots": [{ "message": { "content": "", "embeds": [], "attachments": [],
            "timestamp": "2026-03-27T08:00:00+00:00", "edited_timestamp": null, "flags": 0 } }],
    } })
}

/// 18. Messages that serenity can't decode are counted, live and from the history, and don't hide the
/// others of their page. One that can't be read at all is skipped and named in the log.
#[tokio::test(flavor = "multi_thread")]
async fn messages_that_serenity_cannot_decode_are_counted() {
    let mut world = start_posted().await;
    world.skip_api_check();
    let thread = world.thread();
    let row = json!({ "components": [{ "type": 1, "components": [{ "type": 99 }] }] });
    let live = world.sandbox.compose(thread, ids::ADA, "to a forward");
    let live = live.json(reply_to_forward_fields(thread)).send().unwrap();
    world.ada().wait_until_counted(live).await;
    let lost = "event could not be decoded kind=\"MESSAGE_CREATE\"";
    world.wait_until_logged(lost).await;
    world.kill().await;
    let write = |user, fields| {
        let draft = world.sandbox.compose(thread, user, "while away");
        draft.json(fields).send().unwrap()
    };
    let unreadable = write(ids::SAM, json!({ "author": null }));
    let undecodable = write(ids::LIN, row);
    let normal = world.sam().write(thread, "an ordinary one");
    world.start_bot().await;
    world.lin().wait_until_counted(undecodable).await;
    world.sam().wait_until_counted(normal).await;
    let named = format!("message {unreadable} has no author");
    world.wait_until_logged(&named).await;
}

/// A ✅ that failed in passing is made again, without a new session.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_reaction_is_made_again() {
    let world = start_posted().await;
    world
        .sandbox
        .add_fault(FaultRule::on("Reaction"), RequestFault::server_error());
    let (first, second) = (world.ada().post_reply("one"), world.lin().post_reply("two"));
    world
        .wait_for("the failure", |world| {
            (reaction_count(world) == 1).then_some(())
        })
        .await;
    advance_until_counted(&world, first).await;
    advance_until_counted(&world, second).await;
}

/// 8. Where the bot may not add reactions, it does not try for each reply. The reactions are made
/// when the channel changes.
#[tokio::test(flavor = "multi_thread")]
async fn refused_reactions_are_not_tried_for_each_reply() {
    let world = start_posted().await;
    world.sandbox.add_fault(
        FaultRule::on("Reaction").always(),
        RequestFault::missing_permissions(),
    );
    let mut replies = vec![world.ada().post_reply("refused")];
    world
        .wait_for("the refusal", |world| {
            (reaction_count(world) == 1).then_some(())
        })
        .await;
    for number in 0..20 {
        let guest = world.sandbox.add_user(&format!("Guest {number}"));
        world.sandbox.add_member(ids::GUILD, guest, &[]);
        replies.push(world.member(guest).post_reply("not tried"));
    }
    world
        .wait_until("all replies to be counted", || {
            world.log().matches("reply counted").count() == replies.len()
        })
        .await;
    // Two further responses mean that the bot has handled their reactions.
    for _ in 0..2 {
        world.lin().command_message("quiz", &[]).await;
    }
    assert_eq!(reaction_count(&world), 1);
    world.advance("31m").await;
    let last = world.lin().post_reply("tried again");
    replies.push(last);
    // A channel's reactions are added one after the other.
    world
        .wait_for("the second refusal", |world| {
            let requests = world.sandbox.requests();
            let path = format!("/messages/{last}/reactions/");
            requests
                .iter()
                .any(|request| request.path.contains(&path))
                .then_some(())
        })
        .await;
    assert_eq!(reaction_count(&world), 2);
    world.sandbox.clear_faults();
    world
        .sandbox
        .set_overwrite(ids::ASYNCIO, overwrite(SEND_MESSAGES));
    for reply in replies {
        world.lin().wait_until_counted(reply).await;
    }
}

/// A footer whose edit failed in passing is edited again.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_footer_is_edited_again() {
    let world = start_posted().await;
    world
        .sandbox
        .add_fault(FaultRule::on("EditMessage"), RequestFault::server_error());
    world.ada().reply("one").await;
    world
        .wait_for("the failure", |world| {
            let requests = world.sandbox.requests();
            let mut edits = requests.iter().filter(|one| one.route == "EditMessage");
            edits.next().map(|_| ())
        })
        .await;
    for _ in 0..50 {
        world.advance("10s").await;
    }
    world
        .wait_for("the footer", |world| {
            world.post().footer().ends_with("1 answer").then_some(())
        })
        .await;
}

/// A channel in which people talk is not read from the last session on.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_channel_is_not_read_again_after_a_restart() {
    let mut world = start_posted().await;
    for number in 0..350 {
        world.lin().write(ids::ASYNCIO, &format!("talk {number}"));
    }
    let last = world.lin().write(ids::ASYNCIO, "later");
    let position = || {
        let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).ok()?;
        guild.team(ChannelId::new(ids::ASYNCIO))?.read_up_to
    };
    // People talk all the time, so that the channel is never quiet.
    for _ in 0..300 {
        if position().is_some_and(|position| position.get() > last) {
            break;
        }
        world.advance("1m").await;
        world.lin().write(ids::ASYNCIO, "more talk");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(position().is_some_and(|position| position.get() > last));
    world.stop().await;
    let before = list_count(&world, ids::ASYNCIO);
    let away = world.sandbox.compose(ids::ASYNCIO, ids::SAM, "away");
    let away = away.reply_to(world.post().id).send().unwrap();
    world.start_bot().await;
    world.sam().wait_until_counted(away).await;
    let pages = list_count(&world, ids::ASYNCIO) - before;
    let talk = world.sandbox.messages(ids::ASYNCIO, ids::ADA).len();
    assert!(pages * 100 < talk, "{pages} pages of {talk} messages");
}

/// 32. Discord fails while a response is sent: it is sent again in time, and an error after it took
/// effect is no error.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_response_is_sent_again_in_time() {
    let world = World::at(THURSDAY).start().await;
    let rules = [FaultRule::on("Callback"), FaultRule::on("Callback").after()];
    for rule in rules {
        let what = format!("{:?}", rule.when);
        world.sandbox.add_fault(rule, RequestFault::server_error());
        let outcome = world.lin().command("quiz", &[]).await;
        assert!(
            matches!(outcome, ClientOutcome::Message(_)),
            "{what}: {outcome:?}"
        );
    }
    world
        .sandbox
        .add_fault(FaultRule::on("Callback"), RequestFault::Reset);
    let outcome = world.lin().command("streak", &[]).await;
    assert!(matches!(outcome, ClientOutcome::Message(_)), "{outcome:?}");
    world.sandbox.add_fault(
        FaultRule::on("Channel"),
        RequestFault::Delay(Duration::from_millis(2500)),
    );
    world
        .sandbox
        .add_fault(FaultRule::on("EditOriginal"), RequestFault::server_error());
    let options = [("timezone", json!("Europe/Berlin"))];
    let setup = world.ada().command_message("setup", &options).await;
    assert!(setup.text().contains("is set up"), "{}", setup.text());
    let refused = "interaction could not be answered";
    assert!(!world.log().contains(refused), "{}", world.log());
}
