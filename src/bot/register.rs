//! Registering the slash commands: all at once, and only when their definition changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::commands::definitions;
use super::desk::Desk;
use crate::failpoint;

/// Registers the commands if Discord has others than ours. What was registered last is remembered in
/// the state folder; without that memory they are registered again, which is harmless.
pub async fn commands(desk: &Desk, application: u64) {
    let definitions = definitions();
    let mark = mark(application, &definitions.to_string());
    if desk.store.metadata(NOTE).as_deref() == Some(mark.as_str()) {
        return;
    }
    failpoint::pass("register.begin");
    match desk.rest.register(&definitions).await {
        Ok(()) => {
            failpoint::pass("register.done");
            tracing::info!("registered the slash commands");
            desk.store.set_metadata(NOTE, &mark);
        }
        Err(failure) => {
            tracing::error!(%failure, "the slash commands could not be registered; the next start tries again");
        }
    }
}

/// The name under which the store keeps what was registered.
const NOTE: &str = "commands";

/// Stands for an application's commands. The hasher's keys are fixed, so that the next start finds the
/// same; should a new Rust release change it, the commands are registered once more.
fn mark(application: u64, definitions: &str) -> String {
    let mut hasher = DefaultHasher::new();
    definitions.hash(&mut hasher);
    format!("{application}:{:016x}", hasher.finish())
}
