//! Requests to Discord from commands that end with their answer.

use tokio::runtime::{Builder, Runtime};

use super::exit::{CliError, Exit};
use super::load;
use crate::bot::{ApiConfig, ApiError, ExitReason};
use crate::config::Config;

/// Returns how to reach Discord. Fails without a token.
pub fn api_config(config: &Config) -> Result<ApiConfig, CliError> {
    let (token, _) = load::token(config)?;
    Ok(ApiConfig {
        token,
        api_url: config.api_url.clone(),
        requests_per_second: config.requests_per_second,
    })
}

/// Sends requests. The connections that they leave open belong to this value.
pub struct Requests(Runtime);

impl Requests {
    pub fn new() -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        Ok(Self(runtime.map_err(anyhow::Error::from)?))
    }

    pub fn wait<T>(
        &self,
        request: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, CliError> {
        self.0.block_on(request).map_err(|failure| match failure {
            ApiError::Unauthorized => CliError::new(Exit::Rejected, ExitReason::Unauthorized),
            failure => CliError::new(Exit::Failed, failure),
        })
    }
}
