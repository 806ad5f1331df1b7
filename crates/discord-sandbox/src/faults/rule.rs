//! Rules that select the requests of a fault.

use serde::Serialize;

use crate::rest::route::Route;

/// When a fault applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTiming {
    /// Before the request takes effect.
    Before,
    /// After the request took effect, instead of its response.
    After,
}

/// Selects requests by their properties, a limited number of times. `None` matches everything.
#[derive(Debug, Clone, Serialize)]
pub struct FaultRule {
    /// The route's name, such as `CreateMessage`.
    pub route: Option<String>,
    /// `GET`, `POST` …
    pub method: Option<String>,
    /// The path after `/api/v10`, with `*` for any one segment.
    pub path: Option<String>,
    /// The guild, or the guild of the channel.
    pub guild: Option<u64>,
    /// The channel or thread.
    pub channel: Option<u64>,
    /// How many times it still applies; `None` means until it is removed.
    pub times: Option<u32>,
    /// When it applies.
    pub when: FaultTiming,
}

impl FaultRule {
    /// Matches any request, once.
    pub const fn any() -> Self {
        Self {
            route: None,
            method: None,
            path: None,
            guild: None,
            channel: None,
            times: Some(1),
            when: FaultTiming::Before,
        }
    }

    /// Matches requests on a route, once. The [module](crate::faults#routes) lists the names; a rule
    /// with another name never applies.
    pub fn on(route: &str) -> Self {
        Self {
            route: Some(route.to_owned()),
            ..Self::any()
        }
    }

    /// Matches only this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Matches only this path, such as `/channels/*/messages`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Matches only in this guild.
    #[must_use]
    pub const fn guild(mut self, guild: u64) -> Self {
        self.guild = Some(guild);
        self
    }

    /// Matches only in this channel or thread.
    #[must_use]
    pub const fn channel(mut self, channel: u64) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Applies this many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies until it is removed.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Applies after the request took effect.
    #[must_use]
    pub const fn after(mut self) -> Self {
        self.when = FaultTiming::After;
        self
    }

    /// Whether the rule applies to a request.
    pub(crate) fn matches(&self, target: &RequestTarget<'_>) -> bool {
        let fits =
            |expected: Option<u64>, found: Option<u64>| expected.is_none() || expected == found;
        self.times != Some(0)
            && self
                .route
                .as_ref()
                .is_none_or(|name| target.route.is_some_and(|one| one.name() == *name))
            && self
                .method
                .as_ref()
                .is_none_or(|method| method == target.method)
            && self
                .path
                .as_ref()
                .is_none_or(|path| path_matches(path, target.path))
            && fits(self.guild, target.guild)
            && fits(self.channel, target.route.and_then(Route::channel))
    }
}

pub(super) fn path_matches(pattern: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/api/v10").unwrap_or(path);
    let (mut expected, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return true,
            (Some(expected), Some(found)) if expected == "*" || expected == found => {}
            _ => return false,
        }
    }
}

/// The properties of a request that rules are matched against.
pub(crate) struct RequestTarget<'a> {
    /// The route, if the path has one.
    pub route: Option<&'a Route>,
    /// The method.
    pub method: &'a str,
    /// The path with its query.
    pub path: &'a str,
    /// The guild that the request is for.
    pub guild: Option<u64>,
}
