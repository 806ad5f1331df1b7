//! Implemented REST routes, with the ids from their paths.

use axum::http::Method;

/// Returns whether `name` is one of [`NAMES`].
pub fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Names of the routes for which the page and the HTTP API can inject faults.
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
    "Attachment",
];

/// Route of a request. Fault rules match by the names of the variants, which `faults/routes.md`
/// lists with their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Download of a file from Discord's CDN, which has another host name than the API.
    Attachment {
        app: u64,
        attachment: u64,
    },
    Gateway,
    GatewayBot,
    Me,
    Application,
    EditApplication,
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
    /// Returns the route of a request. `segments` is the decoded path after `/api/v10`; for a
    /// download, the whole path.
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

    /// Returns whether the path has a route for some method.
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

    /// Returns the name of the route, such as `CreateMessage`.
    pub fn name(&self) -> String {
        let debug = format!("{self:?}");
        debug
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// Returns the channel in the path, if any.
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

    /// Returns the guild in the path, if any.
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

    /// Returns whether the route needs no bot token. Interaction routes are authenticated by the
    /// token in their path, and downloads by the signature in their query.
    pub const fn is_unauthenticated(&self) -> bool {
        matches!(self, Self::Gateway) || self.is_interaction_callback() || self.is_download()
    }

    /// Returns whether the route is a download, which is no part of the REST API and has none of its
    /// rate limits.
    pub const fn is_download(&self) -> bool {
        matches!(self, Self::Attachment { .. })
    }

    /// Returns whether the route responds to an interaction. Such requests are exempt from the
    /// global rate limit (Discord docs, interactions/receiving-and-responding, "Endpoints").
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
        ("PATCH", ["applications", "@me"]) => Route::EditApplication,
        ("GET", ["users", "@me", "guilds"]) => Route::MyGuilds,
        ("DELETE", ["users", "@me", "guilds", guild]) => Route::LeaveGuild {
            guild: parse(guild)?,
        },
        ("POST", ["users", "@me", "channels"]) => Route::OpenDirectMessages,
        ("GET", ["users", user]) => Route::User { user: parse(user)? },
        ("GET", ["ephemeral-attachments", app, attachment, _]) => Route::Attachment {
            app: parse(app)?,
            attachment: parse(attachment)?,
        },
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
    fn paths_are_parsed() {
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

    fn variants() -> Vec<&'static str> {
        let source = include_str!("route.rs");
        let (_, source) = source.split_once("pub enum Route {").unwrap();
        let (variants, _) = source.split_once("\n}").unwrap();
        let lines = variants.lines().map(str::trim);
        let names = lines.filter(|line| line.starts_with(|first: char| first.is_uppercase()));
        names
            .map(|line| line.trim_end_matches([',', '{', ' ']))
            .collect()
    }

    #[test]
    fn names_are_variants_of_route() {
        for name in NAMES {
            assert!(variants().contains(name), "{name}");
        }
    }

    #[test]
    fn the_documentation_lists_each_route() {
        let table = include_str!("../faults/routes.md");
        let mut documented = Vec::new();
        for row in table.lines().skip(2) {
            let parts: Vec<&str> = row.split('`').collect();
            let (name, request) = (parts[1], parts[3]);
            let (method, path) = request.split_once(' ').unwrap();
            let segments: Vec<&str> = path
                .split('/')
                .skip(1)
                .map(|part| if part.starts_with('{') { "1" } else { part })
                .collect();
            let route = Route::parse(&method.parse().unwrap(), &segments);
            assert_eq!(route.map(|one| one.name()).as_deref(), Some(name), "{row}");
            documented.push(name);
        }
        let mut all = variants();
        all.sort_unstable();
        assert_eq!(documented, all);
    }
}
