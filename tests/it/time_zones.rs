//! Time zones and roles that `/setup` refuses, and what it suggests instead.

use discord_sandbox::ids;
use serde_json::json;

use crate::support::World;

/// While an admin types an offset or an abbreviation, the suggestions are places that have it, with
/// what their clocks show.
#[tokio::test(flavor = "multi_thread")]
async fn places_are_suggested_for_offsets() {
    let world = World::at("2026-03-25T12:00[UTC]").start().await;
    let mut found = String::new();
    for typed in ["gmt+2", "+05:30", "EST", "ist"] {
        let option = [("timezone", json!(typed))];
        let choices = world
            .sandbox
            .autocomplete(ids::ASYNCIO, ids::ADA, "setup", &option)
            .await
            .unwrap();
        assert!(choices.len() <= 25);
        let names: Vec<_> = choices
            .into_iter()
            .take(3)
            .map(|choice| choice.name)
            .collect();
        found += &format!("{typed}: {}\n", names.join(" · "));
    }
    insta::assert_snapshot!(found, @"");
}

/// An offset and an abbreviation are refused, and so is @everyone: a mention of it notifies nobody.
/// Nothing is set up.
#[tokio::test(flavor = "multi_thread")]
async fn vague_settings_are_refused() {
    let world = World::at("2026-03-25T12:00[UTC]").start().await;
    let ada = world.ada();
    let mut texts = Vec::new();
    for options in [
        vec![("timezone", json!("GMT+2"))],
        vec![("timezone", json!("Etc/GMT-2"))],
        vec![("timezone", json!("EST"))],
        vec![
            ("timezone", json!("UTC")),
            ("role", json!(ids::GUILD.to_string())),
        ],
    ] {
        texts.push(ada.command_message("setup", &options).await.text());
    }
    insta::assert_snapshot!(texts.join("\n"), @"");
    let status = ada.command_message("team status", &[]).await.text();
    assert!(status.contains("No team"), "{status}");
}
