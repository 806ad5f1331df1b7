//! Attached files, kept in memory.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use axum::body::Bytes;
use percent_encoding::{CONTROLS, utf8_percent_encode};

/// Maximum number of files kept. The oldest are dropped, so that a bot that sends many images does
/// not exhaust the memory.
const MAX_FILES: usize = 200;
/// Maximum number of files kept that members uploaded for options of commands.
const MAX_UPLOADS: usize = 20;
/// How long such a file can be downloaded, in milliseconds. Discord's documentation names no number;
/// its URLs are valid for a day.
const UPLOAD_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;
/// File extensions of images and their content types. Other files are served as [`OCTET_STREAM`].
const IMAGE_TYPES: [(&str, &str); 4] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];
/// Content type of files that are not images.
const OCTET_STREAM: &str = "application/octet-stream";
/// First bytes of a PNG file. Width and height follow as big-endian integers (PNG specification,
/// 5.2 and 11.2.1).
const PNG_HEADER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

/// Stored file.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// File name.
    pub name: String,
    /// Content.
    pub bytes: Bytes,
}

impl StoredFile {
    /// Returns the content type, derived from the file extension.
    pub fn content_type(&self) -> &'static str {
        let extension = self.name.rsplit('.').next().unwrap_or_default();
        let extension = extension.to_ascii_lowercase().replace("jpeg", "jpg");
        IMAGE_TYPES
            .iter()
            .find(|(known, _)| *known == extension)
            .map_or(OCTET_STREAM, |(_, content_type)| content_type)
    }

    /// Returns width and height in pixels of a PNG, or `None` for other files.
    pub fn image_size(&self) -> Option<(u32, u32)> {
        let rest = self.bytes.strip_prefix(PNG_HEADER)?;
        let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
        Some((number(0)?, number(4)?))
    }
}

/// File that a member uploaded for an option of a command.
#[derive(Debug, Clone)]
pub(crate) struct UploadedFile {
    /// The file.
    pub file: StoredFile,
    /// User who uploaded it. No other user can use it.
    pub user: u64,
    /// Time of the upload in Unix milliseconds.
    issued_ms: i64,
    /// Signature in its URL.
    signature: String,
}

impl UploadedFile {
    /// Returns the query of its URL, with the times in hexadecimal seconds (Discord docs, reference,
    /// "Signed Attachment CDN URLs").
    fn query(&self) -> String {
        let issued = self.issued_ms / 1000;
        let expires = (self.issued_ms + UPLOAD_LIFETIME_MS) / 1000;
        format!("ex={expires:x}&is={issued:x}&hm={}&", self.signature)
    }

    /// Returns whether it can be downloaded with this query at this time.
    pub fn is_served(&self, query: &str, now_ms: i64) -> bool {
        query == self.query() && now_ms < self.issued_ms + UPLOAD_LIFETIME_MS
    }
}

/// Stored files by id.
#[derive(Debug, Default)]
pub(crate) struct StoredFiles {
    base_url: String,
    files: BTreeMap<u64, StoredFile>,
    uploads: BTreeMap<u64, UploadedFile>,
    /// Makes the signatures of URLs unpredictable.
    signing_key: RandomState,
}

impl StoredFiles {
    /// Sets the URL under which files are served, such as `http://127.0.0.1:8420`.
    pub fn set_base_url(&mut self, base_url: String) {
        self.base_url = base_url;
    }

    /// Returns a file, or `None` if it is unknown or was dropped.
    pub fn get(&self, id: u64) -> Option<&StoredFile> {
        self.files.get(&id)
    }

    /// Stores a file of a channel and returns its URL.
    pub fn insert(&mut self, channel: u64, id: u64, file: StoredFile) -> String {
        let url = format!("{}/attachments/{channel}/{id}/{}", self.base_url, file.name);
        self.files.insert(id, file);
        if self.files.len() > MAX_FILES {
            self.files.pop_first();
        }
        url
    }

    /// Stores a file that a member uploaded for an option of a command.
    pub fn insert_upload(&mut self, id: u64, user: u64, issued_ms: i64, file: StoredFile) {
        let signature = format!("{:064x}", self.signing_key.hash_one(id));
        let upload = UploadedFile {
            file,
            user,
            issued_ms,
            signature,
        };
        self.uploads.insert(id, upload);
        if self.uploads.len() > MAX_UPLOADS {
            self.uploads.pop_first();
        }
    }

    /// Returns an uploaded file, or `None` if it is unknown or was dropped.
    pub fn upload(&self, id: u64) -> Option<&UploadedFile> {
        self.uploads.get(&id)
    }

    /// Returns the URL at which a bot can download an uploaded file. On Discord, its host is
    /// `cdn.discordapp.com`.
    pub fn upload_url(&self, application: u64, id: u64, upload: &UploadedFile) -> String {
        let (base, query) = (&self.base_url, upload.query());
        let name = utf8_percent_encode(&upload.file.name, CONTROLS);
        format!("{base}/ephemeral-attachments/{application}/{id}/{name}?{query}")
    }
}
