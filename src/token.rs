//! The bot's token, kept out of all output.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, general_purpose};

/// The prefix of a bot's token in Discord's authorization header, which operators may have copied.
const PREFIX: &str = "Bot ";

/// Decodes with or without padding. The alphabet does not matter: in an encoded number, `+`, `/`,
/// `-` and `_` do not occur.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    general_purpose::NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A bot's token. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Parses a token. Surrounding whitespace and the prefix "Bot", which operators may have copied,
    /// are removed. Returns `None` if the token could not be sent in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(PREFIX).unwrap_or(text).trim_start();
        let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self(text.to_owned()))
    }

    /// Returns the token itself. Use it only for requests to Discord.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the id of the bot's account, which is the first part of the token, in base64. It
    /// equals the application id, unless the application was created before August 2016.
    pub fn bot_id(&self) -> Option<u64> {
        let (first, _) = self.0.split_once('.')?;
        let digits = String::from_utf8(BASE64.decode(first).ok()?).ok()?;
        digits.parse().ok().filter(|id| *id > 0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id 1110000000000000009 in base64, followed by invented parts.
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3x.not-a-real-one";

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::parse(TOKEN).unwrap();
        assert_eq!(token.secret(), TOKEN);
        assert_eq!(format!("{token:?} {token}"), "Token(…) (token)");
    }

    #[test]
    fn whitespace_and_the_prefix_are_removed() {
        let token = Token::parse(TOKEN);
        assert_eq!(Token::parse(&format!("  Bot {TOKEN}\r\n")), token);
        assert_eq!(Token::parse("a\nb"), None);
        assert_eq!(Token::parse("  "), None);
    }

    #[test]
    fn a_token_begins_with_the_bots_id() {
        assert_eq!(
            Token::parse(TOKEN).unwrap().bot_id(),
            Some(1_110_000_000_000_000_009)
        );
        let padded = Token::parse("MTExMDAwMDAwMDAwMDAwMDAwOQ==.x.y").unwrap();
        assert_eq!(padded.bot_id(), Some(1_110_000_000_000_000_009));
        assert_eq!(Token::parse("sandbox").unwrap().bot_id(), None);
        assert_eq!(Token::parse("!!.x.y").unwrap().bot_id(), None);
    }
}
