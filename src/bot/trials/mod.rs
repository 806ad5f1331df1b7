//! Trials of the bot: custom ids, what the gateway sends, what members ask for, and snapshots as whatever
//! commands make of them. See `crate::trials`.
//!
//! There is no Discord: its address is one on which nobody listens, so requests fail at once. Everything up to
//! them is the bot's own.

mod asked;
mod desk;
mod heard;
pub(super) mod limits;
mod saved;

use super::press::Press;

/// Any text as a custom id: refused, or understood; what is understood is written and read the same.
///
/// # Panics
///
/// It is not so.
pub fn press(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(press) = Press::parse(&text) {
        assert_eq!(Press::parse(&press.custom_id()), Some(press));
        let custom_id: String = text.chars().take(100).collect();
        desk::with(|desk, runtime| runtime.block_on(asked::pressed(desk, custom_id)));
    }
}

/// A command with any options, or a button with any custom id, in the form in which Discord would send it.
///
/// # Panics
///
/// Something that must hold does not.
pub fn interaction(bytes: &[u8]) {
    let payload = asked::payload(bytes);
    let heard = heard::events(payload.to_string().as_bytes());
    assert_eq!(
        heard.len(),
        1,
        "serenity reads what is made here: {payload}"
    );
    desk::with(|desk, runtime| runtime.block_on(heard::act(desk, heard)));
}

/// Any bytes as a payload of the gateway, several if they stand in lines.
pub fn gateway(bytes: &[u8]) {
    let payloads = bytes.split(|byte| *byte == b'\n');
    let heard: Vec<_> = payloads.flat_map(heard::events).collect();
    if !heard.is_empty() {
        desk::with(|desk, runtime| runtime.block_on(heard::act(desk, heard)));
    }
}

/// Any bytes as a snapshot: refused, or a guild that is written and read the same and that no reader and no
/// command is harmed by, at any time.
pub fn snapshot(bytes: &[u8]) {
    saved::snapshot(bytes);
}
