//! TLS by rustls: the platform's verifier, on ring, HTTP/2 offered by ALPN.

use crate::error::{BoxError, Error, Kind};
use futures_util::TryFutureExt;
use motet_io::TcpStream;
use motet_sync::OnceCell;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate to trust besides the platform's: of a company's own authority, or of a test's server.
///
/// ```
/// use motet_http::Certificate;
///
/// let authority = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
/// let certificate = Certificate::from_pem(authority.cert.pem())?;
/// assert_eq!(certificate, Certificate::from_der(authority.cert.der().to_vec()));
/// assert!(Certificate::from_pem("no PEM").unwrap_err().is_builder());
/// # Ok::<(), motet_http::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate(CertificateDer<'static>);

impl Certificate {
    /// A certificate in the binary form of X.509; it is looked into when the client is built.
    #[must_use]
    pub fn from_der(der: impl Into<Vec<u8>>) -> Self {
        Self(CertificateDer::from(der.into()))
    }

    /// The first certificate of a PEM text.
    ///
    /// # Errors
    ///
    /// One whose [`is_builder`](Error::is_builder) holds if there is none.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        CertificateDer::from_pem_slice(pem.as_ref()).map(Self).map_err(|e| Error::caused(Kind::Build, e.to_string()))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.len())
    }
}

/// What the builder asks of TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsSettings {
    pub(crate) roots: Vec<Certificate>,
    pub(crate) accept_invalid: bool,
    pub(crate) http1_only: bool,
}

/// The client's TLS; the platform's certificates are loaded when the first connection needs them, on the blocking pool.
pub(crate) struct Tls {
    settings: TlsSettings,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    /// Checks the certificates that were added, so that a bad one is the builder's error.
    pub(crate) fn new(settings: TlsSettings) -> Result<Self, Error> {
        let mut roots = rustls::RootCertStore::empty();
        for root in &settings.roots {
            roots.add(root.0.clone()).map_err(|e| Error::caused(Kind::Build, e))?;
        }
        Ok(Self { settings, config: OnceCell::new() })
    }

    /// Shakes hands on a fresh connection; also tells whether the server chose HTTP/2.
    pub(crate) async fn connect(&self, host: &str, tcp: TcpStream) -> Result<(TlsStream<TcpStream>, bool), Error> {
        let name = ServerName::try_from(host).map_err(refused)?.to_owned();
        let connector = TlsConnector::from(self.config().await.map_err(refused)?);
        let stream = connector.connect(name, tcp).await.map_err(refused)?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((stream, http2))
    }

    /// The platform's certificates are some hundred files, or a store behind a service: nothing for an executor's thread.
    async fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        self.once(|| {
            let settings = self.settings.clone();
            blocking::unblock(move || settings.config())
        })
        .await
    }

    /// One loads it, the first connections wait for that, however many there are.
    async fn once<F>(&self, load: impl FnOnce() -> F) -> Result<Arc<ClientConfig>, rustls::Error>
    where
        F: Future<Output = Result<ClientConfig, rustls::Error>>,
    {
        self.config.get_or_try_init(|| load().map_ok(Arc::new)).await.cloned()
    }
}

impl TlsSettings {
    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = if self.accept_invalid {
            Arc::new(AnyCertificate(provider.signature_verification_algorithms))
        } else {
            let roots = self.roots.iter().map(|root| root.0.clone());
            Arc::new(Verifier::new_with_extra_roots(roots, Arc::<CryptoProvider>::clone(&provider))?)
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols =
            if self.http1_only { vec![b"http/1.1".to_vec()] } else { vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
        Ok(config)
    }
}

fn refused(why: impl Into<BoxError>) -> Error {
    Error::caused(Kind::Tls, why)
}

/// The verifier behind `danger_accept_invalid_certs`: any certificate will do, as long as the server has its key.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use motet_test::Stepped;
    use std::future::pending;
    use std::task::Poll;

    #[test]
    fn the_first_connections_load_the_certificates_once_even_if_the_one_that_does_is_given_up() {
        let tls = Tls::new(TlsSettings { accept_invalid: true, ..TlsSettings::default() }).unwrap();
        let mut first = Stepped::new(tls.once(pending));
        assert!(first.poll().is_pending());
        let load = || std::future::ready(tls.settings.config());
        let (mut second, mut third) = (Stepped::new(tls.once(load)), Stepped::new(tls.once(pending)));
        assert!(second.poll().is_pending(), "the first loads them");
        assert!(third.poll().is_pending());
        drop(first);
        let Poll::Ready(Ok(config)) = second.poll() else { panic!("it is the second's turn") };
        let Poll::Ready(Ok(same)) = third.poll() else { panic!("they are loaded") };
        assert!(Arc::ptr_eq(&config, &same));
    }
}
