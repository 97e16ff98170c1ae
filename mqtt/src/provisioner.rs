use crate::{Dial, EARLY_LIMIT, Error, Message, Proof, Session, Transport};
use defender_auth::{
    http::{Request, Response},
    mqtt::{Connect, PROVISIONING_ANSWERS, provisioning_answer, provisioning_topic},
    tls::Roots,
};

/// Carries the requests of one registration over one MQTT connection.
pub struct Provisioner {
    session: Session,
    /// Counts the requests, so that an answer finds its own.
    sent: u32,
}

/// An answer of the provisioning service.
pub struct Answer(Message);

impl Answer {
    /// As a registration takes it.
    #[must_use]
    pub fn as_response(&self) -> Option<Response<'_>> {
        provisioning_answer(&self.0.topic, &self.0.payload).map(|(_, response)| response)
    }
}

impl Provisioner {
    /// Logs in for a registration's first request.
    ///
    /// # Errors
    /// When MQTT cannot carry the request, or there is no session.
    pub fn open(request: &Request, dial: &Dial, roots: Roots<'_>) -> Result<Self, Error> {
        let login = Connect::provisioning(request).ok_or(Error::NotCarried)?;
        let token = request.token().map(Proof::from);
        let proof = token.or_else(|| request.certificate().map(Proof::from)).ok_or(Error::NotCarried)?;
        let mut session = Session::open(&login, proof, dial, roots)?;
        session.subscribe(PROVISIONING_ANSWERS)?;
        Ok(Self { session, sent: 0 })
    }

    /// Sends a request and waits for its answer. Up to [`EARLY_LIMIT`] answers to other requests are ignored.
    ///
    /// # Errors
    /// When MQTT cannot carry the request, no answer arrives in time, or more answers to other requests do; and when the
    /// connection breaks.
    pub fn exchange(&mut self, request: &Request) -> Result<Answer, Error> {
        self.sent += 1;
        let rid = self.sent;
        let topic = provisioning_topic(request, rid).ok_or(Error::NotCarried)?;
        self.session.publish(&topic, request.body())?;
        for _ in 0..=EARLY_LIMIT {
            let message = self.session.wait_for_message()?;
            if provisioning_answer(&message.topic, &message.payload).is_some_and(|(answered, _)| answered == rid) {
                return Ok(Answer(message));
            }
        }
        Err(self.session.link.too_many())
    }

    /// What carries it: never [`Transport::Auto`].
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.session.transport()
    }

    /// Disconnects.
    pub fn close(self) {
        self.session.close();
    }
}
