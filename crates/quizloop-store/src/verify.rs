//! Verification of all files of a state folder, while a bot may be running. Takes no lock and
//! changes nothing: renames are atomic, so each file that is read is complete.

use std::io;
use std::path::Path;

use super::open::{InvalidSnapshot, list, read_snapshot};
use super::snapshot::{self, SnapshotError};
use quizloop_core::guild::Guild;

/// Counts of valid data, and the invalid files.
#[derive(Debug, Default)]
pub struct VerifyReport {
    /// Servers with a valid snapshot.
    pub guilds: usize,
    /// Their teams.
    pub teams: usize,
    /// Their rounds.
    pub rounds: usize,
    /// Their members, counted in each team they take part in.
    pub members: usize,
    /// Valid last good generations.
    pub generations: usize,
    /// Snapshots that can't be read.
    pub invalid: Vec<InvalidSnapshot>,
    /// Last good generations that can't be read although their snapshot is valid.
    pub invalid_generations: Vec<InvalidSnapshot>,
}

/// Reads all snapshots and their last good generations.
///
/// # Errors
///
/// The folder can't be read.
pub fn verify(dir: &Path) -> io::Result<VerifyReport> {
    let mut report = VerifyReport::default();
    for (file, id) in list(dir)?.guilds {
        let read = id.clone().and_then(|id| read_snapshot(&file, id));
        let is_valid = match read {
            Ok(guild) => {
                report.add_counts(&guild);
                true
            }
            // A running bot has just deleted this server.
            Err(_) if id.is_ok() && !file.exists() => continue,
            Err(error) => {
                let invalid = InvalidSnapshot::new(&file, id.as_ref().ok().copied(), error);
                report.invalid.push(invalid);
                false
            }
        };
        let previous = snapshot::previous_path(&file);
        if let (Ok(id), true) = (id, previous.exists()) {
            match read_snapshot(&previous, id) {
                Ok(_) => report.generations += 1,
                Err(error) if is_valid => report.add_invalid_generation(&previous, error),
                // The entry of the snapshot says already that no good generation exists.
                Err(_) => {}
            }
        }
    }
    Ok(report)
}

impl VerifyReport {
    /// Whether all files are valid.
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
