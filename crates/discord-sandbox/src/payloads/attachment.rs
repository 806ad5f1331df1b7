//! Attachment objects (Discord docs, resources/message, "Attachment Object").

use serde_json::{Value, json};

use super::id;
use crate::model::{Discord, StoredFile, UploadedFile};

/// Returns the attachment object of a file.
pub fn attachment(number: u64, file: &StoredFile, url: &str) -> Value {
    let mut json = json!({
        "id": id(number),
        "filename": file.name,
        "size": file.bytes.len(),
        "content_type": file.content_type(),
        "url": url,
        "proxy_url": url,
    });
    if let Some((width, height)) = file.image_size() {
        json["width"] = json!(width);
        json["height"] = json!(height);
    }
    json
}

/// Returns the attachment object of a file that a member uploaded for an option of a command.
pub fn uploaded(discord: &Discord, number: u64, upload: &UploadedFile) -> Value {
    let url = discord.files.upload_url(discord.app.id, number, upload);
    let mut json = attachment(number, &upload.file, &url);
    json["ephemeral"] = json!(true);
    json
}
