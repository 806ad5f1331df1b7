//! Discord's name over TLS: serenity's rate limiter ignores every other address.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::CertifiedKey;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The name under which serenity knows Discord.
pub const DISCORD: &str = "discord.com";

/// TLS in front of a stand-in.
#[derive(Debug)]
pub struct TlsProxy {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate that is to be trusted, as DER.
    pub certificate: Vec<u8>,
}

impl TlsProxy {
    /// Passes everything on to `behind` until the process ends.
    pub async fn start(behind: SocketAddr) -> Result<Self> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([DISCORD.to_owned()])?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a port")?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(acceptor.clone(), stream, behind));
            }
        });
        let certificate = cert.der().to_vec();
        Ok(Self {
            address,
            certificate,
        })
    }
}

async fn forward(acceptor: TlsAcceptor, stream: TcpStream, behind: SocketAddr) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut outside = acceptor.accept(stream).await?;
    let mut inside = TcpStream::connect(behind).await?;
    inside.set_nodelay(true)?;
    // One side closing is the usual end.
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}
