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

/// Why a text can't be a token. Discord would refuse it, and the operator would replace a token that
/// is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFormatError {
    #[error("it is in quotes. Remove them")]
    Quotes,
    #[error("it is in angle brackets. Remove them")]
    AngleBrackets,
    #[error("it ends with a semicolon or a comma. Remove it")]
    Separator,
    #[error("it begins with a name and an equals sign, such as DISCORD_TOKEN=. Remove them")]
    Assignment,
    #[error("it begins with \"Bot\". Remove that word")]
    BotPrefix,
    #[error(
        "it is a number, such as an application's id. The token is in the developer portal, under Bot"
    )]
    Number,
    #[error("it must be a single line without spaces")]
    Characters,
    #[error(
        "a bot's token has three parts with dots between them. It is in the developer portal, under Bot; \
         the client secret and the public key are something else"
    )]
    NotDiscord,
}

impl Token {
    /// Parses a token. Surrounding whitespace and the prefix "Bot", which operators may have copied,
    /// are removed. Apart from common mistakes, only texts that can't be sent in a header are
    /// rejected, because a replacement for Discord may use other tokens.
    pub fn parse(text: &str) -> Result<Self, TokenFormatError> {
        let text = text.trim();
        let text = text.strip_prefix(PREFIX).unwrap_or(text).trim_start();
        if let Some(error) = find_mistake(text) {
            return Err(error);
        }
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenFormatError::Characters);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the token itself. Use it only for requests to Discord.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Checks that Discord may have issued the token: three parts, of which the first is an id.
    ///
    /// # Errors
    ///
    /// Fails if the token has another form, as those of a replacement for Discord may.
    pub fn check_discord_form(&self) -> Result<(), TokenFormatError> {
        let parts = self.0.split('.');
        let has_three_parts =
            parts.clone().count() == 3 && parts.clone().all(|part| !part.is_empty());
        let is_token = has_three_parts && self.bot_id().is_some();
        is_token.then_some(()).ok_or(TokenFormatError::NotDiscord)
    }

    /// Returns the id of the bot's account, which is the first part of the token, in base64. It
    /// equals the application id, unless the application was created before August 2016.
    pub fn bot_id(&self) -> Option<u64> {
        parse_bot_id(&self.0)
    }
}

fn parse_bot_id(token: &str) -> Option<u64> {
    let (first, _) = token.split_once('.')?;
    let digits = String::from_utf8(BASE64.decode(first).ok()?).ok()?;
    digits.parse().ok().filter(|id| *id > 0)
}

/// Returns the mistake if the text is a token that was copied or written in a common wrong way.
fn find_mistake(text: &str) -> Option<TokenFormatError> {
    const QUOTES: [char; 7] = [
        '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}',
    ];
    let is_name = |name: &str| name.trim_end().to_ascii_lowercase().ends_with("token");
    if text.split_once('=').is_some_and(|(name, _)| is_name(name)) {
        Some(TokenFormatError::Assignment)
    } else if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
        Some(TokenFormatError::Quotes)
    } else if text.starts_with('<') || text.ends_with('>') {
        Some(TokenFormatError::AngleBrackets)
    } else if text.ends_with([';', ',']) {
        Some(TokenFormatError::Separator)
    } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Some(TokenFormatError::Number)
    } else if has_bot_prefix(text) {
        Some(TokenFormatError::BotPrefix)
    } else {
        None
    }
}

/// Returns whether the text is a token after "Bot" in any case, with or without a space.
fn has_bot_prefix(text: &str) -> bool {
    let word = PREFIX.trim_end();
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
        && parse_bot_id(text[word.len()..].trim_start_matches([' ', ':', '_'])).is_some()
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
        for bad in ["a\nb", "  ", "caf\u{e9}"] {
            assert_eq!(Token::parse(bad), Err(TokenFormatError::Characters));
        }
    }

    #[test]
    fn common_mistakes_are_named() {
        use TokenFormatError as Error;
        for (text, error) in [
            (format!("\"{TOKEN}\""), Error::Quotes),
            (format!("'{TOKEN}"), Error::Quotes),
            (format!("\u{201c}{TOKEN}\u{201d}"), Error::Quotes),
            (format!("<{TOKEN}>"), Error::AngleBrackets),
            (format!("{TOKEN};\n"), Error::Separator),
            (format!("DISCORD_TOKEN={TOKEN}"), Error::Assignment),
            (format!("export DISCORD_TOKEN='{TOKEN}'"), Error::Assignment),
            (format!("token = \"{TOKEN}\""), Error::Assignment),
            (format!("Bot{TOKEN}"), Error::BotPrefix),
            (format!("bot {TOKEN}"), Error::BotPrefix),
            ("1110000000000000009".to_owned(), Error::Number),
        ] {
            assert_eq!(Token::parse(&text), Err(error), "{text}");
        }
        // A replacement for Discord may use tokens of another form.
        for text in ["sandbox", "Botany.x.y", "a=b", "bot"] {
            assert!(Token::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn only_a_token_of_discord_has_its_form() {
        let check = |text: &str| Token::parse(text).unwrap().check_discord_form();
        assert_eq!(check(TOKEN), Ok(()));
        for text in [
            "sandbox",
            "MTExMDAwMDAwMDAwMDAwMDAwOQ",
            "a.b.c",
            "MTEx.b",
            "MTEx..c",
            "MTEx.b.c.d",
        ] {
            assert_eq!(check(text), Err(TokenFormatError::NotDiscord), "{text}");
        }
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
