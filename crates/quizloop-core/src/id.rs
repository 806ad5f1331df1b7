//! Discord ids (snowflakes), with one type per kind, so that a channel id is never used as a guild
//! id.
//!
//! A snowflake contains its creation time: bits 22 and up are milliseconds since Discord's epoch
//! (Discord docs, reference, "Snowflakes"). Replies are counted by that time.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds from the Unix epoch to Discord's epoch, the first second of 2015
/// (Discord docs, reference, "Snowflakes").
pub(crate) const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// Low bits of a snowflake that hold worker, process and increment, not time.
const SEQUENCE_BITS: u32 = 22;

/// Returns the creation time of a snowflake, to the millisecond.
pub fn snowflake_time(id: u64) -> Timestamp {
    // 42 bits of milliseconds reach the year 2154 and always fit an i64 and a Timestamp.
    let since_epoch = i64::try_from(id >> SEQUENCE_BITS).unwrap_or(i64::MAX >> SEQUENCE_BITS);
    Timestamp::from_millisecond(DISCORD_EPOCH_MS + since_epoch).unwrap_or(Timestamp::MAX)
}

/// Returns the smallest snowflake of that millisecond; 0 for times before Discord's epoch.
pub fn snowflake_at(time: Timestamp) -> u64 {
    let since_epoch = time.as_millisecond() - DISCORD_EPOCH_MS;
    u64::try_from(since_epoch).map_or(0, |ms| ms << SEQUENCE_BITS)
}

/// A text is not a Discord id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a Discord id (a whole number above 0, such as 1110000000000000001)")]
pub struct ParseIdError(String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            pub const fn new(id: u64) -> Self {
                Self(id)
            }

            /// Returns the raw snowflake.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// Returns the creation time, to the millisecond.
            pub fn time(self) -> Timestamp {
                snowflake_time(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                match text.parse() {
                    Ok(id) if id > 0 => Ok(Self(id)),
                    _ => Err(ParseIdError(text.to_owned())),
                }
            }
        }

        /// Serializes as a string, as Discord does: JSON numbers lose digits in many parsers.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// A guild, which users call a server.
    GuildId
);
id!(
    /// A channel or a thread.
    ChannelId
);
id!(
    /// A message. The thread started from a message has the same id.
    MessageId
);
id!(
    /// A human user or a bot.
    UserId
);
id!(
    /// A role of a guild.
    RoleId
);

/// Identifies a team: a guild has at most one per channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TeamKey {
    /// The team's guild.
    pub guild: GuildId,
    /// The channel in which its questions are posted.
    pub channel: ChannelId,
}

impl GuildId {
    /// Returns the shard, out of `total`, that receives this guild (Discord docs, events/gateway,
    /// "Sharding").
    pub fn shard(self, total: u32) -> u32 {
        let shard = (self.0 >> SEQUENCE_BITS) % u64::from(total.max(1));
        // The remainder is below `total`, so it fits.
        u32::try_from(shard).unwrap_or_default()
    }
}

impl MessageId {
    /// Returns the thread that was started from this message (Discord docs, resources/channel,
    /// "Start Thread from Message": the thread has the id of its message).
    pub const fn thread(self) -> ChannelId {
        ChannelId::new(self.0)
    }
}

impl ChannelId {
    /// Returns the message from which this thread was started, if it is a thread with a message.
    pub const fn starter_message(self) -> MessageId {
        MessageId::new(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snowflake_contains_its_time() {
        // The example of Discord's own documentation.
        assert_eq!(
            snowflake_time(175_928_847_299_117_063).to_string(),
            "2016-04-30T11:18:25.796Z"
        );
        let time: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        assert_eq!(snowflake_time(snowflake_at(time)), time);
    }

    #[test]
    fn ids_are_strings_in_json_and_zero_is_none() {
        let json = serde_json::to_string(&GuildId::new(1_110_000_000_000_000_001)).unwrap();
        assert_eq!(json, "\"1110000000000000001\"");
        assert!("0".parse::<UserId>().is_err());
        assert!(serde_json::from_str::<UserId>("\"ada\"").is_err());
    }
}
