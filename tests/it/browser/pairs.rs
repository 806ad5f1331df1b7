//! `/pair` on the page as both sides: two members join, are matched, interview each other in their
//! private thread, and each alone sees their own result.

use discord_sandbox::ids;
use discord_sandbox::permission::CREATE_PRIVATE_THREADS;

use super::access::assert_accessible;
use super::{Tab, page};
use crate::support::World;

/// A Monday, before the matching.
const MONDAY: &str = "2026-11-30T09:30[Europe/Berlin]";
/// The private thread in the list of channels.
const PLACE: &str = "#part-nav [data-thread]:has([aria-hidden])";
const MESSAGES: &str = "#list-thread .message";

async fn world() -> World {
    let builder = World::at(MONDAY).team().with("pairs = \"mon 10:00\"");
    let mut world = builder.without_bot().await;
    let sandbox = &world.sandbox;
    assert!(sandbox.set_bot_permission(ids::GUILD, CREATE_PRIVATE_THREADS, true));
    let stranger = sandbox.add_user("Max");
    sandbox.add_member(ids::GUILD, stranger, &[]);
    sandbox.set_calendar(super::calendar());
    world.start_bot().await;
    world
}

/// Ticks the first key point in the last menu whose custom id begins like that.
async fn tick_first(tab: &Tab, id: &str) {
    let menu = format!("[data-menu^='{id}']");
    tab.click(&format!("{menu} summary")).await;
    tab.click(&format!("{menu} label:has([value='0'])")).await;
    tab.keys(&["Escape"]).await;
}

/// Asserts that no visible message of the thread contains a text.
async fn is_hidden(tab: &Tab, text: &str) {
    let script = format!(
        "![...document.querySelectorAll({MESSAGES:?})].some((one) => one.checkVisibility() && one.textContent.includes({text:?}))"
    );
    tab.see(&format!("no {text:?}"), &script).await;
}

/// `interviewer` opens the question, ticks a key point and finishes; `candidate` alone opens the
/// result.
async fn interview(tab: &Tab, interviewer: &str, candidate: &str) {
    let turn = format!("@{interviewer} interviews, @{candidate} answers");
    tab.reads(MESSAGES, &turn).await;
    tab.be(candidate).await;
    tab.reads(MESSAGES, &turn).await;
    tab.click("[data-press^='q1:pair:c:']").await;
    tab.reads(MESSAGES, "Only the interviewer sees the question")
        .await;
    is_hidden(tab, "Key points").await;
    tab.be(interviewer).await;
    tab.click("[data-press^='q1:pair:c:']").await;
    tab.reads(MESSAGES, "Key points").await;
    assert_accessible(tab, "the interviewer's card").await;
    tick_first(tab, "q1:pair:p:").await;
    tab.reads(MESSAGES, "Clear the ticks").await;
    tab.be(candidate).await;
    is_hidden(tab, "Key points").await;
    tab.be(interviewer).await;
    tab.click("[data-press^='q1:pair:f:']").await;
    tab.reads(MESSAGES, "Finished. I've told").await;
    let ready = format!("The result for @{candidate} is ready");
    tab.reads(MESSAGES, &ready).await;
    tab.click("[data-press^='q1:pair:r:']").await;
    tab.reads(
        MESSAGES,
        "Only the member who answered can open this result",
    )
    .await;
    is_hidden(tab, "Your result, for you alone").await;
    tab.be(candidate).await;
    tab.reads(MESSAGES, &ready).await;
    tab.click("[data-press^='q1:pair:r:']").await;
    tab.reads(MESSAGES, "Your result, for you alone").await;
    assert_accessible(tab, "the candidate's result").await;
    // Neither the interviewer nor a moderator sees it.
    for other in [interviewer, "Ada"] {
        tab.be(other).await;
        tab.reads(MESSAGES, &ready).await;
        is_hidden(tab, "Your result, for you alone").await;
    }
    tab.be(candidate).await;
    tab.click("[data-press^='q1:pair:y:']").await;
    tab.reads(MESSAGES, "1 of ").await;
    tab.reads(MESSAGES, "The question comes back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_interview_each_other() {
    let world = world().await;
    let Some((_chromium, tab)) = page(&world).await else {
        return;
    };
    for name in ["Lin", "Sam"] {
        tab.be(name).await;
        tab.command("/pair join").await;
        tab.reads("#list-channel .only-you", "You've joined mock interviews")
            .await;
    }
    world.set_time("2026-11-30T10:00").await;
    // Sam is in the thread, and opens it in the list of channels.
    tab.reads(PLACE, "Mock interview 30 Nov").await;
    tab.click(PLACE).await;
    tab.reads(MESSAGES, "You have a mock interview this week")
        .await;
    tab.reads("#part-thread-head .badge", "private").await;
    assert_accessible(&tab, "a private thread").await;
    // Another member neither sees it in the list nor with its address, which the page still has.
    tab.be("Max").await;
    tab.gone(PLACE).await;
    tab.gone("#thread").await;
    // Switching back stays in the thread.
    tab.be("Lin").await;
    tab.reads(MESSAGES, "You have a mock interview this week")
        .await;
    tab.click("[data-press^='q1:pair:i:']").await;
    interview(&tab, "Lin", "Sam").await;
    tab.click("[data-press^='q1:pair:s:']").await;
    interview(&tab, "Sam", "Lin").await;
    tab.reads(MESSAGES, "Each of you has interviewed now").await;
    tab.gone("[data-press^='q1:pair:s:']").await;
    tab.be("Max").await;
    tab.gone("#thread").await;
}
