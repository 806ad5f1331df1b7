use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::{Options as Start, Sandbox, ids};

/// Formats the tree on one line: `kind(…)`, and texts as they are.
fn shown(parts: &[MarkdownPart]) -> String {
    let one = |part: &MarkdownPart| match (part.kind, part.parts.is_empty()) {
        ("text", _) => part.text.clone(),
        (kind, true) => format!("{kind}({})", part.text),
        (kind, false) => format!("{kind}({})", shown(&part.parts)),
    };
    parts.iter().map(one).collect()
}

async fn sandbox() -> Sandbox {
    let start = Some("2026-03-27T08:00:00Z".parse().unwrap());
    Sandbox::start(Start {
        start,
        ..Start::default()
    })
    .await
    .unwrap()
}

fn tree(sandbox: &Sandbox, text: &str) -> Vec<MarkdownPart> {
    sandbox.read(|discord| {
        let names = NameResolver {
            discord,
            guild: discord.guilds.get(&ids::GUILD),
            now: discord.clock.now(),
            zone: &TimeZone::UTC,
        };
        parse(text, &names)
    })
}

#[tokio::test]
async fn parses_discords_syntax() {
    let sandbox = sandbox().await;
    for (text, expected) in [
        (
            "**a** *b* __c__ ~~d~~ `e*`",
            "strong(a) em(b) underline(c) strike(d) code(e*)",
        ),
        ("x ||the **end**|| y", "x spoiler(the strong(end)) y"),
        ("||a\nb||", "spoiler(abreak()b)"),
        (
            "x\n||a\n\n```\n||\n```\nb||\ny ||z||",
            "paragraph(x)long-spoiler(paragraph(a)block(||)paragraph(b))paragraph(y spoiler(z))",
        ),
        ("`||` a\n\nb ||", "paragraph(code(||) a)paragraph(b ||)"),
        ("a\nb\n\nc", "paragraph(abreak()b)paragraph(c)"),
        ("# a\n#### b", "heading1(a)heading3(b)"),
        ("- a\n- b", "bullets(item(paragraph(a))item(paragraph(b)))"),
        ("> a", "quote(paragraph(a))"),
        ("> a\nb", "quote(paragraph(a))paragraph(b)"),
        (
            "a\n> b\n> c\nd\n\n> e",
            "paragraph(a)quote(paragraph(bbreak()c))paragraph(d)quote(paragraph(e))",
        ),
        ("> a\n- b", "quote(paragraph(a))bullets(item(paragraph(b)))"),
        (
            "a\n>>> b\nc\n\nd",
            "paragraph(a)quote(paragraph(bbreak()c)paragraph(d))",
        ),
        ("```\n> a\nb\n```", "block(> a\nb)"),
        ("-# small", "subtext(small)"),
        ("```py\nx = 1\n```", "block(x = number(1))"),
        ("```\n<b>\n```", "block(<b>)"),
        (
            "<t:1774598400:t> <t:1774602000:R>",
            "time(08:00) time(in 1 hour)",
        ),
    ] {
        let tree = shown(&tree(&sandbox, text));
        let alone = tree
            .strip_prefix("paragraph(")
            .and_then(|tree| tree.strip_suffix(')'));
        assert!(
            tree == expected || alone == Some(expected),
            "{text}: {tree}"
        );
    }
}

#[tokio::test]
async fn mentions_become_names_and_unknown_ids_stay() {
    let sandbox = sandbox().await;
    let text = format!(
        "<@{}> <@&{}> <#{}> <@1> <x> <",
        ids::ADA,
        ids::TEAM_ROLE,
        ids::ASYNCIO
    );
    assert_eq!(
        shown(&tree(&sandbox, &text)),
        "paragraph(mention(@Ada) mention(@team) mention(#asyncio) <@1> <x> <)"
    );
}

#[tokio::test]
async fn registered_commands_are_mentions() {
    let sandbox = sandbox().await;
    sandbox.with(|discord| {
        let command = crate::model::Command {
            id: 77,
            guild: None,
            kind: 1,
            name: "remind".into(),
            version: 1,
            body: serde_json::json!({}),
        };
        discord.commands.sets.insert(None, vec![command]);
    });
    assert_eq!(
        shown(&tree(
            &sandbox,
            "Use </remind on:77> or </remind:78> or </gone:77>."
        )),
        "paragraph(Use command(/remind on) or </remind:78> or </gone:77>.)"
    );
}

#[tokio::test]
async fn html_images_and_unsafe_links_are_text() {
    let sandbox = sandbox().await;
    for (text, expected) in [
        (
            "<script>alert(1)</script>",
            "paragraph(<script>alert(1)</script>)",
        ),
        (
            "a <img src=x onerror=alert(1)> b",
            "paragraph(a <img src=x onerror=alert(1)> b)",
        ),
        ("![a](https://example.org/x.png)", "paragraph(!link(a))"),
        ("[a](javascript:alert(1))", "paragraph(a)"),
    ] {
        assert_eq!(shown(&tree(&sandbox, text)), expected, "{text}");
    }
}

#[tokio::test]
async fn nesting_is_limited() {
    fn depth(parts: &[MarkdownPart]) -> usize {
        parts
            .iter()
            .map(|part| 1 + depth(&part.parts))
            .max()
            .unwrap_or(0)
    }
    let sandbox = sandbox().await;
    for bomb in [
        "> ".repeat(1000),
        "*_".repeat(1000),
        "[".repeat(2000),
        "- ".repeat(1000),
        "||".repeat(1000),
    ] {
        let tree = tree(&sandbox, &format!("{bomb}end"));
        assert!(depth(&tree) <= MAX_DEPTH + 2, "{}", depth(&tree));
        assert!(!tree.is_empty());
    }
}

#[test]
fn any_text_is_parsed() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sandbox = runtime.block_on(sandbox());
    proptest!(|(text in "[-a<>@#t:1R*_|`~\\[\\](!)\n &é]{0,80}")| {
        let _ = tree(&sandbox, &text);
    });
}
