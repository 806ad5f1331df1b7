//! `/interview`: five questions against the clock, the model answers with ticks, and the summary.

use discord_sandbox::client::MessageView;
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use quizloop_bank::{Bank, Question, built_in};
use quizloop_core::guild::Guild;
use quizloop_core::id::{GuildId, UserId};
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::eviction::{LISTEN, idle_on, wait_until_evicted};
use crate::health::Monitor;
use crate::support::test_database::TestDatabase;
use crate::support::{MemberHandle, MessageExt, World, WorldBuilder};

const FRIDAY: &str = "2026-03-27T10:00[Europe/Berlin]";

/// Returns the labels of the buttons of a message.
fn buttons(message: &MessageView) -> Vec<String> {
    let buttons = message.buttons().into_iter();
    buttons.map(|button| button.label).collect()
}

/// Starts an interview and returns its first question.
async fn start(member: MemberHandle<'_>, options: &[(&str, Value)]) -> MessageView {
    let rules = member.command_message("interview", options).await;
    assert!(rules.ephemeral);
    member.press(rules.id, "Start").await
}

/// Answers a question in the way that it offers.
async fn answer(member: MemberHandle<'_>, question: &MessageView) -> MessageView {
    let offered = buttons(question);
    let button = if offered.contains(&"B".to_owned()) {
        "B"
    } else {
        "I said it"
    };
    member.press(question.id, button).await
}

/// Ticks the first key point of a model answer, or goes on where there is nothing to tick.
async fn tick(member: MemberHandle<'_>, shown: &MessageView) -> MessageView {
    if buttons(shown).contains(&"Next".to_owned()) {
        return member.press(shown.id, "Next").await;
    }
    member.choose(shown, &["0"]).await
}

/// Returns the built-in question that a message shows.
fn question_in(message: &MessageView) -> Question {
    let (bank, _) = Bank::load(built_in(), &[]);
    let text = message.text();
    let shown = |one: &&Question| text.contains(&format!("**{}**", one.question));
    bank.questions().iter().find(shown).unwrap().clone()
}

fn stored(world: &World) -> Guild {
    inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap()
}

fn reviews(world: &World, member: u64) -> usize {
    stored(world).reviews(UserId::new(member)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_questions_then_the_answers_then_the_summary() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let rules = lin.command_message("interview", &[]).await;
    assert!(
        rules
            .text()
            .contains("Interview: 5 questions in 15 minutes"),
        "{}",
        rules.text()
    );
    let mut question = lin.press(rules.id, "Start").await;
    let ends = (world.now() + jiff::SignedDuration::from_mins(15)).as_second();
    let mut levels = Vec::new();
    for number in 1..=5 {
        let text = question.text();
        assert!(question.ephemeral);
        assert!(text.contains(&format!("Question {number} of 5")), "{text}");
        assert!(text.contains(&format!("<t:{ends}:R>")), "{text}");
        assert!(
            !text.contains("[Level]") && !text.contains("[Topic]"),
            "{text}"
        );
        levels.push(question_in(&question).level);
        world.advance("1m").await;
        let next = answer(lin, &question).await;
        assert_ne!(next.id, question.id, "each question is a new message");
        question = next;
    }
    assert!(levels.is_sorted(), "they become harder: {levels:?}");
    assert!(
        question.text().contains("the last question, after 5 min"),
        "{}",
        question.text()
    );
    assert_eq!(
        reviews(&world, ids::LIN),
        0,
        "nothing is reviewed before the end"
    );
    let mut shown = lin.press(question.id, "See the answers").await;
    let first = shown.id;
    for number in 1..=5 {
        let text = shown.text();
        assert!(
            text.contains(&format!("**Answer {number} of 5**")),
            "{text}"
        );
        assert!(text.contains("in 1 min."), "{text}");
        assert!(text.contains("[Key points]"), "{text}");
        assert!(
            stored(&world)
                .interview_results(UserId::new(ids::LIN))
                .is_empty()
        );
        shown = tick(lin, &shown).await;
        assert_eq!(
            shown.id, first,
            "the answers follow each other in one message"
        );
    }
    let summary = shown.text();
    for part in [
        "You said 5 of ",
        "5 questions in 5 min of 15 min.",
        "[By topic]",
        "[Work on these first]",
        "[Read]",
        "comes back ",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert_eq!(reviews(&world, ids::LIN), 5);
    let results = stored(&world)
        .interview_results(UserId::new(ids::LIN))
        .to_vec();
    assert_eq!(
        (results.len(), results[0].questions, results[0].said),
        (1, 5, 5)
    );
    // The text, and the description of the picture, which say the same.
    let (said, points) = (u32::from(results[0].said), u32::from(results[0].points));
    let share = said * 100 / points;
    let progress = lin.command_message("progress", &[]).await;
    let line = format!("**1 interview** held. You said {share} % of the key points.");
    assert!(progress.text().contains(&line), "{}", progress.text());
    let described = progress.attachments[0]["description"].as_str().unwrap();
    let line = format!("Interviews held: 1. Key points said on Fri 27 March: {share} %.");
    assert!(described.contains(&line), "{described}");
}

/// Lin's phone loses its connection, the bot is killed, and she goes on at her desk.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_at_any_point_loses_nothing() {
    let mut world = World::at(FRIDAY).team().start().await;
    let mut shown = start(world.lin(), &[("minutes", json!(25))]).await;
    for number in 1..=5 {
        let before = shown.text();
        world.kill_and_restart().await;
        let resumed = world.lin().command_message("interview", &[]).await;
        let text = resumed.text();
        assert!(text.contains("Your interview is still running"), "{text}");
        assert!(text.ends_with(&before), "{text}\n{before}");
        // The old message works as well.
        let message = if number % 2 == 0 { resumed } else { shown };
        world.advance("30s").await;
        shown = answer(world.lin(), &message).await;
    }
    world.kill_and_restart().await;
    let waiting = world.lin().command_message("interview", &[]).await;
    assert!(
        waiting
            .text()
            .contains("You haven't ticked all the answers"),
        "{}",
        waiting.text()
    );
    shown = world.lin().press(waiting.id, "See the answers").await;
    for number in 1..=5 {
        let heading = format!("**Answer {number} of 5**");
        assert!(shown.text().contains(&heading), "{}", shown.text());
        world.kill_and_restart().await;
        let again = world.lin().press(waiting.id, "See the answers").await;
        assert_eq!(again.text(), shown.text());
        shown = tick(world.lin(), &shown).await;
    }
    let summary = shown.text();
    assert!(summary.contains("You said 5 of "), "{summary}");
    world.kill_and_restart().await;
    assert_eq!(reviews(&world, ids::LIN), 5);
    let again = world.lin().press(waiting.id, "See the answers").await;
    assert_eq!(again.text(), summary, "the summary is shown again");
    assert_eq!(reviews(&world, ids::LIN), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_time_is_over_the_next_press_says_so() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let first = start(lin, &[("minutes", json!(10))]).await;
    let second = lin.press(first.id, "Skip").await;
    world.advance("10m").await;
    let messages = world.sandbox.messages(ids::ASYNCIO, ids::LIN).len();
    world.advance("10m").await;
    assert_eq!(
        world.sandbox.messages(ids::ASYNCIO, ids::LIN).len(),
        messages,
        "nothing is sent"
    );
    let over = answer(lin, &second).await;
    assert!(
        over.text()
            .contains("The time is over: you answered 1 of 5"),
        "{}",
        over.text()
    );
    let skipped = lin.press(over.id, "See the answers").await;
    assert!(
        skipped.text().contains("You skipped it after 0 s."),
        "{}",
        skipped.text()
    );
    let cut_off = lin.press(skipped.id, "Next").await;
    assert!(
        cut_off.text().contains("The time ran out here"),
        "{}",
        cut_off.text()
    );
    let summary = tick(lin, &cut_off).await.text();
    assert!(
        summary.contains("2 questions in 10 min of 10 min. 3 questions were not reached"),
        "{summary}"
    );
    assert_eq!(reviews(&world, ids::LIN), 2);
    // A button of the interview still shows the same, until a day after its end.
    let again = answer(lin, &second).await;
    assert_eq!(again.text(), summary);
    world.advance("23h51m").await;
    let gone = answer(lin, &second).await;
    assert!(
        gone.text().contains("This interview is over and put away"),
        "{}",
        gone.text()
    );
    assert_eq!(
        stored(&world)
            .interview_results(UserId::new(ids::LIN))
            .len(),
        1
    );
    let new = lin.command_message("interview", &[]).await;
    assert!(
        buttons(&new).contains(&"Start".to_owned()),
        "{}",
        new.text()
    );
}

/// An interview whose answers were never seen counts nowhere and is dropped from the disk.
#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_interview_is_dropped_a_day_later() {
    let world = World::at(FRIDAY).team().start().await;
    let question = start(world.lin(), &[]).await;
    answer(world.lin(), &question).await;
    let has_interview = || {
        let guild = stored(&world);
        guild.profile(UserId::new(ids::LIN)).is_some()
    };
    world.advance("24h14m").await;
    assert!(has_interview());
    world.advance("1m").await;
    world
        .wait_until("the interview to be dropped", || !has_interview())
        .await;
    let old = world.lin().press(question.id, "Skip").await;
    assert!(
        old.text().contains("This interview is over and put away"),
        "{}",
        old.text()
    );
}

/// Ada starts on her phone and goes on at her desk, then presses on the phone again.
#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_another_device_lead_to_where_the_member_is() {
    let world = World::at(FRIDAY).team().start().await;
    let ada = world.ada();
    let rules = ada.command_message("interview", &[]).await;
    let phone = ada.press(rules.id, "Start").await;
    let desk = ada.command_message("interview", &[]).await;
    let second = answer(ada, &desk).await;
    let old = ada.press(phone.id, "Skip").await;
    assert!(
        old.text().contains("You have already answered question 1."),
        "{}",
        old.text()
    );
    assert!(old.text().ends_with(&second.text()), "{}", old.text());
    // A second press on Start does not start another one.
    let again = ada.press(rules.id, "Start").await;
    assert!(
        again.text().contains("Your interview is still running"),
        "{}",
        again.text()
    );
    assert!(again.text().ends_with(&second.text()), "{}", again.text());
    // A button of a question that is not on yet, as a client could send it.
    let raw = |number: u8| {
        let id = stored(&world);
        let id = id
            .interview(UserId::new(ids::ADA), world.now())
            .unwrap()
            .started_at;
        format!("q1:interview:a:{}:{number}:0", id.as_millisecond())
    };
    let ahead = ada.press_id(&raw(4)).await;
    assert!(ahead.text().contains("Question 2 of 5"), "{}", ahead.text());
    let other = ada.press_id("q1:interview:a:1774600000000:0:0").await;
    assert!(
        other.text().contains("This interview is over and put away"),
        "{}",
        other.text()
    );
    // Nobody else can use her buttons: they are about the interview of the member who presses.
    let lin = world.lin().press_id(&raw(1)).await;
    assert!(
        lin.text().contains("This interview is over and put away"),
        "{}",
        lin.text()
    );
}

/// What a member writes is shown above the next question and stored nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_written_answer_is_shown_above_the_next_question() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let question = start(lin, &[("topic", json!("queues"))]).await;
    let form = lin.open_modal(question.id, "Write it").await;
    let above = form.data["components"][0]["content"].as_str().unwrap();
    assert!(above.contains(&question_in(&question).question), "{above}");
    let text = "zyzzyva: it waits, I think";
    let next = lin.submit_modal(&form, &[("answer", text)]).await;
    assert!(next.ephemeral && next.id != question.id);
    let shown = next.text();
    assert!(
        shown.starts_with(&format!("**You wrote**\n> {text}")),
        "{shown}"
    );
    assert!(shown.contains("Question 2 of 5"), "{shown}");
    // Whatever happens, what was written is not lost: the same form again, and one after the time.
    let again = lin.submit_modal(&form, &[("answer", text)]).await.text();
    assert!(
        again.starts_with("You have already answered question 1."),
        "{again}"
    );
    assert!(again.contains(text), "{again}");
    let late = lin.open_modal(next.id, "Write it").await;
    world.advance("15m").await;
    let over = lin.submit_modal(&late, &[("answer", text)]).await.text();
    assert!(
        over.contains("The time is over") && over.contains(text),
        "{over}"
    );
    let instead = lin.press(next.id, "Write it").await.text();
    assert!(instead.contains("The time is over"), "{instead}");
    world.advance("25h").await;
    let gone = lin.submit_modal(&late, &[("answer", text)]).await.text();
    assert!(gone.contains("put away") && gone.contains(text), "{gone}");
    let files = std::fs::read_dir(world.state().join("guilds")).unwrap();
    for file in files {
        let file = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!file.contains("zyzzyva"));
    }
    assert!(!world.log().contains("zyzzyva"));
}

/// With options the interview is drawn from what matches, also if that is not much.
#[tokio::test(flavor = "multi_thread")]
async fn few_questions_and_none() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let few = [("topic", json!("context managers"))];
    let rules = lin.command_message("interview", &few).await;
    assert!(
        rules
            .text()
            .contains("Interview: 2 questions in 15 minutes"),
        "{}",
        rules.text()
    );
    assert!(
        rules.text().contains("Only 2 questions match."),
        "{}",
        rules.text()
    );
    let first = lin.press(rules.id, "Start").await;
    assert!(first.text().contains("Question 1 of 2"), "{}", first.text());
    let none = [
        ("topic", json!("context managers")),
        ("level", json!("junior")),
    ];
    let refused = world.ada().command_message("interview", &none).await;
    assert!(
        refused.text().starts_with("No question matches"),
        "{}",
        refused.text()
    );
}

/// The channel's team decides what is asked; a topic that the member names comes before that.
#[tokio::test(flavor = "multi_thread")]
async fn the_programme_of_the_channel_decides() {
    let world = World::at(FRIDAY)
        .team()
        .with("topics = [\"queues\", \"tasks\"]")
        .with("levels = [\"mid\"]")
        .start()
        .await;
    let lin = world.lin();
    let mut question = start(lin, &[]).await;
    for _ in 0..5 {
        let asked = question_in(&question);
        assert!(
            ["queues", "tasks"].contains(&asked.topic.as_str()),
            "{}",
            asked.id
        );
        assert_eq!(asked.level.unwrap().name(), "mid", "{}", asked.id);
        question = answer(lin, &question).await;
    }
    let other = world.sandbox.add_channel(ids::GUILD, 0, "off-topic");
    let sam = world.sam();
    let topic = [("topic", json!("testing"))];
    let rules = sam.command_message("interview", &topic).await;
    let asked = sam.press(rules.id, "Start").await;
    assert_eq!(question_in(&asked).topic, "testing");
    let elsewhere = world.ada().command_in(other, "interview", &[]).await;
    let elsewhere = elsewhere.message().unwrap();
    let first = world.ada().press(elsewhere.id, "Start").await;
    assert_eq!(
        question_in(&first).level.unwrap().name(),
        "junior",
        "any level"
    );
}

/// The question of the day is not asked, and an answer that is open by now is not shown before the
/// member has replied.
#[tokio::test(flavor = "multi_thread")]
async fn open_questions_stay_guarded() {
    let world = World::at("2026-03-27T08:55[Europe/Berlin]")
        .team()
        .with("topics = [\"context-managers\"]")
        .start()
        .await;
    let lin = world.lin();
    let first = start(lin, &[]).await;
    let second = lin.press(first.id, "I said it").await;
    let end = lin.press(second.id, "I said it").await;
    world.advance("5m").await;
    let posted = world.post().question();
    let mut shown = lin.press(end.id, "See the answers").await;
    if !shown
        .text()
        .contains("is open in a team of this server now")
    {
        shown = tick(lin, &shown).await;
    }
    let text = shown.text();
    assert!(
        text.contains("is open in a team of this server now"),
        "{text}"
    );
    assert!(!text.contains("[Key points]"), "{text}");
    let again = lin.press(shown.id, "Try again").await;
    assert_eq!(again.text(), text, "not before she has replied");
    // Neither can a client that knows the custom id of the menu.
    let menu = format!("q1:interview:p:{}", custom_id_end(&shown));
    let refused = lin.press_id(&menu).await;
    assert!(
        !refused.text().contains("[Key points]"),
        "{}",
        refused.text()
    );
    lin.reply("in my own words").await;
    let open = lin.press(shown.id, "Try again").await;
    assert!(
        open.text().contains(&posted) && open.text().contains("[Key points]"),
        "{}",
        open.text()
    );
    // Sam leaves it out. What is open is not drawn, so only the other question is left for him.
    let rules = world.sam().command_message("interview", &[]).await;
    assert!(rules.text().contains("1 question in"), "{}", rules.text());
    let asked = world.sam().press(rules.id, "Start").await;
    assert!(!asked.text().contains(&posted), "{}", asked.text());
}

/// Returns the arguments that the buttons of a message have after their action.
fn custom_id_end(message: &MessageView) -> String {
    let id = message.buttons()[0].custom_id.clone();
    let parts: Vec<_> = id.split(':').skip(3).map(str::to_owned).collect();
    parts.join(":")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_left_out() {
    let world = World::at("2026-03-27T08:55[Europe/Berlin]")
        .team()
        .with("topics = [\"context-managers\"]")
        .start()
        .await;
    let lin = world.lin();
    let first = start(lin, &[]).await;
    let second = lin.press(first.id, "I said it").await;
    let end = lin.press(second.id, "I said it").await;
    world.advance("5m").await;
    let mut shown = lin.press(end.id, "See the answers").await;
    for _ in 0..2 {
        shown = if buttons(&shown).contains(&"Leave it out".to_owned()) {
            lin.press(shown.id, "Leave it out").await
        } else {
            tick(lin, &shown).await
        };
    }
    assert!(shown.text().contains("left out"), "{}", shown.text());
    assert_eq!(reviews(&world, ids::LIN), 1);
}

/// `/privacy` shows, exports and deletes interviews.
#[tokio::test(flavor = "multi_thread")]
async fn interviews_are_part_of_a_members_data() {
    let world = World::at(FRIDAY).team().start().await;
    let lin = world.lin();
    let mut shown = start(lin, &[("topic", json!("subprocess"))]).await;
    for _ in 0..2 {
        shown = answer(lin, &shown).await;
    }
    shown = lin.press(shown.id, "See the answers").await;
    for _ in 0..2 {
        shown = tick(lin, &shown).await;
    }
    let question = start(lin, &[("topic", json!("queues"))]).await;
    let overview = lin.command_message("privacy", &[]).await;
    let text = overview.text();
    assert!(
        text.contains("your newest interview: its questions, times and ticks"),
        "{text}"
    );
    assert!(text.contains("of your last 1 interview"), "{text}");
    let export = lin.press(overview.id, "Export my data").await;
    let file: Value = serde_json::from_slice(&world.attachment(&export).await).unwrap();
    let interviews = &file["interviews"];
    assert_eq!(interviews["current"]["minutes"], 15);
    assert_eq!(interviews["results"].as_array().unwrap().len(), 1);
    lin.press(overview.id, "Delete my data").await;
    lin.press(overview.id, "Delete for good").await;
    assert!(stored(&world).profile(UserId::new(ids::LIN)).is_none());
    let old = lin.press(question.id, "I said it").await;
    assert!(old.text().contains("put away"), "{}", old.text());
    let overview = lin.command_message("privacy", &[]).await.text();
    assert!(
        !overview.contains("interview:") && !overview.contains("last 1 interview"),
        "{overview}"
    );
}

/// Returns a world with state in files and, if a database server is available, one with state in a
/// database.
fn worlds() -> Vec<(WorldBuilder, Option<TestDatabase>)> {
    let world = || World::at(FRIDAY).setting(LISTEN).team().failpoints();
    let database =
        TestDatabase::new().map(|database| (world().database(database.url()), Some(database)));
    std::iter::once((world(), None)).chain(database).collect()
}

/// Moves the time on until the server is evicted.
async fn evict(world: &World, monitor: &Monitor) {
    for _ in 0..3 {
        world.advance("4h").await;
    }
    idle_on(world, monitor).await;
}

/// The server is evicted between the questions and the answers, and when the interview is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn an_interview_in_an_evicted_server() {
    for (builder, _database) in worlds() {
        let world = builder.start().await;
        // No question is posted until Monday, so that nothing else loads the server.
        world.set_time("2026-03-27T17:00").await;
        let monitor = Monitor::new(&world).await;
        let lin = world.lin();
        let first = start(lin, &[("topic", json!("subprocess"))]).await;
        let second = answer(lin, &first).await;
        evict(&world, &monitor).await;
        let over = answer(lin, &second).await;
        assert!(
            over.text()
                .contains("The time is over: you answered 1 of 2"),
            "{}",
            over.text()
        );
        let shown = lin.press(over.id, "See the answers").await;
        let shown = tick(lin, &shown).await;
        let summary = tick(lin, &shown).await;
        assert!(
            summary.text().contains("You said 2 of "),
            "{}",
            summary.text()
        );
        // Another one, which is never finished, is dropped in the evicted server.
        start(world.ada(), &[("topic", json!("queues"))]).await;
        evict(&world, &monitor).await;
        world.advance("12h16m").await;
        world.wait_until_logged("interviews dropped").await;
        wait_until_evicted(&monitor, false).await;
        let progress = lin.command_message("progress", &[]).await.text();
        assert!(progress.contains("**1 interview** held."), "{progress}");
        let rules = world.ada().command_message("interview", &[]).await;
        assert!(
            buttons(&rules).contains(&"Start".to_owned()),
            "{}",
            rules.text()
        );
    }
}

/// The bot is killed before and after the save of every press. What was confirmed is not lost, and
/// in the end each question was reviewed once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn kills_around_every_save_lose_and_repeat_nothing() {
    for (builder, database) in worlds() {
        let mut world = builder.start().await;
        let rules = world
            .lin()
            .command_message("interview", &[("topic", json!("subprocess"))])
            .await;
        let mut message = rules;
        for press in 0..5 {
            for step in ["interview.changed", "interview.saved"] {
                world.set_failpoints(&format!("{step} kill"));
                let outcome = press_next(&world, &message).await;
                assert!(
                    outcome.message().is_none_or(|one| one.thinking),
                    "{press} {step}: {outcome:?}"
                );
                world.kill_if_alive().await;
                world.set_failpoints("");
                if let Some(database) = &database {
                    database.expire_leases();
                }
                world.start_bot().await;
            }
            let outcome = press_next(&world, &message).await;
            message = outcome
                .message()
                .unwrap_or_else(|| panic!("{press}: {outcome:?}"))
                .clone();
            if buttons(&message).contains(&"See the answers".to_owned()) {
                message = world.lin().press(message.id, "See the answers").await;
            }
        }
        let summary = message.text();
        assert!(summary.contains("You said 2 of "), "{summary}");
        let progress = world.lin().command_message("progress", &[]).await.text();
        assert!(progress.contains("**1 interview** held."), "{progress}");
        let export = world.lin().command_message("privacy", &[]).await;
        let export = world.lin().press(export.id, "Export my data").await;
        let file: Value = serde_json::from_slice(&world.attachment(&export).await).unwrap();
        let counts: Vec<_> = file["reviews"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["count"])
            .collect();
        assert_eq!(counts, [1, 1]);
    }
}

/// Presses the button that leads on, or ticks the first point.
#[cfg(all(feature = "failpoints", debug_assertions))]
async fn press_next(
    world: &World,
    message: &MessageView,
) -> discord_sandbox::client::ClientOutcome {
    let on = ["Start", "I said it"]
        .into_iter()
        .find(|one| buttons(message).contains(&(*one).to_owned()));
    if let Some(button) = on {
        return world.sandbox.press(message.id, ids::LIN, button, &[]).await;
    }
    let menu = message.menu();
    let id = menu["custom_id"].as_str().unwrap();
    world.sandbox.press(message.id, ids::LIN, id, &["0"]).await
}

/// The disk fails: nothing is confirmed, and the same press works later.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_is_not_saved_is_not_confirmed() {
    let world = World::at(FRIDAY).team().failpoints().start().await;
    let lin = world.lin();
    let first = start(lin, &[("topic", json!("queues"))]).await;
    world.set_failpoints("disk.fsync error io");
    let failed = lin.press(first.id, "I said it").await;
    assert!(
        failed.text().contains("could not be saved"),
        "{}",
        failed.text()
    );
    let failed = lin.command_message("interview", &[]).await;
    assert!(
        failed.text().contains("could not be saved"),
        "{}",
        failed.text()
    );
    world.set_failpoints("");
    let next = lin.press(first.id, "I said it").await;
    assert!(next.text().contains("Question 2 of 5"), "{}", next.text());
}

/// Discord refuses or loses responses: the same press, or `/interview`, leads on.
#[tokio::test(flavor = "multi_thread")]
async fn lost_responses_cost_nothing() {
    let mut world = World::at(FRIDAY).team().start().await;
    world.skip_api_check();
    let faults = [
        RequestFault::api_error(500, 0, "Server Error"),
        RequestFault::api_error(404, 10_062, "Unknown interaction"),
        RequestFault::too_many_requests(0.3, "user"),
        RequestFault::bad_gateway(),
        RequestFault::Reset,
    ];
    let lin = world.lin();
    let mut message = start(lin, &[("topic", json!("queues"))]).await;
    for (number, fault) in (2..).zip(faults) {
        let rule = FaultRule::on("Callback");
        let rule = if number % 2 == 0 { rule } else { rule.after() };
        world.sandbox.add_fault(rule, fault);
        let _ = world
            .sandbox
            .press(message.id, ids::LIN, "I said it", &[])
            .await;
        world.sandbox.clear_faults();
        let resumed = lin.command_message("interview", &[]).await;
        let heading = format!("Question {number} of 5");
        let is_end = resumed
            .text()
            .contains("You haven't ticked all the answers");
        assert!(
            resumed.text().contains(&heading) || (number == 6 && is_end),
            "{}",
            resumed.text()
        );
        message = resumed;
    }
    let mut shown = lin.press(message.id, "See the answers").await;
    for _ in 1..=5 {
        let fault = RequestFault::api_error(500, 0, "Server Error");
        world.sandbox.add_fault(FaultRule::on("Callback"), fault);
        let menu = shown.menu();
        let id = menu["custom_id"].as_str().unwrap();
        let _ = world.sandbox.press(shown.id, ids::LIN, id, &["0"]).await;
        world.sandbox.clear_faults();
        // If the message still shows the answer that was ticked, the press leads on.
        let seen = world.sandbox.message(shown.id).unwrap();
        shown = if seen.text() == shown.text() {
            lin.choose(&shown, &["1"]).await
        } else {
            seen
        };
    }
    assert!(shown.text().contains("You said 5 of "), "{}", shown.text());
    assert_eq!(reviews(&world, ids::LIN), 5);
}
