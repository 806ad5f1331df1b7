//! Rate limits as Discord tells them in headers (Discord docs, topics/rate-limits).

use super::route::Route;

/// Requests a bucket holds. Discord publishes no numbers; this one is large enough to never bind.
const BUCKET: u32 = 1_000;

/// The headers of every answer.
pub fn headers(route: Option<&Route>) -> Vec<(String, String)> {
    let Some(route) = route else {
        return Vec::new();
    };
    let bucket = format!("sandbox-{}", route.name().to_lowercase());
    [
        ("X-RateLimit-Limit", BUCKET.to_string()),
        ("X-RateLimit-Remaining", (BUCKET - 1).to_string()),
        ("X-RateLimit-Reset-After", "1.000".to_owned()),
        ("X-RateLimit-Bucket", bucket),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
