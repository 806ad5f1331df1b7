//! Mentions of slash commands, which members can tap.
//!
//! Texts name a command as `` `/quiz` ``. Discord shows `</quiz:ID>` as a link that opens the
//! command, once its id is known (Discord docs, reference, "Message Formatting").

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::message::{CONTENT_MAX, DESCRIPTION_MAX, FIELD_MAX, Message};

/// The ids of the registered commands by their names, without subcommands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandIds(BTreeMap<String, u64>);

impl FromIterator<(String, u64)> for CommandIds {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(ids: I) -> Self {
        Self(ids.into_iter().collect())
    }
}

/// Writes `answer=12 quiz=13`.
impl fmt::Display for CommandIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, id)) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name}={id}")?;
        }
        Ok(())
    }
}

impl CommandIds {
    /// Parses what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_whitespace()
            .map(|word| {
                let (name, id) = word.split_once('=')?;
                Some((name.to_owned(), id.parse().ok()?))
            })
            .collect()
    }

    /// Returns a message in which the commands are links, wherever Discord shows them as such.
    pub fn link<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        if self.0.is_empty() {
            return Cow::Borrowed(message);
        }
        let mut linked = Cow::Borrowed(message);
        if let Some(text) = self.link_text(message.content.as_deref(), CONTENT_MAX) {
            linked.to_mut().content = Some(text);
        }
        for (index, embed) in message.embeds.iter().enumerate() {
            if let Some(text) = self.link_text(embed.description.as_deref(), DESCRIPTION_MAX) {
                linked.to_mut().embeds[index].description = Some(text);
            }
            for (place, field) in embed.fields.iter().enumerate() {
                if let Some(text) = self.link_text(Some(&field.value), FIELD_MAX) {
                    linked.to_mut().embeds[index].fields[place].value = text;
                }
            }
        }
        linked
    }

    /// Returns the text with links; `None` if it names no command or would become too long.
    fn link_text(&self, text: Option<&str>, max: usize) -> Option<String> {
        let text = text.filter(|text| text.contains("`/"))?;
        let mut linked = String::with_capacity(text.len() * 2);
        // Odd parts are between two backticks. In a code block the empty parts between its three
        // backticks keep the count even.
        let parts: Vec<&str> = text.split('`').collect();
        for (index, part) in parts.iter().enumerate() {
            // The last part has no backtick after it.
            let is_code = index % 2 == 1 && index + 1 < parts.len();
            let link = is_code.then(|| self.link_to(part)).flatten();
            match link {
                Some(link) => linked.push_str(&link),
                None if is_code => linked.extend(["`", part, "`"]),
                None if index % 2 == 1 => linked.extend(["`", part]),
                None => linked.push_str(part),
            }
        }
        (linked != text && linked.chars().count() <= max).then_some(linked)
    }

    /// Returns the link to a command such as `/remind on`; options stay in code style after it.
    fn link_to(&self, code: &str) -> Option<String> {
        let mut words = code.strip_prefix('/')?.split(' ');
        let name = words.next()?;
        let id = self.0.get(name)?;
        let is_option = |word: &str| word.contains(':');
        let rest: Vec<&str> = words.collect();
        let options = rest.iter().position(|word| is_option(word));
        let (subcommands, options) = rest.split_at(options.unwrap_or(rest.len()));
        let path = [&[name], subcommands].concat().join(" ");
        let options = match options {
            [] => String::new(),
            options => format!(" `{}`", options.join(" ")),
        };
        Some(format!("</{path}:{id}>{options}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::render::message::Embed;

    fn ids() -> CommandIds {
        let ids = [("quiz", 11), ("remind", 12), ("team", 13)];
        ids.map(|(name, id)| (name.to_owned(), id))
            .into_iter()
            .collect()
    }

    fn linked(text: &str) -> String {
        let message = Message::text(text);
        let linked = ids().link(&message).into_owned();
        linked.content.unwrap()
    }

    #[test]
    fn commands_become_links_and_options_stay_code() {
        insta::assert_snapshot!(linked("Try `/quiz` or `/quiz mode:new`."), @"Try </quiz:11> or </quiz:11> `mode:new`.");
        insta::assert_snapshot!(linked("`/remind on time:17:00`, `off`"), @"</remind on:12> `time:17:00`, `off`");
        insta::assert_snapshot!(linked("`/unknown` and `/team pause`"), @"`/unknown` and </team pause:13>");
        insta::assert_snapshot!(linked("`open and `/quiz`"), @"`open and `/quiz`");
        insta::assert_snapshot!(linked("```py\na / b\n``` `/quiz`"), @"
        ```py
        a / b
        ``` </quiz:11>
        ");
    }

    #[test]
    fn embeds_are_linked_and_no_limit_is_exceeded() {
        let full = format!("{}`/quiz`", "x".repeat(CONTENT_MAX - 7));
        assert_eq!(linked(&full), full);
        let embed = Embed {
            description: Some("`/quiz`".into()),
            ..Embed::default()
        };
        let message = Message::embed(embed.field("More", "`/remind off`"));
        insta::assert_snapshot!(ids().link(&message).to_string(), @"
        </quiz:11>
        [More] </remind off:12>
        ");
        let unknown = CommandIds::default();
        assert!(matches!(unknown.link(&message), Cow::Borrowed(_)));
    }

    #[test]
    fn ids_can_be_stored() {
        let text = ids().to_string();
        assert_eq!(text, "quiz=11 remind=12 team=13");
        assert_eq!(CommandIds::parse(&text), Some(ids()));
        assert_eq!(CommandIds::parse("quiz"), None);
    }
}
