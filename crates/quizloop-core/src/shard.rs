//! Shards: Discord divides a bot's guilds among them.

use std::fmt;
use std::str::FromStr;

use super::id::GuildId;

/// Shards from `first` to `last`, of `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardRange {
    /// First shard, counted from 0.
    pub first: u32,
    /// Last shard, inclusive.
    pub last: u32,
    /// Total number of shards, at least 1.
    pub total: u32,
}

/// A text does not name shards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" does not name shards")]
pub struct ParseShardRangeError(String);

impl ShardRange {
    /// Creates the range of all shards; `total` is at least 1.
    pub const fn all(total: u32) -> Self {
        let total = if total == 0 { 1 } else { total };
        Self {
            first: 0,
            last: total - 1,
            total,
        }
    }

    /// Returns the shard of a guild.
    pub fn shard_of(self, guild: GuildId) -> u32 {
        guild.shard(self.total)
    }

    /// Whether a guild belongs to one of these shards.
    pub fn contains(self, guild: GuildId) -> bool {
        let shard = self.shard_of(guild);
        self.first <= shard && shard <= self.last
    }

    /// Returns the shard numbers.
    pub fn ids(self) -> impl Iterator<Item = u32> {
        self.first..=self.last
    }
}

/// Parses `"0-3/16"`, `"5/16"` or `"16"` (all of 16 shards).
impl FromStr for ShardRange {
    type Err = ParseShardRangeError;

    fn from_str(text: &str) -> Result<Self, ParseShardRangeError> {
        let bad = || ParseShardRangeError(text.to_owned());
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| bad());
        let Some((range, total)) = text.split_once('/') else {
            let total = number(text)?;
            return if total > 0 {
                Ok(Self::all(total))
            } else {
                Err(bad())
            };
        };
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let shards = Self {
            first: number(first)?,
            last: number(last)?,
            total: number(total)?,
        };
        let is_valid = shards.first <= shards.last && shards.last < shards.total;
        if is_valid { Ok(shards) } else { Err(bad()) }
    }
}

impl fmt::Display for ShardRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}/{}", self.first, self.last, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_name_shards() {
        let read = |text: &str| text.parse::<ShardRange>().map(|shards| shards.to_string());
        assert_eq!(read("0-3/16").unwrap(), "0-3/16");
        assert_eq!(read("5/16").unwrap(), "5-5/16");
        assert_eq!(read(" 4 ").unwrap(), "0-3/4");
        for bad in [
            "", "0", "3-1/4", "0-4/4", "a/b", "-1/4", "1-2-3/4", "0/0", "many",
        ] {
            read(bad).unwrap_err();
        }
    }

    #[test]
    fn every_guild_has_one_shard() {
        // The formula in Discord's documentation.
        let guild = GuildId::new(197_038_439_483_310_086);
        assert_eq!(
            u64::from(guild.shard(10)),
            (197_038_439_483_310_086 >> 22) % 10
        );
        for total in 1..50 {
            let holders = (0..total).filter(|shard| {
                let one = ShardRange {
                    first: *shard,
                    last: *shard,
                    total,
                };
                one.contains(guild)
            });
            assert_eq!(holders.count(), 1);
        }
    }
}
