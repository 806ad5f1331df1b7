//! The REST API, version 10.
//!
//! `serve` reads a request, applies injected faults, calls the handler of the route and logs
//! request and response. Handlers are synchronous functions that run under the lock of the model;
//! only `serve` awaits.

mod allowed_mentions;
mod application;
mod callback;
mod current_user;
pub use callback::CALLBACK_DEADLINE;
mod callback_validation;
mod channels;
mod command_validation;
mod commands;
mod component;
mod embed;
pub mod error_response;
mod guilds;
pub mod limits;
pub mod message_body;
mod messages;
mod reactions;
pub mod route;
mod serve;
mod threads;
pub mod upload;
pub mod url;
pub mod validation;
mod webhook;

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Discord;
use error_response::ErrorResponse;
use route::Route;
pub use serve::serve;

/// Parsed request, as handlers receive it.
pub struct ApiRequest {
    /// Query parameters, decoded.
    pub query: BTreeMap<String, String>,
    /// JSON body; null if there was none.
    pub body: Value,
    /// Uploaded files.
    pub uploads: Vec<upload::Upload>,
}

impl ApiRequest {
    /// Returns whether a boolean query parameter is true.
    fn flag(&self, name: &str) -> bool {
        self.query.get(name).and_then(|text| url::parse_bool(text)) == Some(true)
    }
}

/// Result of a handler: HTTP status and optional body, or an error response.
pub type HandlerResult = Result<(u16, Option<Value>), ErrorResponse>;

/// Returns status 200 with a body.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
fn ok(body: Value) -> HandlerResult {
    Ok((200, Some(body)))
}

/// Returns status 204.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
const fn no_content() -> HandlerResult {
    Ok((204, None))
}

fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    match route {
        Route::EditApplication => application::edit(discord, request),
        Route::Gateway
        | Route::GatewayBot
        | Route::Me
        | Route::Application
        | Route::User { .. }
        | Route::MyGuilds
        | Route::LeaveGuild { .. }
        | Route::OpenDirectMessages => current_user::handle(discord, route, request),
        Route::Guild { .. }
        | Route::GuildChannels { .. }
        | Route::GuildRoles { .. }
        | Route::GuildMember { .. }
        | Route::ActiveThreads { .. } => guilds::handle(discord, route),
        Route::Channel { .. } | Route::EditChannel { .. } | Route::Typing { .. } => {
            channels::handle(discord, route, request)
        }
        Route::ListMessages { .. }
        | Route::CreateMessage { .. }
        | Route::Message { .. }
        | Route::EditMessage { .. }
        | Route::DeleteMessage { .. } => messages::handle(discord, route, request),
        Route::StartThread { .. } | Route::JoinThread { .. } | Route::LeaveThread { .. } => {
            threads::handle(discord, route, request)
        }
        Route::Reaction {
            channel,
            message,
            emoji,
        } => reactions::add(discord, *channel, *message, emoji),
        Route::Unreact {
            channel,
            message,
            emoji,
        } => reactions::remove(discord, *channel, *message, emoji),
        Route::ListCommands { .. } | Route::SetCommands { .. } => {
            commands::handle(discord, route, request)
        }
        Route::Callback { interaction, token } => {
            callback::handle(discord, *interaction, token, request)
        }
        _ => webhook::handle(discord, route, request),
    }
}
