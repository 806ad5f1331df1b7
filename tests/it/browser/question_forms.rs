//! A team's admin at work on the page: the choice of questions, own questions, a suggestion, and a
//! week with all of it. Everything is clicked and typed.

use std::collections::BTreeSet;
use std::io::Write as _;

use discord_sandbox::ids;
use quizloop_bank::{Bank, Level, built_in};

use super::access::assert_accessible;
use super::{Chromium, FRIDAY, Tab, calendar, page};
use crate::support::{MessageExt, World};

/// The topics of the team.
const TOPICS: [&str; 3] = ["queues", "syntax", "context"];

/// The newest message in the channel that only this member sees.
const SHOWN: &str = "#list-channel .only-you";

/// Starts a world without a team, and opens its page.
async fn open() -> Option<(World, Chromium, Tab)> {
    let world = World::at(FRIDAY).start().await;
    world.sandbox.set_calendar(calendar());
    let (chromium, tab) = page(&world).await?;
    Some((world, chromium, tab))
}

/// Begins a command, once it is the first one in the list.
async fn begin(tab: &Tab, command: &str) {
    tab.click("#channel textarea").await;
    tab.type_text(command).await;
    tab.reads("#channel-listbox .option:first-child", command)
        .await;
    tab.keys(&["Enter"]).await;
    tab.reads("#channel .command-name", command).await;
}

/// Adds an option to the command, types its value and picks the first suggestion, which contains a
/// text.
async fn option(tab: &Tab, name: &str, typed: &str, suggestion: &str) {
    tab.click("#channel .more").await;
    tab.type_text(name).await;
    let only = "#channel-listbox .option:only-child strong";
    tab.reads(only, name).await;
    tab.keys(&["ArrowDown", "Enter"]).await;
    tab.reads("#channel .pill", name).await;
    value(tab, name, typed, suggestion).await;
}

/// Types the value of the option that has the focus, and picks the first suggestion.
async fn value(tab: &Tab, name: &str, typed: &str, suggestion: &str) {
    let focus =
        format!("document.activeElement.closest('#channel .pill')?.textContent.includes({name:?})");
    tab.see("the focus in the option", &focus).await;
    tab.type_text(typed).await;
    tab.reads("#channel-listbox .option:first-child", suggestion)
        .await;
    // A list of an older text has no chosen line.
    tab.see(
        "the chosen suggestion",
        "document.querySelector('#channel-listbox .option:first-child').ariaSelected === 'true'",
    )
    .await;
    tab.keys(&["Enter"]).await;
    tab.see(
        "the next option",
        "document.activeElement.matches('#channel .more, #channel .pill input')",
    )
    .await;
}

/// Sends the command, and waits for a text in what it shows.
async fn send(tab: &Tab, expected: &str) {
    tab.click("#channel .send").await;
    tab.gone("#channel .command").await;
    tab.reads(SHOWN, expected).await;
}

/// Replaces the text of a field of the form.
async fn fill(tab: &Tab, field: &str, text: &str) {
    let field = format!("#form [name={field}]");
    tab.click(&field).await;
    tab.eval::<bool>("document.activeElement.select(), true")
        .await;
    tab.type_text(text).await;
}

async fn submit(tab: &Tab) {
    tab.click("#form [type=submit]").await;
    tab.gone("#form").await;
}

/// Goes to the next question, and answers it in its thread as Ada and as Lin.
async fn a_day(tab: &Tab, world: &World) {
    let before = world.posts().len();
    tab.click("[data-clock*=question]").await;
    let count = format!(
        "document.querySelectorAll('#list-channel .thread-card').length === {}",
        before + 1
    );
    tab.see("the question", &count).await;
    let thread = world.thread().to_string();
    tab.click("#list-channel .thread-card").await;
    tab.see(
        "its thread",
        &format!("document.getElementById('part-thread-head').dataset.id === {thread:?}"),
    )
    .await;
    for name in ["Lin", "Ada"] {
        tab.be(name).await;
        let text = format!("{name} on day {before}");
        tab.write("#thread textarea", &text).await;
        tab.reads("#list-thread .entry:last-child", &text).await;
        tab.reads("#list-thread .entry:last-child .reaction", "✅")
            .await;
    }
}

/// A junior team chooses two levels and three topics, imports a file with three bad rows, takes a
/// member's suggestion, disables a question, chooses the next one, and has a week. Nobody's streak
/// suffers.
#[tokio::test(flavor = "multi_thread")]
async fn a_junior_team_and_its_week() {
    let Some((world, _chromium, tab)) = open().await else {
        return;
    };
    begin(&tab, "/setup").await;
    value(&tab, "timezone", "Europe/Berl", "Europe/Berlin").await;
    option(&tab, "levels", "junior, mid", "junior, mid (").await;
    let topics = TOPICS.join(", ");
    option(&tab, "topics", &topics, &format!("{topics} (")).await;
    send(&tab, "This leaves ").await;
    assert!(world.posts().is_empty());
    assert_accessible(&tab, "the question before settings are saved").await;
    tab.click("#list-channel [data-press^='q1:settings:save']")
        .await;
    tab.reads(SHOWN, "is set up.").await;
    tab.gone("#list-channel [data-press^='q1:settings']").await;
    a_day(&tab, &world).await;

    begin(&tab, "/team questions import").await;
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    file.write_all(crate::question_import::twenty().as_bytes())
        .unwrap();
    tab.choose_file(file.path(), tab.keys(&["Enter"])).await;
    send(&tab, "17 questions and 3 mistakes").await;
    for row in ["line 5", "line 10", "line 16"] {
        tab.reads(SHOWN, row).await;
    }
    tab.click("#list-channel [data-press^='q1:import']").await;
    tab.reads(SHOWN, "17 questions added (#s1 to #s17)").await;

    tab.be("Lin").await;
    begin(&tab, "/suggest").await;
    option(&tab, "topic", "queue", "queues").await;
    tab.click("#channel .send").await;
    tab.reads("#form h2", "Suggest a question").await;
    fill(&tab, "question", "Where do lost tasks go?").await;
    fill(&tab, "answer", "Nobody holds a reference to them.").await;
    assert_accessible(&tab, "the form for a suggestion").await;
    submit(&tab).await;
    tab.reads(SHOWN, "saved as number 1").await;

    tab.be("Ada").await;
    begin(&tab, "/team questions list").await;
    option(&tab, "filter", "sugg", "suggestions of members").await;
    send(&tab, "Where do lost tasks go?").await;
    let menu = "[data-menu^='q1:suggestion-open']";
    tab.click(&format!("{menu} summary")).await;
    tab.click(&format!("{menu} label:has([value='1'])")).await;
    tab.reads(SHOWN, "Nobody holds a reference to them.").await;
    tab.click("[data-press^='q1:suggestion:approve']").await;
    tab.reads(SHOWN, "Suggestion 1 is approved: it is #s18")
        .await;

    let open = world.post().question_id();
    let (bank, _) = Bank::load(built_in(), &[]);
    let of_team = bank.questions().iter().filter(|one| {
        TOPICS.contains(&one.topic.as_str()) && one.level != Some(Level::Senior) && one.id != open
    });
    let of_team: Vec<_> = of_team.collect();
    let (disabled, chosen) = (of_team[0], of_team[of_team.len() - 1]);
    begin(&tab, "/team questions disable").await;
    let number = |of: &quizloop_bank::Question| format!("{} · ", of.number_label().unwrap());
    value(&tab, "question", &disabled.id, &number(disabled)).await;
    send(&tab, "is disabled: it is not drawn any more").await;
    begin(&tab, "/team choose").await;
    option(&tab, "question", &chosen.id, &number(chosen)).await;
    send(&tab, "Next in #asyncio: ").await;

    for _ in 0..5 {
        a_day(&tab, &world).await;
    }
    let posts = world.posts();
    let asked: Vec<String> = posts.iter().map(MessageExt::question_id).collect();
    assert_eq!(asked.len(), 6);
    assert_eq!(asked[1], chosen.id);
    let distinct: BTreeSet<_> = asked.iter().collect();
    assert_eq!(distinct.len(), 6, "{asked:?}");
    let is_of_team = |id: &String| of_team.iter().any(|one| one.id == *id);
    assert!(!asked.contains(&disabled.id), "{asked:?}");
    // The approved suggestion has one of the topics, and no level, so it may come, too.
    let others = asked[1..].iter().filter(|id| !is_of_team(id));
    assert!(others.clone().all(|id| id.starts_with("s-")), "{asked:?}");
    for user in [ids::ADA, ids::LIN] {
        assert_eq!(world.saved_streak(user), 6);
    }
    tab.be("Lin").await;
    tab.command("/streak").await;
    tab.reads(SHOWN, "6 questions").await;
}

/// A form that breaks a rule is refused, and *Correct it* opens it with everything that was written.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_is_corrected() {
    let Some((world, _chromium, tab)) = open().await else {
        return;
    };
    begin(&tab, "/team questions add").await;
    tab.keys(&["Enter"]).await;
    tab.reads("#form h2", "Add a question").await;
    fill(&tab, "question", "How do we deploy?").await;
    fill(&tab, "answer", "With the pipeline.").await;
    // A space satisfies the page, and not the bot.
    fill(&tab, "question", " ").await;
    fill(&tab, "follow_up", "Who may do it?").await;
    submit(&tab).await;
    tab.reads(SHOWN, "Not saved yet. I keep what you wrote")
        .await;
    tab.reads(SHOWN, "Question is empty").await;
    tab.click("[data-press^='q1:correct']").await;
    tab.reads("#form h2", "Add a question").await;
    let value = |field: &str| format!("document.querySelector('#form [name={field}]').value");
    let answer: String = tab.eval(&value("answer")).await;
    let follow_up: String = tab.eval(&value("follow_up")).await;
    assert_eq!(
        (&*answer, &*follow_up),
        ("With the pipeline.", "Who may do it?")
    );
    assert_accessible(&tab, "a form that is corrected").await;
    fill(&tab, "question", "How do we deploy?").await;
    submit(&tab).await;
    tab.reads(SHOWN, "Saved as #s1").await;
    tab.gone("[data-press^='q1:correct']").await;
    begin(&tab, "/team questions show").await;
    super::question_forms::value(&tab, "question", "deploy", "#s1 · How do we deploy?").await;
    send(&tab, "With the pipeline.").await;
    tab.reads(SHOWN, "Who may do it?").await;
    drop(world);
}
