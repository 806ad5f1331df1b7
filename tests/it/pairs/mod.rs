//! Mock interviews in twos: joining, matching, the private thread, the interviewer's card and the
//! candidate's result.

#[cfg(all(feature = "failpoints", debug_assertions))]
mod kills;
mod mondays;
mod refusals;

use std::collections::BTreeSet;

use discord_sandbox::client::MessageView;
use discord_sandbox::permission::CREATE_PRIVATE_THREADS;
use discord_sandbox::{Sandbox, ids};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_store::inspect;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World, WorldBuilder};

/// A Monday, an hour and a half before the matching.
const MONDAY: &str = "2026-11-30T08:30[Europe/Berlin]";
const TEN: &str = "2026-11-30T10:00";

/// A world whose team matches on Mondays at 10:00.
fn monday() -> WorldBuilder {
    World::at(MONDAY).team().with("pairs = \"mon 10:00\"")
}

/// Grants the permission that mock interviews need besides the usual ones.
fn allow_private_threads(sandbox: &Sandbox) {
    assert!(sandbox.set_bot_permission(ids::GUILD, CREATE_PRIVATE_THREADS, true));
}

async fn start() -> World {
    let mut world = monday().without_bot().await;
    allow_private_threads(&world.sandbox);
    world.start_bot().await;
    world
}

/// Adds members to the sample guild.
fn add_members(world: &World, count: usize) -> Vec<u64> {
    (0..count)
        .map(|number| {
            let user = world.sandbox.add_user(&format!("Member {number}"));
            world.sandbox.add_member(ids::GUILD, user, &[]);
            user
        })
        .collect()
}

async fn join(member: MemberHandle<'_>) -> MessageView {
    let joined = member.command_message("pair join", &[]).await;
    assert!(joined.text().contains("You've joined"), "{}", joined.text());
    joined
}

/// Returns the private threads, oldest first, each with its members besides the bot.
fn private_threads(world: &World) -> Vec<(u64, BTreeSet<u64>)> {
    world.sandbox.read(|discord| {
        let threads = discord.channels.values().filter(|one| one.is_private());
        let with_members = threads.map(|one| {
            let mut members = one.thread.as_ref().unwrap().members.clone();
            members.remove(&ids::APP);
            (one.id, members)
        });
        with_members.collect()
    })
}

/// Returns the bot's messages in a thread whose footers begin with a text.
fn notices(world: &World, thread: u64, label: &str) -> Vec<MessageView> {
    let all = world.sandbox.messages(thread, ids::ADA).into_iter();
    all.filter(|message| message.footer().starts_with(label))
        .collect()
}

fn guides(world: &World, thread: u64) -> Vec<MessageView> {
    notices(world, thread, "Mock interview of ")
}

async fn wait_for_guide(world: &World, thread: u64) -> MessageView {
    world
        .wait_for("the guide", |world| guides(world, thread).pop())
        .await
}

async fn wait_for_result(world: &World, thread: u64, phase: u32) -> MessageView {
    let label = format!("Result {phase} of ");
    world
        .wait_for("the result", |world| notices(world, thread, &label).pop())
        .await
}

/// Returns the direct messages from the bot to a member.
fn direct_messages(world: &World, user: u64) -> Vec<String> {
    let channel = world.sandbox.read(|discord| {
        let mut direct = discord.channels.values().filter(|one| one.kind == 1);
        direct
            .find(|one| one.recipients.contains(&user))
            .map(|one| one.id)
    });
    let all = channel.map_or_else(Vec::new, |channel| world.sandbox.messages(channel, user));
    all.into_iter().map(|one| one.content).collect()
}

fn saved(world: &World) -> Guild {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD));
    guild.unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the text of `/pair status`.
async fn status(world: &World, user: u64) -> String {
    let member = world.member(user);
    member.command_message("pair status", &[]).await.text()
}

/// Waits until the match with that thread has ended in the saved state.
async fn wait_until_ended(world: &World, thread: u64) {
    let has_ended = || {
        let guild = saved(world);
        let team = guild.team(ChannelId::new(ids::ASYNCIO)).unwrap();
        let one = team.match_by_thread(ChannelId::new(thread));
        one.is_some_and(|one| !one.is_active())
    };
    world.wait_until("the match to end", has_ended).await;
}

/// Two members join, are matched on Monday, interview each other in a thread that others can't see,
/// and each alone sees their result, which becomes a review.
#[tokio::test(flavor = "multi_thread")]
async fn two_members_interview_each_other() {
    let mut world = start().await;
    let stranger = add_members(&world, 1)[0];
    join(world.lin()).await;
    join(world.sam()).await;
    world.set_time(TEN).await;
    let threads = private_threads(&world);
    let [(thread, members)] = threads.as_slice() else {
        panic!("not one thread: {threads:?}\n{}", world.log());
    };
    let thread = *thread;
    assert_eq!(*members, BTreeSet::from([ids::LIN, ids::SAM]));
    let guide = wait_for_guide(&world, thread).await;
    let mut pinged = world.sandbox.pings(guide.id);
    pinged.sort_unstable();
    assert_eq!(pinged, [ids::LIN, ids::SAM]);
    assert!(
        guide
            .text()
            .contains("Moderators of this server can read this thread")
    );
    assert!(world.sandbox.messages(thread, stranger).is_empty());
    assert!(!world.sandbox.messages(thread, ids::LIN).is_empty());

    // The first press wins, and the other learns who interviews.
    let (lin, sam) = (world.lin(), world.sam());
    let begun = lin.press(guide.id, "I interview first").await;
    let turn = format!("<@{}> interviews, <@{}> answers", ids::LIN, ids::SAM);
    assert!(begun.text().contains(&turn), "{}", begun.text());
    assert!(!begun.ephemeral);
    let id = format!("q1:pair:i:{}:1:0", ids::ASYNCIO);
    let late = world.sandbox.press(guide.id, ids::SAM, &id, &[]).await;
    assert!(late.message().is_none(), "the button is gone: {late:?}");

    // Only the interviewer opens the question.
    let refused = sam.press(guide.id, "Open the question").await;
    assert!(refused.ephemeral && refused.text().contains("Only the interviewer"));
    let card = lin.press(guide.id, "Open the question").await;
    assert!(card.ephemeral);
    let text = card.text();
    for part in [
        "[Key points]",
        "[How to answer]",
        "[Pitfalls]",
        "[Follow-up to ask]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let card = lin.choose(&card, &["0", "1"]).await;
    // A restart loses nothing.
    world.kill_and_restart().await;
    let (lin, sam) = (world.lin(), world.sam());
    let done = lin.press(card.id, "Finish").await;
    assert!(done.text().contains("Finished."), "{}", done.text());
    let ready = wait_for_result(&world, thread, 2).await;
    assert!(ready.text().contains(&format!("<@{}>", ids::SAM)));

    // Only the candidate sees the result, and it counts once.
    let refused = lin.press(ready.id, "My result").await;
    assert!(refused.text().contains("Only the member who answered"));
    let result = sam.press(ready.id, "My result").await;
    assert!(result.ephemeral && result.text().contains("[Said]"));
    let privacy = sam.command_message("privacy", &[]).await;
    let text = privacy.text();
    assert!(text.contains("1 result of mock interviews"), "{text}");
    let export = sam.press(privacy.id, "Export my data").await;
    let export = world.attachment(&export).await;
    let export = String::from_utf8(export).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&export).unwrap();
    let of_team = &parsed["teams"][0]["mock_interviews"];
    let results = &of_team["matches"][0]["results"];
    assert_eq!(results.as_array().map(Vec::len), Some(1), "{export}");
    assert_eq!(of_team["matched_on"], json!(["2026-11-30"]));
    assert!(!export.contains(&ids::LIN.to_string()), "{export}");
    let confirmed = sam.press(result.id, "Confirm").await;
    assert!(confirmed.text().contains("**2 of "), "{}", confirmed.text());
    let again = sam.press(ready.id, "My result").await;
    assert!(again.text().contains("no longer there"), "{}", again.text());

    // They swap.
    let swapped = lin.press(ready.id, "Swap").await;
    let turn = format!("<@{}> interviews, <@{}> answers", ids::SAM, ids::LIN);
    assert!(swapped.text().contains(&turn), "{}", swapped.text());
    let card = sam.press(ready.id, "Open the question").await;
    sam.press(card.id, "Finish").await;
    let ready = wait_for_result(&world, thread, 4).await;
    assert!(ready.text().contains("Each of you has interviewed"));
    let result = lin.press(ready.id, "My result").await;
    lin.choose(&result, &["0"]).await;
    let guild = saved(&world);
    for user in [ids::LIN, ids::SAM] {
        let user = UserId::new(user);
        assert_eq!(guild.reviews(user).count(), 1);
        assert_eq!(guild.profile(user).unwrap().mock_interviews, 2);
    }
    let progress = lin.command_message("progress", &[]).await;
    let text = progress.text();
    assert!(text.contains("2 mock interviews held."), "{text}");
    let described = progress.attachments[0]["description"].as_str().unwrap();
    assert!(
        described.contains("Mock interviews held: 2."),
        "{described}"
    );
    // Nobody is asked whether they met: they finished an interview.
    world.advance("120h").await;
    assert!(notices(&world, thread, "Did you meet?").is_empty());
}

/// After four days one message asks whether they met; the answers are private, and admins see only
/// how many groups met.
#[tokio::test(flavor = "multi_thread")]
async fn the_members_are_asked_whether_they_met() {
    let world = start().await;
    join(world.lin()).await;
    join(world.sam()).await;
    world.set_time(TEN).await;
    let (thread, _) = private_threads(&world)[0];
    wait_for_guide(&world, thread).await;
    world.set_time("2026-12-04T09:59").await;
    assert!(notices(&world, thread, "Did you meet?").is_empty());
    world.set_time(FRIDAY_TEN).await;
    let asked = world
        .wait_for("the question", |world| {
            notices(world, thread, "Did you meet?").pop()
        })
        .await;
    let answer = world.lin().press(asked.id, "We met").await;
    assert!(answer.ephemeral, "{}", answer.text());
    assert!(
        world
            .sandbox
            .message(asked.id)
            .unwrap()
            .text()
            .contains("Did you meet")
    );
    world.set_time("2026-12-07T10:00").await;
    assert_eq!(notices(&world, thread, "Did you meet?").len(), 1);
    let status = world.ada().command_message("team status", &[]).await.text();
    assert!(
        status.contains("Of 1 group matched on 30 Nov, 1 met."),
        "{status}"
    );
    assert!(!status.contains(&ids::LIN.to_string()), "{status}");
}

const FRIDAY_TEN: &str = "2026-12-04T10:00";

/// A member who is alone gets one direct message, and comes first next time.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_alone_gets_a_message() {
    let world = start().await;
    join(world.lin()).await;
    world.set_time(TEN).await;
    world
        .wait_for("the direct message", |world| {
            let messages = direct_messages(world, ids::LIN);
            let text = "Nobody else is free";
            messages.iter().any(|one| one.contains(text)).then_some(())
        })
        .await;
    assert!(private_threads(&world).is_empty());
    let status = world.lin().command_message("pair status", &[]).await.text();
    assert!(status.contains("You come first."), "{status}");
    // Who joins after the matching is matched next week.
    join(world.sam()).await;
    world.advance("2h").await;
    assert!(private_threads(&world).is_empty());
    world.set_time("2026-12-07T10:00").await;
    assert_eq!(private_threads(&world).len(), 1);
}

/// `/pair skip` leaves one week out, `/pair leave` ends it, and both say so.
#[tokio::test(flavor = "multi_thread")]
async fn members_skip_a_week_or_leave() {
    let world = start().await;
    let others = add_members(&world, 2);
    for user in [ids::LIN, ids::SAM, others[0], others[1]] {
        join(world.member(user)).await;
    }
    let skipped = world.lin().command_message("pair skip", &[]).await;
    assert!(skipped.text().contains("left out of the next matching"));
    let left = world.sam().command_message("pair leave", &[]).await;
    assert!(left.text().contains("won't be matched"));
    world.set_time(TEN).await;
    let threads = private_threads(&world);
    assert_eq!(threads.len(), 1);
    assert_eq!(threads[0].1, others.iter().copied().collect());
    world.set_time("2026-12-07T10:00").await;
    let threads = private_threads(&world);
    assert_eq!(threads.len(), 2);
    let trio = [ids::LIN, others[0], others[1]].into();
    assert_eq!(threads[1].1, trio);
    let not_joined = world.sam().command_message("pair skip", &[]).await;
    assert!(not_joined.text().contains("haven't joined"));
}

/// Deleting one's data also removes it from others' matches: the match ends, and the bot knows
/// nothing of the member any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_deletes_their_data_in_others_matches_too() {
    let world = start().await;
    join(world.lin()).await;
    join(world.sam()).await;
    world.set_time(TEN).await;
    let (thread, _) = private_threads(&world)[0];
    let guide = wait_for_guide(&world, thread).await;
    let lin = world.lin();
    lin.press(guide.id, "I interview first").await;
    let export = lin.command_message("privacy", &[]).await;
    assert!(
        export
            .text()
            .contains("with whom you were matched in 1 week")
    );
    let file = lin.press(export.id, "Export my data").await;
    let file: serde_json::Value = serde_json::from_slice(&world.attachment(&file).await).unwrap();
    let running = &file["teams"][0]["mock_interviews"]["matches"][0]["running"];
    assert_eq!(*running, json!({ "is_interviewer": true }));
    let confirm = lin.press(export.id, "Delete my data").await;
    lin.press(confirm.id, "Delete for good").await;
    let guild = saved(&world);
    assert!(!guild.has_data_of(UserId::new(ids::LIN)));
    let json = serde_json::to_value(&guild).unwrap();
    let pairs = &json["teams"][ids::ASYNCIO.to_string()]["pairs"];
    assert!(
        !pairs.to_string().contains(&ids::LIN.to_string()),
        "{pairs}"
    );
    let over = world.sam().press(guide.id, "Open the question").await;
    assert!(over.text().contains("is over"), "{}", over.text());
    let team = guild.team(ChannelId::new(ids::ASYNCIO)).unwrap();
    let stored = team.mock_interviews().unwrap();
    assert_eq!(stored.participant_count(), 1);
    let left = status(&world, ids::SAM).await;
    assert!(left.contains("You come first."), "{left}");
}

/// Without the permissions, mock interviews can't be switched on; the command says what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn they_need_private_threads() {
    let world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let off = world.lin().command_message("pair join", &[]).await;
    assert!(off.text().contains("no mock interviews"), "{}", off.text());
    let pairs = [("pairs", json!("Monday 10:00"))];
    let ada = world.ada();
    let refused = ada.command_message("team settings", &pairs).await.text();
    assert!(refused.contains("\"Create Private Threads\""), "{refused}");
    allow_private_threads(&world.sandbox);
    let changed = ada.command_message("team settings", &pairs).await.text();
    assert!(changed.contains("matched on Monday at 10:00"), "{changed}");
    join(world.lin()).await;
}
