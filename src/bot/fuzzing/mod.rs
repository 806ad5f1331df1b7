//! Fuzz targets of the bot: custom ids, gateway payloads, interactions and snapshots. See
//! `crate::fuzzing`.
//!
//! There is no Discord: no process listens on its address, so requests fail at once. All code up to
//! the requests is that of the bot.

pub(super) mod discord_limits;
mod events;
pub(super) mod fixture;
mod interactions;
mod snapshots;

use super::interactions::custom_id::ComponentId;

/// Parses and handles any text as a custom id.
///
/// # Panics
///
/// Panics if a parsed custom id does not round-trip, or if its handling breaks an invariant.
pub fn custom_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(component) = ComponentId::parse(&text) {
        assert_eq!(ComponentId::parse(&component.custom_id()), Some(component));
        let custom_id: String = text.chars().take(100).collect();
        fixture::with(|ctx, runtime| {
            runtime.block_on(interactions::send_custom_id(ctx, custom_id));
        });
    }
}

/// Handles a command with any options, or a component with any custom id, in Discord's form.
///
/// # Panics
///
/// Panics if an invariant is broken.
pub fn interaction(bytes: &[u8]) {
    let payload = interactions::payload(bytes);
    let events = events::from_payload(payload.to_string().as_bytes());
    assert_eq!(
        events.len(),
        1,
        "serenity must parse this payload: {payload}"
    );
    fixture::with(|ctx, runtime| runtime.block_on(events::handle(ctx, events)));
}

/// Handles any bytes as gateway payloads, one per line.
pub fn gateway(bytes: &[u8]) {
    let payloads = bytes.split(|byte| *byte == b'\n');
    let events: Vec<_> = payloads.flat_map(events::from_payload).collect();
    if !events.is_empty() {
        fixture::with(|ctx, runtime| runtime.block_on(events::handle(ctx, events)));
    }
}

/// Reads any bytes as a snapshot. A valid one must round-trip, and no reader or command may panic
/// on it at any time.
pub fn snapshot(bytes: &[u8]) {
    snapshots::snapshot(bytes);
}
