//! Injected faults: rules that match requests, and what happens to the matching requests.
//!
//! A fault applies before the request takes effect, or after it took effect but before the response
//! is sent. The second kind leaves the bot unsure whether its request succeeded. Example: the bot
//! creates a message, Discord stores it, and the connection is reset; a retry without a nonce would
//! post it twice.
//!
//! ```
//! use std::time::Duration;
//!
//! use discord_sandbox::faults::{FaultRule, RequestFault};
//! use discord_sandbox::{Options, Sandbox, ids};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(Options::default()).await?;
//! // The next message in #general is created, but the bot does not learn of it.
//! let lost_response = FaultRule::on("CreateMessage").channel(ids::GENERAL).after();
//! sandbox.add_fault(lost_response, RequestFault::Reset);
//! // The next two threads are slow.
//! let slow = RequestFault::Delay(Duration::from_secs(2));
//! sandbox.add_fault(FaultRule::on("StartThread").times(2), slow);
//! // Every other request fails, until the faults are cleared.
//! let outage = sandbox.add_fault(FaultRule::any().always(), RequestFault::bad_gateway());
//! assert_eq!(sandbox.faults().len(), 3);
//! sandbox.remove_fault(outage);
//! # Ok(())
//! # }
//! ```
//!
//! Faults of the gateway, such as a dropped connection, are methods of
//! [`Sandbox`](crate::Sandbox#method.drop_connections).
//!
//! # Routes
//!
//! These are all REST routes that the sandbox implements, by the names that [`FaultRule::on`]
//! takes. Commands can be registered globally, as shown, or below
//! `/applications/{application}/guilds/{guild}`. `Attachment` is the download of a file that a member
//! chose for an option of a command; on Discord it has another host than the API.
//!
#![doc = include_str!("routes.md")]

mod gate;
mod rule;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use gate::GateOutcome;
pub use gate::RequestGate;
pub(crate) use rule::RequestTarget;
pub use rule::{FaultRule, FaultTiming};

/// A fault of a request.
#[derive(Debug, Clone)]
pub enum RequestFault {
    /// This response is sent instead.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body as it is sent, JSON or not.
        body: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// The response is delayed, in real time.
    Delay(Duration),
    /// The request never gets a response.
    Hang,
    /// The connection is reset.
    Reset,
    /// The response is 200 with a body that never ends and whose length is not announced.
    Endless,
    /// The request waits until the test releases it.
    Gate(Arc<RequestGate>),
}

impl RequestFault {
    /// A JSON response.
    pub fn answer(status: u16, body: &Value) -> Self {
        Self::Answer {
            status,
            body: body.to_string(),
            headers: Vec::new(),
        }
    }

    /// An error response with one of Discord's codes, such as 403 and 50013.
    pub fn api_error(status: u16, code: u32, message: &str) -> Self {
        Self::answer(status, &json!({ "message": message, "code": code }))
    }

    /// 500, as Discord sends it.
    pub fn server_error() -> Self {
        Self::api_error(500, 0, "500: Internal Server Error")
    }

    /// 502 from the proxy in front of Discord, which sends HTML.
    pub fn bad_gateway() -> Self {
        Self::Answer {
            status: 502,
            body: "<html><head><title>502 Bad Gateway</title></head></html>".to_owned(),
            headers: Vec::new(),
        }
    }

    /// 403 with code 50013.
    pub fn missing_permissions() -> Self {
        Self::api_error(403, 50013, "Missing Permissions")
    }

    /// 200 with invalid JSON.
    pub fn malformed_body() -> Self {
        Self::Answer {
            status: 200,
            body: "}not json".to_owned(),
            headers: Vec::new(),
        }
    }

    /// 404 of Discord's CDN for a file that was deleted or whose URL has expired.
    pub fn not_found() -> Self {
        Self::Answer {
            status: 404,
            body: "This content is no longer available.".to_owned(),
            headers: Vec::new(),
        }
    }

    /// 302 to another address.
    pub fn redirect(to: &str) -> Self {
        Self::Answer {
            status: 302,
            body: String::new(),
            headers: vec![("Location".to_owned(), to.to_owned())],
        }
    }

    /// 429 with the seconds to wait and Discord's scope (`user`, `global` or `shared`).
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

    /// The fault's name in the log and on the page.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answer",
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::Endless => "endless",
            Self::Gate(_) => "hold",
        }
    }
}

/// All rules, oldest first; the first matching rule applies.
#[derive(Debug, Default)]
pub(crate) struct FaultRules {
    rules: Vec<(u64, FaultRule, RequestFault)>,
    next_id: u64,
}

/// A rule in the list of active faults.
#[derive(Debug, Clone, Serialize)]
pub struct RuleView {
    /// The rule's id.
    pub id: u64,
    /// Which requests it applies to, and how many times.
    pub rule: FaultRule,
    /// The fault's name.
    pub fault: &'static str,
}

impl FaultRules {
    /// Adds a rule; returns its id.
    pub fn add(&mut self, rule: FaultRule, fault: RequestFault) -> u64 {
        self.next_id += 1;
        self.rules.push((self.next_id, rule, fault));
        self.next_id
    }

    /// Removes a rule.
    pub fn remove(&mut self, id: u64) {
        self.rules.retain(|(one, _, _)| *one != id);
    }

    /// Removes all rules and releases held requests.
    pub fn clear(&mut self) {
        for (_, _, fault) in self.rules.drain(..) {
            if let RequestFault::Gate(gate) = fault {
                gate.release();
            }
        }
    }

    /// Returns the active rules.
    pub fn list(&self) -> Vec<RuleView> {
        self.rules
            .iter()
            .filter(|(_, rule, _)| rule.times != Some(0))
            .map(|(id, rule, fault)| RuleView {
                id: *id,
                rule: rule.clone(),
                fault: fault.name(),
            })
            .collect()
    }

    /// Returns the fault for a request, if any, and counts it towards the rule's limit.
    pub fn apply(&mut self, target: &RequestTarget<'_>, when: FaultTiming) -> Option<RequestFault> {
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
    use super::rule::path_matches;
    use super::*;
    use crate::rest::route::Route;

    #[test]
    fn a_rule_applies_to_matching_requests_the_given_number_of_times() {
        let route = Route::CreateMessage { channel: 7 };
        let target = RequestTarget {
            route: Some(&route),
            method: "POST",
            path: "/api/v10/channels/7/messages?x=1",
            guild: Some(1),
        };
        let mut faults = FaultRules::default();
        faults.add(
            FaultRule::on("CreateMessage").channel(8),
            RequestFault::Hang,
        );
        faults.add(
            FaultRule::any()
                .path("/channels/*/messages")
                .guild(1)
                .times(2),
            RequestFault::Reset,
        );
        assert!(faults.apply(&target, FaultTiming::After).is_none());
        for _ in 0..2 {
            let fault = faults.apply(&target, FaultTiming::Before).unwrap();
            assert_eq!(fault.name(), "reset");
        }
        assert!(faults.apply(&target, FaultTiming::Before).is_none());
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
