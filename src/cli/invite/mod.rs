//! `invite`: prints the link that adds the bot to a server, and publishes the bot's profile.

mod publish;

use std::num::NonZeroU64;

use clap::Args;

use super::exit::{CliError, Exit};
use super::{ConfigArgs, help, load, output, state};
use crate::bot::{
    ApiConfig, ApiError, ApplicationProfile, DiscordClient, ProfileClient, invite_url,
};

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop invite",
        "Print the link; asks Discord for the application's id",
    ),
    (
        "quizloop invite --application 1100000000000000001",
        "Print the link without the token",
    ),
    (
        "quizloop invite --publish",
        "Set the bot's description and tags, and what its installation asks for",
    ),
];

/// Print the link that adds the bot to a server, or publish the bot's profile on Discord
///
/// The link asks for the permissions that the bot needs and no others.
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct InviteArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Application id; without it, Discord is asked, which needs the token
    #[arg(long, value_name = "ID", conflicts_with = "publish")]
    application: Option<NonZeroU64>,
    /// Set the description and the tags in the bot's profile on Discord, allow installation in
    /// servers only, and ask for the least permissions; shows what will change and asks first
    #[arg(long)]
    publish: bool,
    /// Don't ask for confirmation
    #[arg(long, requires = "publish")]
    yes: bool,
}

pub fn run(args: &InviteArgs) -> Result<(), CliError> {
    let application = match args.application {
        Some(id) => id.get(),
        None if args.publish => publish(args)?,
        None => fetch_application_id(&args.config)?,
    };
    output::line(format_args!("{}", invite_url(application)))?;
    Ok(())
}

/// Shows what will change, asks, and sets the profile. Returns the application's id.
fn publish(args: &InviteArgs) -> Result<u64, CliError> {
    state::require_confirmation(args.yes, "everyone sees the bot's profile")?;
    let client = ProfileClient::new(&api_config(&args.config)?);
    let (id, current) = block_on(client.fetch())?;
    let wanted = ApplicationProfile::published();
    let changes = publish::changes(&current, &wanted);
    if changes.is_empty() {
        output::line("The profile on Discord is as it should be.")?;
        return Ok(id);
    }
    output::text(format_args!(
        "Changes of the profile on Discord:\n\n{changes}\n"
    ))?;
    state::confirm("Publish?", args.yes)?;
    let stored = block_on(client.set(&wanted))?;
    let left = publish::changes(&stored, &wanted);
    if !left.is_empty() {
        let message = format!("Discord accepted the request but did not store:\n\n{left}");
        return Err(CliError::new(Exit::Failed, message));
    }
    output::line("Done.")?;
    Ok(id)
}

fn fetch_application_id(config: &ConfigArgs) -> Result<u64, CliError> {
    let rest = DiscordClient::new(&api_config(config)?);
    match block_on(rest.application()) {
        Err(failure) if failure.exit == Exit::Failed => Err(CliError::new(
            Exit::Failed,
            format!("{failure}. With --application ID, no request to Discord is needed"),
        )),
        result => result.map(|(id, _)| id),
    }
}

fn api_config(config: &ConfigArgs) -> Result<ApiConfig, CliError> {
    let config = load::config(config)?;
    let (token, _) = load::token(&config)?;
    Ok(ApiConfig {
        token,
        api_url: config.api_url,
        requests_per_second: config.requests_per_second,
    })
}

fn block_on<T>(request: impl Future<Output = Result<T, ApiError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    runtime.block_on(request).map_err(|failure| match failure {
        ApiError::Unauthorized => {
            CliError::new(Exit::Rejected, crate::bot::ExitReason::Unauthorized)
        }
        failure => CliError::new(Exit::Failed, failure),
    })
}
