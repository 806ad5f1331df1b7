//! The model answer of an open question is guarded wherever in the server a member asks for it.

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use serde_json::json;

use crate::support::test_database::TestDatabase;
use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:59[Europe/Berlin]";
const SHOW: &str = "Show it anyway";

fn shown(outcome: &ClientOutcome) -> &MessageView {
    outcome.message().unwrap_or_else(|| panic!("{outcome:?}"))
}

/// Asserts that a member is asked first, sees the answer after confirming, and that the round then
/// counts as seen before the reply.
async fn is_asked_first(world: &World, member: MemberHandle<'_>, confirmation: &MessageView) {
    assert!(confirmation.ephemeral, "{confirmation:?}");
    let text = confirmation.text();
    assert!(text.contains("You haven't answered"), "{text}");
    let answer = member.press(confirmation.id, SHOW).await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    member.reply("after looking").await;
    let reasons = member.streak_reasons().await;
    let peeked = "👀 saw the answer first: streak unchanged";
    assert_eq!(reasons[0], peeked, "{}", world.log());
}

/// Yesterday's thread, an old button and a `/quiz` message of the day before lead to the answer of
/// today's question.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_is_guarded_in_old_threads_and_old_messages() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let yesterday = world.thread();
    for member in [world.ada(), world.lin(), world.sam()] {
        member.reply("on Thursday").await;
    }
    world.advance("24h").await;
    world
        .ada()
        .write(yesterday, "opens the archived thread again");
    let question = world.post().question_id();
    let named = [("question", json!(question))];
    let in_thread = world.ada().command_in(yesterday, "answer", &named).await;
    is_asked_first(&world, world.ada(), shown(&in_thread)).await;
    let old_button = format!("q1:answer:{question}");
    let confirmation = world.lin().press_id(&old_button).await;
    is_asked_first(&world, world.lin(), &confirmation).await;
    for action in ["a", "0", "1"] {
        let old_quiz = format!("q1:quiz:{action}:m*a0:{question}:*");
        let confirmation = world.sam().press_id(&old_quiz).await;
        assert!(confirmation.text().contains("You haven't answered"));
    }
    let old_quiz = format!("q1:quiz:a:m*a0:{question}:*");
    let confirmation = world.sam().press_id(&old_quiz).await;
    is_asked_first(&world, world.sam(), &confirmation).await;
    // Once they have confirmed, they may see it anywhere.
    let again = world.sam().press_id(&old_quiz).await;
    assert!(again.text().contains("model answer"), "{}", again.text());
}

/// What a member wrote in the form is not lost when the question was posted meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_written_answer_is_kept_when_its_question_is_posted_meanwhile() {
    let world = World::at(THURSDAY).team().start().await;
    world.advance("1m").await;
    let old_quiz = format!("q1:quiz:w:m*a0:{}:*", world.post().question_id());
    let message = world.lin().write(ids::ASYNCIO, "an old message");
    world.sandbox.with(|discord| {
        let message = discord.message_mut(ids::ASYNCIO, message).unwrap();
        message.author = ids::APP;
        message.components = vec![json!({ "type": 1, "id": 1, "components": [
            { "type": 2, "id": 2, "style": 2, "label": "Write", "custom_id": old_quiz },
        ] })];
    });
    let form = world.lin().open_modal(message, "Write").await;
    // The question is above the field.
    let first = &form.data["components"][0];
    assert_eq!(first["type"], 10);
    let text = first["content"].as_str().unwrap();
    assert!(text.contains(&world.post().question()), "{text}");
    let words = [("answer", "my own words\nin two lines")];
    let confirmation = world.lin().submit_modal(&form, &words).await;
    let text = confirmation.text();
    assert!(text.contains("You haven't answered"), "{text}");
    assert!(
        text.ends_with("**You wrote**\n> my own words\n> in two lines"),
        "{text}"
    );
    is_asked_first(&world, world.lin(), &confirmation).await;
}

/// A question that another team has open is guarded, too. A member of the one team who looks does
/// not take part in the other by that, and the confirmation does not name the other channel.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_is_guarded_in_other_channels() {
    let mut world = World::at(THURSDAY).team().without_bot().await;
    world.configure_team(ids::GUILD, ids::GENERAL);
    world.start_bot().await;
    world.advance("1m").await;
    let [other] = world.posts_in(ids::GENERAL).try_into().unwrap();
    let question = other.question_id();
    let named = [("question", json!(question))];
    let confirmation = world.lin().command_message("answer", &named).await;
    let text = confirmation.text();
    assert!(
        text.contains("You haven't answered this question yet"),
        "{text}"
    );
    assert!(!text.contains("<#"), "{text}");
    let answer = world.lin().press(confirmation.id, SHOW).await;
    assert!(answer.text().contains("model answer"), "{}", answer.text());
    let streak = world
        .lin()
        .command_in(ids::GENERAL, "streak", &[("why", json!(true))])
        .await;
    let text = shown(&streak).text();
    assert!(!text.contains("**Last "), "no ledger: {text}");
    let public = [("question", json!(question)), ("public", json!(true))];
    let refused = world.lin().command_message("answer", &public).await;
    assert!(refused.ephemeral);
    assert!(refused.text().contains("still open"), "{}", refused.text());
    // Their reply is counted after the look.
    let reply = world.lin().write(other.id, "after looking");
    world.lin().wait_until_counted(reply).await;
    let streak = world
        .lin()
        .command_in(ids::GENERAL, "streak", &[("why", json!(true))])
        .await;
    let text = shown(&streak).text();
    assert!(text.contains("👀 saw the answer first"), "{text}");
}

/// The server's data is slow to load, so the response is deferred, which only the member sees. The
/// answer for everyone then follows as a message of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_answer_stays_public_after_a_slow_start() {
    let Some(database) = TestDatabase::new() else {
        return;
    };
    let builder = World::at("2026-03-27T08:59[Europe/Berlin]").team();
    let builder = builder.setting("[health]\nlisten = \"127.0.0.1:0\"\n");
    let world = builder.database(database.url()).start().await;
    crate::eviction::idle_until_evicted(&world).await;
    let private = std::thread::scope(|scope| {
        let holder = scope.spawn(|| {
            database.run(&[
                "begin",
                "lock table guild in access exclusive mode",
                "select pg_sleep(2.5)",
                "commit",
            ]);
        });
        let held = "select count(*) from pg_locks where granted and mode = 'AccessExclusiveLock' and relation = 'guild'::regclass";
        while database.ask(held) != "1" {
            assert!(!holder.is_finished(), "the lock was held");
            std::thread::yield_now();
        }
        let options = [
            ("question", json!("asyncio-in-a-nutshell")),
            ("public", json!(true)),
        ];
        let member = world.lin();
        let command = member.command_message("answer", &options);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(command))
    });
    assert!(private.ephemeral);
    insta::assert_snapshot!(private.content, @"Here it is, for everyone:");
    let public = world
        .wait_for("the answer", |world| {
            let messages = world.sandbox.messages(ids::ASYNCIO, ids::SAM);
            let mut messages = messages.into_iter();
            messages.find(|message| message.text().contains("· model answer"))
        })
        .await;
    assert!(!public.ephemeral);
}

/// Discord posts the answer and then reports a failure: the second attempt posts nothing, because
/// an interaction has one response.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_answer_is_posted_once() {
    let mut world = World::at(THURSDAY).team().start().await;
    let options = [
        ("question", json!("asyncio-in-a-nutshell")),
        ("public", json!(true)),
    ];
    let faults = [
        RequestFault::server_error(),
        RequestFault::bad_gateway(),
        RequestFault::Reset,
    ];
    for (number, fault) in (1..).zip(faults) {
        let lost_response = FaultRule::on("Callback").after();
        world.sandbox.add_fault(lost_response, fault);
        let shown = world.lin().command_message("answer", &options).await;
        assert!(!shown.ephemeral);
        world
            .wait_for("the second attempt", |world| {
                let requests = world.sandbox.requests();
                let attempts = requests
                    .iter()
                    .filter(|one| one.path.ends_with("/callback"));
                (attempts.count() == 2 * number).then_some(())
            })
            .await;
        let of_sam = world.sandbox.messages(ids::ASYNCIO, ids::SAM);
        let answers = of_sam
            .iter()
            .filter(|one| one.text().contains("model answer"));
        assert_eq!(answers.count(), number, "{}", world.log());
    }
    assert_eq!(world.stop().await, Some(0));
    let log = world.last_log();
    assert!(!log.contains("could not be answered"), "{log}");
}
