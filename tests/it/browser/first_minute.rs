//! The guided start as a newcomer walks it, from the first paint to the line with the streak; and
//! the pictures of it.

use std::path::Path;
use std::time::{Duration, Instant};

use discord_sandbox::bot_process::{BotProcess, Program};
use discord_sandbox::ids;

use super::access::assert_accessible;
use super::animation::{Animation, Frame};
use super::chromium::DESKTOP;
use super::{Chromium, Tab, calendar};
use crate::support::{WAIT_TIMEOUT, World};

/// Width and height of a phone's window in CSS pixels (an iPhone 12 to 14).
const PHONE: (u32, u32) = (390, 844);
/// Maximum number of clicks and texts before the streak is seen.
const MAX_ACTIONS: usize = 6;
/// Maximum number of characters to read before the streak is seen.
const MAX_CHARACTERS: usize = 1500;
/// Maximum time from the first paint to the streak for the page, and for a newcomer who reads and
/// types.
const MAX_TIME: Duration = Duration::from_secs(90);
/// How fast a newcomer reads, in words a minute.
const READING_SPEED: f64 = 250.0;
/// How fast a newcomer types, in characters a second.
const TYPING_SPEED: f64 = 5.0;
/// Width and height of the moving picture.
const PICTURE: (u32, u32) = (960, 620);

/// The visible text of the current step of the guide.
const GUIDE_TEXT: &str = "document.querySelector('#guide section:not([hidden])').innerText";
/// The text that the bot has written in the thread that is shown: messages without names, times,
/// footers and labels of buttons.
const BOT_TEXT: &str = "[...document.querySelectorAll('#list-thread .entry[data-author=Quizloop] :is(.body > .text > :not(.edited), .embed > :not(.embed-footer))')].map((one) => one.innerText.trim()).join(' ')";

/// A walk through the guide.
struct Walk<'a> {
    tab: &'a Tab,
    begun: Instant,
    /// Time between the first paint and `begun`.
    since_paint: Duration,
    actions: usize,
    characters: usize,
    words: usize,
    /// Number of typed characters.
    typed: usize,
    /// The moving picture, if one is taken.
    frames: Option<Vec<Frame>>,
}

impl<'a> Walk<'a> {
    /// Opens the page and waits for its first paint.
    async fn begin(tab: &'a Tab, url: &str, is_recorded: bool) -> Self {
        tab.open(url).await;
        tab.see(
            "the first paint",
            "performance.getEntriesByName('first-contentful-paint').length",
        )
        .await;
        let since_paint: f64 = tab
            .eval("performance.now() - performance.getEntriesByName('first-contentful-paint')[0].startTime")
            .await;
        Self {
            tab,
            begun: Instant::now(),
            since_paint: Duration::from_secs_f64(since_paint / 1000.0),
            actions: 0,
            characters: 0,
            words: 0,
            typed: 0,
            frames: is_recorded.then(Vec::new),
        }
    }

    /// Takes a frame that is shown for some milliseconds.
    async fn frame(&mut self, milliseconds: u16) {
        if let Some(frames) = &mut self.frames {
            // The page has painted what it shows.
            let painted = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
            self.tab.eval::<bool>(painted).await;
            frames.push(Frame {
                png: self.tab.picture().await,
                milliseconds,
            });
        }
    }

    /// Waits for a step of the guide and reads it.
    async fn read_step(&mut self, title: &str) {
        self.tab.reads("#guide h2", title).await;
        self.read(GUIDE_TEXT).await;
    }

    /// Reads the text that a script returns.
    async fn read(&mut self, script: &str) {
        let text: String = self.tab.eval(script).await;
        self.characters += text.chars().count();
        self.words += text.split_whitespace().count();
    }

    /// How long a newcomer needs to read and type what was read and typed so far.
    fn human_time(&self) -> Duration {
        let words = u32::try_from(self.words).unwrap();
        let typed = u32::try_from(self.typed).unwrap();
        let reading = f64::from(words) * 60.0 / READING_SPEED;
        Duration::from_secs_f64(reading + f64::from(typed) / TYPING_SPEED)
    }

    /// Presses a button of the guide. If the question has come by then, the button opens its thread.
    async fn press(&mut self, button: &str) {
        self.tab.click(&format!("[data-act^=guide-{button}]")).await;
        self.actions += 1;
    }

    async fn reply(&mut self, text: &str) {
        self.tab.click("#thread textarea").await;
        for part in text.split_inclusive(", ") {
            self.tab.type_text(part).await;
            self.frame(400).await;
        }
        self.typed += text.chars().count();
        self.tab.keys(&["Enter"]).await;
        self.tab
            .reads("#list-thread .entry:has([data-act=edit]) .reaction", "✅")
            .await;
        self.actions += 1;
        self.frame(1500).await;
    }

    /// Reads what the bot has written in the thread.
    async fn read_thread(&mut self) {
        self.read(BOT_TEXT).await;
    }

    /// Walks to the streak; then the actions, the characters and the time are known.
    async fn walk(&mut self) -> Duration {
        let tab = self.tab;
        self.read_step("Welcome").await;
        tab.reads(
            "#guide",
            "Quizloop asks your team one asyncio interview question a day. This page plays Discord; you are Ada.",
        )
        .await;
        self.frame(2500).await;
        self.press("today").await;
        self.read_step("Reply").await;
        tab.reads("#list-thread .message", "junior").await;
        self.frame(2000).await;
        self.reply(
            "An event loop runs many tasks on one thread, and each gives way at its awaits.",
        )
        .await;
        self.read_step("Look").await;
        self.press("answer").await;
        tab.reads("#list-thread .only-you", "Key points").await;
        self.read_step("Practise").await;
        self.frame(3500).await;
        self.press("quiz").await;
        tab.reads("#list-thread .only-you .used", "/quiz").await;
        self.read_step("Tomorrow").await;
        self.frame(2500).await;
        self.read_thread().await;
        self.press("tomorrow").await;
        self.read_step("Reply again").await;
        tab.gone("#list-thread .only-you").await;
        self.frame(2000).await;
        self.read_thread().await;
        self.reply("A coroutine object, and its body runs once it is awaited.")
            .await;
        tab.reads("#list-thread .only-you .used", "Ada used /streak")
            .await;
        tab.reads("#list-thread .only-you", "2 questions in a row")
            .await;
        let taken = self.since_paint + self.begun.elapsed();
        tab.reads("#guide h2", "Your streak").await;
        self.frame(4000).await;
        taken
    }
}

/// Whether an element is inside the window and inside the list of messages.
fn is_in_view(selector: &str) -> String {
    format!(
        "(() => {{ const one = document.querySelector({selector:?}).getBoundingClientRect(); \
         const list = document.getElementById('list-thread').getBoundingClientRect(); \
         return one.top >= list.top - 1 && one.bottom <= list.bottom + 1 && one.right <= innerWidth; }})()"
    )
}

/// The program as a newcomer starts it, with its own bot and its flowing time.
#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_paint_to_the_streak() {
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    for (name, size) in [("desktop", DESKTOP), ("phone", PHONE)] {
        let mut program = BotProcess::start(&Program {
            path: env!("CARGO_BIN_EXE_quizloop").into(),
            arguments: ["sandbox", "--port", "0"].map(Into::into).into(),
            ..Program::default()
        })
        .unwrap();
        let log = program.log().clone();
        let started = async {
            loop {
                let text = log.text();
                let url = text.split_once("is running at ");
                if let Some((url, _)) = url.and_then(|(_, rest)| rest.split_once('\n')) {
                    return url.to_owned();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let url = tokio::time::timeout(WAIT_TIMEOUT, started).await;
        let url = url.unwrap_or_else(|_| panic!("the sandbox starts: {}", log.text()));
        let tab = chromium.tab().await;
        tab.resize(size, size == PHONE).await;
        let mut walk = Walk::begin(&tab, &url, false).await;
        let taken = walk.walk().await;
        let human = walk.human_time();
        println!(
            "{name}: {:.1} s and for a human {:.1} s more, {} actions, {} characters",
            taken.as_secs_f64(),
            human.as_secs_f64(),
            walk.actions,
            walk.characters
        );
        assert!(walk.actions <= MAX_ACTIONS, "{} actions", walk.actions);
        assert!(
            walk.characters <= MAX_CHARACTERS,
            "{} characters",
            walk.characters
        );
        // Not their sum: the page is slow on a busy machine.
        assert!(taken <= MAX_TIME, "{taken:?}");
        assert!(human <= MAX_TIME, "{human:?}");
        tab.see(
            "the streak in view",
            &is_in_view("#list-thread .only-you .embed"),
        )
        .await;
        assert_accessible(&tab, name).await;
        program.stop(WAIT_TIMEOUT).await.unwrap();
        // The next walk is a first visit, too.
        tab.eval::<bool>("(localStorage.clear(), true)").await;
    }
}

/// A world whose team asks the questions by number, as the sandbox does.
async fn world() -> World {
    let world = World::at("2026-03-27T08:59:30[Europe/Berlin]")
        .team()
        .with("order = \"syllabus\"")
        .start()
        .await;
    world.sandbox.set_calendar(calendar());
    world
}

/// The guide can be closed and brought back at any step; its progress survives a reload, and it can
/// be walked again.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_comes_back() {
    let world = world().await;
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    tab.open(&world.sandbox.url()).await;
    tab.reads("#guide h2", "Welcome").await;
    tab.click("[data-act=guide-today]").await;
    tab.reads("#guide h2", "Reply").await;
    tab.click("[data-act=guide-skip]").await;
    tab.gone("#guide").await;
    tab.open(&world.sandbox.url()).await;
    tab.gone("#guide").await;
    tab.click("[data-act=guide]").await;
    tab.reads("#guide h2", "Reply").await;
    tab.gone("[data-act=guide]").await;
    // The reader finds the way without the guide's buttons.
    tab.click("#list-channel .thread-card").await;
    tab.write("#thread textarea", "In my own words.").await;
    tab.reads("#guide h2", "Look").await;
    tab.click("[data-press^='q1:answer']").await;
    tab.reads("#guide h2", "Practise").await;
    tab.write("#thread textarea", "/quiz").await;
    tab.reads("#thread .command-name", "/quiz").await;
    tab.keys(&["Enter"]).await;
    tab.reads("#guide h2", "Tomorrow").await;
    tab.open(&world.sandbox.url()).await;
    tab.reads("#guide h2", "Tomorrow").await;
    tab.click("[data-clock*=question]").await;
    tab.reads("#list-channel .day", "Monday").await;
    tab.click("[data-act=guide-tomorrow-thread]").await;
    tab.reads("#guide h2", "Reply again").await;
    // While the guide is closed, nothing is done for the user.
    tab.click("[data-act=guide-skip]").await;
    tab.write("#thread textarea", "Again, in my own words.")
        .await;
    tab.reads("#list-thread .entry:last-child .reaction", "✅")
        .await;
    tab.gone("#list-thread .only-you").await;
    tab.click("[data-act=guide]").await;
    tab.reads("#list-thread .only-you", "2 questions in a row")
        .await;
    tab.click("[data-act=guide-restart]").await;
    tab.reads("#guide h2", "Welcome").await;
    tab.reads("[data-act=guide-today]", "Get today's question")
        .await;
}

/// On a phone, the thread covers the channel: what the guide does happens where the user is.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_commands_are_listed_in_the_thread() {
    let world = world().await;
    let Some(chromium) = Chromium::start().await else {
        return;
    };
    let tab = chromium.tab().await;
    tab.resize(PHONE, true).await;
    Walk::begin(&tab, &world.sandbox.url(), false)
        .await
        .walk()
        .await;
    tab.click("[data-act=guide-slash]").await;
    tab.reads("#thread-listbox .option", "/quiz").await;
    tab.type_text("streak").await;
    tab.reads("#thread-listbox .option:first-child", "/streak")
        .await;
    let hit = "(() => { const one = document.querySelector('#thread-listbox .option').getBoundingClientRect(); \
               return document.elementFromPoint(one.left + 20, one.top + 10).closest('#thread-listbox') !== null; })()";
    assert!(tab.eval::<bool>(hit).await, "the list is covered");
    tab.keys(&["Enter", "Enter"]).await;
    tab.see(
        "two streaks",
        "document.querySelectorAll('#list-thread .only-you').length === 2",
    )
    .await;
    let in_channel = world.sandbox.messages(ids::ASYNCIO, ids::ADA);
    assert!(in_channel.iter().all(|message| !message.ephemeral));
}

fn docs(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(file)
}

/// Takes `docs/first-minute.png`, the moving picture at the top of the README, and the last pictures
/// of the walk on a desktop and on a phone:
///
/// ```sh
/// cargo test --test it -- --ignored docs_picture
/// ```
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes a file of the repository"]
async fn docs_pictures_of_the_first_minute() {
    let chromium = Chromium::start().await.expect("needs Chromium");
    for (file, size) in [
        ("first-minute.png", PICTURE),
        ("first-minute-desktop.png", DESKTOP),
        ("first-minute-phone.png", PHONE),
    ] {
        let world = world().await;
        let tab = chromium.tab().await;
        tab.resize(size, size == PHONE).await;
        let is_moving = size == PICTURE;
        let mut walk = Walk::begin(&tab, &world.sandbox.url(), is_moving).await;
        walk.walk().await;
        let picture = match walk.frames {
            Some(frames) => Animation::of(&frames).encode(),
            None => tab.picture().await,
        };
        std::fs::write(docs(file), picture).unwrap();
        tab.eval::<bool>("(localStorage.clear(), true)").await;
    }
}

/// The moving picture is small enough for a README.
#[test]
fn the_moving_picture_is_small() {
    let size = std::fs::metadata(docs("first-minute.png")).unwrap().len();
    assert!(size < 1_500_000, "{size} bytes");
}
