//! `invite`: prints the link that adds the bot to a server.

use clap::Args;

use super::exit::{CliError, Exit};
use super::output;
use super::{CommonArgs, load};
use crate::bot::{ApiConfig, ApiError, DiscordClient, invite_url};

#[derive(Debug, Args)]
pub struct InviteArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Application id; without it, Discord is asked, which needs the token
    #[arg(long, value_name = "ID")]
    application: Option<u64>,
}

pub fn run(args: &InviteArgs) -> Result<(), CliError> {
    let application = match args.application {
        Some(id) => id,
        None => fetch_application_id(&args.common)?,
    };
    output::line(format_args!("{}", invite_url(application)))?;
    Ok(())
}

fn fetch_application_id(common: &CommonArgs) -> Result<u64, CliError> {
    let config = load::config(common)?;
    let (token, _) = load::token(&config)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let rest = DiscordClient::new(&ApiConfig {
        token,
        api_url: config.api_url,
        requests_per_second: config.requests_per_second,
    });
    match runtime.block_on(rest.application()) {
        Ok((id, _)) => Ok(id),
        Err(ApiError::Unauthorized) => Err(CliError::new(
            Exit::Rejected,
            crate::bot::ExitReason::Unauthorized,
        )),
        Err(failure) => Err(CliError::new(
            Exit::Failed,
            format!("{failure}. With --application ID, no request to Discord is needed"),
        )),
    }
}
