use super::{
    keep_alive::patience,
    peer::{Peer, Registrant},
    session::{Next, Session},
    will,
};
use crate::{
    base::{DPS_VERSIONS, one_version},
    fault::{Fault, Operation},
    hub::{self, Admission, Login},
    journal::{Entry, Refusal},
};
use mqtt_protocol_core::mqtt::{packet::v3_1_1, result_code::ConnectReturnCode};

impl Session<'_> {
    pub(super) fn connect(&mut self, connect: &v3_1_1::Connect) -> Result<Next, String> {
        let (client_id, chain) = (connect.client_id(), self.wire.certificates());
        let (user_name, password) = (connect.user_name(), connect.password());
        let login = Login { client_id, user_name, password, chain: &chain };
        self.patience = patience(connect.keep_alive());
        self.is_clean = connect.clean_session();
        // The journal first: a client that has the answer finds the entry.
        let decision = match login.user_name.and_then(registration) {
            Some(named) => self.registrant(&login, &named).map(Peer::Dps),
            None => match self.shared.meet(Operation::Connect, &format!("connect {client_id}")) {
                Some(Fault::Status(_) | Fault::StatusRetryAfter(..)) => {
                    return self.answer(ConnectReturnCode::ServerUnavailable, false);
                }
                Some(Fault::Connack(code @ ..0x80)) => return self.answer(return_code(code), false),
                Some(Fault::Truncated | Fault::ResetMidBody) => {
                    self.answered = true;
                    // The first half of a CONNACK.
                    self.wire.write(&[0x20, 2])?;
                    return Ok(Next::Close);
                }
                fault => {
                    if let Some(Fault::Stall(time)) = fault {
                        self.shared.wait(time);
                    }
                    self.log_in(&login).and_then(|admission| {
                        self.will = will::of(connect, &admission.identity)?;
                        Ok(self.admit(admission))
                    })
                }
            },
        };
        let mut is_earlier = false;
        let code = match decision {
            Ok(peer) => {
                if let Peer::Hub(client) = &peer {
                    is_earlier = self.resume(&client.admission.identity.clone(), self.is_clean);
                }
                self.peer = peer;
                ConnectReturnCode::Accepted
            }
            Err(reason) => {
                let code = return_code(reason.return_code());
                self.shared.note(Entry::Refused { client_id: client_id.into(), reason });
                code
            }
        };
        self.answer(code, is_earlier)
    }

    /// A session may be an earlier one, which is not clean.
    fn answer(&mut self, code: ConnectReturnCode, is_earlier: bool) -> Result<Next, String> {
        let answer = v3_1_1::Connack::builder().session_present(is_earlier).return_code(code).build();
        self.send(answer.map_err(|error| format!("{error:?}"))?.into())?;
        self.answered = true;
        Ok(if code.is_success() { Next::Listen } else { Next::Close })
    }

    fn log_in(&self, login: &Login<'_>) -> Result<Admission, Refusal> {
        let now = self.shared.clock.now().seconds();
        hub::log_in(&self.shared.seen().hubs, now, login)
    }

    /// Accepts every well-formed user name. The registration is answered with the result of authenticating: clients take a
    /// CONNACK that refuses for an error of the network, and repeat it without end.
    fn registrant(&self, login: &Login<'_>, named: &Named<'_>) -> Result<Registrant, Refusal> {
        if self.shared.seen().dps.is_none() {
            return Err(Refusal::UnknownDps);
        }
        let api_version = one_version(named.query).ok_or(Refusal::ApiVersion)?;
        if !DPS_VERSIONS.contains(&api_version) {
            return Err(Refusal::ApiVersion);
        }
        if login.client_id != named.id {
            return Err(Refusal::ClientId);
        }
        let token = login.password.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(Into::into);
        let chain = login.chain.to_vec();
        self.shared.identified(format!("{}/{}", named.scope, named.id));
        Ok(Registrant { scope: named.scope.into(), id: named.id.into(), api_version: api_version.into(), token, chain })
    }
}

/// The return code of this number, 1 to 5.
const fn return_code(code: u8) -> ConnectReturnCode {
    match code {
        1 => ConnectReturnCode::UnacceptableProtocolVersion,
        2 => ConnectReturnCode::IdentifierRejected,
        3 => ConnectReturnCode::ServerUnavailable,
        4 => ConnectReturnCode::BadUserNameOrPassword,
        _ => ConnectReturnCode::NotAuthorized,
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    scope: &'a str,
    id: &'a str,
    query: &'a str,
}

/// `scope/registrations/ID/api-version=…`, without the `?` of a hub's user name.
fn registration(user_name: &str) -> Option<Named<'_>> {
    let mut parts = user_name.splitn(4, '/');
    let (scope, word, id, query) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_one = word == "registrations" && query.starts_with("api-version=") && !scope.is_empty() && !id.is_empty();
    is_one.then_some(Named { scope, id, query })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_name_tells_the_service() {
        let query = "api-version=2019-03-31&ClientVersion=a/b";
        let named = registration("0ne/registrations/d/api-version=2019-03-31&ClientVersion=a/b");
        assert_eq!(named, Some(Named { scope: "0ne", id: "d", query }));
        for hub in ["h.net/registrations/?api-version=2019-03-31", "h.net/d/m/?api-version=2019-03-31", "h.net/d"] {
            assert_eq!(registration(hub), None);
        }
    }
}
