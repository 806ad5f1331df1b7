//! Messages, commands, and the visibility of responses.

use discord_sandbox::ids;

use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
async fn two_members_reply() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.click("#list-channel .thread-card").await;
    tab.write("#thread textarea", "One thread, many tasks.")
        .await;
    tab.reads("#list-thread .reaction", "✅").await;
    tab.be("Lin").await;
    tab.write("#thread textarea", "They take turns at **their** awaits.")
        .await;
    // First that the message is there: until then, Ada's is the last one, and has its ✅.
    tab.reads("#list-thread .entry:last-child strong", "their")
        .await;
    tab.reads("#list-thread .entry:last-child .reaction", "✅")
        .await;
    // Members can edit their own messages only.
    tab.keys(&["ArrowUp"]).await;
    tab.type_text(" Yes.").await;
    tab.keys(&["Enter"]).await;
    // The question above is edited, too, when its footer changes.
    tab.reads("#list-thread .entry:last-child .edited", "(edited)")
        .await;
    let editable: u32 = tab
        .eval("document.querySelectorAll('#list-thread [data-act=edit]').length")
        .await;
    assert_eq!(editable, 1);
    let streaks = [ids::ADA, ids::LIN].map(|user| world.saved_streak(user));
    assert_eq!(streaks, [1, 1]);
    // A member reacts and removes the reaction.
    tab.click("#list-thread .entry:last-child [data-emoji='🎉']")
        .await;
    tab.reads("#list-thread .reaction[aria-pressed=true]", "🎉")
        .await;
    tab.click("#list-thread .reaction[data-emoji='🎉']").await;
    tab.gone("#list-thread .reaction[data-emoji='🎉']").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_with_autocomplete() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.click("#channel textarea").await;
    tab.type_text("/").await;
    // Ada is an admin, Lin is not.
    tab.reads("#channel-listbox", "/team status").await;
    tab.be("Lin").await;
    tab.click("#channel textarea").await;
    tab.keys(&["Backspace"]).await;
    tab.type_text("/").await;
    tab.reads("#channel-listbox", "/answer").await;
    tab.see(
        "no command of admins",
        "!document.getElementById('channel-listbox').textContent.includes('/team')",
    )
    .await;
    tab.type_text("ans").await;
    tab.see(
        "one command",
        "document.querySelectorAll('#channel-listbox .option').length === 1",
    )
    .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", "/answer").await;
    // Options are added one by one, with the bot's autocomplete choices.
    tab.reads("#channel-listbox .option", "question").await;
    tab.keys(&["ArrowDown", "Enter"]).await;
    tab.type_text("queue").await;
    tab.reads("#channel-listbox .option", " · ").await;
    tab.keys(&["Enter", "Enter"]).await;
    tab.reads("#list-channel .only-you", "Only you can see this")
        .await;
    tab.gone("#channel .command").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ephemeral_response_is_seen_by_one_member() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    world.advance("1m").await;
    tab.command("/streak").await;
    tab.reads("#list-channel .only-you .used", "Ada used /streak")
        .await;
    tab.be("Lin").await;
    tab.gone("#list-channel .only-you").await;
    tab.be("Ada").await;
    tab.click("#list-channel [data-act=dismiss]").await;
    tab.gone("#list-channel .only-you").await;
    // A missing response is reported as Discord does.
    world.sandbox.blackhole_gateway(true);
    tab.command("/streak").await;
    tab.reads("#channel-notes", "The application did not respond")
        .await;
    tab.click("#channel-notes [data-act=dismiss-note]").await;
    tab.gone("#channel-notes .note").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spoilers_open_on_click_and_unsafe_markup_stays_text() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    let bomb = format!("{}**bomb", "> *_".repeat(400));
    for text in [
        "||the end|| <t:1774598400:R>",
        "<script>document.title = 'broken'</script> <img src=x onerror=\"document.title='broken'\">",
        "[x](javascript:document.title='broken') ![x](https://example.org/x.png)",
        &bomb,
        "```py\nasync def f(): ...\n```",
    ] {
        world.sandbox.post(ids::ASYNCIO, ids::SAM, text).unwrap();
    }
    tab.reads(
        "#list-channel .entry",
        "<script>document.title = 'broken'</script>",
    )
    .await;
    tab.reads("#list-channel .entry", "bomb").await;
    tab.reads("#list-channel .py-keyword", "async").await;
    tab.reads("#list-channel .stamp", "minute").await;
    let hidden = "getComputedStyle(document.querySelector('.spoiler-text')).visibility";
    assert_eq!(tab.eval::<String>(hidden).await, "hidden");
    tab.click("#list-channel .spoiler").await;
    tab.see("the spoiler", &format!("{hidden} === 'visible'"))
        .await;
    // The spoiler stays open when the page refreshes.
    world.sandbox.post(ids::ASYNCIO, ids::SAM, "later").unwrap();
    tab.reads("#list-channel .entry", "later").await;
    assert_eq!(tab.eval::<String>(hidden).await, "visible");
    assert_eq!(
        tab.eval::<String>("document.title").await,
        "Quizloop sandbox"
    );
    let foreign: Vec<String> = tab
        .eval("[...document.querySelectorAll('#list-channel .text :is(script, img, iframe, [onerror])')].map((one) => one.outerHTML)")
        .await;
    assert_eq!(foreign, Vec::<String>::new());
}
