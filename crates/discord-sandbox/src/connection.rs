//! TCP connections that can be reset from outside, to simulate a broken network.
//!
//! HTTP libraries offer no way to reset a connection instead of answering. Here the server's
//! [`TrackedListener`] wraps each socket in an [`AbortableStream`], and each request carries the
//! [`ConnectionHandle`] of its connection as connect info.

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

/// How long to wait after a failed accept, for example if the process has no free file descriptor.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Handle with which a connection can be reset.
#[derive(Debug, Clone, Default)]
pub struct ConnectionHandle(Arc<ConnectionState>);

#[derive(Debug, Default)]
struct ConnectionState {
    is_aborted: AtomicBool,
    /// Wakes the task that reads and writes the connection.
    waker: AtomicWaker,
}

impl ConnectionHandle {
    /// Resets the connection. Its task fails at the next read or write.
    pub fn abort(&self) {
        self.0.is_aborted.store(true, Ordering::SeqCst);
        self.0.waker.wake();
    }

    /// Returns whether the connection was reset. Registers the task to be woken when it is.
    fn is_aborted(&self, context: &Context<'_>) -> bool {
        self.0.waker.register(context.waker());
        self.0.is_aborted.load(Ordering::SeqCst)
    }
}

/// All open connections, so that a stopping sandbox can reset them.
#[derive(Debug, Default)]
pub struct Connections(Mutex<Vec<Weak<ConnectionState>>>);

impl Connections {
    fn add(&self, connection: &ConnectionHandle) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|state| state.strong_count() > 0);
        open.push(Arc::downgrade(&connection.0));
    }

    /// Resets all open connections.
    pub fn abort_all(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for state in open.iter().filter_map(Weak::upgrade) {
            ConnectionHandle(state).abort();
        }
    }
}

/// Listener whose connections can be reset.
#[derive(Debug)]
pub struct TrackedListener {
    inner: TcpListener,
    connections: Arc<Connections>,
}

impl TrackedListener {
    /// Creates a listener that accepts on `inner` and registers each connection in `connections`.
    pub const fn new(inner: TcpListener, connections: Arc<Connections>) -> Self {
        Self { inner, connections }
    }
}

impl axum::serve::Listener for TrackedListener {
    type Io = AbortableStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((inner, address)) = self.inner.accept().await {
                // Failure only costs latency.
                let _ = inner.set_nodelay(true);
                let connection = ConnectionHandle::default();
                self.connections.add(&connection);
                return (AbortableStream { inner, connection }, address);
            }
            tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, TrackedListener>> for ConnectionHandle {
    fn connect_info(stream: IncomingStream<'_, TrackedListener>) -> Self {
        stream.io().connection.clone()
    }
}

/// TCP stream that fails once its [`ConnectionHandle`] is aborted.
#[derive(Debug)]
pub struct AbortableStream {
    inner: TcpStream,
    connection: ConnectionHandle,
}

impl AbortableStream {
    /// Fails if the connection was aborted. The peer then receives a TCP reset instead of an
    /// orderly close.
    fn check_aborted(&self, context: &Context<'_>) -> io::Result<()> {
        if self.connection.is_aborted(context) {
            // If this fails, the peer receives an orderly close, which most tests accept as well.
            let _ = self.inner.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for AbortableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_aborted(context)?;
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for AbortableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_aborted(context)?;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
