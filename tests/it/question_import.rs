//! `/team questions import`: from the file to the saved questions, and everything that can go wrong
//! on the way.

use std::fmt::Write as _;

use discord_sandbox::client::{ClientOutcome, MessageView};
use discord_sandbox::faults::{FaultRule, RequestFault};
use discord_sandbox::ids;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestion;
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::support::{MemberHandle, MessageExt, World};

const THURSDAY: &str = "2026-03-26T08:00[Europe/Berlin]";
const COMMAND: &str = "team questions import";

/// A file of twenty questions. Three rows have mistakes: one has no answer, one no question, and one
/// an answer that is too long.
pub fn twenty() -> String {
    let mut csv = "id,question,answer,level\r\n".to_owned();
    for row in 1..=20 {
        let (question, answer, level) = match row {
            4 => (format!("What is part {row}?"), String::new(), "mid"),
            9 => (String::new(), format!("It is part {row}."), "mid"),
            15 => (format!("What is part {row}?"), "long ".repeat(400), "mid"),
            // Only a warning: the question then has no level.
            16 => (
                format!("What is part {row}?"),
                format!("It is part {row}."),
                "guru",
            ),
            _ => (
                format!("What is part {row}?"),
                format!("It is part {row}."),
                "junior",
            ),
        };
        let _ = write!(csv, "part-{row},{question},{answer},{level}\r\n");
    }
    csv
}

/// A file of that many questions without mistakes.
fn rows(numbers: std::ops::RangeInclusive<usize>, answer: &str) -> String {
    let rows = numbers.map(|row| format!("part-{row},What is part {row}?,{answer} {row}.\n"));
    "id,question,answer\n".to_owned() + &rows.collect::<String>()
}

async fn outcome(
    member: MemberHandle<'_>,
    world: &World,
    csv: &str,
    more: &[(&str, Value)],
) -> ClientOutcome {
    let bytes = csv.as_bytes().to_vec();
    let file = world.sandbox.upload(member.id, "parts.csv", bytes).unwrap();
    let options = [&[("file", json!(file.to_string()))], more].concat();
    member.command(COMMAND, &options).await
}

/// Uploads a file as Ada and returns the bot's message.
async fn upload(world: &World, csv: &str) -> MessageView {
    let outcome = outcome(world.ada(), world, csv, &[]).await;
    let message = outcome.message().cloned();
    message.unwrap_or_else(|| panic!("{outcome:?}\n{}", world.log()))
}

fn labels(message: &MessageView) -> Vec<String> {
    message
        .buttons()
        .into_iter()
        .map(|button| button.label)
        .collect()
}

/// The server's own questions as they are on the disk.
fn saved(world: &World) -> Vec<ServerQuestion> {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD));
    let own = guild
        .ok()
        .and_then(|guild| guild.server_questions().cloned());
    own.map_or_else(Vec::new, |own| own.questions().to_vec())
}

/// Twenty own questions, three of them with mistakes: read, imported with a second press, corrected,
/// and imported again.
#[tokio::test(flavor = "multi_thread")]
async fn good_rows_are_imported_with_a_second_press() {
    let mut world = World::at(THURSDAY).team().start().await;
    let message = upload(&world, &twenty()).await;
    assert!(message.ephemeral);
    insta::assert_snapshot!(message.text(), @r#"
    **parts.csv**: 17 questions and 3 mistakes:
    - line 5, "part-4": it has no answer
    - line 10, "part-9": it has no question
    - line 16, "part-15": \`answer\` has 1999 characters, 599 more than the limit of 1400 (shorten it)
    Note: these are no levels, so the questions have none: "guru" (write junior, mid or senior)
    Nothing is imported yet. I keep the file for 15 minutes.
    "#);
    insta::assert_snapshot!(String::from_utf8(world.attachment(&message).await).unwrap(), @r#"
    parts.csv: 3 mistakes
    line 5, "part-4": it has no answer
    line 10, "part-9": it has no question
    line 16, "part-15": `answer` has 1999 characters, 599 more than the limit of 1400 (shorten it)
    these are no levels, so the questions have none: "guru" (write junior, mid or senior)
    "#);
    assert_eq!(labels(&message), ["Import 17 questions"]);
    assert_eq!(saved(&world).len(), 0, "nothing is imported yet");

    let done = world.ada().press(message.id, "Import 17 questions").await;
    assert_eq!(done.id, message.id);
    assert!(done.buttons().is_empty());
    insta::assert_snapshot!(done.text(), @"**parts.csv** is imported: 17 questions added (#s1 to #s17). `/team questions list` shows them.");
    // Saved before it was confirmed.
    world.kill().await;
    let questions = saved(&world);
    assert_eq!(questions.len(), 17);
    assert_eq!(questions[0].content.file.key.as_deref(), Some("part-1"));
    world.start_bot().await;
    let asked = [("question", json!("part 20"))];
    let answer = world.lin().command_message("answer", &asked).await.text();
    assert!(answer.contains("It is part 20."), "{answer}");

    // The corrected rows, a changed one, and all others as they were.
    let corrected = twenty()
        .replace(",,mid", ",Now it is there.,mid")
        .replace("part-9,,", "part-9,What is part 9?,")
        .replace(&"long ".repeat(400), "It is part 15.")
        .replace("It is part 20.", "It is the last part.");
    let message = upload(&world, &corrected).await;
    insta::assert_snapshot!(message.text(), @r#"
    **parts.csv**: 20 questions, no mistakes.
    Note: these are no levels, so the questions have none: "guru" (write junior, mid or senior)
    This server has 17 of them already, 1 with other texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    "#);
    assert_eq!(
        labels(&message),
        ["Update 1, add 3", "Skip 17, add 3", "Add all 20 as new"]
    );
    let done = world.ada().press(message.id, "Update 1, add 3").await;
    insta::assert_snapshot!(done.text(), @"**parts.csv** is imported: 3 questions added (#s18 to #s20), 1 updated, 16 left as they were. `/team questions list` shows them.");
    let questions = saved(&world);
    assert_eq!(questions.len(), 20);
    let last = questions.iter().find(|one| one.number == 17).unwrap();
    assert_eq!(last.content.answer, "It is the last part.");
    // Now everything is known.
    let message = upload(&world, &corrected).await;
    insta::assert_snapshot!(message.text(), @r#"
    **parts.csv**: 20 questions, no mistakes.
    Note: these are no levels, so the questions have none: "guru" (write junior, mid or senior)
    This server has all of them already, with the same texts.
    Nothing is imported yet. I keep the file for 15 minutes.
    "#);
    assert_eq!(labels(&message), ["Add all 20 as new"]);
    let done = world.ada().press(message.id, "Add all 20 as new").await;
    insta::assert_snapshot!(done.text(), @"**parts.csv** is imported: 20 questions added (#s21 to #s40). `/team questions list` shows them.");
    assert_eq!(saved(&world).len(), 40);
}

/// Only the admin who sent the file, and only as an admin.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_by_the_admin_who_sent_it() {
    let world = World::at(THURSDAY).team().start().await;
    let refused = outcome(world.lin(), &world, &rows(1..=2, "It is"), &[]).await;
    assert_eq!(
        refused,
        ClientOutcome::Failed("You can't use /team questions import here.".into())
    );
    let message = upload(&world, &rows(1..=2, "It is")).await;
    let button = message.buttons().remove(0).custom_id;
    let as_member = world.lin().press_id(&button).await.text();
    assert!(as_member.contains("Manage Server"), "{as_member}");
    let admin = world.sandbox.add_user("Eve");
    world.sandbox.join_guild(ids::GUILD, admin, true);
    let as_other = world.member(admin).press_id(&button).await.text();
    assert!(as_other.contains("no longer have this file"), "{as_other}");
    assert_eq!(saved(&world).len(), 0);
    world.ada().press(message.id, "Import 2 questions").await;
    assert_eq!(saved(&world).len(), 2);
    // A second press on the same button.
    let again = world.ada().press_id(&button).await.text();
    assert!(again.contains("no longer have this file"), "{again}");
    assert_eq!(saved(&world).len(), 2);
}

/// A kept file is dropped by a restart, after 15 minutes, and by the second one after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_longer_kept_has_to_be_sent_again() {
    let mut world = World::at(THURSDAY).team().start().await;
    let press = async |world: &World, message: &MessageView| {
        let pressed = world.ada().press(message.id, "Import 1 question").await;
        assert_ne!(pressed.id, message.id, "the button stays");
        pressed.text()
    };
    let message = upload(&world, &rows(1..=1, "It is")).await;
    world.kill_and_restart().await;
    insta::assert_snapshot!(press(&world, &message).await, @"I no longer have this file: I keep it for 15 minutes, until I'm restarted, or until it is imported. Please send it again with `/team questions import`. Questions that are here already won't be doubled.");
    let message = upload(&world, &rows(1..=1, "It is")).await;
    world.advance("15m").await;
    assert!(press(&world, &message).await.contains("send it again"));
    let messages = [
        upload(&world, &rows(1..=1, "It is")).await,
        upload(&world, &rows(2..=2, "It is")).await,
        upload(&world, &rows(3..=3, "It is")).await,
    ];
    assert!(press(&world, &messages[0]).await.contains("send it again"));
    for message in &messages[1..] {
        world.ada().press(message.id, "Import 1 question").await;
    }
    let keys: Vec<_> = saved(&world)
        .into_iter()
        .filter_map(|one| one.content.file.key)
        .collect();
    assert_eq!(keys, ["part-2", "part-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_are_named_before_the_press() {
    let world = World::at(THURSDAY).team().start().await;
    let message = upload(&world, &rows(1..=501, "It is")).await;
    insta::assert_snapshot!(message.text(), @"
    **parts.csv**: 501 questions, no mistakes.
    This server would have 501 questions of its own, and can have 500. Import a smaller file, or remove questions with `/team questions remove`.
    ");
    assert!(message.buttons().is_empty());
    let message = upload(&world, &rows(1..=499, "It is")).await;
    world.ada().press(message.id, "Import 499 questions").await;
    let message = upload(&world, &rows(498..=500, "Now it is")).await;
    insta::assert_snapshot!(message.text(), @"
    **parts.csv**: 3 questions, no mistakes.
    This server has 2 of them already, with other texts.
    Adding all of them is not possible: This server would have 502 questions of its own, and can have 500.
    Nothing is imported yet. I keep the file for 15 minutes.
    ");
    assert_eq!(labels(&message), ["Update 2, add 1", "Skip 2, add 1"]);
    // The limit is reached between the two presses.
    let other = upload(&world, &rows(501..=501, "It is")).await;
    world.ada().press(other.id, "Import 1 question").await;
    let refused = world.ada().press(message.id, "Skip 2, add 1").await;
    insta::assert_snapshot!(refused.text(), @"Nothing was imported: this server already has 500 questions of its own. Remove questions with `/team questions remove`, or import a smaller file.");
    assert_eq!(saved(&world).len(), 500);
    // The file is kept until there is room.
    let first = [("question", json!("s1"))];
    let removal = world
        .ada()
        .command_message("team questions remove", &first)
        .await;
    world.ada().press(removal.id, "Remove it").await;
    let done = world.ada().press(message.id, "Skip 2, add 1").await.text();
    assert!(done.contains("is imported: 1 question added"), "{done}");
    assert_eq!(saved(&world).len(), 500);
}

/// Headers in another language: the message names them, and the option says what they are.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_columns_are_named_and_mapped() {
    let world = World::at(THURSDAY).team().start().await;
    let csv = "Frage;Lösung;Seite\nWas ist das?;Ein Test.;7\n";
    let message = upload(&world, csv).await;
    insta::assert_snapshot!(message.text(), @r#"
    **parts.csv**: no questions and 1 mistake:
    - your table has no column "question" and no column "answer"; each question needs one. The columns are "Frage", "Lösung", "Seite". Rename them, or say which is which: question=Frage, answer=Lösung
    The option `columns` says which is which.
    "#);
    assert!(message.buttons().is_empty());
    let mapped = [("columns", json!("question=Frage, answer=Lösung"))];
    let outcome_mapped = outcome(world.ada(), &world, csv, &mapped).await;
    let message = outcome_mapped.message().unwrap();
    insta::assert_snapshot!(message.text(), @r#"
    **parts.csv**: 1 question, no mistakes.
    Columns left out: "Seite".
    Nothing is imported yet. I keep the file for 15 minutes.
    "#);
    assert_eq!(labels(message), ["Import 1 question"]);
    let wrong = outcome(world.ada(), &world, csv, &[("columns", json!("Frage"))]).await;
    insta::assert_snapshot!(wrong.message().unwrap().text(), @r#"columns: "Frage" is not of the form FIELD=COLUMN, such as question=Frage"#);
}

/// Each failed download says what to do, and sends the token nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn downloads_that_fail_say_what_to_do() {
    let mut world = World::at(THURSDAY).team().start().await;
    let csv = rows(1..=1, "It is");
    let mut texts = Vec::new();
    for fault in [
        RequestFault::not_found(),
        RequestFault::redirect("https://example.com/"),
        RequestFault::Endless,
        RequestFault::bad_gateway(),
    ] {
        world.sandbox.add_fault(FaultRule::on("Attachment"), fault);
        texts.push(upload(&world, &csv).await.text());
    }
    let large = csv.clone() + &" ".repeat(1024 * 1024);
    texts.push(upload(&world, &large).await.text());
    insta::assert_snapshot!(texts.join("\n"), @"
    Discord no longer has **parts.csv**. Please send it again.
    I only read files from Discord's own servers, and **parts.csv** is elsewhere. Attach the file itself to the command.
    **parts.csv** is larger than 1 MiB, so I didn't read it. Split it into smaller files, and import one after the other.
    I couldn't get **parts.csv** from Discord. Please send it again in a minute.
    **parts.csv** is larger than 1 MiB, so I didn't read it. Split it into smaller files, and import one after the other.
    ");
    let is_download = |route: &str| route == "Attachment";
    let requests = world.sandbox.requests();
    let downloads: Vec<_> = requests
        .iter()
        .filter(|one| is_download(&one.route))
        .collect();
    assert_eq!(
        downloads.len(),
        4,
        "the large file is not downloaded at all"
    );
    assert!(downloads.iter().all(|one| !one.has_token));
    assert!(
        !world.log().contains("ephemeral-attachments"),
        "the URL is a secret"
    );
    // None of it is kept, and the bot is well.
    let message = upload(&world, &csv).await;
    assert_eq!(labels(&message), ["Import 1 question"]);
    world.skip_api_check();
}

/// Discord's interaction names another host: nothing is sent there.
#[tokio::test(flavor = "multi_thread")]
async fn files_on_other_hosts_are_not_read() {
    let world = World::at(THURSDAY).team().start().await;
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/questions.csv", other.local_addr().unwrap());
    let id = "1160000000000000001";
    let command = world
        .sandbox
        .commands(None)
        .into_iter()
        .find(|one| one.name == "team")
        .unwrap();
    let file = json!({ "name": "file", "type": 11, "value": id });
    let data = json!({
        "id": command.id.to_string(), "name": "team", "type": 1,
        "options": [{ "name": "questions", "type": 2, "options": [
            { "name": "import", "type": 1, "options": [file] },
        ] }],
        "resolved": { "attachments": { id: {
            "id": id, "filename": "questions.csv", "size": 30, "url": url, "proxy_url": url,
        } } },
    });
    let outcome = world
        .sandbox
        .command_raw(ids::ASYNCIO, ids::ADA, data)
        .await;
    insta::assert_snapshot!(outcome.message().unwrap().text(), @"I only read files from Discord's own servers, and **questions.csv** is elsewhere. Attach the file itself to the command.");
    let connected = futures::poll!(std::pin::pin!(other.accept()));
    assert!(connected.is_pending(), "no connection");
}

/// Killed before or after the save: in neither case was the import confirmed, so the admin sends the
/// file again, and no question is there twice.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_the_save_imports_once() {
    let mut world = World::at(THURSDAY).team().failpoints().start().await;
    // Without ids of the file's own.
    let csv = "question,answer\nWhat is it?,It is it.\nWho is it?,Nobody.\n";
    for step in ["import.changed", "import.saved"] {
        let message = upload(&world, csv).await;
        world.set_failpoints(&format!("{step} kill"));
        let button = message.buttons().remove(0).label;
        let outcome = world
            .sandbox
            .press(message.id, ids::ADA, &button, &[])
            .await;
        assert!(outcome.message().is_none(), "{step}: {outcome:?}");
        world.kill_if_alive().await;
        world.set_failpoints("");
        world.start_bot().await;
    }
    assert_eq!(saved(&world).len(), 2, "the second one was saved");
    let message = upload(&world, csv).await;
    assert_eq!(labels(&message), ["Add all 2 as new"]);
}

/// A disk that fails: nothing is confirmed, and the file is kept. The same press imports it once the
/// disk works again, and adds nothing twice.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_not_saved_is_not_confirmed() {
    let world = World::at(THURSDAY).team().failpoints().start().await;
    let message = upload(&world, &rows(1..=2, "It is")).await;
    world.set_failpoints("disk.fsync error io");
    let failed = world.ada().press(message.id, "Import 2 questions").await;
    assert!(
        failed.text().contains("could not be saved"),
        "{}",
        failed.text()
    );
    let failed = world.ada().press(message.id, "Import 2 questions").await;
    assert_ne!(failed.id, message.id, "the button stays");
    world.set_failpoints("");
    let done = world.ada().press(message.id, "Import 2 questions").await;
    assert_eq!(done.id, message.id);
    insta::assert_snapshot!(done.text(), @"**parts.csv** is imported: 2 questions added (#s1 to #s2). `/team questions list` shows them.");
    assert_eq!(saved(&world).len(), 2);

    // Each mode, also one that would add the questions as often as it is pressed.
    for (first, button, count) in [
        (1, "Update 2, add 1", 3),
        (2, "Skip 2, add 1", 4),
        (3, "Add all 3 as new", 7),
    ] {
        let answer = format!("With {count} it is");
        let message = upload(&world, &rows(first..=first + 2, &answer)).await;
        world.set_failpoints("disk.fsync error io");
        world.ada().press(message.id, button).await;
        world.set_failpoints("");
        let done = world.ada().press(message.id, button).await;
        assert_eq!(done.id, message.id, "{}", done.text());
        assert!(done.text().contains("is imported"), "{}", done.text());
        assert_eq!(saved(&world).len(), count, "{button}");
    }
}
