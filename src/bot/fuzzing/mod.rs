//! Trials of the bot: custom ids, what the gateway sends, what members ask for, and snapshots as whatever
//! commands make of them. See `crate::trials`.
//!
//! There is no Discord: its address is one on which nobody listens, so requests fail at once. Everything up to
//! them is the bot's own.

pub(super) mod discord_limits;
mod events;
mod fixture;
mod interactions;
mod snapshots;

use super::custom_id::ComponentId;

/// Any text as a custom id: refused, or understood; what is understood is written and read the same.
///
/// # Panics
///
/// It is not so.
pub fn custom_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(press) = ComponentId::parse(&text) {
        assert_eq!(ComponentId::parse(&press.custom_id()), Some(press));
        let custom_id: String = text.chars().take(100).collect();
        fixture::with(|ctx, runtime| {
            runtime.block_on(interactions::send_custom_id(ctx, custom_id))
        });
    }
}

/// A command with any options, or a button with any custom id, in the form in which Discord would send it.
///
/// # Panics
///
/// Something that must hold does not.
pub fn interaction(bytes: &[u8]) {
    let payload = interactions::payload(bytes);
    let events = events::from_payload(payload.to_string().as_bytes());
    assert_eq!(
        events.len(),
        1,
        "serenity reads what is made here: {payload}"
    );
    fixture::with(|ctx, runtime| runtime.block_on(events::handle(ctx, events)));
}

/// Any bytes as a payload of the gateway, several if they stand in lines.
pub fn gateway(bytes: &[u8]) {
    let payloads = bytes.split(|byte| *byte == b'\n');
    let events: Vec<_> = payloads.flat_map(events::from_payload).collect();
    if !events.is_empty() {
        fixture::with(|ctx, runtime| runtime.block_on(events::handle(ctx, events)));
    }
}

/// Any bytes as a snapshot: refused, or a guild that is written and read the same and that no reader and no
/// command is harmed by, at any time.
pub fn snapshot(bytes: &[u8]) {
    snapshots::snapshot(bytes);
}
