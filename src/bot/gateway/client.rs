//! One client of serenity's on a thread and a runtime of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serenity::Error;
use serenity::all::{GatewayError, ShardId, ShardManager};
use tokio::sync::{mpsc, oneshot};

use super::handler::{Handler, INTENTS};
use super::pulse::Pulse;
use super::{GatewayEnd, Shard};
use crate::bot::event::Event;
use crate::bot::rest::{Access, http};
use crate::clock::Clock;

/// How often the runtime shows that it runs.
const BEAT: Duration = Duration::from_millis(250);

/// What every client is made of.
#[derive(Clone)]
pub struct Making {
    /// How Discord is reached.
    pub access: Access,
    /// The time.
    pub clock: Clock,
    /// Where events go.
    pub events: mpsc::UnboundedSender<Event>,
}

/// A client that runs.
pub struct Running {
    /// Its life signs.
    pub pulse: Arc<Pulse>,
    /// Why it ended, if it ended by itself.
    pub end: oneshot::Receiver<GatewayEnd>,
    stop: Option<oneshot::Sender<()>>,
}

impl Making {
    /// Starts a client for a shard that connects to the gateway at `url`.
    ///
    /// # Errors
    ///
    /// The thread can't be made.
    pub fn start(&self, shard: Shard, url: String) -> std::io::Result<Running> {
        let pulse = Arc::new(Pulse::new(Instant::now()));
        let (ended, end) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (making, seen) = (self.clone(), Arc::clone(&pulse));
        std::thread::Builder::new()
            .name(format!("gateway-{}", shard.number))
            .spawn(move || {
                let client = making.run(shard, url, seen);
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
        Ok(Running {
            pulse,
            end,
            stop: Some(stop),
        })
    }

    async fn run(self, shard: Shard, url: String, pulse: Arc<Pulse>) -> GatewayEnd {
        let handler = Handler {
            shard: shard.number,
            clock: self.clock,
            events: self.events,
            pulse: Arc::clone(&pulse),
        };
        let builder = serenity::client::ClientBuilder::new_with_http(http(&self.access), INTENTS);
        match builder.raw_event_handler(handler).await {
            Ok(mut client) => {
                // Serenity falls back to Discord's own gateway if asking for the URL fails.
                *client.ws_url.lock().await = url;
                let shards = Arc::clone(&client.shard_manager);
                tokio::select! {
                    end = client.start_shard(shard.number, shard.total) => match end {
                        Ok(()) => GatewayEnd::Other("the gateway's client was shut down".into()),
                        Err(error) => reason(&error),
                    },
                    never = beat(&shards, ShardId(shard.number), &pulse) => match never {},
                }
            }
            Err(error) => reason(&error),
        }
    }
}

/// Shows that the runtime runs, and what serenity knows of its shard.
async fn beat(shards: &ShardManager, id: ShardId, pulse: &Pulse) -> Infallible {
    loop {
        let shard = {
            let runners = shards.runners.lock().await;
            let shard = runners.get(&id);
            shard.map(|one| (one.stage, one.latency, one.runner_tx.clone()))
        };
        match shard {
            Some((stage, latency, way)) => {
                pulse.beat(Some(stage), latency);
                pulse.reach(way);
            }
            None => pulse.beat(None, None),
        }
        tokio::time::sleep(BEAT).await;
    }
}

/// Ends the client. One that spins ends as soon as it can be made to.
impl Drop for Running {
    fn drop(&mut self) {
        // The thread is gone if the client has ended by itself.
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.pulse.nudge();
    }
}

fn reason(error: &Error) -> GatewayEnd {
    match error {
        Error::Gateway(GatewayError::InvalidAuthentication) => GatewayEnd::Token,
        Error::Gateway(
            GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents,
        ) => GatewayEnd::Intents,
        other => GatewayEnd::Other(format!("the gateway's client ended: {other}")),
    }
}
