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
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Resets a connection.
#[derive(Debug, Clone, Default)]
pub struct ConnectionHandle(Arc<ConnectionState>);

#[derive(Debug, Default)]
struct ConnectionState {
    is_aborted: AtomicBool,
    /// The task that reads and writes the connection.
    waker: AtomicWaker,
}

impl ConnectionHandle {
    /// Resets the connection.
    pub fn abort(&self) {
        self.0.is_aborted.store(true, Ordering::SeqCst);
        self.0.waker.wake();
    }

    /// Whether it was cut; if not, the task is woken when it is.
    fn is_aborted(&self, context: &Context<'_>) -> bool {
        self.0.waker.register(context.waker());
        self.0.is_aborted.load(Ordering::SeqCst)
    }
}

/// All open connections, so that a sandbox that stops leaves none behind.
#[derive(Debug, Default)]
pub struct Connections(Mutex<Vec<Weak<ConnectionState>>>);

impl Connections {
    fn add(&self, connection: &ConnectionHandle) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|one| one.strong_count() > 0);
        open.push(Arc::downgrade(&connection.0));
    }

    /// Resets them all.
    pub fn abort_all(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for state in open.iter().filter_map(Weak::upgrade) {
            ConnectionHandle(state).abort();
        }
    }
}

/// Accepts connections that can be cut.
#[derive(Debug)]
pub struct TrackedListener {
    inner: TcpListener,
    connections: Arc<Connections>,
}

impl TrackedListener {
    /// Accepts on `inner`, and keeps note in `connections`.
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
                // Only a hint for speed.
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

/// A connection that can be cut.
#[derive(Debug)]
pub struct AbortableStream {
    inner: TcpStream,
    connection: ConnectionHandle,
}

impl AbortableStream {
    /// Fails once the connection was cut; the other side then gets a reset, not an orderly end.
    fn check_aborted(&self, context: &Context<'_>) -> io::Result<()> {
        if self.connection.is_aborted(context) {
            // Without it the other side gets an orderly end, which is as good for most.
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
