//! File uploads as `multipart/form-data` (Discord docs, reference, "Uploading Files").

use std::convert::Infallible;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::error_response::{self, ErrorResponse};
use super::message_body::MessageBody;
use super::validation::FieldErrors;
use crate::model::{Discord, Message, StoredFile};
use crate::payloads;
use crate::permission::{ATTACH_FILES, Permissions};

/// Maximum number of files per message (Discord docs, resources/message, "Create Message").
const FILES_MAX: usize = 10;
/// Maximum size of a file, in bytes (Discord docs, reference, "Uploading Files").
pub const FILE_MAX: usize = 10 * 1024 * 1024;
/// Name of the form part that contains the JSON body.
const PAYLOAD: &str = "payload_json";

/// Uploaded file.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    /// The `n` of its form part `files[n]`.
    pub number: u64,
    /// File name.
    pub name: String,
    /// Alt text.
    pub description: Option<String>,
    /// Content.
    pub bytes: Bytes,
}

/// Returns the JSON body and the files of a request.
pub async fn read(content_type: &str, body: Bytes) -> (serde_json::Result<Value>, Vec<Upload>) {
    let Some(parts) = form_parts(content_type, body.clone()).await else {
        return (serde_json::from_slice(&body), Vec::new());
    };
    let (mut json, mut uploads) = (Ok(json!({})), Vec::new());
    for part in parts {
        if part.name == PAYLOAD {
            json = serde_json::from_slice(&part.bytes);
        } else if let Some(number) = number_of(&part.name) {
            uploads.push(Upload {
                number,
                name: sanitize_file_name(&part.file_name),
                description: None,
                bytes: part.bytes,
            });
        }
    }
    (json, uploads)
}

/// Part of a form.
pub struct FormPart {
    /// Name of the form's field.
    pub name: String,
    /// File name; empty for a part that is no file.
    pub file_name: String,
    /// Content.
    pub bytes: Bytes,
}

/// Returns the parts of a `multipart/form-data` body; `None` for a body of another type. A malformed
/// part ends the list.
pub async fn form_parts(content_type: &str, body: Bytes) -> Option<Vec<FormPart>> {
    let boundary = multer::parse_boundary(content_type).ok()?;
    let stream = futures::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Ok(Some(part)) = form.next_field().await {
        parts.push(FormPart {
            name: part.name().unwrap_or_default().to_owned(),
            file_name: part.file_name().unwrap_or_default().to_owned(),
            bytes: part.bytes().await.unwrap_or_default(),
        });
    }
    Some(parts)
}

/// Returns the `n` of `files[n]`. `file` is an older name of `files[0]`.
fn number_of(name: &str) -> Option<u64> {
    if name == "file" {
        return Some(0);
    }
    name.strip_prefix("files[")?.strip_suffix(']')?.parse().ok()
}

/// Replaces characters that Discord does not allow in file names. It allows letters, digits, dots,
/// dashes and underscores.
pub fn sanitize_file_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.is_empty() {
        "unknown".to_owned()
    } else {
        name
    }
}

/// Validates files against the `attachments` of the body, and sets their names and descriptions
/// from it.
pub fn check(body: &Value, uploads: &[Upload], errors: &mut FieldErrors) -> Vec<Upload> {
    errors.check_count("attachments", uploads.len(), 0, FILES_MAX);
    let listed = body["attachments"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut checked = Vec::new();
    for upload in uploads {
        if upload.bytes.len() > FILE_MAX {
            let path = format!("attachments.{}", upload.number);
            errors.push(
                &path,
                "BASE_TYPE_MAX_SIZE",
                "The file is larger than 10 MiB.",
            );
        }
        let mut upload = upload.clone();
        if let Some(one) = listed.iter().find(|one| id_of(one) == Some(upload.number)) {
            if let Some(name) = one["filename"].as_str() {
                upload.name = sanitize_file_name(name);
            }
            upload.description = one["description"].as_str().map(str::to_owned);
        }
        checked.push(upload);
    }
    for (index, one) in listed.iter().enumerate() {
        let is_new = id_of(one).is_some_and(|id| id < FILES_MAX as u64);
        if is_new
            && !uploads
                .iter()
                .any(|upload| id_of(one) == Some(upload.number))
        {
            errors.push(
                &format!("attachments.{index}.id"),
                "ATTACHMENT_NOT_FOUND",
                "There is no file with this number.",
            );
        }
    }
    checked
}

/// Returns the ids of the attachments that an edit keeps. `None` keeps all of them.
pub fn kept_attachment_ids(body: &Value) -> Option<Vec<u64>> {
    let listed = body.get("attachments")?.as_array();
    Some(listed.into_iter().flatten().filter_map(id_of).collect())
}

fn id_of(one: &Value) -> Option<u64> {
    let id = &one["id"];
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}

impl MessageBody {
    /// Adds the files to a message. A file that an embed refers to with `attachment://` becomes
    /// part of the embed; other files become attachments.
    pub fn attach(&self, discord: &mut Discord, message: &mut Message) {
        if let Some(kept) = &self.kept_attachments {
            message
                .attachments
                .retain(|one| id_of(one).is_some_and(|id| kept.contains(&id)));
        }
        for upload in &self.uploads {
            let attachment = store_attachment(discord, message.channel, upload);
            if !resolve_embed_urls(&mut message.embeds, &upload.name, &attachment) {
                message.attachments.push(attachment);
            }
        }
    }

    /// Checks that the files to which embeds refer were uploaded.
    ///
    /// # Errors
    ///
    /// Returns 50035 if an embed refers to a file that was not uploaded.
    pub fn check_shown_files(&self) -> Result<(), ErrorResponse> {
        let embeds = self.embeds.iter().flatten();
        let names = embeds
            .flat_map(|embed| ["image", "thumbnail"].map(|key| &embed[key]["url"]))
            .filter_map(|url| url.as_str()?.strip_prefix("attachment://"));
        let mut errors = FieldErrors::default();
        for name in names {
            if !self.uploads.iter().any(|upload| upload.name == name) {
                errors.push(
                    "embeds",
                    "ATTACHMENT_NOT_FOUND",
                    &format!("There is no file {name}."),
                );
            }
        }
        errors.finish()
    }
}

/// Stores a file and returns its attachment object.
fn store_attachment(discord: &mut Discord, channel: u64, upload: &Upload) -> Value {
    let id = discord.next_id();
    let file = StoredFile {
        name: upload.name.clone(),
        bytes: upload.bytes.clone(),
    };
    let url = discord.files.insert(channel, id, file.clone());
    let mut json = payloads::attachment::attachment(id, &file, &url);
    if let Some(description) = &upload.description {
        json["description"] = json!(description);
    }
    json
}

/// Replaces `attachment://name` URLs in embeds by the URL of the attachment. Returns whether an
/// embed referred to it.
fn resolve_embed_urls(embeds: &mut [Value], name: &str, attachment: &Value) -> bool {
    let reference = format!("attachment://{name}");
    let mut is_used = false;
    for embed in embeds {
        for key in ["image", "thumbnail"] {
            if embed[key]["url"] != reference.as_str() {
                continue;
            }
            is_used = true;
            for part in [
                "url",
                "proxy_url",
                "width",
                "height",
                "content_type",
                "description",
            ] {
                if let Some(value) = attachment.get(part) {
                    embed[key][part] = value.clone();
                }
            }
        }
    }
    is_used
}

/// Checks that a message with files is allowed.
///
/// # Errors
///
/// Returns 50013 if there are files and the permission "Attach Files" is missing.
pub fn check_attach_permission(
    permissions: Permissions,
    uploads: &[Upload],
) -> Result<(), ErrorResponse> {
    if !uploads.is_empty() && permissions & ATTACH_FILES == 0 {
        return Err(error_response::missing_permissions());
    }
    Ok(())
}
