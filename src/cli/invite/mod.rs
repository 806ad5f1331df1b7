//! `invite`: prints the link that adds the bot to a server, and publishes the bot's profile.

mod publish;

use std::num::NonZeroU64;

use clap::Args;

use super::discord::{Requests, api_config};
use super::exit::{CliError, Exit};
use super::{ConfigArgs, application_id, help, load, output, state};
use crate::bot::{ApplicationProfile, DiscordClient, ProfileClient, invite_url};

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
    #[arg(long, value_name = "ID", conflicts_with = "publish", value_parser = application_id)]
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
    let client = ProfileClient::new(&api_config(&load::config(&args.config)?)?);
    let requests = Requests::new()?;
    let (id, current) = requests.wait(client.fetch())?;
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
    let stored = requests.wait(client.set(&wanted))?;
    let left = publish::changes(&stored, &wanted);
    if !left.is_empty() {
        let message = format!("Discord accepted the request but did not store:\n\n{left}");
        return Err(CliError::new(Exit::Failed, message));
    }
    output::line("Done.")?;
    Ok(id)
}

fn fetch_application_id(config: &ConfigArgs) -> Result<u64, CliError> {
    let rest = DiscordClient::new(&api_config(&load::config(config)?)?);
    match Requests::new()?.wait(rest.application()) {
        Err(failure) if failure.exit == Exit::Failed => Err(CliError::new(
            Exit::Failed,
            format!("{failure}. With --application ID, no request to Discord is needed"),
        )),
        result => result.map(|(id, _)| id),
    }
}
