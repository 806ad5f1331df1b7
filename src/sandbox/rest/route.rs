//! The routes that exist, with the ids of their addresses.

use axum::http::Method;

/// Whether there is a route of this name among those a fault can be put on from outside.
pub fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Routes that a bot like ours uses, for the page's list of faults.
pub const NAMES: &[&str] = &[
    "CreateMessage",
    "StartThread",
    "EditMessage",
    "ListMessages",
    "Reaction",
    "Callback",
    "EditOriginal",
    "FollowUp",
    "OpenDirectMessages",
    "SetCommands",
    "GatewayBot",
];

/// A request's target. The names are what faults match by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it; the addresses are in `Route::parse`"
)]
pub enum Route {
    Gateway,
    GatewayBot,
    Me,
    Application,
    MyGuilds,
    LeaveGuild {
        guild: u64,
    },
    OpenDirectMessages,
    User {
        user: u64,
    },
    Guild {
        guild: u64,
    },
    GuildChannels {
        guild: u64,
    },
    GuildRoles {
        guild: u64,
    },
    GuildMember {
        guild: u64,
        user: u64,
    },
    ActiveThreads {
        guild: u64,
    },
    Channel {
        channel: u64,
    },
    EditChannel {
        channel: u64,
    },
    ListMessages {
        channel: u64,
    },
    CreateMessage {
        channel: u64,
    },
    Message {
        channel: u64,
        message: u64,
    },
    EditMessage {
        channel: u64,
        message: u64,
    },
    DeleteMessage {
        channel: u64,
        message: u64,
    },
    Typing {
        channel: u64,
    },
    StartThread {
        channel: u64,
        message: u64,
    },
    JoinThread {
        channel: u64,
    },
    LeaveThread {
        channel: u64,
    },
    Reaction {
        channel: u64,
        message: u64,
        emoji: String,
    },
    Unreact {
        channel: u64,
        message: u64,
        emoji: String,
    },
    ListCommands {
        app: u64,
        guild: Option<u64>,
    },
    SetCommands {
        app: u64,
        guild: Option<u64>,
    },
    Callback {
        interaction: u64,
        token: String,
    },
    Original {
        app: u64,
        token: String,
    },
    EditOriginal {
        app: u64,
        token: String,
    },
    DeleteOriginal {
        app: u64,
        token: String,
    },
    FollowUp {
        app: u64,
        token: String,
    },
    FollowUpMessage {
        app: u64,
        token: String,
        message: u64,
    },
    EditFollowUp {
        app: u64,
        token: String,
        message: u64,
    },
    DeleteFollowUp {
        app: u64,
        token: String,
        message: u64,
    },
}

impl Route {
    /// The route of a request; `segments` is the path after `/api/v10`, decoded.
    pub fn parse(method: &Method, segments: &[&str]) -> Option<Self> {
        match segments {
            ["channels", channel, rest @ ..] => of_channel(method, parse(channel)?, rest),
            ["guilds", guild, rest @ ..] => of_guild(method, parse(guild)?, rest),
            ["applications", app, rest @ ..] if *app != "@me" => {
                of_application(method, parse(app)?, rest)
            }
            ["webhooks", app, token, rest @ ..] => of_webhook(method, parse(app)?, token, rest),
            _ => other(method, segments),
        }
    }

    /// Whether there is a route on this path for some method.
    pub fn is_known_path(segments: &[&str]) -> bool {
        let methods = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ];
        methods
            .iter()
            .any(|method| Self::parse(method, segments).is_some())
    }

    /// The route's name.
    pub fn name(&self) -> String {
        let debug = format!("{self:?}");
        debug
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// The channel it is about, if its address names one.
    pub const fn channel(&self) -> Option<u64> {
        match self {
            Self::Channel { channel }
            | Self::EditChannel { channel }
            | Self::ListMessages { channel }
            | Self::CreateMessage { channel }
            | Self::Message { channel, .. }
            | Self::EditMessage { channel, .. }
            | Self::DeleteMessage { channel, .. }
            | Self::Typing { channel }
            | Self::StartThread { channel, .. }
            | Self::JoinThread { channel }
            | Self::LeaveThread { channel }
            | Self::Reaction { channel, .. }
            | Self::Unreact { channel, .. } => Some(*channel),
            _ => None,
        }
    }

    /// The guild it is about, if its address names one.
    pub const fn guild(&self) -> Option<u64> {
        match self {
            Self::LeaveGuild { guild }
            | Self::Guild { guild }
            | Self::GuildChannels { guild }
            | Self::GuildRoles { guild }
            | Self::GuildMember { guild, .. }
            | Self::ActiveThreads { guild } => Some(*guild),
            Self::ListCommands { guild, .. } | Self::SetCommands { guild, .. } => *guild,
            _ => None,
        }
    }

    /// Whether the address itself is the proof of who asks, so that no token is needed.
    pub const fn is_unauthenticated(&self) -> bool {
        matches!(self, Self::Gateway) || self.is_interaction_callback()
    }

    /// Whether it answers an interaction: such requests are not under the global limit (Discord docs,
    /// interactions/receiving-and-responding, "Endpoints").
    pub const fn is_interaction_callback(&self) -> bool {
        matches!(
            self,
            Self::Callback { .. }
                | Self::Original { .. }
                | Self::EditOriginal { .. }
                | Self::DeleteOriginal { .. }
                | Self::FollowUp { .. }
                | Self::FollowUpMessage { .. }
                | Self::EditFollowUp { .. }
                | Self::DeleteFollowUp { .. }
        )
    }
}

fn other(method: &Method, segments: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), segments) {
        ("GET", ["gateway"]) => Route::Gateway,
        ("GET", ["gateway", "bot"]) => Route::GatewayBot,
        ("GET", ["users", "@me"]) => Route::Me,
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => Route::Application,
        ("GET", ["users", "@me", "guilds"]) => Route::MyGuilds,
        ("DELETE", ["users", "@me", "guilds", guild]) => Route::LeaveGuild {
            guild: parse(guild)?,
        },
        ("POST", ["users", "@me", "channels"]) => Route::OpenDirectMessages,
        ("GET", ["users", user]) => Route::User { user: parse(user)? },
        ("POST", ["interactions", interaction, token, "callback"]) => Route::Callback {
            interaction: parse(interaction)?,
            token: (*token).to_owned(),
        },
        _ => return None,
    })
}

fn of_guild(method: &Method, guild: u64, rest: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), rest) {
        ("GET", []) => Route::Guild { guild },
        ("GET", ["channels"]) => Route::GuildChannels { guild },
        ("GET", ["roles"]) => Route::GuildRoles { guild },
        ("GET", ["threads", "active"]) => Route::ActiveThreads { guild },
        ("GET", ["members", user]) => Route::GuildMember {
            guild,
            user: parse(user)?,
        },
        _ => return None,
    })
}

fn of_channel(method: &Method, channel: u64, rest: &[&str]) -> Option<Route> {
    if let ["messages", message, rest @ ..] = rest {
        return of_message(method, channel, parse(message)?, rest);
    }
    Some(match (method.as_str(), rest) {
        ("GET", []) => Route::Channel { channel },
        ("PATCH", []) => Route::EditChannel { channel },
        ("GET", ["messages"]) => Route::ListMessages { channel },
        ("POST", ["messages"]) => Route::CreateMessage { channel },
        ("POST", ["typing"]) => Route::Typing { channel },
        ("PUT", ["thread-members", "@me"]) => Route::JoinThread { channel },
        ("DELETE", ["thread-members", "@me"]) => Route::LeaveThread { channel },
        _ => return None,
    })
}

fn of_message(method: &Method, channel: u64, message: u64, rest: &[&str]) -> Option<Route> {
    Some(match (method.as_str(), rest) {
        ("GET", []) => Route::Message { channel, message },
        ("PATCH", []) => Route::EditMessage { channel, message },
        ("DELETE", []) => Route::DeleteMessage { channel, message },
        ("POST", ["threads"]) => Route::StartThread { channel, message },
        ("PUT", ["reactions", emoji, "@me"]) => Route::Reaction {
            channel,
            message,
            emoji: (*emoji).to_owned(),
        },
        ("DELETE", ["reactions", emoji, "@me"]) => Route::Unreact {
            channel,
            message,
            emoji: (*emoji).to_owned(),
        },
        _ => return None,
    })
}

fn of_application(method: &Method, app: u64, rest: &[&str]) -> Option<Route> {
    let guild = match rest {
        ["commands"] => None,
        ["guilds", guild, "commands"] => Some(parse(guild)?),
        _ => return None,
    };
    match method.as_str() {
        "GET" => Some(Route::ListCommands { app, guild }),
        "PUT" => Some(Route::SetCommands { app, guild }),
        _ => None,
    }
}

fn of_webhook(method: &Method, app: u64, token: &str, rest: &[&str]) -> Option<Route> {
    let token = token.to_owned();
    Some(match (method.as_str(), rest) {
        ("POST", []) => Route::FollowUp { app, token },
        ("GET", ["messages", "@original"]) => Route::Original { app, token },
        ("PATCH", ["messages", "@original"]) => Route::EditOriginal { app, token },
        ("DELETE", ["messages", "@original"]) => Route::DeleteOriginal { app, token },
        (method, ["messages", message]) => {
            let message = parse(message)?;
            match method {
                "GET" => Route::FollowUpMessage {
                    app,
                    token,
                    message,
                },
                "PATCH" => Route::EditFollowUp {
                    app,
                    token,
                    message,
                },
                "DELETE" => Route::DeleteFollowUp {
                    app,
                    token,
                    message,
                },
                _ => return None,
            }
        }
        _ => return None,
    })
}

fn parse(id: &str) -> Option<u64> {
    id.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let path = ["channels", "7", "messages", "8", "threads"];
        let route = Route::parse(&Method::POST, &path).unwrap();
        assert_eq!(
            route,
            Route::StartThread {
                channel: 7,
                message: 8
            }
        );
        assert_eq!(
            (route.name().as_str(), route.channel()),
            ("StartThread", Some(7))
        );
        assert_eq!(Route::parse(&Method::GET, &path), None);
        assert_eq!(Route::parse(&Method::GET, &["channels", "seven"]), None);
    }

    #[test]
    fn the_names_are_those_of_routes() {
        let source = include_str!("route.rs");
        let (_, source) = source.split_once("pub enum Route {").unwrap();
        let (variants, _) = source.split_once("\n}").unwrap();
        for name in NAMES {
            let is_it = |line: &str| line.trim().trim_end_matches([',', '{', ' ']) == *name;
            assert!(variants.lines().any(is_it), "{name}");
        }
    }
}
