//! Which requests a fault strikes.

use serde::Serialize;

use crate::sandbox::rest::route::Route;

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultTiming {
    /// The request has no effect.
    Before,
    /// The request has taken effect, but its answer is not sent.
    After,
}

/// Which requests a fault strikes, and how often. Everything that is not said matches.
#[derive(Debug, Clone, Serialize)]
pub struct FaultRule {
    /// The route's name, such as `CreateMessage`.
    pub route: Option<String>,
    /// `GET`, `POST` …
    pub method: Option<String>,
    /// The path after `/api/v10`, with `*` for any one segment.
    pub path: Option<String>,
    /// The guild, also that of the channel.
    pub guild: Option<u64>,
    /// The channel or thread.
    pub channel: Option<u64>,
    /// How often it still strikes; `None` for always.
    pub times: Option<u32>,
    /// When it strikes.
    pub when: FaultTiming,
}

impl FaultRule {
    /// Every request, once.
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

    /// Requests on a route, by its name in [`Route`], once.
    pub fn on(route: &str) -> Self {
        Self {
            route: Some(route.to_owned()),
            ..Self::any()
        }
    }

    /// Only with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only on this path, such as `/channels/*/messages`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Only in this guild.
    #[must_use]
    pub const fn guild(mut self, guild: u64) -> Self {
        self.guild = Some(guild);
        self
    }

    /// Only in this channel or thread.
    #[must_use]
    pub const fn channel(mut self, channel: u64) -> Self {
        self.channel = Some(channel);
        self
    }

    /// This often.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Until it is taken away.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// After the request took effect.
    #[must_use]
    pub const fn after(mut self) -> Self {
        self.when = FaultTiming::After;
        self
    }

    /// Whether it strikes a request.
    pub fn matches(&self, target: &RequestTarget<'_>) -> bool {
        let fits = |wanted: Option<u64>, found: Option<u64>| wanted.is_none() || wanted == found;
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

pub fn path_matches(pattern: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/api/v10").unwrap_or(path);
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == "*" || wanted == found => {}
            _ => return false,
        }
    }
}

/// What a rule is matched against.
pub struct RequestTarget<'a> {
    /// The route, if there is one.
    pub route: Option<&'a Route>,
    /// The method.
    pub method: &'a str,
    /// The path with query.
    pub path: &'a str,
    /// The guild it is about.
    pub guild: Option<u64>,
}
