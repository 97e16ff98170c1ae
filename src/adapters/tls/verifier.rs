//! Verifies servers as rustls does, and says more about the time when that is what fails.

use super::certificate::Described;
use crate::{
    base::time::UnixTime,
    error::{TlsError, TlsFailure, Validity},
};
use alloc::{sync::Arc, vec::Vec};
use core::time::Duration;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{self, CertificateDer, ServerName},
};

/// A certificate that is not older than this may have been made for this connection.
const JUST_NOW: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(super) struct Verifier(Arc<WebPkiServerVerifier>);

impl Verifier {
    pub(super) fn new(store: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let verifier = WebPkiServerVerifier::builder_with_provider(store, Arc::clone(provider)).build();
        // Without a list of revoked certificates only an empty store fails.
        verifier.map(Self).map_err(|_| TlsError::NoCertificate)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: pki_types::UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |time| self.0.verify_server_cert(leaf, intermediates, name, ocsp_response, time);
        let error = match verify(now) {
            Err(Error::InvalidCertificate(error)) => error,
            result => return result,
        };
        let chain: Vec<_> = [leaf].into_iter().chain(intermediates).filter_map(|der| Described::of(der)).collect();
        let clock = UnixTime::from_secs(now.as_secs());
        let error = match outside_validity(error, clock, &chain, |time| match verify(time) {
            Err(Error::InvalidCertificate(error)) => Some(error),
            _ => None,
        }) {
            Ok(failure) => return Err(failed(failure)),
            Err(error) => error,
        };
        // A trust anchor may have the issuer's name and another key.
        if !matches!(error, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
            return Err(error.into());
        }
        let issuer = chain.last().and_then(|certificate| certificate.issuer.clone());
        Err(failed(match chain.first() {
            Some(leaf) if leaf.not_before <= clock && clock.since(leaf.not_before) < JUST_NOW => {
                TlsFailure::Intercepted { issuer }
            }
            _ => TlsFailure::ServerUntrusted { issuer },
        }))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.0.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.0.root_hint_subjects()
    }
}

fn failed(failure: TlsFailure) -> Error {
    CertificateError::Other(OtherError(Arc::new(failure))).into()
}

/// Whether the time alone is what fails: at a time within the validity of the certificates they pass. Else the error that
/// the time has hidden, so that a stranger's certificate does not put the blame on the clock.
fn outside_validity(
    error: CertificateError,
    clock: UnixTime,
    chain: &[Described],
    verify: impl Fn(pki_types::UnixTime) -> Option<CertificateError>,
) -> Result<TlsFailure, CertificateError> {
    let leaf = match chain {
        [leaf, ..] if is_about_time(&error) => leaf,
        _ => return Err(error),
    };
    let first = chain.iter().map(|certificate| certificate.not_before).max();
    let last = chain.iter().map(|certificate| certificate.not_after).min();
    let whole = first.zip(last).filter(|(first, last)| first <= last);
    // A server may send a certificate that no path needs, and whose validity does not count.
    for (first, last) in whole.into_iter().chain([(leaf.not_before, leaf.not_after)]) {
        let within = clock.max(first).min(last);
        match verify(pki_types::UnixTime::since_unix_epoch(Duration::from_secs(within.as_secs()))) {
            None => return Ok(of(clock, first, last)),
            Some(hidden) if !is_about_time(&hidden) => return Err(hidden),
            Some(_) => {}
        }
    }
    Ok(of(clock, leaf.not_before, leaf.not_after))
}

fn of(clock: UnixTime, first: UnixTime, last: UnixTime) -> TlsFailure {
    let validity = Validity { clock, not_before: Some(first), not_after: Some(last) };
    if clock < first { TlsFailure::ServerNotYetValid(validity) } else { TlsFailure::ServerExpired(validity) }
}

const fn is_about_time(error: &CertificateError) -> bool {
    use CertificateError as E;
    matches!(error, E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
    use rustls::crypto::ring;

    const NAME: &str = "contoso.azure-devices.net";

    fn params(name: &str, years: [i32; 2]) -> CertificateParams {
        let mut params = CertificateParams::new(vec![NAME.into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        [params.not_before, params.not_after] = years.map(|year| date_time_ymd(year, 1, 1));
        params
    }

    fn authority(name: &str, years: [i32; 2]) -> CertificateParams {
        let mut params = params(name, years);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    /// Seconds at the beginning of a year, without leap days: near enough.
    const fn begin(year: u64) -> u64 {
        (year - 1970) * 31_557_600
    }

    /// How a leaf with an intermediate fails, and with others that the server sends, all below one root.
    fn failure(leaf: [i32; 2], intermediate: [i32; 2], others: &[[i32; 2]], now: u64) -> Option<TlsFailure> {
        let [root_key, key, leaf_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
        let root = authority("root", [1990, 2090]);
        let anchor = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, &root_key);
        let of = |years| authority("intermediate", years).signed_by(&key, &root).unwrap().der().clone();
        let chain: Vec<_> = [intermediate].iter().chain(others).map(|years| of(*years)).collect();
        let issuer = Issuer::new(authority("intermediate", intermediate), &key);
        let leaf = params("leaf", leaf).signed_by(&leaf_key, &issuer).unwrap();
        let mut store = RootCertStore::empty();
        store.add(anchor.der().clone()).unwrap();
        let verifier = Verifier::new(store.into(), &Arc::new(ring::default_provider())).unwrap();
        let now = pki_types::UnixTime::since_unix_epoch(Duration::from_secs(now));
        let result = verifier.verify_server_cert(leaf.der(), &chain, &NAME.try_into().unwrap(), &[], now);
        result.err().map(|error| TlsFailure::of(&error).unwrap())
    }

    fn years(validity: &Validity) -> [u64; 2] {
        let year = |time: Option<UnixTime>| 1970 + (time.unwrap().as_secs() + 86_400) / 31_557_600;
        [year(validity.not_before), year(validity.not_after)]
    }

    #[test]
    fn an_intermediate_that_is_valid_for_less_counts() {
        match failure([2000, 2080], [2030, 2040], &[], begin(2020)).unwrap() {
            TlsFailure::ServerNotYetValid(validity) => assert_eq!(years(&validity), [2030, 2040]),
            other => panic!("{other:?}"),
        }
        match failure([2000, 2080], [2030, 2040], &[], begin(2050)).unwrap() {
            TlsFailure::ServerExpired(validity) => assert_eq!(years(&validity), [2030, 2040]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_certificate_that_no_path_needs_does_not_count() {
        let others = [[1995, 1996]];
        assert_eq!(failure([2020, 2060], [2010, 2080], &others, begin(2030)), None);
        match failure([2020, 2060], [2010, 2080], &others, begin(2070)).unwrap() {
            TlsFailure::ServerExpired(validity) => assert_eq!(years(&validity), [2020, 2060]),
            other => panic!("{other:?}"),
        }
    }

    /// No clock makes them valid together.
    #[test]
    fn a_chain_that_is_never_valid_is_reported_with_its_leaf() {
        match failure([2030, 2040], [2050, 2060], &[], begin(2035)).unwrap() {
            TlsFailure::ServerExpired(validity) => assert_eq!(years(&validity), [2030, 2040]),
            other => panic!("{other:?}"),
        }
    }
}
