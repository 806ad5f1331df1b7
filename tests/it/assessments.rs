//! Self-assessment of the daily question, below its private model answer.

use discord_sandbox::client::MessageView;
use discord_sandbox::ids;
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::review::{Rating, Review};
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::support::test_database::TestDatabase;
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";
const FRIDAY: &str = "2026-03-27T08:59[Europe/Berlin]";
const LISTEN: &str = "[health]\nlisten = \"127.0.0.1:0\"\n";

/// Opens the model answer of the newest question.
async fn open_answer(world: &World, member: MemberHandle<'_>) -> MessageView {
    let answer = member.press(world.post().id, "Model answer").await;
    assert!(answer.ephemeral);
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    answer
}

/// Returns the custom id of the menu.
fn menu_id(answer: &MessageView) -> String {
    answer.menu()["custom_id"].as_str().unwrap().to_owned()
}

fn has_menu(message: &MessageView) -> bool {
    serde_json::to_string(&message.components)
        .unwrap()
        .contains("q1:assess:p:")
}

/// Returns the number of key points.
fn points(answer: &MessageView) -> usize {
    answer.menu()["options"].as_array().unwrap().len()
}

/// Returns the part of a message after the first page of the answer.
fn closing(message: &MessageView) -> String {
    let last = message.embeds.last().unwrap();
    let text = last["description"].as_str().unwrap_or_default();
    assert!(text.contains("Your reply made"), "{}", message.text());
    text.to_owned()
}

/// The sample guild on disk.
fn on_disk(world: &World) -> Guild {
    inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap()
}

/// How often the round was assessed, and how often each point was missed.
fn counts(guild: &Guild, round: u32, points: usize) -> (u32, Vec<u32>) {
    let team = guild.team(ChannelId::new(ids::ASYNCIO)).unwrap();
    let counts = team.round(round).unwrap().assessments.counts(points);
    (counts.assessed, counts.missed)
}

fn reviews(guild: &Guild, user: u64) -> Vec<Review> {
    let reviews = guild.reviews(UserId::new(user));
    reviews.map(|(_, review)| *review).collect()
}

/// A reply, the answer, the ticks: the message ends with what comes next, the question returns in
/// `/quiz` on the next day, and turning a page keeps the result.
#[tokio::test(flavor = "multi_thread")]
async fn an_assessed_question_comes_back_in_quiz() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let question = world.post().question();
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let points = points(&answer);
    assert!((3..=6).contains(&points), "{points}");
    let assessed = world.lin().press(answer.id, "None of them").await;
    assert_eq!(assessed.id, answer.id, "the same message");
    let text = closing(&assessed);
    assert!(text.starts_with(&format!("**Your reply made 0 of {points} key points**")));
    assert!(text.contains("Missed:\n• "), "{text}");
    assert!(text.contains("Likely follow-up: ||"), "{text}");
    assert!(
        text.ends_with("\n🔥 1 in a row · comes back tomorrow · nothing to repeat today"),
        "{text}"
    );
    assert!(!has_menu(&assessed));
    let page = world.lin().press(answer.id, "Explain").await;
    assert_eq!(closing(&page), text);
    let next = world.lin().press(answer.id, "Practise another").await;
    assert_eq!(next.id, answer.id, "it continues in the same message");
    assert!(
        next.text().contains("[Why now] new to you"),
        "{}",
        next.text()
    );
    assert!(!next.text().contains(&question), "{}", next.text());
    world.set_time("2026-03-27T09:00").await;
    // On the second day there is something to repeat.
    world.lin().reply("again in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let assessed = world
        .lin()
        .choose(
            &answer,
            &["0", "1", "2", "3", "4", "5"][..self::points(&answer)],
        )
        .await;
    let text = closing(&assessed);
    assert!(
        text.ends_with("🔥 2 in a row · comes back on 4 Apr · 1 to repeat"),
        "{text}"
    );
    assert!(!text.contains("Missed"), "{text}");
    let repeat = world.lin().press(answer.id, "Repeat now").await.text();
    assert!(repeat.contains(&question), "{repeat}");
    assert!(repeat.contains("[Why now] time to repeat"), "{repeat}");
}

/// The menu is on the private answer wherever the member asks for it, and on every page of it.
#[tokio::test(flavor = "multi_thread")]
async fn every_private_answer_of_the_round_has_the_menu() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let before = world.lin().press(world.post().id, "Model answer").await;
    assert!(!has_menu(&before), "{before:?}");
    world.lin().reply("in my own words").await;
    let thread = world.thread();
    let question = world.post().question_id();
    let named = [("question", json!(question))];
    for (channel, options) in [
        (thread, &[][..]),
        (ids::ASYNCIO, &[][..]),
        (ids::GENERAL, &named[..]),
    ] {
        let outcome = world.lin().command_in(channel, "answer", options).await;
        assert!(has_menu(outcome.message().unwrap()), "{outcome:?}");
    }
    let answer = open_answer(&world, world.lin()).await;
    let menu = menu_id(&answer);
    assert!(menu.contains(&format!(":{}:", world.post().id)), "{menu}");
    let page = world.lin().press(answer.id, "Say it like this").await;
    assert_eq!(menu_id(&page), menu);
    // On the next day the thread of the day before still has it.
    world.set_time("2026-03-27T09:00").await;
    world.lin().write(thread, "opens the archived thread again");
    let outcome = world.lin().command_in(thread, "answer", &[]).await;
    assert_eq!(menu_id(outcome.message().unwrap()), menu);
}

/// An assessment counts once: a second press, the menu of another message, a restart and an
/// eviction change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_counts_once() {
    let on_a_database = TestDatabase::new().map(|database| {
        let builder = World::at(FRIDAY).setting(LISTEN).team();
        (builder.database(database.url()), Some(database))
    });
    let on_files = (World::at(FRIDAY).setting(LISTEN).team(), None);
    for (builder, database) in [Some(on_files), on_a_database].into_iter().flatten() {
        let mut world = builder.start().await;
        // Ada replies, and the server is evicted on Saturday.
        crate::eviction::idle_until_evicted(&world).await;
        let first = open_answer(&world, world.ada()).await;
        let second = open_answer(&world, world.ada()).await;
        let points = points(&first);
        let assessed = closing(&world.ada().choose(&first, &["0"]).await);
        assert!(
            assessed.starts_with("**Your reply made 1 of "),
            "{assessed}"
        );
        assert_eq!(
            closing(&world.ada().choose(&second, &["1", "2"]).await),
            assessed
        );
        let id = menu_id(&second);
        world.stop().await;
        let guild = saved_guild(&world, database.as_ref());
        let expected = (0..points).map(|index| u32::from(index > 0)).collect();
        assert_eq!(counts(&guild, 1, points), (1, expected));
        world.start_bot().await;
        let again = world.ada().press_id(&id).await;
        assert_eq!(closing(&again), assessed);
        world.stop().await;
        let guild = saved_guild(&world, database.as_ref());
        assert_eq!(counts(&guild, 1, points).0, 1);
        let [review] = reviews(&guild, ids::ADA).try_into().unwrap();
        assert_eq!((review.rating, review.count), (Rating::Again, 1));
    }
}

/// The sample guild as stored by a stopped bot.
fn saved_guild(world: &World, database: Option<&TestDatabase>) -> Guild {
    let Some(database) = database else {
        return on_disk(world);
    };
    let row = format!("select state from guild where guild = {}", ids::GUILD);
    serde_json::from_str(&database.ask(&row)).unwrap()
}

/// Only a reply in time and before the answer can be assessed, and only in the two newest rounds.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_reply_in_time_is_assessed() {
    let world = World::at("2026-03-24T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    let tuesday = world.post();
    world.lin().reply("in time").await;
    let menu = menu_id(&open_answer(&world, world.lin()).await);
    // Sam sees the answer first.
    let confirmation = world.sam().press(tuesday.id, "Model answer").await;
    let peeked = world.sam().press(confirmation.id, "Show it anyway").await;
    assert!(!has_menu(&peeked));
    world.sam().reply("after looking").await;
    assert!(!has_menu(&open_answer(&world, world.sam()).await));
    let refused = world.sam().press_id(&menu).await;
    insta::assert_snapshot!(refused.text(), @"You can only assess a reply that you wrote in time and before you saw the answer. To practise a question anyway, try `/quiz`.");
    world.set_time("2026-03-25T09:00").await;
    // Ada is late.
    let late = world.ada().write(tuesday.id, "a day late");
    world.ada().wait_until_counted(late).await;
    let refused = world.ada().press_id(&menu).await;
    assert!(
        refused.text().contains("wrote in time"),
        "{}",
        refused.text()
    );
    world.set_time("2026-03-26T09:00").await;
    // By now it is too old.
    let refused = world.lin().press_id(&menu).await;
    insta::assert_snapshot!(refused.text(), @"You can assess your replies to the two newest questions. `/quiz` repeats the older ones.");
    // The round of Thursday is void.
    world.lin().reply("on Thursday").await;
    let menu = menu_id(&open_answer(&world, world.lin()).await);
    world.ada().void(3).await;
    assert!(!has_menu(&open_answer(&world, world.lin()).await));
    let refused = world.lin().press_id(&menu).await;
    insta::assert_snapshot!(refused.text(), @"An admin cancelled this question, so there is nothing to assess.");
    let guild = on_disk(&world);
    assert!(guild.profile(UserId::new(ids::LIN)).is_none());
    assert!(guild.profile(UserId::new(ids::SAM)).is_none());
    for round in guild.team(ChannelId::new(ids::ASYNCIO)).unwrap().rounds() {
        assert!(round.assessments.is_empty(), "{round:?}");
    }
}

/// A menu for another number of key points, of a round that is not stored, or with another action
/// than the bot offers.
#[tokio::test(flavor = "multi_thread")]
async fn menus_that_do_not_fit_change_nothing() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let (post, points) = (world.post().id, points(&answer));
    let text = async |id: String| world.lin().press_id(&id).await.text();
    insta::assert_snapshot!(text(format!("q1:assess:0:{post}:{}:0", points + 1)).await, @"The key points of this question have changed since. Open the model answer again to tick them.");
    let too_old = "This button is too old";
    for id in [
        format!("q1:assess:0:{}:{points}:0", post + 1),
        format!("q1:assess:4:{post}:{points}:0"),
        format!("q1:assess:7:{post}:{points}:0"),
        format!("q1:assess:0:{post}:{points}"),
    ] {
        let shown = text(id.clone()).await;
        assert!(shown.contains(too_old), "{id}: {shown}");
    }
    assert!(reviews(&on_disk(&world), ids::LIN).is_empty());
}

/// The question is open in another team in which the member has not replied: the menu shows no
/// answer before they confirm.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_open_elsewhere_is_guarded() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    world.configure_team(ids::GUILD, ids::GENERAL);
    world.start_bot().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let menu = menu_id(&answer);
    world.stop().await;
    // Both teams have drawn the same question.
    let file = world.state().join(format!("guilds/{}.json", ids::GUILD));
    let mut state: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let question = world.post().question_id();
    state["teams"][ids::GENERAL.to_string()]["rounds"][0]["question"] = question.into();
    std::fs::write(&file, serde_json::to_vec(&state).unwrap()).unwrap();
    world.start_bot().await;
    let confirmation = world.lin().press_id(&menu).await;
    let text = confirmation.text();
    assert!(text.contains("You haven't answered"), "{text}");
    let shown = world.lin().press(confirmation.id, "Show it anyway").await;
    assert_eq!(menu_id(&shown), menu);
    closing(&world.lin().press(shown.id, "None of them").await);
    let guild = on_disk(&world);
    assert_eq!(counts(&guild, 1, points(&answer)).0, 1);
    let other = guild.team(ChannelId::new(ids::GENERAL)).unwrap();
    assert!(other.round(1).unwrap().assessments.is_empty());
}

/// The question was reviewed since the answer was shown: the ticks count for the round, and the
/// memory stays as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_reviewed_since_keeps_its_memory() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let points = points(&answer);
    // `/quiz` asked the question before it was posted.
    let quiz = format!("q1:quiz:0:m*a0:{}:*", world.post().question_id());
    let scored = world.lin().press_id(&quiz).await.text();
    assert!(scored.contains("I'll ask again tomorrow"), "{scored}");
    let before = reviews(&on_disk(&world), ids::LIN);
    let all = ["0", "1", "2", "3", "4", "5"];
    let text = closing(&world.lin().choose(&answer, &all[..points]).await);
    assert!(text.contains("comes back tomorrow"), "{text}");
    let guild = on_disk(&world);
    assert_eq!(counts(&guild, 1, points), (1, vec![0; points]));
    assert_eq!(reviews(&guild, ids::LIN), before);
}

/// Once the rounds are older, only the numbers for each point remain.
#[tokio::test(flavor = "multi_thread")]
async fn older_rounds_keep_numbers_only() {
    let world = World::at("2026-03-24T08:59[Europe/Berlin]")
        .team()
        .start()
        .await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let points = points(&answer);
    world.lin().press(answer.id, "None of them").await;
    let overview = world.lin().command_message("privacy", &[]).await;
    let text = overview.text();
    assert!(
        text.contains("the key points that you ticked for 1 question"),
        "{text}"
    );
    let export = world.lin().press(overview.id, "Export my data").await;
    let file: Value = serde_json::from_slice(&world.attachment(&export).await).unwrap();
    assert_eq!(
        file["teams"][0]["assessed"],
        json!([[1, ".".repeat(points)]])
    );
    assert_eq!(file["reviews"][0]["count"], 1);
    for day in ["2026-03-25T09:00", "2026-03-26T09:00"] {
        world.set_time(day).await;
    }
    assert_eq!(counts(&on_disk(&world), 1, points), (1, vec![1; points]));
    let text = world.lin().command_message("privacy", &[]).await.text();
    assert!(!text.contains("the key points that you ticked"), "{text}");
    assert!(
        text.contains("how many key points you ticked in 1 topic"),
        "{text}"
    );
}

/// `/privacy` deletes the ticks of the two newest rounds from the counts, too.
#[tokio::test(flavor = "multi_thread")]
async fn deletion_removes_the_ticks() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    world.sam().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    let points = points(&answer);
    world.lin().press(answer.id, "None of them").await;
    let answer = open_answer(&world, world.sam()).await;
    world.sam().choose(&answer, &["0"]).await;
    assert_eq!(counts(&on_disk(&world), 1, points).0, 2);
    let overview = world.lin().command_message("privacy", &[]).await;
    world.lin().press(overview.id, "Delete my data").await;
    world.lin().press(overview.id, "Delete for good").await;
    let guild = on_disk(&world);
    let expected = (0..points).map(|index| u32::from(index > 0)).collect();
    assert_eq!(counts(&guild, 1, points), (1, expected));
    assert!(reviews(&guild, ids::LIN).is_empty());
    assert!(!guild.has_data_of(UserId::new(ids::LIN)));
}

/// While nothing can be saved, nothing is confirmed, and after a kill nothing was counted.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_is_on_disk_before_it_is_confirmed() {
    let mut world = World::at(THURSDAY).team().failpoints().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    world.set_failpoints("disk.fsync error io");
    for press in ["the first", "the second"] {
        let refused = world.lin().press(answer.id, "None of them").await;
        assert!(refused.ephemeral && refused.id != answer.id);
        let text = refused.text();
        assert!(text.contains("could not be saved"), "{press}: {text}");
    }
    world.kill().await;
    world.set_failpoints("");
    world.start_bot().await;
    assert!(reviews(&on_disk(&world), ids::LIN).is_empty());
    let answer = open_answer(&world, world.lin()).await;
    let points = points(&answer);
    closing(&world.lin().press(answer.id, "None of them").await);
    let guild = on_disk(&world);
    assert_eq!(counts(&guild, 1, points), (1, vec![1; points]));
    assert_eq!(reviews(&guild, ids::LIN).len(), 1);
}

/// The disk is slow and then fails: the response was deferred by then, and the error does not take
/// the answer's place.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_late_error_leaves_the_answer_in_place() {
    let world = World::at(THURSDAY).team().failpoints().start().await;
    world.advance("1m").await;
    world.lin().reply("in my own words").await;
    let answer = open_answer(&world, world.lin()).await;
    world.set_failpoints("disk.write slow 2000\ndisk.fsync error io");
    let id = menu_id(&answer);
    world.sandbox.press(answer.id, ids::LIN, &id, &["0"]).await;
    let shown = || world.sandbox.messages(ids::ASYNCIO, ids::LIN);
    let error = world
        .wait_for("the error", |_| {
            let is_error = |one: &MessageView| one.text().contains("could not be saved");
            shown().into_iter().find(is_error)
        })
        .await;
    assert!(error.ephemeral && error.id != answer.id);
    let kept = shown().into_iter().find(|one| one.id == answer.id).unwrap();
    assert_eq!(kept.text(), answer.text());
    assert!(has_menu(&kept));
    // A result that is as late does take its place.
    world.set_failpoints("disk.write slow 2000");
    world.sandbox.press(answer.id, ids::LIN, &id, &["0"]).await;
    world
        .wait_for("the result", |_| {
            let is_result =
                |one: &MessageView| one.id == answer.id && one.text().contains("Your reply made 1");
            shown().into_iter().find(is_result)
        })
        .await;
}

/// Killed at each step, with the server evicted before: the member presses again, and it counts
/// once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_counts_an_assessment_once() {
    let steps = ["assessment.changed", "assessment.saved", "answer.ready"];
    for step in steps {
        let database = TestDatabase::new();
        let builder = || World::at(FRIDAY).setting(LISTEN).team().failpoints();
        let on_a_database = database
            .as_ref()
            .map(|database| (builder().database(database.url()), Some(database)));
        let on_files = (builder(), None);
        for (builder, database) in [Some(on_files), on_a_database].into_iter().flatten() {
            let mut world = builder.start().await;
            crate::eviction::idle_until_evicted(&world).await;
            // The answer is opened and the server evicted again before the press.
            let answer = open_answer(&world, world.ada()).await;
            let points = points(&answer);
            world.set_time("2026-03-29T12:00").await;
            world.set_time("2026-03-30T00:10").await;
            world.set_failpoints(&format!("{step} kill"));
            let id = menu_id(&answer);
            let outcome = world.sandbox.press(answer.id, ids::ADA, &id, &["0"]).await;
            assert!(
                outcome.message().is_none(),
                "{step} {}: {outcome:?} {}",
                database.is_some(),
                world.log()
            );
            world.kill_if_alive().await;
            world.set_failpoints("");
            if let Some(database) = database {
                database.expire_leases();
            }
            world.start_bot().await;
            let text = closing(&world.ada().choose(&answer, &["0"]).await);
            assert!(text.starts_with("**Your reply made 1 of "), "{text}");
            world.stop().await;
            let guild = saved_guild(&world, database);
            assert_eq!(counts(&guild, 1, points).0, 1, "{step}");
            let [review] = reviews(&guild, ids::ADA).try_into().unwrap();
            assert_eq!(review.count, 1, "{step}");
        }
    }
}
