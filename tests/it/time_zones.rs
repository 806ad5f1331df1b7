//! Time zones and roles that `/setup` refuses, and what it suggests instead.

use std::fmt::Write as _;

use discord_sandbox::ids;
use serde_json::json;

use crate::support::{MessageExt, World};

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
        let _ = writeln!(found, "{typed}: {}", names.join(" · "));
    }
    insta::assert_snapshot!(found, @"
    gmt+2: Europe/Kyiv (UTC+2, in summer UTC+3) · Africa/Johannesburg (UTC+2 all year) · Europe/Berlin (UTC+1, in summer UTC+2)
    +05:30: Asia/Kolkata (UTC+5:30 all year) · Asia/Calcutta (UTC+5:30 all year) · Asia/Colombo (UTC+5:30 all year)
    EST: America/New_York (UTC-5, in summer UTC-4) · America/Panama (UTC-5 all year) · America/Toronto (UTC-5, in summer UTC-4)
    ist: Asia/Kolkata (UTC+5:30 all year) · Europe/Dublin (UTC, in summer UTC+1) · Asia/Jerusalem (UTC+2, in summer UTC+3)
    ");
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
    insta::assert_snapshot!(texts.join("\n"), @r#"
    "GMT+2" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2). Pick one of the suggestions.
    "Etc/GMT-2" means UTC+2, not UTC-2: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2). Pick one of the suggestions.
    "EST" is an abbreviation, not a time zone: name a city that has the time you mean: "America/New_York" (UTC-5, in summer UTC-4), "America/Panama" (UTC-5 all year) or "America/Toronto" (UTC-5, in summer UTC-4). Pick one of the suggestions.
    role: I don't notify everyone each day. Create a role for those who take part, and choose that one; or leave role out.
    "#);
    let status = ada.command_message("team status", &[]).await.text();
    assert!(status.contains("No team"), "{status}");
}
