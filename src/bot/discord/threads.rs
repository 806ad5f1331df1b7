//! Private threads over Discord's REST API: create, members, list, archive, delete. All requests
//! have background priority.

use serde_json::{Value, json};
use serenity::all::{LightMethod, Request, Route, StatusCode};

use super::message_json::{items, snowflake};
use super::rest::{ApiError, DiscordClient};
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};

/// The type of a private thread (Discord docs, resources/channel, "Channel Types").
const PRIVATE_THREAD: u64 = 12;

/// Number of threads in a page of archived ones (Discord docs, resources/channel, "List Joined
/// Private Archived Threads").
const THREADS_PAGE: usize = 100;

/// Minutes without a message after which a match's thread is archived: three days.
const ARCHIVE_MINUTES: u16 = 4320;

/// Which private threads to list.
#[derive(Debug, Clone, Copy)]
pub struct ThreadFilter {
    pub guild: GuildId,
    /// The channel of the threads.
    pub channel: ChannelId,
    /// The user who made them.
    pub owner: UserId,
    /// Only threads with a later id.
    pub newer_than: MessageId,
}

/// A private thread in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedThread {
    pub id: ChannelId,
    pub is_archived: bool,
}

impl ThreadFilter {
    /// Returns a thread if it passes the filter.
    fn accept(&self, thread: &Value) -> Option<ListedThread> {
        let id = snowflake(&thread["id"])?;
        let is_wanted = thread["type"] == PRIVATE_THREAD
            && snowflake(&thread["parent_id"]) == Some(self.channel.get())
            && snowflake(&thread["owner_id"]) == Some(self.owner.get())
            && id > self.newer_than.get();
        is_wanted.then_some(ListedThread {
            id: ChannelId::new(id),
            is_archived: thread["thread_metadata"]["archived"] == true,
        })
    }
}

impl DiscordClient {
    /// Creates a private thread to which only the bot and moderators can add members. The request
    /// has no nonce: after [`ApiError::Transient`] the thread may exist nevertheless.
    pub async fn create_private_thread(
        &self,
        channel: ChannelId,
        name: &str,
    ) -> Result<ChannelId, ApiError> {
        let body = json!({
            "name": name,
            "type": PRIVATE_THREAD,
            "auto_archive_duration": ARCHIVE_MINUTES,
            "invitable": false,
        });
        let route = Route::ChannelThreads {
            channel_id: channel.get().into(),
        };
        let body = Some(body.to_string().into_bytes());
        let request = Request::new(route, LightMethod::Post).body(body);
        let created: Value = self.background(self.http().fire(request)).await?;
        let id = snowflake(&created["id"]);
        id.map(ChannelId::new)
            .ok_or_else(|| ApiError::Transient("the new thread has no id".into()))
    }

    /// Adds a member to a thread. Succeeds if they are in it already.
    pub async fn add_thread_member(&self, thread: ChannelId, user: UserId) -> Result<(), ApiError> {
        let route = Route::ChannelThreadMember {
            channel_id: thread.get().into(),
            user_id: user.get().into(),
        };
        let request = Request::new(route, LightMethod::Put);
        let response = self.background(self.http().request(request)).await?;
        // Discord answers without a body. Another success is a proxy's, and proves nothing.
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(ApiError::Transient(format!("unexpected status {status}")))
        }
    }

    /// Lists the private threads that pass a filter and are active, or archived with the bot in
    /// them. Sorted by age, oldest first.
    pub async fn private_threads(
        &self,
        filter: ThreadFilter,
    ) -> Result<Vec<ListedThread>, ApiError> {
        let active = Route::GuildThreadsActive {
            guild_id: filter.guild.get().into(),
        };
        let request = Request::new(active, LightMethod::Get);
        let listed: Value = self.background(self.http().fire(request)).await?;
        let mut found: Vec<_> = items(&listed["threads"])
            .filter_map(|thread| filter.accept(thread))
            .collect();
        found.extend(self.archived_private_threads(filter).await?);
        found.sort_unstable();
        found.dedup_by_key(|thread| thread.id);
        Ok(found)
    }

    async fn archived_private_threads(
        &self,
        filter: ThreadFilter,
    ) -> Result<Vec<ListedThread>, ApiError> {
        let mut found = Vec::new();
        let mut before: Option<u64> = None;
        loop {
            let route = Route::ChannelJoinedPrivateThreads {
                channel_id: filter.channel.get().into(),
            };
            let limit = ("limit", THREADS_PAGE.to_string());
            let before_id = before.map(|id| ("before", id.to_string()));
            let params = [limit].into_iter().chain(before_id).collect();
            let request = Request::new(route, LightMethod::Get).params(Some(params));
            let page: Value = self.background(self.http().fire(request)).await?;
            found.extend(items(&page["threads"]).filter_map(|thread| filter.accept(thread)));
            // Newest first, so the rest of the list is older than the last one of the page.
            let ids = items(&page["threads"]).filter_map(|thread| snowflake(&thread["id"]));
            let last = ids.min();
            match last.filter(|last| *last > filter.newer_than.get()) {
                Some(last) if page["has_more"] == true && before.is_none_or(|id| last < id) => {
                    before = Some(last);
                }
                _ => return Ok(found),
            }
        }
    }

    /// Archives or unarchives a thread of the bot.
    pub async fn set_thread_archived(
        &self,
        thread: ChannelId,
        is_archived: bool,
    ) -> Result<(), ApiError> {
        let body = json!({ "archived": is_archived });
        let route = Route::Channel {
            channel_id: thread.get().into(),
        };
        let body = Some(body.to_string().into_bytes());
        let request = Request::new(route, LightMethod::Patch).body(body);
        let _changed: Value = self.background(self.http().fire(request)).await?;
        Ok(())
    }

    /// Deletes a thread. The bot needs the permission Manage Threads for that, which it does not ask
    /// for.
    pub async fn delete_thread(&self, thread: ChannelId) -> Result<(), ApiError> {
        let route = Route::Channel {
            channel_id: thread.get().into(),
        };
        let request = Request::new(route, LightMethod::Delete);
        let _deleted: Value = self.background(self.http().fire(request)).await?;
        Ok(())
    }
}
