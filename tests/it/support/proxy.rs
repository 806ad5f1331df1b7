//! A TCP proxy between a process and its database that can drop, stall or break connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the proxy does with the data it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ProxyMode {
    /// Data is passed on.
    Open = 0,
    /// Connections are closed.
    Cut = 1,
    /// Data is held back.
    Hung = 2,
    /// The next commit is passed on, but the connection is closed before its response.
    LoseResponse = 3,
}

/// A proxy in front of one database server.
pub struct Proxy {
    address: String,
    mode: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Starts a proxy to the server at this address.
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
                forward(&client, &server, &mode, true);
                forward(&server, &client, &mode, false);
            }
        });
        proxy
    }

    /// Starts a proxy to the server of a database URL. Returns it with the URL that uses the proxy.
    pub fn before(url: &str) -> (Self, String) {
        let (_, rest) = url.split_once("://").unwrap();
        let (authority, _) = rest.split_once('/').unwrap();
        let (_, server) = authority.rsplit_once('@').unwrap_or(("", authority));
        let proxy = Self::to(server);
        let proxied_url = url.replacen(server, &proxy.address, 1);
        (proxy, proxied_url)
    }

    /// Changes the mode for existing and new connections.
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

fn forward(from: &TcpStream, to: &TcpStream, mode: &Arc<AtomicU8>, asks: bool) {
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
                    // Close the client's side first, otherwise the response may arrive before the
                    // close.
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.write_all(bytes);
                    mode.store(ProxyMode::Open as u8, Ordering::SeqCst);
                }
                _ => drop(to.write_all(bytes)),
            }
        }
    });
}
