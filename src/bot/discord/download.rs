//! Downloads files that members chose for an option of a command.
//!
//! A file is downloaded only from Discord's own hosts, or from where the API is if that is not
//! Discord's, such as in the sandbox. Redirects are not followed, and the bot's token is not sent. A
//! member chooses the content of the file, so its size is counted while it is read: what Discord
//! states is not enough.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serenity::constants;

use crate::bot::gateway::event::AttachedFile;

/// Maximum size of a file in bytes.
pub const FILE_MAX: usize = 1024 * 1024;

/// How long a download may take. A member waits for it.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Hosts from which Discord serves files (Discord docs, reference, "CDN Base URL" and "Signed
/// Attachment CDN URLs"; its client uses the second one for previews).
const DISCORD_HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

/// Why a file could not be downloaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    #[error("the file is larger than 1 MiB")]
    TooLarge,
    /// The URL names another host than Discord's, or Discord's response redirects to one.
    #[error("the file is not on Discord's servers")]
    OtherHost,
    /// The file was deleted, or its URL has expired.
    #[error("the file no longer exists")]
    Gone,
    #[error("the download took too long")]
    TimedOut,
    /// Discord or the network failed.
    #[error("the download failed: {0}")]
    Failed(String),
}

/// Downloads files.
pub struct Downloader {
    /// `None` if it could not be created.
    client: Option<Client>,
    /// Address of the API if it is not Discord's.
    api_url: Option<Url>,
    timeout: Duration,
}

impl Downloader {
    /// Creates a client with its own connections, which belong to the current runtime.
    pub fn new(api_url: Option<&str>) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .https_only(api_url.is_none())
            .referer(false)
            .user_agent(constants::USER_AGENT)
            .build();
        Self {
            client: client.ok(),
            api_url: api_url.and_then(|url| Url::parse(url).ok()),
            timeout: DOWNLOAD_TIMEOUT,
        }
    }

    /// Returns the content of a file, which has at most [`FILE_MAX`] bytes.
    pub async fn download(&self, file: &AttachedFile) -> Result<Vec<u8>, DownloadError> {
        if file.size > FILE_MAX as u64 {
            return Err(DownloadError::TooLarge);
        }
        let url = Url::parse(&file.url).map_err(|_| DownloadError::OtherHost)?;
        if !self.is_allowed(&url) {
            return Err(DownloadError::OtherHost);
        }
        let download = tokio::time::timeout(self.timeout, self.read(url));
        download.await.map_err(|_| DownloadError::TimedOut)?
    }

    fn is_allowed(&self, url: &Url) -> bool {
        let is_discord = url.scheme() == "https"
            && url.port().is_none()
            && url
                .host_str()
                .is_some_and(|host| DISCORD_HOSTS.contains(&host));
        let api_url = self.api_url.as_ref();
        let is_api = api_url.is_some_and(|api_url| api_url.origin() == url.origin());
        let has_password = !url.username().is_empty() || url.password().is_some();
        (is_discord || is_api) && !has_password
    }

    async fn read(&self, url: Url) -> Result<Vec<u8>, DownloadError> {
        let client = self.client.as_ref();
        let client = client.ok_or_else(|| DownloadError::Failed("no HTTP client".into()))?;
        let response = client.get(url).send().await.map_err(network_error)?;
        match response.status() {
            StatusCode::OK => read_body(response).await,
            status if status.is_redirection() => Err(DownloadError::OtherHost),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
                Err(DownloadError::Gone)
            }
            status => Err(DownloadError::Failed(format!("status {status}"))),
        }
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, DownloadError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(network_error)? {
        if bytes.len() + chunk.len() > FILE_MAX {
            return Err(DownloadError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Leaves the URL out, because everyone who has it can download the file.
fn network_error(error: reqwest::Error) -> DownloadError {
    DownloadError::Failed(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(api_url: Option<&str>, url: &str) -> bool {
        Downloader::new(api_url).is_allowed(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_discords_hosts_are_allowed() {
        let path = "/ephemeral-attachments/1/2/questions.csv?ex=1&is=2&hm=3&";
        for host in DISCORD_HOSTS {
            assert!(is_allowed(None, &format!("https://{host}{path}")), "{host}");
        }
        for other in [
            "http://cdn.discordapp.com",
            "https://cdn.discordapp.com:8443",
            "https://user@cdn.discordapp.com",
            "https://:password@cdn.discordapp.com",
            "https://cdn.discordapp.com.example.com",
            "https://cdn.discordapp.com@example.com",
            "https://discordapp.com",
            "https://example.com",
            "https://127.0.0.1",
            "http://169.254.169.254",
            "ftp://cdn.discordapp.com",
            "file://",
        ] {
            assert!(!is_allowed(None, &format!("{other}{path}")), "{other}");
        }
    }

    #[test]
    fn the_host_of_another_api_is_allowed_as_well() {
        let api = Some("http://127.0.0.1:8420");
        assert!(is_allowed(
            api,
            "http://127.0.0.1:8420/ephemeral-attachments/1/2/x"
        ));
        assert!(is_allowed(api, "https://cdn.discordapp.com/x"));
        for other in [
            "http://127.0.0.1:8421/x",
            "https://127.0.0.1:8420/x",
            "http://127.0.0.2:8420/x",
            "http://a@127.0.0.1:8420/x",
            "http://cdn.discordapp.com/x",
        ] {
            assert!(!is_allowed(api, other), "{other}");
        }
        assert!(!is_allowed(Some("no URL"), "no:URL"));
    }

    #[cfg(feature = "sandbox")]
    mod against_the_sandbox {
        use super::*;
        use discord_sandbox::faults::{FaultRule, RequestFault};
        use discord_sandbox::{Options, Sandbox, ids};
        use serde_json::json;

        /// Uploads a file of that size, and returns it as the bot receives it.
        async fn uploaded(size: usize) -> (Sandbox, AttachedFile) {
            let sandbox = Sandbox::start(Options::default()).await.unwrap();
            let id = sandbox
                .upload(ids::ADA, "questions.csv", vec![b'x'; size])
                .unwrap();
            let file = sandbox.uploaded_file(id).unwrap();
            let file = AttachedFile {
                name: file["filename"].as_str().unwrap().to_owned(),
                size: file["size"].as_u64().unwrap(),
                url: file["url"].as_str().unwrap().to_owned(),
            };
            (sandbox, file)
        }

        async fn download(
            sandbox: &Sandbox,
            file: &AttachedFile,
        ) -> Result<Vec<u8>, DownloadError> {
            Downloader::new(Some(&sandbox.url())).download(file).await
        }

        #[tokio::test]
        async fn the_size_is_counted_while_the_file_is_read() {
            let (sandbox, file) = uploaded(FILE_MAX).await;
            assert_eq!(download(&sandbox, &file).await.unwrap().len(), FILE_MAX);
            let request = sandbox.requests().pop().unwrap();
            assert_eq!((request.status, request.has_token), (200, false));
            // One byte more, stated correctly: nothing is downloaded.
            let (sandbox, file) = uploaded(FILE_MAX + 1).await;
            assert_eq!(
                download(&sandbox, &file).await,
                Err(DownloadError::TooLarge)
            );
            assert_eq!(sandbox.requests().len(), 0);
            // The same with a stated size that is wrong, and with no end at all.
            let stated = AttachedFile { size: 1, ..file };
            assert_eq!(
                download(&sandbox, &stated).await,
                Err(DownloadError::TooLarge)
            );
            sandbox.add_fault(FaultRule::on("Attachment"), RequestFault::Endless);
            assert_eq!(
                download(&sandbox, &stated).await,
                Err(DownloadError::TooLarge)
            );
        }

        #[tokio::test]
        async fn a_redirect_is_not_followed() {
            let (sandbox, file) = uploaded(9).await;
            let (other, other_file) = uploaded(9).await;
            // Not even to a URL that would be allowed.
            for to in [&other_file.url, &file.url] {
                sandbox.add_fault(FaultRule::on("Attachment"), RequestFault::redirect(to));
                assert_eq!(
                    download(&sandbox, &file).await,
                    Err(DownloadError::OtherHost)
                );
            }
            assert_eq!(
                download(&sandbox, &other_file).await,
                Err(DownloadError::OtherHost)
            );
            assert_eq!((sandbox.requests().len(), other.requests().len()), (2, 0));
        }

        #[tokio::test]
        async fn failures_are_told_apart() {
            let (sandbox, file) = uploaded(9).await;
            let fail = async |fault| {
                sandbox.add_fault(FaultRule::on("Attachment"), fault);
                download(&sandbox, &file).await.unwrap_err()
            };
            assert_eq!(fail(RequestFault::not_found()).await, DownloadError::Gone);
            let failed = DownloadError::Failed("status 502 Bad Gateway".into());
            assert_eq!(fail(RequestFault::bad_gateway()).await, failed);
            let DownloadError::Failed(reason) = fail(RequestFault::Reset).await else {
                panic!("another error");
            };
            assert!(!reason.contains("http://"), "{reason}");
            let teapot = RequestFault::answer(418, &json!({}));
            assert!(matches!(fail(teapot).await, DownloadError::Failed(_)));
        }

        #[tokio::test]
        async fn a_download_ends_after_the_time_limit() {
            let (sandbox, file) = uploaded(9).await;
            let downloader = Downloader {
                timeout: Duration::from_millis(50),
                ..Downloader::new(Some(&sandbox.url()))
            };
            for fault in [RequestFault::Hang, RequestFault::Delay(DOWNLOAD_TIMEOUT)] {
                sandbox.add_fault(FaultRule::on("Attachment"), fault);
                let result = downloader.download(&file).await;
                assert_eq!(result, Err(DownloadError::TimedOut));
            }
        }
    }
}
