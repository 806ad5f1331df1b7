//! What goes wrong on purpose: rules that match requests, and what happens to those that match.
//!
//! A fault strikes before the request takes effect, or after it did but before the answer is sent: the
//! second is how a bot comes to not know what it has done.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::log::LoggedRequest;
use super::rest::route::Route;

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The request has no effect.
    Before,
    /// The request has taken effect, but its answer is not sent.
    After,
}

/// Which requests a fault strikes, and how often. Everything that is not said matches.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
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
    pub when: When,
}

impl Rule {
    /// Every request, once.
    pub const fn any() -> Self {
        Self {
            route: None,
            method: None,
            path: None,
            guild: None,
            channel: None,
            times: Some(1),
            when: When::Before,
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
        self.when = When::After;
        self
    }

    fn matches(&self, target: &Target<'_>) -> bool {
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

fn path_matches(pattern: &str, path: &str) -> bool {
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
pub struct Target<'a> {
    /// The route, if there is one.
    pub route: Option<&'a Route>,
    /// The method.
    pub method: &'a str,
    /// The path with query.
    pub path: &'a str,
    /// The guild it is about.
    pub guild: Option<u64>,
}

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer is given instead.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body as it is sent, JSON or not.
        body: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// It takes longer, in real time.
    Delay(Duration),
    /// It is never answered.
    Hang,
    /// The connection is reset.
    Reset,
    /// It waits until the test lets it go on.
    Hold(Arc<Hold>),
}

impl Fault {
    /// A JSON answer.
    pub fn answer(status: u16, body: &Value) -> Self {
        Self::Answer {
            status,
            body: body.to_string(),
            headers: Vec::new(),
        }
    }

    /// An answer with one of Discord's codes, such as 403 and 50013.
    pub fn problem(status: u16, code: u32, message: &str) -> Self {
        Self::answer(status, &json!({ "message": message, "code": code }))
    }

    /// 500, as Discord sends it.
    pub fn server_error() -> Self {
        Self::problem(500, 0, "500: Internal Server Error")
    }

    /// 502 from the proxy before Discord: no JSON.
    pub fn bad_gateway() -> Self {
        Self::Answer {
            status: 502,
            body: "<html><head><title>502 Bad Gateway</title></head></html>".to_owned(),
            headers: Vec::new(),
        }
    }

    /// 403 with code 50013.
    pub fn missing_permissions() -> Self {
        Self::problem(403, 50013, "Missing Permissions")
    }

    /// 200 with something that is no JSON.
    pub fn garbage() -> Self {
        Self::Answer {
            status: 200,
            body: "}not json".to_owned(),
            headers: Vec::new(),
        }
    }

    /// 429 with the seconds to wait and Discord's scope: `user`, `global` or `shared`.
    pub fn too_many_requests(retry_after: f64, scope: &str) -> Self {
        let is_global = scope == "global";
        let mut headers = vec![
            ("Retry-After".to_owned(), format!("{}", retry_after.ceil())),
            ("X-RateLimit-Scope".to_owned(), scope.to_owned()),
            (
                "X-RateLimit-Reset-After".to_owned(),
                format!("{retry_after:.3}"),
            ),
            ("X-RateLimit-Remaining".to_owned(), "0".to_owned()),
        ];
        if is_global {
            headers.push(("X-RateLimit-Global".to_owned(), "true".to_owned()));
        }
        let body = json!({
            "message": "You are being rate limited.",
            "retry_after": retry_after,
            "global": is_global,
        });
        Self::Answer {
            status: 429,
            body: body.to_string(),
            headers,
        }
    }

    /// A word for the log and the page.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::Hold(_) => "hold",
        }
    }
}

/// How a request that was held goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldEnd {
    /// As if nothing had been.
    Released,
    /// Its connection is reset.
    Reset,
}

/// Requests that wait until they are let go.
#[derive(Debug)]
pub struct Hold {
    arrived: watch::Sender<Vec<LoggedRequest>>,
    end: watch::Sender<Option<HoldEnd>>,
}

impl Hold {
    /// Nobody waits yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            arrived: watch::channel(Vec::new()).0,
            end: watch::channel(None).0,
        })
    }

    /// Waits for the first request, up to 10 s of real time.
    ///
    /// # Panics
    ///
    /// None came.
    pub async fn arrived(&self) -> LoggedRequest {
        const LIMIT: Duration = Duration::from_secs(10);
        let mut arrived = self.arrived.subscribe();
        let first = async {
            let arrived = arrived.wait_for(|all| !all.is_empty()).await;
            arrived.ok().and_then(|all| all.first().cloned())
        };
        let first = tokio::time::timeout(LIMIT, first).await;
        first
            .ok()
            .flatten()
            .expect("a request that is held comes within 10 s")
    }

    /// The requests that came.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.arrived.borrow().clone()
    }

    /// Lets all go on, and those that still come.
    pub fn release(&self) {
        self.end.send_replace(Some(HoldEnd::Released));
    }

    /// Resets the connections of all, and of those that still come: after a kill, so that nothing of
    /// the dead takes effect later.
    pub fn reset(&self) {
        self.end.send_replace(Some(HoldEnd::Reset));
    }

    /// The request's side: reports itself and waits.
    pub async fn wait(&self, request: LoggedRequest) -> HoldEnd {
        self.arrived.send_modify(|all| all.push(request));
        let mut end = self.end.subscribe();
        // The sender is `self`, so it is there.
        let end = end.wait_for(Option::is_some).await;
        end.ok().and_then(|end| *end).unwrap_or(HoldEnd::Released)
    }
}

/// All rules, the oldest first; the first that matches strikes.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<(u64, Rule, Fault)>,
    next: u64,
}

/// A rule as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its number.
    pub id: u64,
    /// Which requests, how often.
    pub rule: Rule,
    /// What happens.
    pub fault: &'static str,
}

impl Faults {
    /// Adds a rule; its number.
    pub fn add(&mut self, rule: Rule, fault: Fault) -> u64 {
        self.next += 1;
        self.rules.push((self.next, rule, fault));
        self.next
    }

    /// Takes a rule away.
    pub fn remove(&mut self, id: u64) {
        self.rules.retain(|(one, _, _)| *one != id);
    }

    /// Takes all rules away and lets go what is held.
    pub fn clear(&mut self) {
        for (_, _, fault) in self.rules.drain(..) {
            if let Fault::Hold(hold) = fault {
                hold.release();
            }
        }
    }

    /// The rules that still strike.
    pub fn list(&self) -> Vec<Listed> {
        let live = self
            .rules
            .iter()
            .filter(|(_, rule, _)| rule.times != Some(0));
        live.map(|(id, rule, fault)| Listed {
            id: *id,
            rule: rule.clone(),
            fault: fault.name(),
        })
        .collect()
    }

    /// What happens to a request now, and counts it.
    pub fn strike(&mut self, target: &Target<'_>, when: When) -> Option<Fault> {
        let found = self
            .rules
            .iter_mut()
            .find(|(_, rule, _)| rule.when == when && rule.matches(target));
        let (_, rule, fault) = found?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_what_it_matches_as_often_as_it_says() {
        let route = Route::CreateMessage { channel: 7 };
        let target = Target {
            route: Some(&route),
            method: "POST",
            path: "/api/v10/channels/7/messages?x=1",
            guild: Some(1),
        };
        let mut faults = Faults::default();
        faults.add(Rule::on("CreateMessage").channel(8), Fault::Hang);
        faults.add(
            Rule::any().path("/channels/*/messages").guild(1).times(2),
            Fault::Reset,
        );
        assert!(faults.strike(&target, When::After).is_none());
        for _ in 0..2 {
            let fault = faults.strike(&target, When::Before).unwrap();
            assert_eq!(fault.name(), "reset");
        }
        assert!(faults.strike(&target, When::Before).is_none());
        assert_eq!(faults.list().len(), 1);
    }

    #[test]
    fn a_path_matches_segment_by_segment() {
        assert!(path_matches(
            "/channels/*/messages",
            "/api/v10/channels/7/messages"
        ));
        assert!(!path_matches("/channels/*", "/api/v10/channels/7/messages"));
    }
}
