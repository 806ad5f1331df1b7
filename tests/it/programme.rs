//! A team chooses its questions: levels, topics, sources and order; an admin chooses single ones.

use std::collections::BTreeSet;

use discord_sandbox::ids;
use insta::assert_snapshot;
use quizloop_bank::{Bank, Level, Question, built_in};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::team::Team;
use quizloop_store::inspect;
use serde_json::{Value, json};

use crate::health::Monitor;
use crate::operator::{quizloop, said};
use crate::practice::pack;
use crate::support::{MemberHandle, MessageExt, World};

const MONDAY: &str = "2026-03-23T08:59[Europe/Berlin]";

/// Returns the team of #asyncio as it is on the disk.
fn saved_team(world: &World) -> Team {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap();
    guild.team(ChannelId::new(ids::ASYNCIO)).unwrap().clone()
}

/// Returns the ids of the questions of all rounds, oldest first.
fn asked(world: &World) -> Vec<String> {
    let team = saved_team(world);
    let rounds = team.rounds().iter();
    rounds.map(|round| round.question.clone()).collect()
}

/// Returns the id of the question that is posted.
fn open_question(world: &World) -> Option<String> {
    let team = saved_team(world);
    team.open_round().map(|round| round.question.clone())
}

fn bank() -> Bank {
    Bank::load(built_in(), &[]).0
}

async fn settings(member: MemberHandle<'_>, options: &[(&str, Value)]) -> String {
    member
        .command_message("team settings", options)
        .await
        .text()
}

/// Changes the choice of questions: the bot asks, and a press saves.
async fn choose(member: MemberHandle<'_>, options: &[(&str, Value)]) -> String {
    let asked = member.command_message("team settings", options).await;
    assert!(asked.text().contains("\nThis leaves "), "{}", asked.text());
    let saved = member.press(asked.id, "Save").await;
    assert_eq!(saved.id, asked.id, "{}", saved.text());
    saved.text()
}

/// Returns the lines of a message that contain one of the texts.
fn lines_with(text: &str, parts: &[&str]) -> String {
    let is_wanted = |line: &&str| parts.iter().any(|part| line.contains(part));
    text.lines()
        .filter(is_wanted)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Replaces the lists of all topics and paths.
fn without_long_lists(text: &str) -> String {
    let bank = bank();
    let topics: Vec<_> = bank.topics().collect();
    let paths: Vec<_> = bank.paths().iter().map(|path| path.name.as_str()).collect();
    text.replace(&topics.join(", "), "TOPICS")
        .replace(&paths.join(", "), "PATHS")
}

/// A choice of levels and topics, what it leaves, and a week of questions. A change keeps the
/// questions that were asked, and today's.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_chooses_levels_and_topics() {
    let world = World::at(MONDAY).start().await;
    let ada = world.ada();
    let choice = [
        ("timezone", json!("Europe/Berlin")),
        ("levels", json!("Mid, junior")),
        ("topics", json!("queues, Syntax, context")),
    ];
    let question = ada.command_message("setup", &choice).await;
    assert_snapshot!(lines_with(&question.text(), &["uestions"]), @"
    **Questions**: junior, mid · queues, syntax, context
    This leaves 7 questions: one and a half weeks at five a week.
    ");
    let setup = ada.press(question.id, "Save").await.text();
    assert_snapshot!(lines_with(&setup, &["uestions**", "[Questions]"]), @"
    **Questions**: junior, mid · queues, syntax, context
    [Questions] 7 questions: one and a half weeks at five a week
    ");
    world.advance("1m").await;
    for _ in 1..4 {
        world.advance("24h").await;
    }
    let status = ada.command_message("team status", &[]).await.text();
    assert_snapshot!(lines_with(&status, &["uestions**", "[Questions]"]), @"
    **Questions**: junior, mid · queues, syntax, context
    [Questions] 3 of 7 questions left before they start over
    ");
    let first = asked(&world);
    let bank = bank();
    let is_chosen = |id: &String| {
        let Question { topic, level, .. } = bank.get(id).unwrap();
        ["queues", "syntax", "context"].contains(&topic.as_str()) && *level != Some(Level::Senior)
    };
    assert!(first.iter().all(is_chosen), "{first:?}");
    // Everything, and the same choice again: three are left.
    let all = choose(ada, &[("levels", json!("all")), ("topics", json!("all"))]).await;
    assert!(!all.contains("**Questions**"), "{all}");
    assert_eq!(asked(&world), first);
    choose(ada, &choice[1..]).await;
    let status = ada.command_message("team status", &[]).await.text();
    assert!(status.contains("3 of 7 questions left"), "{status}");
    // A whole pass, over a weekend and a restart, repeats none.
    for _ in 0..5 {
        world.advance("24h").await;
    }
    let pass: BTreeSet<_> = asked(&world).into_iter().collect();
    assert_eq!((asked(&world).len(), pass.len()), (7, 7));
    assert!(pass.iter().all(is_chosen), "{pass:?}");
}

/// Unknown names and a choice without questions are refused, and nothing is changed.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_makes_no_sense_is_refused() {
    let world = World::at(MONDAY).start().await;
    world.set_up_by_ada().await;
    let ada = world.ada();
    let before = saved_team(&world).settings;
    let mut answers = Vec::new();
    for options in [
        vec![("levels", json!("junior, expert"))],
        vec![("topics", json!("queus"))],
        vec![("sources", json!("buildin"))],
        vec![("order", json!("silabus"))],
        vec![("order", json!("topics: queues, taks"))],
        vec![("order", json!("topics:"))],
        vec![("levels", json!("senior")), ("topics", json!("syntax"))],
        vec![("topics", json!("queues")), ("sources", json!("server"))],
        vec![
            ("levels", json!("senior")),
            ("order", json!("topics: tasks, syntax")),
        ],
    ] {
        answers.push(settings(ada, &options).await);
    }
    assert_snapshot!(without_long_lists(&answers.join("\n")), @r#"
    There is no level "expert". The levels are: junior, mid, senior.
    There is no topic "queus". Did you mean queues? The topics are: TOPICS.
    There is no source "buildin". Did you mean built-in? The sources are: built-in, server.
    There is no order "silabus". Did you mean syllabus? The orders are: shuffled, syllabus, PATHS.
    There is no topic "taks". Did you mean tasks? The topics are: TOPICS.
    "topics:" is not an order. Write shuffled, syllabus, the name of a path, or "topics:" and some topics with commas between them.
    That would leave no question: levels (senior) leaves 52, topics (syntax) leaves 2; together none. Nothing was changed.
    That would leave no question: topics (queues) leaves 5, sources (server) leaves none; together none. Nothing was changed.
    That would leave no question for the week of "syntax": the topic syntax has 2 questions, levels (senior) leaves 52; together none. Nothing was changed.
    "#);
    assert_eq!(saved_team(&world).settings, before);
}

/// Lists are completed while an admin types, with the number of questions that each leaves.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_completed_while_an_admin_types() {
    let world = World::at(MONDAY).start().await;
    let suggested = async |option: &str, typed: &str| {
        let sandbox = &world.sandbox;
        let options = [(option, json!(typed))];
        let choices = sandbox.autocomplete(ids::ASYNCIO, ids::ADA, "team settings", &options);
        let choices = choices.await.unwrap();
        assert!(
            choices
                .iter()
                .all(|choice| choice.value.as_str().unwrap().chars().count() <= 100)
        );
        choices
            .into_iter()
            .map(|choice| choice.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(suggested("levels", "").await.first().unwrap(), "all");
    assert_eq!(
        suggested("levels", "junior, m").await,
        [format!(
            "junior, mid ({} questions)",
            count(|one| one.level != Some(Level::Senior))
        )]
    );
    assert_eq!(
        suggested("topics", "Queues, synt").await,
        [format!(
            "queues, syntax ({} questions)",
            count(|one| ["queues", "syntax"].contains(&one.topic.as_str()))
        )]
    );
    assert_eq!(
        suggested("topics", "queues, queues").await,
        Vec::<String>::new()
    );
    assert!(
        suggested("sources", "")
            .await
            .contains(&"server (0 questions)".to_owned())
    );
    assert_eq!(suggested("order", "syl").await, ["syllabus"]);
    let topics = suggested("order", "topics: queues, synt").await;
    assert!(
        topics[0].starts_with("topics: queues, syntax ("),
        "{topics:?}"
    );
    // A list that would be too long for Discord is not offered, but may be typed.
    let long = "context-managers, output-prediction, structured-concurrency, async-iteration, loop-lifecycle, ";
    assert_eq!(
        suggested("topics", &format!("{long}fund")).await,
        Vec::<String>::new()
    );
    world.set_up_by_ada().await;
    let reply = choose(
        world.ada(),
        &[("topics", json!(format!("{long}fundamentals")))],
    )
    .await;
    assert!(reply.contains("loop lifecycle, fundamentals"), "{reply}");
}

fn count(is_counted: impl Fn(&Question) -> bool) -> usize {
    bank()
        .questions()
        .iter()
        .filter(|one| is_counted(one))
        .count()
}

/// The questions come by their numbers, and then by topic, a week each.
#[tokio::test(flavor = "multi_thread")]
async fn questions_come_in_the_chosen_order() {
    let world = World::at(MONDAY)
        .team()
        .with("order = \"syllabus\"")
        .start()
        .await;
    world.advance("1m").await;
    world.advance("24h").await;
    let bank = bank();
    let number = |id: &String| bank.get(id).unwrap().number;
    assert_eq!(
        asked(&world).iter().map(number).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );

    let world = World::at(MONDAY)
        .team()
        .with("order = \"first-week\"")
        .start()
        .await;
    world.advance("1m").await;
    world.advance("24h").await;
    let path = &bank.path("first-week").unwrap().questions;
    assert_eq!(asked(&world), path[..2]);
    let status = world.ada().command_message("team status", &[]).await.text();
    let left = format!("{} of {} questions left", path.len() - 2, path.len());
    assert!(
        status.contains("**Questions**: path first-week") && status.contains(&left),
        "{status}"
    );

    let world = World::at(MONDAY)
        .team()
        .with("order = \"topics: queues, tasks\"")
        .start()
        .await;
    world.advance("1m").await;
    for _ in 0..9 {
        world.advance("24h").await;
    }
    let topics: Vec<_> = asked(&world)
        .iter()
        .map(|id| bank.get(id).unwrap().topic.clone())
        .collect();
    // 2933 whole weeks since 5 January 1970.
    assert_eq!(
        topics,
        [
            "tasks", "tasks", "tasks", "tasks", "tasks", "queues", "queues", "queues"
        ]
    );
    let status = world.ada().command_message("team status", &[]).await.text();
    assert_snapshot!(lines_with(&status, &["uestions**", "[Questions]", "week's topic"]), @"
    **Questions**: a week each: queues, tasks
    [Questions] 9 of 17 questions left before they start over
    This week's topic: queues
    ");
}

/// Killed before or after a save, a choice that was not confirmed can be made again, and the
/// question comes once.
#[cfg(all(feature = "failpoints", debug_assertions))]
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_around_a_save_leaves_no_doubt() {
    use crate::question_forms::restart_after_kill;
    let seventh = bank().questions()[6].id.clone();
    let choice = [("question", json!(seventh))];
    let levels = [("levels", json!("junior"))];
    for step in ["order.changed", "order.saved"] {
        let mut world = World::at(MONDAY).failpoints().start().await;
        let zone = [("timezone", json!("Europe/Berlin"))];
        world.ada().command_message("setup", &zone).await;
        world.set_failpoints(&format!("{step} kill"));
        let question = world.ada().command_message("team settings", &levels).await;
        let outcome = world
            .sandbox
            .press(question.id, ids::ADA, "Save", &[])
            .await;
        restart_after_kill(&mut world, step, &outcome).await;
        let late = world.ada().press(question.id, "Save").await.text();
        assert!(late.contains("run the command again"), "{late}");
        let again = settings(world.ada(), &levels).await;
        // A change that is not confirmed may be saved or not: another save can include it.
        if again.contains("This leaves") {
            assert_eq!(step, "order.changed", "it was saved before the kill");
            choose(world.ada(), &levels).await;
        }
        world.set_failpoints(&format!("{step} kill"));
        let outcome = world.ada().command("team choose", &choice).await;
        restart_after_kill(&mut world, step, &outcome).await;
        world.ada().command_message("team choose", &choice).await;
        let status = world.ada().command_message("team status", &[]).await.text();
        assert!(status.contains("**Questions**: junior"), "{status}");
        assert!(status.contains("chosen by an admin: #7"), "{status}");
        world.advance("1m").await;
        assert_eq!(asked(&world), std::slice::from_ref(&seventh), "{step}");
    }
}

/// An admin chooses the next question, clears the choice, and posts a question now.
#[tokio::test(flavor = "multi_thread")]
async fn an_admin_chooses_single_questions() {
    let world = World::at(MONDAY)
        .team()
        .with("order = \"syllabus\"")
        .start()
        .await;
    let ada = world.ada();
    let bank = bank();
    let seventh = bank.questions()[6].id.clone();
    let option = |id: &str| [("question", json!(id))];
    let nothing = ada.command_message("team choose", &[]).await.text();
    let chosen = ada
        .command_message("team choose", &option(&seventh))
        .await
        .text();
    let status = ada.command_message("team status", &[]).await.text();
    let cleared = ada.command_message("team choose", &[]).await.text();
    ada.command_message("team choose", &option(&seventh)).await;
    let unknown = ada
        .command_message("team choose", &option("zzyzx @qqqq"))
        .await
        .text();
    let next = lines_with(&status, &["Next, chosen"]);
    assert_snapshot!([nothing, chosen, next, cleared, unknown].join("\n"), @r#"
    No question was chosen. To choose the next one, run `/team choose` with a question.
    Next in <#1120000000000000001>: #7 What does the keyword `await` do, and does every `await` give other tasks a turn? It comes <t:1774252800:F> (<t:1774252800:R>). To clear the choice, run `/team choose` without a question.
    Next, chosen by an admin: #7 What does the keyword `await` do, and does every `await` give other tasks a turn?
    The choice is cleared. The next question comes from the team's settings again.
    There is no question "zzyzx \@qqqq". Type a few of its words and pick one of the suggestions.
    "#);
    world.advance("1m").await;
    assert_eq!(asked(&world), std::slice::from_ref(&seventh));
    world.advance("24h").await;
    let second = &asked(&world)[1];
    assert_eq!(
        bank.get(second).unwrap().number,
        Some(1),
        "back to the order"
    );
    // The schedule has no question on a Saturday, and a day has at most one.
    world.set_time("2026-03-28T12:00").await;
    let last = bank.questions()[9].id.clone();
    let posting = ada
        .command_message("team post", &option(&last))
        .await
        .text();
    assert!(posting.contains("Posting question"), "{posting}");
    world
        .wait_for_change("the question", |world| {
            open_question(world).as_ref() == Some(&last)
        })
        .await;
    world.wait_until_idle().await;
    let again = ada
        .command_message("team post", &option(&seventh))
        .await
        .text();
    assert!(again.contains("already out"), "{again}");
    // The questions of another team are not available.
    let other = world.sandbox.add_channel(ids::GUILD, 0, "other");
    let zone = [
        ("timezone", json!("Europe/Berlin")),
        ("channel", json!(other.to_string())),
    ];
    ada.command_message("setup", &zone).await;
    let elsewhere = [
        ("question", json!(last)),
        ("channel", json!(other.to_string())),
    ];
    for command in ["team choose", "team post"] {
        let refused = ada.command_message(command, &elsewhere).await.text();
        let expected = "Another team of this server has that question open. Choose another one.";
        assert_eq!(refused.trim_end(), expected);
    }
}

/// The operator removed the only file that a team asks: no round, one direct message, and the
/// health report says so. With other settings the question comes in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_team_without_questions_posts_none_and_says_so_once() {
    let mut world = World::at("2026-03-23T08:00[Europe/Berlin]")
        .without_bot()
        .await;
    let (config, ours) = (
        world.folder().join("config.toml"),
        world.folder().join("Ours.toml"),
    );
    let health = "[health]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(&ours, pack("ours-one", "What is this one?")).unwrap();
    std::fs::write(&config, format!("{health}[bank]\npaths = [{ours:?}]\n")).unwrap();
    world.start_bot().await;
    world.set_up_by_ada().await;
    let reply = choose(world.ada(), &[("sources", json!("ours"))]).await;
    assert_snapshot!(lines_with(&reply, &["uestions**", "[Questions]"]), @"
    **Questions**: from ours
    [Questions] 1 question: less than half a week at five a week
    ");
    world.kill().await;
    std::fs::write(&config, health).unwrap();
    world.start_bot().await;
    let monitor = Monitor::new(&world).await;
    world.set_time("2026-03-23T09:00").await;
    world
        .wait_until("the direct message", || !world.direct_messages().is_empty())
        .await;
    world.advance("1h").await;
    assert_eq!(saved_team(&world).rounds().len(), 0);
    let messages: Vec<_> = world
        .direct_messages()
        .iter()
        .map(MessageExt::text)
        .collect();
    assert_snapshot!(messages.join("\n"), @"
    I couldn't post the question in <#1120000000000000001>. There is no question to post: the team's settings leave none that is free. `/team status` shows them, and `/team settings` changes them.
    I'll keep trying, and won't message you about this again.
    ");
    let problem = |health: &Value| health["questions"]["problem"].clone();
    let text = json!("a team had no question to post: see the warning in the log");
    monitor
        .wait_for(200, |health| problem(health) == text)
        .await;
    choose(world.ada(), &[("sources", json!("all"))]).await;
    world
        .wait_for_change("the question", |world| world.posts().len() == 1)
        .await;
    monitor
        .wait_for(200, |health| problem(health).is_null())
        .await;
}

/// `/quiz` without options asks what the channel's team asks. Options override it, and elsewhere
/// everything is asked.
#[tokio::test(flavor = "multi_thread")]
async fn quiz_follows_the_programme_of_the_channel() {
    let world = World::at(MONDAY)
        .team()
        .with("topics = [\"syntax\"]")
        .start()
        .await;
    world.advance("1m").await;
    let open = world.post().question();
    let lin = world.lin();
    let first = lin.command_message("quiz", &[]).await;
    assert!(
        first.text().contains("[Topic] syntax") && !first.text().contains(&open),
        "{}",
        first.text()
    );
    let none = lin.press(first.id, "Another").await.text();
    assert!(
        none.contains("You've had every matching question today"),
        "{none}"
    );
    let options = [("topic", json!("queues"))];
    let other = lin.command_message("quiz", &options).await.text();
    assert!(other.contains("[Topic] queues"), "{other}");
    let new = lin
        .command_message("quiz", &[("mode", json!("new"))])
        .await
        .text();
    assert!(
        new.contains("[Topic]") && !new.contains("[Topic] syntax"),
        "{new}"
    );
    let elsewhere = world.sandbox.add_channel(ids::GUILD, 0, "elsewhere");
    let quiz = lin.command_in(elsewhere, "quiz", &[]).await;
    let quiz = quiz.message().unwrap().text();
    assert!(
        quiz.contains("[Topic]") && !quiz.contains("[Topic] syntax"),
        "{quiz}"
    );
}

/// The config and a seed are checked against the questions, with line and fix.
#[test]
fn the_config_is_checked_against_the_questions() {
    let folder = tempfile::tempdir().unwrap();
    let check = |lines: &str| {
        let team = format!(
            "[[team]]\nguild = \"{}\"\nchannel = \"{}\"\ntimezone = \"UTC\"\n{lines}\n",
            ids::GUILD,
            ids::ASYNCIO
        );
        std::fs::write(folder.path().join("config.toml"), team).unwrap();
        let (code, text) = said(&quizloop(folder.path(), &["check"]));
        let report: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
        format!("{code:?}\n{}", without_long_lists(&report.join("\n")))
    };
    assert_snapshot!(check("topics = [\"queues\",\n  \"Taks\"]"), @r#"
    Some(2)
    error: there is no topic "taks"
     --> config.toml:6:3
      |
    6 |   "Taks"]
      |   ^^^^^^
      |
      = help: did you mean "tasks"? The topics are: TOPICS
    "#);
    assert_snapshot!(check("levels = [\"senior\"]\ntopics = [\"syntax\"]"), @r#"
    Some(2)
    error: no question is left: levels (senior) leaves 52, topics (syntax) leaves 2; together none
     --> config.toml:5:10
      |
    5 | levels = ["senior"]
      |          ^^^^^^^^^^
      |
      = help: allow more with one of them
    "#);
    assert_snapshot!(check("order = \"zzyzx\""), @r#"
    Some(2)
    error: there is no order "zzyzx"
     --> config.toml:5:9
      |
    5 | order = "zzyzx"
      |         ^^^^^^^
      |
      = help: the orders are: shuffled, syllabus, PATHS
    "#);
    assert_snapshot!(check("sources = [\"server\"]\ntopics = [\"ours\"]"), @r#"
    Some(0)
    No errors found: 1 team in the config, 174 questions, 0 servers in state.
    warning: there is no topic "ours"
     --> config.toml:6:11
      |
    6 | topics = ["ours"]
      |           ^^^^^^
      |
      = help: the topics are: TOPICS
    "#);
    assert_snapshot!(check("levels = [\"mid\", \"expert\", \"mid\"]"), @r#"
    Some(2)
    error: there is no level "expert"
     --> config.toml:5:18
      |
    5 | levels = ["mid", "expert", "mid"]
      |                  ^^^^^^^^
      |
      = help: the levels are: junior, mid, senior
    "#);
}
