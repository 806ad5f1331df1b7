//! Question files as operators write them, right and wrong (failures of pack files).

use super::{Bank, PackFile, built_in};
use crate::findings::render_all;

const GOOD: &str = r#"
[[question]]
id = "own-question"
number = 900
topic = "queues"
level = "mid"
type = "concept"
question = "What is a queue for?"
answer = "It hands work over."
how_to_answer = "Say who waits."
example_answer = "I use it to hand work over."
points = ["hands over", "waits when full", "waits when empty"]
pitfalls = ["Saying it is thread-safe."]
python = "3.11"
docs = "https://docs.python.org/3/library/asyncio-queue.html"
follow_up = "How do you stop the consumers?"
"#;

fn load(files: &[(&str, &[u8])]) -> (Bank, String) {
    let files: Vec<PackFile> = files
        .iter()
        .map(|(name, bytes)| PackFile {
            name: (*name).to_owned(),
            bytes: bytes.to_vec(),
        })
        .collect();
    let (bank, findings) = Bank::load(built_in(), &files);
    (bank, render_all(&findings))
}

#[test]
fn an_operator_s_question_is_added_or_replaces() {
    let (bank, findings) = load(&[("own.toml", GOOD.as_bytes())]);
    assert_eq!(findings, "nothing found");
    assert_eq!(
        bank.get("own-question").unwrap().question,
        "What is a queue for?"
    );
    let replacing = GOOD.replace("own-question", "queue-handover");
    let (replaced, findings) = load(&[("own.toml", replacing.as_bytes())]);
    assert_eq!(findings, "nothing found");
    assert_eq!(replaced.len(), bank.len() - 1);
    assert_eq!(replaced.get("queue-handover").unwrap().number, 900);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_fine() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let (bank, findings) = load(&[("own.toml", text.as_bytes())]);
    assert_eq!(findings, "nothing found");
    assert!(bank.get("own-question").is_some());
}

#[test]
fn every_mistake_is_found_with_its_line() {
    let bad = GOOD
        .replace("follow_up", "folow_up")
        .replace("level = \"mid\"", "level = \"expert\"")
        .replace("answer = \"It hands work over.\"\n", "");
    let twins = format!("{GOOD}{GOOD}");
    let (_, findings) = load(&[
        ("bad.toml", bad.as_bytes()),
        ("twins.toml", twins.as_bytes()),
    ]);
    insta::assert_snapshot!(findings);
}

#[test]
fn what_is_too_long_is_said_with_how_much() {
    let long = GOOD
        .replace("What is a queue for?", &"x".repeat(310))
        .replace("\"hands over\"", &format!("\"{}\"", "y".repeat(101)))
        .replace(", \"waits when empty\"", "")
        .replace("I use it to hand work over.", &"z ".repeat(600));
    let (bank, findings) = load(&[("long.toml", long.as_bytes())]);
    assert!(
        bank.get("own-question").is_none(),
        "what can't be shown is not asked"
    );
    insta::assert_snapshot!(findings);
}

#[test]
fn files_that_are_no_text_or_far_too_big() {
    let (_, findings) = load(&[("latin1.toml", b"[[question]]\nid = \"caf\xe9\"\n")]);
    assert!(findings.contains("latin1.toml:2:10"), "{findings}");
    assert!(findings.contains("not UTF-8"), "{findings}");
    let big = vec![b'#'; 11 * 1024 * 1024];
    let (_, findings) = load(&[("big.toml", &big)]);
    assert!(
        findings.contains("no more than 10 MB are read"),
        "{findings}"
    );
    let (_, findings) = load(&[("broken.toml", b"[[question]\n")]);
    assert!(findings.contains("broken.toml:1"), "{findings}");
}
