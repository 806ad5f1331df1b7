//! Reading every file of a state folder, while a bot may be writing there. No lock is taken and nothing
//! is changed: renames are atomic, so a file that is read is a whole one.

use std::io;
use std::path::Path;

use super::open::{InvalidSnapshot, list, read_snapshot};
use super::snapshot::{self, SnapshotError};
use crate::practice::guild::Guild;

/// What was read, and what is wrong.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Servers whose snapshot is good.
    pub guilds: usize,
    /// Their teams.
    pub teams: usize,
    /// Their rounds.
    pub rounds: usize,
    /// Their members, counted in each team they take part in.
    pub members: usize,
    /// Last good generations that are good.
    pub generations: usize,
    /// Snapshots that can't be read.
    pub invalid: Vec<InvalidSnapshot>,
    /// Last good generations that can't be read; what they would replace is good.
    pub invalid_generations: Vec<InvalidSnapshot>,
}

/// Reads all snapshots and their last good generations.
///
/// # Errors
///
/// The folder can't be read.
pub fn verify(dir: &Path) -> io::Result<VerifyReport> {
    let mut found = VerifyReport::default();
    for (file, id) in list(dir)?.guilds {
        let read = id.clone().and_then(|id| read_snapshot(&file, id));
        let good = match read {
            Ok(guild) => {
                found.add_counts(&guild);
                true
            }
            // A bot that is running has just forgotten this server.
            Err(_) if id.is_ok() && !file.exists() => continue,
            Err(error) => {
                let bad = InvalidSnapshot::new(&file, id.as_ref().ok().copied(), error);
                found.invalid.push(bad);
                false
            }
        };
        let previous = snapshot::previous_path(&file);
        if let (Ok(id), true) = (id, previous.exists()) {
            match read_snapshot(&previous, id) {
                Ok(_) => found.generations += 1,
                Err(error) if good => found.add_invalid_generation(&previous, error),
                // That there is nothing to go back to is told with the snapshot.
                Err(_) => {}
            }
        }
    }
    Ok(found)
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub const fn is_valid(&self) -> bool {
        self.invalid.is_empty() && self.invalid_generations.is_empty()
    }

    fn add_counts(&mut self, guild: &Guild) {
        self.guilds += 1;
        for team in guild.teams().values() {
            self.teams += 1;
            self.rounds += team.rounds().len();
            self.members += team.members().count();
        }
    }

    fn add_invalid_generation(&mut self, file: &Path, error: SnapshotError) {
        self.invalid_generations.push(InvalidSnapshot {
            file: file.to_owned(),
            position: error.position,
            message: error.message,
            previous: None,
        });
    }
}
