//! Embeds and attached files.

use serde::Serialize;
use serde_json::Value;

use super::message::text;
use crate::page::markdown::{MarkdownPart, NameResolver, parse};

/// The path under which the sandbox serves attachments.
const ATTACHMENTS: &str = "/attachments/";
/// Bytes of a kibibyte.
const KIB: u64 = 1024;

/// An embed.
#[derive(Debug, Serialize)]
pub struct EmbedItem {
    /// `#rrggbb`, if the embed has a colour.
    color: Option<String>,
    author: String,
    title: Vec<MarkdownPart>,
    url: String,
    text: Vec<MarkdownPart>,
    fields: Vec<EmbedFieldItem>,
    image: Option<MediaItem>,
    thumbnail: Option<MediaItem>,
    footer: String,
}

#[derive(Debug, Serialize)]
struct EmbedFieldItem {
    name: Vec<MarkdownPart>,
    value: Vec<MarkdownPart>,
    inline: bool,
}

/// An image or another file.
#[derive(Debug, Serialize)]
pub struct MediaItem {
    /// The path on the sandbox; empty for other hosts, from which the page loads nothing.
    path: String,
    /// The address.
    url: String,
    name: String,
    /// The alternative text.
    alt: String,
    /// Whether it is an image.
    image: bool,
    /// `12 KB`.
    size: String,
}

/// Returns an embed as it is shown.
pub fn embed(json: &Value, names: &NameResolver<'_>) -> EmbedItem {
    let fields = json["fields"].as_array().map_or(&[][..], Vec::as_slice);
    let field = |one: &Value| EmbedFieldItem {
        name: parse(text(one, "name"), names),
        value: parse(text(one, "value"), names),
        inline: one["inline"] == true,
    };
    EmbedItem {
        color: json["color"].as_u64().map(|color| format!("#{color:06x}")),
        author: text(&json["author"], "name").to_owned(),
        title: parse(text(json, "title"), names),
        url: text(json, "url").to_owned(),
        text: parse(text(json, "description"), names),
        fields: fields.iter().map(field).collect(),
        image: media_item(&json["image"]),
        thumbnail: media_item(&json["thumbnail"]),
        footer: text(&json["footer"], "text").to_owned(),
    }
}

fn media_item(json: &Value) -> Option<MediaItem> {
    let url = json["url"].as_str()?;
    let name = url.rsplit('/').next().unwrap_or_default();
    let alt = json["description"].as_str().unwrap_or(name);
    Some(MediaItem {
        path: path(url),
        url: url.to_owned(),
        name: name.to_owned(),
        alt: alt.to_owned(),
        image: true,
        size: String::new(),
    })
}

/// Returns the path of a file that the sandbox serves; empty for other addresses.
fn path(url: &str) -> String {
    url.find(ATTACHMENTS)
        .filter(|_| url.starts_with("http://127.0.0.1:") || url.starts_with("http://[::1]:"))
        .map_or_else(String::new, |at| url[at..].to_owned())
}

/// Returns the attached files.
pub fn attachments(files: &[Value]) -> Vec<MediaItem> {
    let one = |file: &Value| {
        let name = text(file, "filename");
        let description = text(file, "description");
        let size = file["size"].as_u64().unwrap_or(0);
        MediaItem {
            path: path(text(file, "url")),
            url: text(file, "url").to_owned(),
            name: name.to_owned(),
            alt: if description.is_empty() {
                name
            } else {
                description
            }
            .to_owned(),
            image: text(file, "content_type").starts_with("image/"),
            size: format!("{} KB", size.div_ceil(KIB)),
        }
    };
    files.iter().map(one).collect()
}
