//! Registering the slash commands: all at once, and only when their definition changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::commands::definitions;
use super::context::BotContext;
use crate::failpoint;

/// Registers the commands if Discord has others than ours. What was registered last is remembered in
/// the state folder; without that memory they are registered again, which is harmless.
pub async fn commands(ctx: &BotContext, application: u64) {
    let definitions = definitions();
    let fingerprint = fingerprint(application, &definitions.to_string());
    if ctx.store.metadata(METADATA_KEY).as_deref() == Some(fingerprint.as_str()) {
        return;
    }
    failpoint::hit("register.begin");
    match ctx.rest.register_commands(&definitions).await {
        Ok(()) => {
            failpoint::hit("register.done");
            tracing::info!("registered the slash commands");
            ctx.store.set_metadata(METADATA_KEY, &fingerprint);
        }
        Err(failure) => {
            tracing::error!(%failure, "the slash commands could not be registered; the next start tries again");
        }
    }
}

/// The name under which the store keeps what was registered.
const METADATA_KEY: &str = "commands";

/// Stands for an application's commands. The hasher's keys are fixed, so that the next start finds the
/// same; should a new Rust release change it, the commands are registered once more.
fn fingerprint(application: u64, definitions: &str) -> String {
    let mut hasher = DefaultHasher::new();
    definitions.hash(&mut hasher);
    format!("{application}:{:016x}", hasher.finish())
}
