//! Lines 37 and 38 through the real bot.

use std::collections::BTreeSet;
use std::path::Path;

use quizloop::bank::{Bank, built_in};
use quizloop::practice::id::{ChannelId, GuildId};
use quizloop::sandbox::ids;
use quizloop::store::inspect;

use crate::operator::{quizloop, said};
use crate::practice::pack;
use crate::support::World;

/// The questions of all rounds, the oldest first.
fn asked(world: &World) -> Vec<String> {
    let guild = inspect::guild(&world.state(), GuildId::new(ids::GUILD)).unwrap();
    let team = guild.team(ChannelId::new(ids::ASYNCIO)).unwrap();
    team.rounds()
        .iter()
        .map(|round| round.question.clone())
        .collect()
}

/// 37. A whole pass through the bank, a question a day: none comes twice, a question that leaves is missed by
/// nobody, one that is renamed and one that comes are asked in the same pass, restarts change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_pass() {
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
    let put = |name: &str, id: &str| {
        std::fs::write(
            folder.join("packs").join(name),
            pack(id, "What is this one?"),
        )
        .unwrap();
    };
    put("one.toml", "ours-that-stays");
    put("two.toml", "ours-that-leaves");
    world.start_bot().await;
    world.advance("1m").await;
    for _ in 1..30 {
        world.advance("24h").await;
    }
    world.kill().await;
    let early = asked(&world);
    assert_eq!(early.len(), 30);
    put("two.toml", "ours-renamed");
    put("three.toml", "ours-that-comes");
    world.start_bot().await;
    let built_in = Bank::load(built_in(), &[]).0;
    // All that are there now, and the one that left, if its turn had come.
    let left = usize::from(early.contains(&"ours-that-leaves".to_owned()));
    let pass = built_in.len() + 3 + left;
    for day in 30..pass {
        world.advance("24h").await;
        if day % 40 == 0 {
            world.kill_and_restart().await;
        }
    }
    world.advance("1m").await;
    let asked_of_pass = asked(&world);
    assert_eq!(asked_of_pass.len(), pass);
    let different: BTreeSet<_> = asked_of_pass.iter().collect();
    assert_eq!(different.len(), pass, "none comes twice");
    for id in ["ours-that-stays", "ours-renamed", "ours-that-comes"] {
        assert!(different.contains(&id.to_owned()), "{id}");
    }
    world.advance("24h").await;
    let next = asked(&world).pop().unwrap();
    assert!(different.contains(&next), "a new pass");
    assert_ne!(
        Some(&next),
        asked_of_pass.last(),
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

/// 38. An unknown key, a double id, a missing answer: file, line, and what to do.
#[test]
fn packs_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let good = pack("ours", "What is this?");
    let line = |text: &str, part: &str| text[..text.find(part).unwrap()].matches('\n').count() + 1;
    let unknown = good.replace("answer = ", "anwser = ");
    let kept = good.lines().filter(|line| !line.starts_with("answer"));
    let missing = kept.collect::<Vec<_>>().join("\n");
    let double = good.repeat(2);
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
            good.lines().count() + 2,
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

/// 38. Windows' line ends and a byte order mark are an editor's habit and no mistake.
#[test]
fn packs_of_windows() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "\u{feff}{}",
        pack("ours", "What is this?").replace('\n', "\r\n")
    );
    let (code, shown) = check(folder.path(), text.as_bytes());
    assert_eq!(code, Some(0), "{shown}");
}
