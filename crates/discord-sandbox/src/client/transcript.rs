//! A channel as readable plain text.

use jiff::Timestamp;
use serde_json::Value;

use super::super::Sandbox;
use super::super::model::message_kind;
use super::mention_text::render_mentions;
use super::view::MessageView;

impl Sandbox {
    /// Renders a channel and its threads as a member sees them: oldest message first, names instead
    /// of ids, times in UTC.
    pub fn transcript(&self, channel: u64, as_user: u64) -> String {
        let mut lines = vec![self.title(channel)];
        for message in self.messages(channel, as_user) {
            lines.extend(render(&message));
            if let Some(thread) = message.thread {
                lines.push(format!("  └─ {}", self.title(thread)));
                let inside = self.messages(thread, as_user);
                let inside = inside
                    .iter()
                    .filter(|one| one.kind != message_kind::THREAD_STARTER);
                lines.extend(inside.flat_map(render).map(|line| format!("     {line}")));
            }
        }
        let trimmed = lines.iter().map(|line| line.trim_end());
        let text = trimmed.collect::<Vec<_>>().join("\n") + "\n";
        self.read(|discord| render_mentions(discord, channel, &text))
    }

    fn title(&self, channel: u64) -> String {
        self.read(|discord| {
            let Some(one) = discord.channels.get(&channel) else {
                return "(no such channel)".to_owned();
            };
            match &one.thread {
                None => format!("#{}", one.name),
                Some(thread) => {
                    let state = if thread.archived { " (archived)" } else { "" };
                    format!("Thread: {}{state}", one.name)
                }
            }
        })
    }
}

/// Renders a message as lines.
fn render(message: &MessageView) -> Vec<String> {
    let mut lines = vec![head(message)];
    if message.thinking {
        lines.push("  … is thinking".to_owned());
    }
    lines.extend(message.content.lines().map(|line| format!("  {line}")));
    for embed in &message.embeds {
        lines.extend(
            embed_lines(embed)
                .into_iter()
                .map(|line| format!("  │ {line}")),
        );
    }
    for file in &message.attachments {
        lines.push(format!("  (file: {})", text(file, "filename")));
    }
    for sticker in &message.stickers {
        lines.push(format!("  (sticker: {})", text(sticker, "name")));
    }
    for row in &message.components {
        let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        let shown: Vec<String> = inner.iter().map(component).collect();
        lines.push(format!("  {}", shown.join(" ")));
    }
    if !message.reactions.is_empty() {
        let shown = message
            .reactions
            .iter()
            .map(|(emoji, users)| format!("{emoji} {}", users.len()));
        lines.push(format!("  {}", shown.collect::<Vec<_>>().join("  ")));
    }
    lines
}

fn head(message: &MessageView) -> String {
    let time = Timestamp::from_millisecond(message.written_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut head = format!("[{}] {}", time.strftime("%a %F %H:%M"), message.author_name);
    if message.by_bot {
        head.push_str(" (bot)");
    }
    match message.kind {
        message_kind::REPLY => head.push_str(" replies"),
        message_kind::THREAD_CREATED => head.push_str(" started a thread"),
        _ => {}
    }
    if message.edited {
        head.push_str(" (edited)");
    }
    if message.ephemeral {
        head.push_str(" (only you can see this)");
    }
    head
}

fn embed_lines(embed: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let title = text(embed, "title");
    if !title.is_empty() {
        lines.push(format!("# {title}"));
    }
    lines.extend(text(embed, "description").lines().map(str::to_owned));
    for field in embed["fields"].as_array().into_iter().flatten() {
        lines.push(format!("## {}", text(field, "name")));
        lines.extend(text(field, "value").lines().map(str::to_owned));
    }
    let footer = text(&embed["footer"], "text");
    if !footer.is_empty() {
        lines.push(format!("— {footer}"));
    }
    lines
}

fn component(one: &Value) -> String {
    if one["type"] == 2 {
        let label = text(one, "label");
        return if one["disabled"] == true {
            format!("[ {label} (off) ]")
        } else {
            format!("[ {label} ]")
        };
    }
    let options = one["options"].as_array().map_or(&[][..], Vec::as_slice);
    let labels: Vec<&str> = options.iter().map(|one| text(one, "label")).collect();
    format!("[ {} ▾ {} ]", text(one, "placeholder"), labels.join(" | "))
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}
