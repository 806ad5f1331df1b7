//! Registers the slash commands: all with one request, and only when their definitions changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::commands::definitions;
use crate::bot::context::BotContext;
use crate::bot::render::command_links::CommandIds;
use quizloop_failpoint as failpoint;

/// The key of the fingerprint in the store's metadata.
const FINGERPRINT_KEY: &str = "commands";
/// The key of the commands' ids in the store's metadata.
const IDS_KEY: &str = "command_ids";

/// Delays between attempts, in seconds; the last one is repeated. A new bot has no commands until
/// one succeeds, and Discord allows 200 registrations a day.
const RETRY_DELAYS_SECS: [u64; 7] = [1, 2, 5, 15, 60, 300, 600];

/// Registers the commands if their definitions differ from those registered last, and retries until
/// Discord accepts them. Never returns: it runs beside the other tasks.
///
/// The fingerprint of the registered definitions and the commands' ids are stored with the state.
/// If they are missing, the commands are registered again, which changes nothing.
pub async fn run(ctx: Arc<BotContext>, application: u64) {
    let definitions = definitions();
    let fingerprint = fingerprint(application, &definitions.to_string());
    if let Some(ids) = registered_ids(&ctx, &fingerprint) {
        ctx.rest.set_command_ids(ids);
        return std::future::pending().await;
    }
    failpoint::hit("register.begin");
    let mut delays = RETRY_DELAYS_SECS.iter();
    let mut delay = Duration::ZERO;
    let ids = loop {
        match ctx.rest.register_commands(&definitions).await {
            Ok(ids) => break ids,
            Err(error) => {
                delay = delays
                    .next()
                    .map_or(delay, |secs| Duration::from_secs(*secs));
                let retry_in_s = delay.as_secs();
                tracing::error!(%error, retry_in_s, "slash commands could not be registered");
                ctx.health.commands_unregistered(error.to_string());
                tokio::time::sleep(delay).await;
            }
        }
    };
    failpoint::hit("register.done");
    ctx.health.commands_registered();
    // The fingerprint comes last: with it, the ids are expected to be there.
    ctx.store.set_metadata(IDS_KEY, &ids.to_string());
    ctx.store.set_metadata(FINGERPRINT_KEY, &fingerprint);
    ctx.rest.set_command_ids(ids);
    tracing::info!("slash commands registered");
    std::future::pending::<()>().await;
}

/// Returns the ids of the registered commands, if they are the ones with that fingerprint.
fn registered_ids(ctx: &BotContext, fingerprint: &str) -> Option<CommandIds> {
    if ctx.store.metadata(FINGERPRINT_KEY).as_deref() != Some(fingerprint) {
        return None;
    }
    CommandIds::parse(&ctx.store.metadata(IDS_KEY)?)
}

/// Returns a text that identifies the commands of an application.
///
/// The hasher has fixed keys, so the result is the same after a restart. If a new Rust release
/// changes the algorithm, the commands are registered once more.
fn fingerprint(application: u64, definitions: &str) -> String {
    let mut hasher = DefaultHasher::new();
    definitions.hash(&mut hasher);
    format!("{application}:{:016x}", hasher.finish())
}
