//! Ephemeral messages vanish: Discord's client keeps them until they are dismissed or the client is
//! restarted (Discord's help page "Ephemeral Messages FAQ"). The bot is not informed, and may still
//! edit them.

use super::super::Sandbox;
use super::ClientError;

impl Sandbox {
    /// Dismisses a message that only this member sees.
    ///
    /// # Errors
    ///
    /// The member sees no such message.
    pub fn dismiss(&self, message: u64, user: u64) -> Result<(), ClientError> {
        self.with(|discord| {
            let mut all = discord.messages.values_mut();
            let message = all.find_map(|channel| channel.get_mut(&message));
            let message = message
                .filter(|one| one.ephemeral_for.is_some() && one.is_visible_to(user))
                .ok_or_else(|| ClientError::new("There is no message to dismiss."))?;
            message.vanished = true;
            Ok(())
        })
    }

    /// Restarts a member's client: all messages that only they see vanish. Returns how many did.
    pub fn restart_client(&self, user: u64) -> usize {
        self.with(|discord| {
            let all = discord
                .messages
                .values_mut()
                .flat_map(|all| all.values_mut());
            let own = all.filter(|one| one.ephemeral_for == Some(user) && !one.vanished);
            own.map(|message| message.vanished = true).count()
        })
    }
}
