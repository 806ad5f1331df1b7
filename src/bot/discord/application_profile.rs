//! The application's profile on Discord: what people see of the bot, where it can be installed, and
//! which permissions the installation asks for. Serenity can't edit it.

use reqwest::header::{AUTHORIZATION, USER_AGENT};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use serenity::constants;

use super::permissions;
use super::rest::{ApiConfig, ApiError, REQUEST_TIMEOUT};

/// Discord's address, unless the configuration names a proxy or a sandbox.
const DISCORD_URL: &str = "https://discord.com";

/// The description that people see in the bot's profile: at most 400 characters (Discord's OpenAPI
/// description, `ApplicationFormPartial`).
const DESCRIPTION: &str = "\
One Python asyncio interview question for your team every working day, in a thread of its own. Reply in \
your own words and keep your streak. /quiz asks more and brings back what you missed, when it is due. \
Start with /setup; /privacy shows what is stored.";

/// At most five tags of 20 characters each (Discord docs, resources/application, "Edit Current
/// Application").
const TAGS: [&str; 5] = [
    "python",
    "asyncio",
    "interview practice",
    "quiz",
    "learning",
];

/// The scopes that the bot needs: to be a member, and to have commands.
const SCOPES: [&str; 2] = ["applications.commands", "bot"];

/// The installation context "server" (Discord docs, resources/application, "Application Integration
/// Types"). The bot's commands need a server.
const GUILD_INSTALL: &str = "0";

/// The parts of an application's profile that Quizloop sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationProfile {
    pub description: String,
    pub tags: Vec<String>,
    /// The installation contexts, each with the scopes and permissions that it asks for.
    pub installs: Vec<Install>,
    /// The permissions of the link in the bot's profile.
    pub install_link: Option<InstallParams>,
}

/// An installation context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The number of the context: 0 for servers, 1 for users.
    pub context: String,
    pub params: Option<InstallParams>,
}

/// What an installation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallParams {
    /// In alphabetical order.
    pub scopes: Vec<String>,
    /// The bits of the permissions.
    pub permissions: u64,
}

impl InstallParams {
    /// Returns what the bot needs, and nothing more.
    fn least() -> Self {
        Self {
            scopes: SCOPES.map(str::to_owned).into(),
            permissions: permissions::required_bits(),
        }
    }

    /// Returns the names of the permissions, as Discord's settings show them.
    pub fn permission_names(&self) -> Vec<&'static str> {
        permissions::names(self.permissions)
    }

    fn parse(value: &Value) -> Option<Self> {
        let mut scopes: Vec<String> = strings(&value["scopes"]);
        if scopes.is_empty() {
            return None;
        }
        scopes.sort();
        let permissions = value["permissions"].as_str()?.parse().ok()?;
        Some(Self {
            scopes,
            permissions,
        })
    }

    fn json(&self) -> Value {
        // As a text: Discord's numbers of this size lose digits in some parsers (docs,
        // topics/permissions).
        json!({ "scopes": self.scopes, "permissions": self.permissions.to_string() })
    }
}

impl ApplicationProfile {
    /// Returns the profile that Quizloop publishes: servers only, with the least permissions.
    pub fn published() -> Self {
        Self {
            description: DESCRIPTION.to_owned(),
            tags: TAGS.map(str::to_owned).into(),
            installs: vec![Install {
                context: GUILD_INSTALL.to_owned(),
                params: Some(InstallParams::least()),
            }],
            install_link: Some(InstallParams::least()),
        }
    }

    fn parse(application: &Value) -> Self {
        let contexts = application["integration_types_config"].as_object();
        let install = |(context, config): (&String, &Value)| Install {
            context: context.clone(),
            params: InstallParams::parse(&config["oauth2_install_params"]),
        };
        Self {
            description: application["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            tags: strings(&application["tags"]),
            installs: contexts.into_iter().flatten().map(install).collect(),
            install_link: InstallParams::parse(&application["install_params"]),
        }
    }

    /// Returns the body of the request that sets the profile.
    fn json(&self) -> Value {
        let context = |install: &Install| {
            let params = install.params.as_ref().map(InstallParams::json);
            let config = params.map_or_else(
                || json!({}),
                |params| json!({ "oauth2_install_params": params }),
            );
            (install.context.clone(), config)
        };
        json!({
            "description": self.description,
            "tags": self.tags,
            "integration_types_config": self.installs.iter().map(context).collect::<serde_json::Map<_, _>>(),
            "install_params": self.install_link.as_ref().map(InstallParams::json),
        })
    }
}

fn strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Client for the application's profile.
pub struct ProfileClient {
    client: Client,
    url: String,
    authorization: String,
}

impl ProfileClient {
    pub fn new(access: &ApiConfig) -> Self {
        let base = access.api_url.as_deref().unwrap_or(DISCORD_URL);
        Self {
            client: Client::new(),
            url: format!("{}/api/v10/applications/@me", base.trim_end_matches('/')),
            authorization: format!("Bot {}", access.token.secret()),
        }
    }

    /// Fetches the application's id and its profile.
    ///
    /// # Errors
    ///
    /// Discord refuses the token, or can't be reached.
    pub async fn fetch(&self) -> Result<(u64, ApplicationProfile), ApiError> {
        let application = self.send(Method::GET, None).await?;
        let id = application["id"].as_str().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| ApiError::Transient("its response has no id".into()))?;
        Ok((id, ApplicationProfile::parse(&application)))
    }

    /// Sets the profile, and returns what Discord has stored.
    ///
    /// # Errors
    ///
    /// Discord refuses the token or the profile, or can't be reached.
    pub async fn set(&self, profile: &ApplicationProfile) -> Result<ApplicationProfile, ApiError> {
        let body = profile.json();
        let application = self.send(Method::PATCH, Some(&body)).await?;
        Ok(ApplicationProfile::parse(&application))
    }

    async fn send(&self, method: Method, body: Option<&Value>) -> Result<Value, ApiError> {
        let transient =
            |error: reqwest::Error| ApiError::Transient(error.without_url().to_string());
        let mut request = self
            .client
            .request(method, &self.url)
            .timeout(REQUEST_TIMEOUT)
            .header(USER_AGENT, constants::USER_AGENT)
            .header(AUTHORIZATION, &self.authorization);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(transient)?;
        let status = response.status();
        if !status.is_success() {
            let answer: Value = response.json().await.unwrap_or_default();
            return Err(error(status, &answer));
        }
        response.json().await.map_err(transient)
    }
}

fn error(status: StatusCode, answer: &Value) -> ApiError {
    let code = answer["code"]
        .as_i64()
        .and_then(|code| isize::try_from(code).ok())
        .unwrap_or(0);
    let message = answer["message"].as_str().unwrap_or("no reason given");
    let message = match answer.get("errors") {
        Some(errors) => format!("{message}: {errors}"),
        None => message.to_owned(),
    };
    match status {
        StatusCode::UNAUTHORIZED => ApiError::Unauthorized,
        StatusCode::FORBIDDEN => ApiError::Forbidden { code, message },
        status if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
            ApiError::Rejected {
                status: status.as_u16(),
                code,
                message,
            }
        }
        status => ApiError::Transient(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_profile_keeps_discords_limits() {
        let profile = ApplicationProfile::published();
        assert!(profile.description.chars().count() <= 400);
        assert!(profile.tags.len() <= 5);
        assert!(profile.tags.iter().all(|tag| tag.chars().count() <= 20));
    }

    /// What was sent is read back as the same, so that a second run finds nothing to change.
    #[test]
    fn a_profile_is_read_as_it_was_sent() {
        let profile = ApplicationProfile::published();
        assert_eq!(ApplicationProfile::parse(&profile.json()), profile);
        let empty = ApplicationProfile::parse(&json!({ "integration_types_config": { "1": {} } }));
        assert_eq!(
            empty.installs,
            [Install {
                context: "1".into(),
                params: None
            }]
        );
        assert_eq!((empty.install_link, empty.tags), (None, Vec::new()));
    }
}
