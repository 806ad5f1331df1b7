//! A TLS proxy under Discord's domain: serenity's rate limiter ignores every other address.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::CertifiedKey;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Domain that serenity uses for Discord.
pub const DISCORD: &str = "discord.com";

/// A TLS proxy in front of a simulated Discord.
#[derive(Debug)]
pub struct TlsProxy {
    /// Address of the proxy.
    pub address: SocketAddr,
    /// Certificate that clients must trust, in DER.
    pub certificate: Vec<u8>,
}

impl TlsProxy {
    /// Forwards all connections to `upstream` until the process ends.
    pub async fn start(upstream: SocketAddr) -> Result<Self> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([DISCORD.to_owned()])?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot bind a port")?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(acceptor.clone(), stream, upstream));
            }
        });
        let certificate = cert.der().to_vec();
        Ok(Self {
            address,
            certificate,
        })
    }
}

async fn forward(acceptor: TlsAcceptor, stream: TcpStream, upstream: SocketAddr) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    // A connection normally ends when one side closes it.
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
