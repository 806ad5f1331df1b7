//! What lies between a process and its database, and breaks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// It arrives.
    Open = 0,
    /// Connections are closed.
    Cut = 1,
    /// It stays on the way.
    Hung = 2,
    /// A commit arrives, its answer does not: the connection is closed.
    AnswerLost = 3,
}

/// A way to the server that can be broken.
pub struct Proxy {
    address: String,
    way: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A way to the server at that address.
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap().to_string(),
            way: Arc::new(AtomicU8::new(0)),
            open: Arc::default(),
        };
        let (way, open, server) = (
            Arc::clone(&proxy.way),
            Arc::clone(&proxy.open),
            server.to_owned(),
        );
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if now(&way) == Way::Cut {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                open.lock()
                    .unwrap()
                    .extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                carry(&client, &server, &way, true);
                carry(&server, &client, &way, false);
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
    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
        if way == Way::Cut {
            for stream in self.open.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn now(way: &AtomicU8) -> Way {
    match way.load(Ordering::SeqCst) {
        1 => Way::Cut,
        2 => Way::Hung,
        3 => Way::AnswerLost,
        _ => Way::Open,
    }
}

fn carry(from: &TcpStream, to: &TcpStream, way: &Arc<AtomicU8>, asks: bool) {
    let (mut from, mut to, way) = (
        from.try_clone().unwrap(),
        to.try_clone().unwrap(),
        Arc::clone(way),
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
            match now(&way) {
                Way::Hung => {}
                Way::AnswerLost if asks && bytes.windows(6).any(|six| six == b"COMMIT") => {
                    // In this order, or the answer may be quicker.
                    let _ = from.shutdown(Shutdown::Both);
                    let _ = to.write_all(bytes);
                    way.store(Way::Open as u8, Ordering::SeqCst);
                }
                _ => drop(to.write_all(bytes)),
            }
        }
    });
}
