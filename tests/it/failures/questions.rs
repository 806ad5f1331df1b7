//! Entries 37 and 38 of the list of field failures, with the real bot.

use std::collections::BTreeSet;
use std::path::Path;

use discord_sandbox::ids;
use quizloop_bank::{Bank, built_in};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_store::inspect;

use crate::operator::{quizloop, said};
use crate::practice::pack;
use crate::support::World;

/// Returns the questions of all rounds, oldest first.
fn asked_questions(world: &World) -> Vec<String> {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap();
    let team = guild.team(ChannelId::new(ids::ASYNCIO)).unwrap();
    team.rounds()
        .iter()
        .map(|round| round.question.clone())
        .collect()
}

/// 37. A whole pass through the bank, one question a day: none is repeated, a removed question is
/// skipped, a renamed and an added one are asked in the same pass, and restarts change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_pass_repeats_no_question() {
    let mut world = World::at("2026-01-01T08:59[UTC]")
        .team()
        .with("days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]")
        .without_bot()
        .await;
    let folder = world.folder().to_owned();
    let config = folder.join("config.toml");
    let teams = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!("[bank]\npaths = [{:?}]\n{teams}", folder.join("packs")),
    )
    .unwrap();
    std::fs::create_dir(folder.join("packs")).unwrap();
    let write_pack = |name: &str, id: &str| {
        std::fs::write(
            folder.join("packs").join(name),
            pack(id, "What is this one?"),
        )
        .unwrap();
    };
    write_pack("one.toml", "ours-that-stays");
    write_pack("two.toml", "ours-that-leaves");
    world.start_bot().await;
    world.advance("1m").await;
    for _ in 1..30 {
        world.advance("24h").await;
    }
    world.kill().await;
    let early = asked_questions(&world);
    assert_eq!(early.len(), 30);
    write_pack("two.toml", "ours-renamed");
    write_pack("three.toml", "ours-that-comes");
    world.start_bot().await;
    let built_in = Bank::load(built_in(), &[]).0;
    // All current questions, and the removed one if it was asked before.
    let removed = usize::from(early.contains(&"ours-that-leaves".to_owned()));
    let pass = built_in.len() + 3 + removed;
    for day in 30..pass {
        world.advance("24h").await;
        if day % 40 == 0 {
            world.kill_and_restart().await;
        }
    }
    world.advance("1m").await;
    let questions_of_pass = asked_questions(&world);
    assert_eq!(questions_of_pass.len(), pass);
    let distinct: BTreeSet<_> = questions_of_pass.iter().collect();
    assert_eq!(distinct.len(), pass, "none comes twice");
    for id in ["ours-that-stays", "ours-renamed", "ours-that-comes"] {
        assert!(distinct.contains(&id.to_owned()), "{id}");
    }
    world.advance("24h").await;
    let next = asked_questions(&world).pop().unwrap();
    assert!(distinct.contains(&next), "a new pass");
    assert_ne!(
        Some(&next),
        questions_of_pass.last(),
        "not the last of the old one"
    );
}

fn check(folder: &Path, file: &[u8]) -> (Option<i32>, String) {
    std::fs::write(
        folder.join("config.toml"),
        "[bank]\npaths = [\"pack.toml\"]\n",
    )
    .unwrap();
    std::fs::write(folder.join("pack.toml"), file).unwrap();
    said(&quizloop(folder, &["check"]))
}

/// 38. An unknown key, a duplicate id, a missing answer: the error names file, line, and fix.
#[test]
fn mistakes_in_question_files_name_line_and_fix() {
    let folder = tempfile::tempdir().unwrap();
    let valid = pack("ours", "What is this?");
    let line = |text: &str, part: &str| text[..text.find(part).unwrap()].matches('\n').count() + 1;
    let unknown = valid.replace("answer = ", "anwser = ");
    let remaining = valid.lines().filter(|line| !line.starts_with("answer"));
    let missing = remaining.collect::<Vec<_>>().join("\n");
    let double = valid.repeat(2);
    for (what, text, line, words) in [
        (
            "unknown",
            &unknown,
            line(&unknown, "anwser"),
            ["anwser", "answer"],
        ),
        ("missing", &missing, 1, ["`answer`", "help"]),
        (
            "double",
            &double,
            valid.lines().count() + 2,
            ["ours", "help"],
        ),
    ] {
        let (code, text) = check(folder.path(), text.as_bytes());
        assert_eq!(code, Some(2), "{what}: {text}");
        assert!(
            text.contains(&format!("pack.toml:{line}:")),
            "{what}, line {line}: {text}"
        );
        for word in words {
            assert!(text.contains(word), "{what}: {text}");
        }
    }
}

/// 38. Windows line endings and a byte order mark are accepted.
#[test]
fn question_files_with_windows_line_endings_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "\u{feff}{}",
        pack("ours", "What is this?").replace('\n', "\r\n")
    );
    let (code, output) = check(folder.path(), text.as_bytes());
    assert_eq!(code, Some(0), "{output}");
}
