//! The REST API, version 10: reads a request, asks the model, writes the answer and the log.
//!
//! Every handler is a plain function under the lock of the model; only `serve` awaits.

mod about;
mod allowed;
mod callback;
pub use callback::FIRST_ANSWER;
mod callback_form;
mod channels;
mod command_form;
mod commands;
mod component;
pub mod draft;
mod embed;
pub mod form;
mod guilds;
pub mod limits;
mod messages;
pub mod problem;
mod reactions;
pub mod route;
mod serve;
mod threads;
mod upload;
mod url;
mod webhook;

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Discord;
use problem::Problem;
use route::Route;
pub use serve::serve;

/// A request as handlers get it.
pub struct Call {
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The body; null if there was none.
    pub body: Value,
    /// Files that came with it.
    pub uploads: Vec<upload::Upload>,
}

/// What a handler answers: a status and perhaps a body.
pub type Answer = Result<(u16, Option<Value>), Problem>;

/// 200 with a body.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn ok(body: Value) -> Answer {
    Ok((200, Some(body)))
}

/// 204.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
const fn done() -> Answer {
    Ok((204, None))
}

fn handle(discord: &mut Discord, route: &Route, call: &Call) -> Answer {
    match route {
        Route::Gateway
        | Route::GatewayBot
        | Route::Me
        | Route::Application
        | Route::User { .. }
        | Route::MyGuilds
        | Route::LeaveGuild { .. }
        | Route::OpenDirectMessages => about::handle(discord, route, call),
        Route::Guild { .. }
        | Route::GuildChannels { .. }
        | Route::GuildRoles { .. }
        | Route::GuildMember { .. }
        | Route::ActiveThreads { .. } => guilds::handle(discord, route),
        Route::Channel { .. } | Route::EditChannel { .. } | Route::Typing { .. } => {
            channels::handle(discord, route, call)
        }
        Route::ListMessages { .. }
        | Route::CreateMessage { .. }
        | Route::Message { .. }
        | Route::EditMessage { .. }
        | Route::DeleteMessage { .. } => messages::handle(discord, route, call),
        Route::StartThread { .. } | Route::JoinThread { .. } | Route::LeaveThread { .. } => {
            threads::handle(discord, route, call)
        }
        Route::Reaction {
            channel,
            message,
            emoji,
        } => reactions::add(discord, (*channel, *message), emoji),
        Route::Unreact {
            channel,
            message,
            emoji,
        } => reactions::remove(discord, (*channel, *message), emoji),
        Route::ListCommands { .. } | Route::SetCommands { .. } => {
            commands::handle(discord, route, call)
        }
        Route::Callback { interaction, token } => {
            callback::handle(discord, *interaction, token, call)
        }
        _ => webhook::handle(discord, route, call),
    }
}
