//! Mentions and time stamps in a text: `<@1>`, `<@&1>`, `<#1>`, `</name:1>`, `<t:1:R>`.

use super::{MarkdownPart, NameResolver};

/// Splits a text into plain text, mentions and time stamps. Unknown ids stay as they are.
pub fn split(text: &str, names: &NameResolver<'_>, parts: &mut Vec<MarkdownPart>) {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        plain.push_str(&rest[..open]);
        rest = &rest[open..];
        let found = rest.find('>').and_then(|close| {
            let part = mention(&rest[1..close], names)?;
            Some((part, &rest[close + 1..]))
        });
        if let Some((part, after)) = found {
            push_text(std::mem::take(&mut plain), parts);
            parts.push(part);
            rest = after;
        } else {
            plain.push('<');
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    push_text(plain, parts);
}

fn push_text(text: String, parts: &mut Vec<MarkdownPart>) {
    if !text.is_empty() {
        parts.push(MarkdownPart::text("text", text));
    }
}

/// Resolves the text between the angle brackets.
fn mention(inside: &str, names: &NameResolver<'_>) -> Option<MarkdownPart> {
    if let Some(time) = inside.strip_prefix("t:") {
        let (seconds, style) = time.split_once(':').unwrap_or((time, "f"));
        let (shown, full) = names.time(seconds.parse().ok()?, style)?;
        return Some(MarkdownPart::text("time", shown).with_note(full));
    }
    if let Some(command) = inside.strip_prefix('/') {
        let (name, id) = command.rsplit_once(':')?;
        let name = names.command(name, id.parse().ok()?)?;
        return Some(MarkdownPart::text("command", name));
    }
    let name = if let Some(role) = inside.strip_prefix("@&") {
        names.role(role.parse().ok()?)?
    } else if let Some(user) = inside.strip_prefix('@') {
        names.user(user.trim_start_matches('!').parse().ok()?)?
    } else {
        names.channel(inside.strip_prefix('#')?.parse().ok()?)?
    };
    Some(MarkdownPart::text("mention", name))
}
