//! Registers the slash commands: all with one request, and only when their definitions changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::commands::definitions;
use crate::bot::context::BotContext;
use quizloop_failpoint as failpoint;

/// Registers the commands if their definitions differ from those registered last.
///
/// The fingerprint of the registered definitions is stored with the state. If it is missing, the
/// commands are registered again, which changes nothing.
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
            tracing::info!("slash commands registered");
            ctx.store.set_metadata(METADATA_KEY, &fingerprint);
        }
        // The fingerprint is not stored, so the next start tries again.
        Err(error) => tracing::error!(%error, "slash commands could not be registered"),
    }
}

/// The key of the fingerprint in the store's metadata.
const METADATA_KEY: &str = "commands";

/// Returns a text that identifies the commands of an application.
///
/// The hasher has fixed keys, so the result is the same after a restart. If a new Rust release
/// changes the algorithm, the commands are registered once more.
fn fingerprint(application: u64, definitions: &str) -> String {
    let mut hasher = DefaultHasher::new();
    definitions.hash(&mut hasher);
    format!("{application}:{:016x}", hasher.finish())
}
