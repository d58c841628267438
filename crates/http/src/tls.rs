//! TLS by rustls: the platform's verifier, on ring, HTTP/2 offered by ALPN.

use crate::contain::contain;
use crate::error::{BoxError, Error, Kind};
use futures_util::future::{BoxFuture, FutureExt, Shared, TryFutureExt};
use motet_io::TcpStream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// The configuration on its way, and then for good. It is not those who wait for it that move it on.
type Load = Shared<BoxFuture<'static, Result<Arc<ClientConfig>, rustls::Error>>>;

/// The client's TLS; the platform's certificates are loaded when the first connection needs them, on the blocking pool.
pub(crate) struct Tls {
    settings: TlsSettings,
    load: Mutex<Option<Load>>,
}

impl Tls {
    /// Checks the certificates that were added, so that a bad one is the builder's error.
    pub(crate) fn new(settings: TlsSettings) -> Result<Self, Error> {
        let mut roots = rustls::RootCertStore::empty();
        for root in &settings.roots {
            roots.add(root.0.clone()).map_err(|e| Error::caused(Kind::Build, e))?;
        }
        Ok(Self { settings, load: Mutex::new(None) })
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
            let panicked = || Err(rustls::Error::General("loading the certificates panicked".into()));
            blocking::unblock(move || contain(|| settings.config()).unwrap_or_else(panicked))
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Option<Load>> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first who asks starts the load, all wait for that one; and those who give up before it ends, as they do if it takes
    /// longer than they may take to connect, leave it to the next. After an error the next who asks tries again.
    async fn once<F>(&self, load: impl FnOnce() -> F) -> Result<Arc<ClientConfig>, rustls::Error>
    where
        F: Future<Output = Result<ClientConfig, rustls::Error>> + Send + 'static,
    {
        let loading = self.lock().get_or_insert_with(|| load().map_ok(Arc::new).boxed().shared()).clone();
        let loaded = loading.clone().await;
        if loaded.is_err() {
            let failed = self.lock().take_if(|present| present.ptr_eq(&loading));
            drop(failed);
        }
        loaded
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
    use futures::channel::oneshot;
    use motet_test::Stepped;
    use std::future::{Ready, pending, ready};
    use std::task::Poll;

    fn tls() -> Tls {
        Tls::new(TlsSettings { accept_invalid: true, ..TlsSettings::default() }).unwrap()
    }

    #[test]
    fn the_certificates_are_loaded_once_even_if_whoever_began_has_given_up() {
        let tls = tls();
        let (load, loading) = oneshot::channel();
        let mut first = Stepped::new(tls.once(|| loading.map(|loaded| loaded.expect("it is loaded"))));
        assert!(first.poll().is_pending());
        let again = || -> Ready<_> { panic!("they are being loaded") };
        let mut second = Stepped::new(tls.once(again));
        assert!(second.poll().is_pending());
        drop(first);
        drop(second);
        let mut third = Stepped::new(tls.once(again));
        assert!(third.poll().is_pending());
        assert!(load.send(tls.settings.config()).is_ok());
        let Poll::Ready(Ok(config)) = third.poll() else { panic!("they are loaded") };
        let Poll::Ready(Ok(same)) = Stepped::new(tls.once(again)).poll() else { panic!("they are loaded") };
        assert!(third.is_woken() && Arc::ptr_eq(&config, &same));
    }

    #[test]
    fn a_load_that_fails_is_tried_again_by_who_asks_next() {
        let tls = tls();
        let fails = || ready(Err(rustls::Error::General("the store is locked".into())));
        assert!(matches!(Stepped::new(tls.once(fails)).poll(), Poll::Ready(Err(_))));
        let mut next = Stepped::new(tls.once(|| ready(tls.settings.config())));
        assert!(matches!(next.poll(), Poll::Ready(Ok(_))));
        assert!(matches!(Stepped::new(tls.once(pending)).poll(), Poll::Ready(Ok(_))));
    }
}
