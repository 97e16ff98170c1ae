//! The part of the world that issues certificates, and what an agent does about them.

use crate::{agents::certificate, world::*};
use defender_auth::{
    UnixTime,
    credential::CertificateRequest,
    http::OperationId,
    renewal::{self, RequestId},
    session::{Action, Event, Loss, OperationalCertificate, RequestFor, Session},
};

const CHAIN: &str = r#"["MAA=","MAA="]"#;

/// What a hub does with a request for a certificate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Renewal {
    Issues,
    /// An error code, perhaps after a 202.
    Fails(u32),
    Silent,
    /// It has no such topic.
    Refuses,
    /// It ends the connection for the subscription.
    Drops,
}

/// What the agent's disk does with certificates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Disk {
    Works,
    /// The certificates are written, and are not what was requested.
    Refuses,
    Full,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fault that a test chooses by its name")]
pub(crate) struct Issuing {
    pub(crate) renewal: Renewal,
    pub(crate) disk: Disk,
    /// Whether the agent can make a request.
    pub(crate) makes: bool,
    /// Whether the enrollment has a policy.
    pub(crate) policy: bool,
    /// What is issued at a registration cannot be read.
    pub(crate) garbles: bool,
    /// Other members of a registration's answer.
    pub(crate) others: &'static str,
    pub(crate) days: u64,
    /// The operation of an interrupted registration, which the agent has kept.
    pub(crate) operation: Option<OperationId>,
    /// The requests that were made.
    pub(crate) made: Vec<RequestFor>,
    /// The first and the last second of each certificate that was kept.
    pub(crate) kept: Vec<(u64, u64)>,
    /// How many were issued.
    pub(crate) issued: usize,
    /// The registration that is being assigned has a request.
    has_request: bool,
    /// The answer that the hub owes.
    owed: Option<String>,
}

impl Default for Issuing {
    fn default() -> Self {
        Self {
            renewal: Renewal::Issues,
            disk: Disk::Works,
            makes: true,
            policy: true,
            garbles: false,
            others: "",
            days: 30,
            operation: None,
            made: Vec::new(),
            kept: Vec::new(),
            issued: 0,
            has_request: false,
            owed: None,
        }
    }
}

impl Issuing {
    pub(crate) fn registered(&mut self, body: &[u8]) {
        self.has_request = String::from_utf8_lossy(body).contains("\"csr\"");
    }

    /// The member of the answer.
    pub(crate) fn at_registration(&mut self) -> String {
        let others = self.others;
        if !std::mem::take(&mut self.has_request) || !self.policy {
            return others.into();
        }
        self.issued += 1;
        let chain = if self.garbles { r#"["?"]"# } else { CHAIN };
        format!(r#","issuedCertificateChain":{chain}{others}"#)
    }
}

/// For a P-256 key that was not kept, with the subject `CN=dev`.
pub(crate) fn request() -> CertificateRequest {
    CertificateRequest::from_der(include_bytes!("dev.request.der")).unwrap()
}

impl World {
    pub(crate) fn certificate_step(&mut self, session: &mut Session) {
        match session.poll() {
            Action::MakeRequest(wanted) => {
                self.log.push((self.ms, Kind::Request));
                self.issuing.made.push(wanted.clone());
                let rid = RequestId::from_entropy([u8::try_from(self.issuing.made.len() % 250).unwrap(); 16]);
                let event = match (self.issuing.makes, self.issuing.operation.clone()) {
                    (false, _) => Event::RequestFailed,
                    (true, Some(operation)) => Event::RequestPending(request(), rid, operation),
                    (true, None) => Event::RequestMade(request(), rid),
                };
                self.tell(session, event);
            }
            Action::KeepCertificate(chain) => {
                assert_eq!(chain.certificates().len(), 2);
                self.log.push((self.ms, Kind::Keep));
                let event = match self.issuing.disk {
                    Disk::Works => {
                        let (from, until) = (self.real(), self.real() + self.issuing.days * 86_400);
                        self.issuing.kept.push((from, until));
                        let number = u8::try_from(self.issuing.kept.len() % 250).unwrap();
                        let at = UnixTime::from_secs;
                        Event::CertificateKept(OperationalCertificate::new(certificate(number), at(from), at(until)))
                    }
                    Disk::Refuses => Event::CertificateRefused,
                    Disk::Full => Event::CertificateNotKept,
                };
                self.tell(session, event);
            }
            Action::RenewCertificate(_) => self.renew(session),
            other => panic!("{other:?}"),
        }
    }

    fn renew(&mut self, session: &mut Session) {
        let Action::RenewCertificate(action) = session.poll() else { return };
        let told = |world: &Self, session: &mut Session, event| world.tell(session, Event::Renewal(event));
        // What it borrows ends here.
        let (topic, until) = match action {
            renewal::Action::Subscribe(_) => match self.issuing.renewal {
                Renewal::Refuses => return told(self, session, renewal::Event::SubscriptionRefused),
                Renewal::Drops => return self.tell(session, Event::Disconnected(Loss::Dropped)),
                _ => return told(self, session, renewal::Event::Subscribed),
            },
            renewal::Action::Publish { topic, .. } => (Some(topic.to_owned()), None),
            renewal::Action::Listen { until } => (None, Some(until)),
            renewal::Action::Wait(wait) => {
                self.ms += u64::try_from(wait.pick(self.random()).as_millis()).unwrap();
                return told(self, session, renewal::Event::Elapsed);
            }
            other => panic!("{other:?}"),
        };
        if let Some(topic) = topic {
            self.log.push((self.ms, Kind::Renew));
            self.issuing.owed = Some(topic.split("$rid=").nth(1).unwrap().to_owned());
            return told(self, session, renewal::Event::Published);
        }
        let rid = self.issuing.owed.take();
        let (status, payload) = match (rid.is_some(), self.issuing.renewal) {
            (true, Renewal::Issues) => {
                self.issuing.issued += 1;
                (200, format!(r#"{{"correlationId":"c","certificates":{CHAIN}}}"#))
            }
            (true, Renewal::Fails(code)) => (code / 1000, format!(r#"{{"errorCode":{code},"message":"no"}}"#)),
            _ => {
                let until = u64::try_from(until.unwrap_or_default().as_millis()).unwrap();
                self.ms = self.ms.max(until + self.boot);
                return told(self, session, renewal::Event::Elapsed);
            }
        };
        self.ms += 500;
        let topic = format!("$iothub/credentials/res/{status}/?$rid={}", rid.unwrap_or_default());
        told(self, session, renewal::Event::Message { topic: &topic, payload: payload.as_bytes() });
    }
}
