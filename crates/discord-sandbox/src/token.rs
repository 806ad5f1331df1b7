//! The bot's token.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use rand::TryRng as _;
use rand::rngs::SysRng;

/// Second part of every random token: "Sandbox" in base64. It shows that a leaked token is not one
/// of Discord's.
const MARKER: &str = "U2FuZGJveA";
/// Number of random bytes, which give the last part the length of a real token's.
const RANDOM_BYTES: usize = 28;

/// Creates a token with the shape of a real one: the bot's id in base64, and random text.
///
/// # Errors
///
/// Returns an error if the operating system provides no random numbers.
pub fn random(application: u64) -> io::Result<String> {
    let mut secret = [0; RANDOM_BYTES];
    SysRng
        .try_fill_bytes(&mut secret)
        .map_err(io::Error::other)?;
    let id = BASE64.encode(application.to_string());
    Ok(format!("{id}.{MARKER}.{}", BASE64.encode(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;

    #[test]
    fn each_token_is_new_and_names_its_bot() {
        let token = random(ids::APP).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts[..2], ["MTEzMDAwMDAwMDAwMDAwMDAwMQ", MARKER]);
        assert_eq!(parts[2].len(), 38);
        assert_ne!(token, random(ids::APP).unwrap());
    }
}
