//! Runs a serenity client on its own thread and runtime.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serenity::Error;
use serenity::all::{GatewayError, ShardId, ShardManager};
use tokio::sync::{mpsc, oneshot};

use super::connects::Connects;
use super::handler::{Handler, INTENTS};
use super::liveness::LivenessMonitor;
use super::{GatewayExit, Shard};
use crate::bot::discord::rest::{ApiConfig, http};
use crate::bot::gateway::event::Event;
use crate::bot::interactions::queue::InteractionQueue;

/// How often the client's runtime reports that it runs.
const TICK_INTERVAL: Duration = Duration::from_millis(250);

/// Creates gateway clients.
#[derive(Clone)]
pub struct ClientFactory {
    pub api: ApiConfig,
    /// Receives the events of all clients, except interactions.
    pub events: mpsc::UnboundedSender<Event>,
    /// Receives the interactions of all clients.
    pub interactions: Arc<InteractionQueue>,
}

/// A running client. Dropping it stops the client.
pub struct RunningClient {
    pub liveness: Arc<LivenessMonitor>,
    /// Receives the reason if the client ends without being stopped.
    pub exit: oneshot::Receiver<GatewayExit>,
    stop: Option<oneshot::Sender<()>>,
}

impl ClientFactory {
    /// Starts a client for a shard, which connects to the gateway at `url`.
    ///
    /// # Errors
    ///
    /// Fails if the thread or the runtime can't be created.
    pub fn start(&self, shard: Shard, url: String) -> std::io::Result<RunningClient> {
        let liveness = Arc::new(LivenessMonitor::new(Instant::now()));
        let (exit_sender, exit) = oneshot::channel();
        let (stop, stop_receiver) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (factory, thread_liveness) = (self.clone(), Arc::clone(&liveness));
        std::thread::Builder::new()
            .name(format!("gateway-{}", shard.number))
            .spawn(move || {
                let client = factory.run(shard, url, thread_liveness);
                let exit = runtime.block_on(async {
                    tokio::select! {
                        // Checked first, so that a stopped client starts nothing more.
                        biased;
                        _ = stop_receiver => None,
                        exit = client => Some(exit),
                    }
                });
                // Drops all tasks of the client, and with them its connection.
                runtime.shutdown_background();
                // The receiver is closed if the `RunningClient` was dropped.
                let _ = exit.map(|exit| exit_sender.send(exit));
            })?;
        Ok(RunningClient {
            liveness,
            exit,
            stop: Some(stop),
        })
    }

    async fn run(self, shard: Shard, url: String, liveness: Arc<LivenessMonitor>) -> GatewayExit {
        let handler = Handler {
            shard: shard.number,
            events: self.events,
            interactions: self.interactions,
            liveness: Arc::clone(&liveness),
        };
        let builder = serenity::client::ClientBuilder::new_with_http(http(&self.api), INTENTS);
        match builder.raw_event_handler(handler).await {
            Ok(mut client) => {
                // Set here because serenity falls back to Discord's own gateway if its request for
                // the URL fails.
                *client.ws_url.lock().await = url;
                let connects = Connects::new(Arc::clone(&client.ws_url));
                let shards = Arc::clone(&client.shard_manager);
                tokio::select! {
                    result = client.start_shard(shard.number, shard.total) => match result {
                        Ok(()) => GatewayExit::Other("the gateway client was shut down".into()),
                        Err(error) => exit_reason(&error),
                    },
                    never = report_liveness(&shards, ShardId(shard.number), &liveness) => {
                        match never {}
                    }
                    never = pace_connects(connects, shard.number, &liveness) => {
                        match never {}
                    }
                }
            }
            Err(error) => exit_reason(&error),
        }
    }
}

/// Reports regularly that the runtime runs, with the state of serenity's shard.
async fn report_liveness(
    shards: &ShardManager,
    id: ShardId,
    liveness: &LivenessMonitor,
) -> Infallible {
    loop {
        let shard = {
            let runners = shards.runners.lock().await;
            let shard = runners.get(&id);
            shard.map(|shard| (shard.stage, shard.latency, shard.runner_tx.clone()))
        };
        match shard {
            Some((stage, latency, messenger)) => {
                liveness.tick(Some(stage), latency);
                liveness.set_messenger(messenger);
            }
            None => liveness.tick(None, None),
        }
        tokio::time::sleep(TICK_INTERVAL).await;
    }
}

/// Lets the client connect, and logs it if its connections don't last.
async fn pace_connects(
    mut connects: Connects,
    shard: u32,
    liveness: &LivenessMonitor,
) -> Infallible {
    loop {
        tokio::time::sleep(TICK_INTERVAL).await;
        if let Some(failed) = connects.tick(liveness.session_at()).await {
            liveness.on_connect(failed > 0);
            if failed > 0 {
                tracing::warn!(shard, failed, "gateway connections ended early");
            }
        }
    }
}

/// Stops the client. The forced write also ends one whose loop spins.
impl Drop for RunningClient {
    fn drop(&mut self) {
        // The receiver is closed if the thread has already ended.
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.liveness.force_write();
    }
}

fn exit_reason(error: &Error) -> GatewayExit {
    match error {
        Error::Gateway(GatewayError::InvalidAuthentication) => GatewayExit::InvalidToken,
        Error::Gateway(
            GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents,
        ) => GatewayExit::DisallowedIntents,
        other => GatewayExit::Other(format!("the gateway client failed: {other}")),
    }
}
