//! Connections that can be reset from outside, which an HTTP library has no answer for.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How long nothing is accepted after accepting failed, such as for want of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Resets a connection.
#[derive(Debug, Clone, Default)]
pub struct Cutter(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_cut: AtomicBool,
    /// The task that reads and writes the connection.
    waker: AtomicWaker,
}

impl Cutter {
    /// Resets the connection.
    pub fn cut(&self) {
        self.0.is_cut.store(true, Ordering::SeqCst);
        self.0.waker.wake();
    }

    /// Whether it was cut; if not, the task is woken when it is.
    fn is_cut(&self, context: &Context<'_>) -> bool {
        self.0.waker.register(context.waker());
        self.0.is_cut.load(Ordering::SeqCst)
    }
}

/// All open connections, so that a sandbox that stops leaves none behind.
#[derive(Debug, Default)]
pub struct Connections(Mutex<Vec<Weak<State>>>);

impl Connections {
    fn add(&self, cutter: &Cutter) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|one| one.strong_count() > 0);
        open.push(Arc::downgrade(&cutter.0));
    }

    /// Resets them all.
    pub fn cut_all(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for state in open.iter().filter_map(Weak::upgrade) {
            Cutter(state).cut();
        }
    }
}

/// Accepts connections that can be cut.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    connections: Arc<Connections>,
}

impl Listener {
    /// Accepts on `inner`, and keeps note in `connections`.
    pub const fn new(inner: TcpListener, connections: Arc<Connections>) -> Self {
        Self { inner, connections }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((inner, address)) = self.inner.accept().await {
                // Only a hint for speed.
                let _ = inner.set_nodelay(true);
                let cutter = Cutter::default();
                self.connections.add(&cutter);
                return (Stream { inner, cutter }, address);
            }
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Cutter {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().cutter.clone()
    }
}

/// A connection that can be cut.
#[derive(Debug)]
pub struct Stream {
    inner: TcpStream,
    cutter: Cutter,
}

impl Stream {
    /// Fails once the connection was cut; the other side then gets a reset, not an orderly end.
    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        if self.cutter.is_cut(context) {
            // Without it the other side gets an orderly end, which is as good for most.
            let _ = self.inner.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
