//! The buttons of `/team status`, and the menus with settings.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MemberHandle, MessageExt, World};

const WEDNESDAY: &str = "2026-03-25T12:00[Europe/Berlin]";

fn labels(message: &MessageView) -> Vec<String> {
    let rows = message.components.iter();
    let buttons = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    buttons
        .filter_map(|button| button["label"].as_str().map(str::to_owned))
        .collect()
}

async fn status(member: MemberHandle<'_>) -> MessageView {
    member.command_message("team status", &[]).await
}

/// Pause and resume, skip and its undo, post: each press shows the status after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_managed_with_buttons() {
    let mut world = World::at(WEDNESDAY).start().await;
    world.set_up_by_ada().await;
    let panel = status(world.ada()).await;
    assert!(panel.ephemeral);
    assert_eq!(
        labels(&panel),
        ["Pause", "Skip next", "Post now", "Settings"]
    );

    let paused = world.ada().press(panel.id, "Pause").await;
    assert_eq!(paused.id, panel.id, "the message is updated");
    assert!(
        paused.text().contains("are paused until `/team resume`"),
        "{}",
        paused.text()
    );
    assert!(paused.text().contains("**Paused**"), "{}", paused.text());
    assert_eq!(labels(&paused), ["Resume", "Post now", "Settings"]);
    world.set_time("2026-03-26T12:00").await;
    assert!(world.posts().is_empty());

    let resumed = world.ada().press(panel.id, "Resume").await;
    assert!(resumed.text().contains("are back on"), "{}", resumed.text());
    assert_eq!(
        labels(&resumed),
        ["Pause", "Skip next", "Post now", "Settings"]
    );

    let skipped = world.ada().press(panel.id, "Skip next").await;
    assert!(
        skipped.text().contains("No question on Fri 27 Mar"),
        "{}",
        skipped.text()
    );
    assert_eq!(
        labels(&skipped),
        ["Pause", "Undo skip", "Post now", "Settings"]
    );
    world.kill_and_restart().await;
    let undone = world.ada().press(panel.id, "Undo skip").await;
    assert_eq!(
        labels(&undone),
        ["Pause", "Skip next", "Post now", "Settings"]
    );

    let posted = world.ada().press(panel.id, "Post now").await;
    assert!(
        posted.text().contains("Posting question 1"),
        "{}",
        posted.text()
    );
    // The thread comes after the bot has recorded the post.
    world
        .wait_for("the thread", |world| world.posts().first()?.thread)
        .await;
    let again = world
        .ada()
        .press_id(&format!("q1:panel:{}:post", ids::ASYNCIO))
        .await;
    assert!(
        again.text().contains("Today's question is already out"),
        "{}",
        again.text()
    );
    assert_eq!(world.posts().len(), 1);
}

/// An old button does what it says or nothing: a question is skipped only on the day that it names, and
/// neither a second pause nor a resume without one changes anything.
#[tokio::test(flavor = "multi_thread")]
async fn old_buttons_are_harmless() {
    let world = World::at(WEDNESDAY).start().await;
    world.set_up_by_ada().await;
    let old = status(world.ada()).await;
    world.set_time("2026-03-26T09:00").await;
    assert_eq!(world.posts().len(), 1);
    let refused = world.ada().press(old.id, "Skip next").await.text();
    assert!(
        refused.contains("Nothing was skipped: the question of Thu 26 Mar"),
        "{refused}"
    );
    let resume = format!("q1:panel:{}:resume", ids::ASYNCIO);
    // A pause ends at its own time, which an old Pause does not change.
    let until = [("until", json!("2026-03-30"))];
    world.ada().command_message("team pause", &until).await;
    let pause = format!("q1:panel:{}:pause", ids::ASYNCIO);
    let still = world.ada().press_id(&pause).await.text();
    assert!(still.contains("**Paused** until Mon 30 Mar"), "{still}");
    world.ada().press_id(&resume).await;
    let nothing = world.ada().press_id(&resume).await.text();
    assert!(!nothing.contains("are back on"), "{nothing}");
    world.set_time("2026-03-27T09:00").await;
    assert_eq!(world.posts().len(), 2);
}

/// The menus show the present values, save each choice and keep it over a restart.
#[tokio::test(flavor = "multi_thread")]
async fn common_settings_have_menus() {
    let mut world = World::at(WEDNESDAY).start().await;
    world.set_up_by_ada().await;
    let panel = status(world.ada()).await;
    let menus = world.ada().press(panel.id, "Settings").await;
    assert!(menus.ephemeral && menus.id != panel.id);
    let choose = async |setting: &str, values: &[&str]| {
        let id = format!("q1:setting:{}:{setting}", ids::ASYNCIO);
        let outcome = world.sandbox.press(menus.id, ids::ADA, &id, values).await;
        outcome
            .message()
            .cloned()
            .unwrap_or_else(|| panic!("{setting}: {outcome:?}"))
    };
    let saved = choose("at", &["10:00"]).await;
    assert_eq!(saved.id, menus.id);
    assert!(saved.text().contains("✅ Saved: time."), "{}", saved.text());
    choose("days", &["Tuesday and Thursday"]).await;
    choose("levels", &["junior", "mid"]).await;
    choose("reveal", &["open"]).await;
    choose("report", &["on"]).await;
    world.kill_and_restart().await;
    let text = status(world.ada()).await.text();
    for part in [
        "Tuesday and Thursday at 10:00",
        "junior, mid",
        "open to everyone at any time",
        "after the week's last question",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // All levels are no choice of levels.
    let id = format!("q1:setting:{}:levels", ids::ASYNCIO);
    let all = ["junior", "mid", "senior"];
    world.sandbox.press(menus.id, ids::ADA, &id, &all).await;
    let text = status(world.ada()).await.text();
    assert!(!text.contains("junior, mid"), "{text}");
    // A time that contradicts another setting is refused, and the menus stay.
    let wrap_up = [("wrap_up_at", json!("12:00"))];
    world.ada().command_message("team settings", &wrap_up).await;
    let id = format!("q1:setting:{}:at", ids::ASYNCIO);
    let refused = world
        .sandbox
        .press(menus.id, ids::ADA, &id, &["14:00"])
        .await;
    let refused = refused.message().unwrap().text();
    assert!(
        refused.contains("A wrap-up comes at least an hour later"),
        "{refused}"
    );
    assert!(status(world.ada()).await.text().contains("at 10:00"));
}

/// The bot itself checks the permission for each button and menu, and the file's teams are changed
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn only_admins_use_the_panel() {
    let world = World::at(WEDNESDAY).team().start().await;
    for action in [
        "refresh",
        "pause",
        "resume",
        "skip:2026-03-26",
        "post",
        "settings",
    ] {
        let id = format!("q1:panel:{}:{action}", ids::ASYNCIO);
        let refused = world.lin().press_id(&id).await.text();
        assert!(
            refused.contains("You need the \"Manage Server\" permission"),
            "{action}: {refused}"
        );
    }
    let id = format!("q1:setting:{}:at", ids::ASYNCIO);
    let refused = world.lin().press_id(&id).await.text();
    assert!(
        refused.contains("You need the \"Manage Server\" permission"),
        "{refused}"
    );
    world.advance("1m").await;
    assert!(world.posts().is_empty());
    let panel = status(world.ada()).await;
    assert_eq!(labels(&panel), ["Pause", "Skip next", "Post now"]);
    let settings = format!("q1:panel:{}:settings", ids::ASYNCIO);
    for id in [settings, id] {
        let refused = world.ada().press_id(&id).await.text();
        assert!(refused.contains("in the bot's config file"), "{refused}");
    }
}
