//! What lies between a process and its database, and breaks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ProxyMode {
    /// It arrives.
    Open = 0,
    /// Connections are closed.
    Cut = 1,
    /// It stays on the way.
    Hung = 2,
    /// A commit arrives, its answer does not: the connection is closed.
    LoseResponse = 3,
}

/// A way to the server that can be broken.
pub struct Proxy {
    address: String,
    mode: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A way to the server at that address.
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap().to_string(),
            mode: Arc::new(AtomicU8::new(0)),
            open: Arc::default(),
        };
        let (mode, open, server) = (
            Arc::clone(&proxy.mode),
            Arc::clone(&proxy.open),
            server.to_owned(),
        );
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if now(&mode) == ProxyMode::Cut {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                open.lock()
                    .unwrap()
                    .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                carry(&client, &server, &mode, true);
                carry(&server, &client, &mode, false);
            }
        });
        proxy
    }

    /// A way to the server of a database's URL, and the URL that leads by it.
    pub fn before(url: &str) -> (Self, String) {
        let (_, rest) = url.split_once("://").unwrap();
        let (place, _) = rest.split_once('/').unwrap();
        let (_, server) = place.rsplit_once('@').unwrap_or(("", place));
        let proxy = Self::to(server);
        let by_it = url.replacen(server, &proxy.address, 1);
        (proxy, by_it)
    }

    /// From now on.
    pub fn set(&self, mode: ProxyMode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
        if mode == ProxyMode::Cut {
            for stream in self.open.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn now(mode: &AtomicU8) -> ProxyMode {
    match mode.load(Ordering::SeqCst) {
        1 => ProxyMode::Cut,
        2 => ProxyMode::Hung,
        3 => ProxyMode::LoseResponse,
        _ => ProxyMode::Open,
    }
}

fn carry(from: &TcpStream, to: &TcpStream, mode: &Arc<AtomicU8>, asks: bool) {
    let (mut from, mut to, mode) = (
        from.try_clone().unwrap(),
        to.try_clone().unwrap(),
        Arc::clone(mode),
    );
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        loop {
            let read = from.read(&mut bytes).unwrap_or(0);
            if read == 0 {
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
            let bytes = &bytes[..read];
            match now(&mode) {
                ProxyMode::Hung => {}
                ProxyMode::LoseResponse if asks && bytes.windows(6).any(|six| six == b"COMMIT") => {
                    // In this order, or the answer may be quicker.
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.write_all(bytes);
                    mode.store(ProxyMode::Open as u8, Ordering::SeqCst);
                }
                _ => drop(to.write_all(bytes)),
            }
        }
    });
}
