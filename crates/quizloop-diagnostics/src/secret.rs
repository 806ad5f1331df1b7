//! Hides secrets. People paste a bot's token into the wrong line or file, and an error that quotes
//! it would carry it into logs and screenshots.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::Span;

/// Replaces a secret in a message.
const PLACEHOLDER: &str = "(secret)";

/// The password in help texts such as `postgres://user:password@host`.
const EXAMPLE_PASSWORD: &str = "password";

/// Minimum number of digits of the bot's id, with which a token begins. Discord's ids from 2015 have
/// 17 and more.
const MIN_ID_DIGITS: usize = 15;

/// Lengths of the three parts of a token whose beginning was lost when it was copied.
const PART_LENGTHS: [std::ops::RangeInclusive<usize>; 3] = [18..=40, 5..=8, 25..=60];

/// Replaces Discord tokens and passwords in URLs.
pub fn redact(text: &str) -> Cow<'_, str> {
    let secrets = find(text);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted = text.to_owned();
    for secret in secrets.into_iter().rev() {
        redacted.replace_range(secret, PLACEHOLDER);
    }
    Cow::Owned(redacted)
}

/// Returns whether the text contains a Discord token or a password in a URL.
pub fn contains_secret(text: &str) -> bool {
    !find(text).is_empty()
}

/// Replaces secrets in a line of a file by as many asterisks, so that positions in the line stay
/// valid. The whole value of a key such as `token` is a secret, whatever its form.
pub(super) fn mask_line(line: &str) -> String {
    let mut masked = line.to_owned();
    for secret in find(line).into_iter().chain(token_value(line)) {
        let asterisks = "*".repeat(secret.len());
        masked.replace_range(secret, &asterisks);
    }
    masked
}

/// Returns the value in a line such as `DISCORD_TOKEN=…`.
fn token_value(line: &str) -> Option<Span> {
    let (key, value) = line.split_once('=')?;
    let key = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let start = line.len() - value.trim_start().len();
    let end = line.trim_end().len();
    (key.ends_with("token") && start < end).then_some(start..end)
}

/// Finds secrets. The spans do not overlap and are in order.
fn find(text: &str) -> Vec<Span> {
    let is_part_of_token = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let mut secrets: Vec<Span> = runs(text, is_part_of_token)
        .filter_map(|run| {
            let secret = find_token(&text[run.clone()])?;
            Some(run.start + secret.start..run.start + secret.end)
        })
        .collect();
    let is_part_of_url = |c: char| !c.is_whitespace() && !"\"'`<>".contains(c);
    let passwords: Vec<Span> = runs(text, is_part_of_url)
        .filter_map(|run| {
            let password = find_password(&text[run.clone()])?;
            Some(run.start + password.start..run.start + password.end)
        })
        .filter(|password| {
            secrets
                .iter()
                .all(|secret| password.end <= secret.start || secret.end <= password.start)
        })
        .collect();
    secrets.extend(passwords);
    secrets.sort_by_key(|secret| secret.start);
    secrets
}

/// Returns the longest sequences of such characters.
fn runs(text: &str, is_part: impl Fn(char) -> bool + Copy) -> impl Iterator<Item = Span> {
    text.split(move |c| !is_part(c))
        .filter(|run| !run.is_empty())
        .map(move |run| {
            let start = run.as_ptr() as usize - text.as_ptr() as usize;
            start..start + run.len()
        })
}

/// Finds a token in a sequence of characters that tokens may have. A token is the bot's id in
/// base64, a dot, and two more parts.
fn find_token(run: &str) -> Option<Span> {
    let parts: Vec<&str> = run.split('.').collect();
    let mut start = 0;
    for (number, part) in parts.iter().enumerate() {
        if number + 1 < parts.len()
            && let Some(id) = find_id(part)
        {
            return Some(start + id..run.len());
        }
        start += part.len() + 1;
    }
    let is_token = parts.len() == 3
        && parts
            .iter()
            .zip(PART_LENGTHS)
            .all(|(part, lengths)| lengths.contains(&part.len()))
        && is_random(parts[0])
        && is_random(parts[2]);
    is_token.then_some(0..run.len())
}

/// Returns where an id in base64 begins that ends the text. Other letters may precede it, as in
/// `BotMTEx…`.
fn find_id(part: &str) -> Option<usize> {
    (0..part.len().min(64)).find(|start| {
        let decoded = BASE64.decode(&part[*start..]).unwrap_or_default();
        decoded.len() >= MIN_ID_DIGITS && decoded.iter().all(u8::is_ascii_digit)
    })
}

/// Returns whether a text looks random, which distinguishes it from a name of a file or a module.
fn is_random(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit)
}

/// Finds the password in a URL such as `postgres://user:password@host/database`.
fn find_password(text: &str) -> Option<Span> {
    let start = text.find("://")? + "://".len();
    let end = start + text[start..].rfind('@')?;
    let colon = start + text[start..end].find(':')?;
    let password = &text[colon + 1..end];
    (!password.is_empty() && password != EXAMPLE_PASSWORD).then_some(colon + 1..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The id 1110000000000000009 in base64, followed by invented parts.
    const TOKEN: &str = "MTExMDAwMDAwMDAwMDAwMDAwOQ.Gh3xYz.n0t-A-real_One-0123456789abcdefghi";

    #[test]
    fn a_token_is_hidden_wherever_it_is() {
        for (text, hidden) in [
            (TOKEN.to_owned(), "(secret)"),
            (
                format!("/etc/quizloop/{TOKEN}: not found"),
                "/etc/quizloop/(secret): not found",
            ),
            (format!("Bot{TOKEN} ä {TOKEN}"), "Bot(secret) ä (secret)"),
            (
                format!("\"DISCORD_TOKEN={TOKEN};\""),
                "\"DISCORD_TOKEN=(secret);\"",
            ),
            // Without its beginning, and without its end.
            (TOKEN[1..].to_owned(), "TEx(secret)"),
            (
                "c2NTQzMjk4NzY1NDMyMTA.Gh3xYz.n0t-A-real_One-0123456789abcd".to_owned(),
                "(secret)",
            ),
            (TOKEN[..40].to_owned(), "(secret)"),
            (
                "postgres://ada:hunter2@db/quizloop".to_owned(),
                "postgres://ada:(secret)@db/quizloop",
            ),
        ] {
            assert_eq!(redact(&text), hidden, "{text}");
            assert!(contains_secret(&text));
        }
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "",
            "state/guilds/1110000000000000001.prev.json",
            "http://127.0.0.1:8420/healthz",
            "write postgres://user:password@host:5432/database",
            "asyncio.TaskGroup.create_task_with_a_very_long_name_of_a_method",
            "1110000000000000009",
            "MTExMDAwMDAwMDAwMDAwMDAwOQ",
            "mail ada@example.org: a.b.c",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn masking_keeps_positions() {
        let line = format!("é = \"{TOKEN}\" # token");
        let masked = mask_line(&line);
        assert_eq!(masked.len(), line.len());
        assert_eq!(
            masked,
            format!("é = \"{}\" # token", "*".repeat(TOKEN.len()))
        );
        assert_eq!(mask_line("DISCORD_TOKEN=half-ä "), "DISCORD_TOKEN=******* ");
        assert_eq!(mask_line("\"token\" = \"x\""), "\"token\" = ***");
        for line in ["token_file = \"/run/token\"", "token =", "at = \"09:00\""] {
            assert_eq!(mask_line(line), line);
        }
    }
}
