//! Takes `docs/sandbox.png`, the screenshot in the README:
//!
//! ```sh
//! cargo test --test it -- --ignored docs_picture
//! ```

use discord_sandbox::ids;

use super::{page, world};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes a file of the repository"]
async fn docs_picture() {
    let world = world().await;
    let (_chromium, tab) = page(&world).await.expect("needs Chromium");
    world.advance("1m").await;
    world.advance("4m").await;
    tab.click("#list-channel .thread-card").await;
    let thread = world.thread();
    for (user, text) in [
        (
            ids::LIN,
            "One thread, many tasks: a task runs until its next `await`, then the loop picks another.",
        ),
        (
            ids::SAM,
            "```py\nasync with asyncio.TaskGroup() as group:\n    for url in urls:  # all at once\n        group.create_task(fetch(url))\n```\nNo threads needed, ||unless something blocks||.",
        ),
    ] {
        let message = world.sandbox.post(thread, user, text).unwrap();
        world.member(user).wait_until_counted(message).await;
    }
    tab.be("Lin").await;
    tab.command("/streak").await;
    tab.reads("#list-channel .only-you", "Only you can see this")
        .await;
    tab.click("#channel textarea").await;
    tab.type_text("/").await;
    tab.reads("#channel-listbox .option", "/quiz").await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("sandbox.png"), tab.picture().await).unwrap();
}
