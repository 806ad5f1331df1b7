//! Verification of all files of a state folder, while a bot may be running. Takes no lock and
//! changes nothing: renames are atomic, so each file that is read is complete.

use std::io;
use std::path::Path;

use super::open::{InvalidSnapshot, list, read_guild, read_questions, read_snapshot};
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
    /// Servers' own questions.
    pub questions: usize,
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
        let id = match id {
            Ok(id) => id,
            Err(error) => {
                report
                    .invalid
                    .push(InvalidSnapshot::new(&file, None, error));
                continue;
            }
        };
        match read_guild(&file, id) {
            Ok(guild) => report.add_counts(&guild),
            // A running bot has just deleted this server.
            Err(_) if !file.exists() => continue,
            Err(invalid) => report.invalid.push(invalid),
        }
        let questions = snapshot::questions_path(&file);
        report.check_generation(&file, |previous| read_snapshot(previous, id).map(drop));
        report.check_generation(&questions, |previous| {
            read_questions(previous, id).map(drop)
        });
    }
    Ok(report)
}

impl VerifyReport {
    /// Whether all files are valid.
    pub const fn is_valid(&self) -> bool {
        self.invalid.is_empty() && self.invalid_generations.is_empty()
    }

    /// Checks the last good generation of a file, if there is one.
    fn check_generation(
        &mut self,
        file: &Path,
        read: impl FnOnce(&Path) -> Result<(), SnapshotError>,
    ) {
        let previous = snapshot::previous_path(file);
        if !previous.exists() {
            return;
        }
        match read(&previous) {
            Ok(()) => self.generations += 1,
            // The entry of the file itself says already that no good generation exists.
            Err(_) if self.invalid.last().is_some_and(|last| last.file == file) => {}
            Err(error) => self.add_invalid_generation(&previous, error),
        }
    }

    fn add_counts(&mut self, guild: &Guild) {
        self.guilds += 1;
        let own = guild.server_questions();
        self.questions += own.map_or(0, |own| own.questions().len());
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
