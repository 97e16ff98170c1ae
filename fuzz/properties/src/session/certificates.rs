//! The certificates of a session: what its agent has of them, and what they may cost.

use super::sources::CERTIFIED;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use core::time::Duration;
use defender_auth::{
    Now,
    credential::{CertificateRequest, ClientCertificate, IssuedChain, Issuer},
    renewal::{self, Renewal, RequestId},
    session::{Action, Event, OperationalCertificate, Policy, Session},
};

const RID: &str = "request-1";

/// What must not be shown: the private key of a certificate, as a text and as numbers.
pub(super) const PRIVATE: [&str; 2] = ["operational-key", "111, 112, 101, 114"];

/// With the common name of every source's registration ID.
pub(super) fn request() -> CertificateRequest {
    CertificateRequest::from_der(include_bytes!("../../data/request.der")).expect("a request")
}

pub(super) fn id() -> RequestId {
    RequestId::new(RID).expect("an ID")
}

pub(super) fn topic(status: u16) -> String {
    format!("$iothub/credentials/res/{status}/?$rid={RID}")
}

/// One that is valid for so many days.
pub(super) fn issued(now: Now, days: u64) -> OperationalCertificate {
    let certificate = ClientCertificate::from_der(vec![vec![1]], PRIVATE[0].as_bytes(), Issuer::Authority);
    OperationalCertificate::new(certificate, now.wall, now.wall + Duration::from_secs(days * 86_400))
}

/// What the agent has.
#[derive(Default)]
pub(super) struct Certificates {
    current: Option<OperationalCertificate>,
    /// When certificates were issued since the last restart.
    issued: Vec<Duration>,
    /// What is to be kept.
    keeping: Option<IssuedChain>,
    /// What was not kept: it is asked for again, and is no other issue.
    unkept: Option<IssuedChain>,
    /// How many requests the renewal has sent.
    published: u8,
}

impl Certificates {
    pub(super) fn restarted(self) -> Self {
        Self { current: self.current, ..Self::default() }
    }

    pub(super) const fn current(&self) -> Option<&OperationalCertificate> {
        self.current.as_ref()
    }

    /// An answer that names other certificates than the former ones.
    pub(super) fn answer(&self) -> String {
        let certificate = STANDARD.encode([0x30, self.issued.len().to_le_bytes()[0]]);
        format!(r#"{{"certificates":["{certificate}"]}}"#)
    }

    /// What is about to answer the pending action.
    pub(super) fn note(&mut self, session: &Session, event: &Event<'_>) {
        match (session.poll(), event) {
            (Action::MakeRequest(_), Event::RequestMade(..)) => self.published = 0,
            (Action::RenewCertificate(renewal::Action::Publish { .. }), Event::Renewal(renewal::Event::Published)) => {
                self.published += 1;
            }
            (Action::KeepCertificate(_), Event::CertificateKept(certificate)) => {
                (self.current, self.unkept) = (Some(certificate.clone()), None);
            }
            (Action::KeepCertificate(_), Event::CertificateRefused) => self.unkept = None,
            (Action::KeepCertificate(chain), Event::CertificateNotKept) => self.unkept = Some(chain.clone()),
            _ => {}
        }
    }

    /// A renewal is bounded, and so is what is issued in any hour and any day. There is one thing at a time, each with what
    /// it needs.
    pub(super) fn count(&mut self, session: &Session, policy: &Policy, latest: Duration) {
        assert!(self.published <= Renewal::REQUESTS);
        let credential = session.status().credential;
        let is_certificate = credential.is_some_and(|name| name.ends_with("/certificate"));
        let keeping = match session.poll() {
            Action::MakeRequest(wanted) => {
                assert_eq!((wanted.source.as_str(), wanted.common_name.as_str()), (CERTIFIED, "dev-1"));
                None
            }
            Action::RenewCertificate(action) => {
                assert!(!matches!(action, renewal::Action::Done(_) | renewal::Action::Failed(_)));
                assert!(is_certificate, "{credential:?}");
                None
            }
            Action::Connect(login) | Action::Renew(login) if credential.is_some() => {
                assert_eq!(login.renews_certificate(), is_certificate, "{credential:?}");
                None
            }
            Action::KeepCertificate(chain) => Some(chain.clone()),
            _ => None,
        };
        if keeping.is_some() && keeping != self.keeping && keeping != self.unkept {
            self.issued.push(latest);
        }
        self.keeping = keeping;
        for span in [Duration::from_secs(3600), Duration::from_secs(86_400)] {
            let within = self.issued.iter().filter(|at| latest.saturating_sub(**at) < span).count() as u64;
            assert!(within <= policy.certificates.bound(span) + 1, "{within} in {span:?}");
        }
    }
}
