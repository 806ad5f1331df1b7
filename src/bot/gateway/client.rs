//! One client of serenity's on a thread and a runtime of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serenity::Error;
use serenity::all::{GatewayError, ShardId, ShardManager};
use tokio::sync::{mpsc, oneshot};

use super::handler::{Handler, INTENTS};
use super::liveness::LivenessMonitor;
use super::{GatewayExit, Shard};
use crate::bot::event::Event;
use crate::bot::rest::{ApiConfig, http};
use crate::clock::Clock;

/// How often the runtime shows that it runs.
const TICK_INTERVAL: Duration = Duration::from_millis(250);

/// What every client is made of.
#[derive(Clone)]
pub struct ClientFactory {
    /// How Discord is reached.
    pub api: ApiConfig,
    /// The time.
    pub clock: Clock,
    /// Where events go.
    pub events: mpsc::UnboundedSender<Event>,
}

/// A client that runs.
pub struct RunningClient {
    /// Its life signs.
    pub liveness: Arc<LivenessMonitor>,
    /// Why it ended, if it ended by itself.
    pub exit: oneshot::Receiver<GatewayExit>,
    stop: Option<oneshot::Sender<()>>,
}

impl ClientFactory {
    /// Starts a client for a shard that connects to the gateway at `url`.
    ///
    /// # Errors
    ///
    /// The thread can't be made.
    pub fn start(&self, shard: Shard, url: String) -> std::io::Result<RunningClient> {
        let liveness = Arc::new(LivenessMonitor::new(Instant::now()));
        let (ended, end) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (factory, thread_liveness) = (self.clone(), Arc::clone(&liveness));
        std::thread::Builder::new()
            .name(format!("gateway-{}", shard.number))
            .spawn(move || {
                let client = factory.run(shard, url, thread_liveness);
                let end = runtime.block_on(async {
                    tokio::select! {
                        // Stopped comes first: nothing is begun any more then.
                        biased;
                        _ = stopped => None,
                        end = client => Some(end),
                    }
                });
                // All tasks of a client that was stopped go with its runtime, and its connection with them.
                runtime.shutdown_background();
                // The other side is gone if nobody asks any more.
                let _ = end.map(|end| ended.send(end));
            })?;
        Ok(RunningClient {
            liveness,
            exit: end,
            stop: Some(stop),
        })
    }

    async fn run(self, shard: Shard, url: String, liveness: Arc<LivenessMonitor>) -> GatewayExit {
        let handler = Handler {
            shard: shard.number,
            clock: self.clock,
            events: self.events,
            liveness: Arc::clone(&liveness),
        };
        let builder = serenity::client::ClientBuilder::new_with_http(http(&self.api), INTENTS);
        match builder.raw_event_handler(handler).await {
            Ok(mut client) => {
                // Serenity falls back to Discord's own gateway if asking for the URL fails.
                *client.ws_url.lock().await = url;
                let shards = Arc::clone(&client.shard_manager);
                tokio::select! {
                    end = client.start_shard(shard.number, shard.total) => match end {
                        Ok(()) => GatewayExit::Other("the gateway's client was shut down".into()),
                        Err(error) => exit_reason(&error),
                    },
                    never = report_liveness(&shards, ShardId(shard.number), &liveness) => match never {},
                }
            }
            Err(error) => exit_reason(&error),
        }
    }
}

/// Shows that the runtime runs, and what serenity knows of its shard.
async fn report_liveness(
    shards: &ShardManager,
    id: ShardId,
    liveness: &LivenessMonitor,
) -> Infallible {
    loop {
        let shard = {
            let runners = shards.runners.lock().await;
            let shard = runners.get(&id);
            shard.map(|one| (one.stage, one.latency, one.runner_tx.clone()))
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

/// Ends the client. One that spins ends as soon as it can be made to.
impl Drop for RunningClient {
    fn drop(&mut self) {
        // The thread is gone if the client has ended by itself.
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
        other => GatewayExit::Other(format!("the gateway's client ended: {other}")),
    }
}
