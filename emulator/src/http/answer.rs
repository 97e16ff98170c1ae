//! Which service answers a request.

use super::{
    back_end,
    request::Head,
    route::{Route, Verb, route, segments},
};
use crate::{
    answer::{Answer, Service},
    base::one_version,
    chain::Certificates,
    config::Permission,
    dps::{Asked, Carrier, Wanted},
    journal::{Entry, Refusal},
    service::{self, AskDevice, AskModule, Shared},
};
use std::net::IpAddr;

/// The answer to a request.
pub(super) fn answer(shared: &Shared, chain: &Certificates, head: &Head, body: &[u8]) -> Answer {
    Desk { shared, chain, head, body }.answer()
}

struct Desk<'a> {
    shared: &'a Shared,
    chain: &'a Certificates,
    head: &'a Head,
    body: &'a [u8],
}

impl Desk<'_> {
    fn answer(&self) -> Answer {
        match route(self.head) {
            Ok(Route::Register { scope, id }) => self.provision(&scope, &id, Wanted::Register),
            Ok(Route::Status { scope, id, operation }) => self.provision(&scope, &id, Wanted::Status(&operation)),
            Ok(Route::LookUp { scope, id }) => self.provision(&scope, &id, Wanted::LookUp),
            Ok(Route::Modules { device }) => {
                self.module(&device, None, |asked| service::list_modules(self.shared, asked))
            }
            Ok(Route::Module { verb, device, module }) => {
                let if_match = self.head.if_match.as_deref();
                self.module(&device, Some(&module), |asked| match verb {
                    Verb::Read => service::read_module(self.shared, asked),
                    Verb::Write => service::write_module(self.shared, asked, if_match, self.body),
                    Verb::Delete => service::delete_module(self.shared, asked, if_match),
                })
            }
            Ok(Route::Events { device, module }) => self.device(&device, module.as_deref(), |asked| {
                service::send_message(self.shared, asked, &self.head.described, self.body)
            }),
            Ok(Route::Mail { device }) => {
                self.device(&device, None, |asked| service::receive_message(self.shared, asked))
            }
            Ok(Route::Receipt { device, lock, how }) => {
                self.device(&device, None, |asked| service::settle_message(self.shared, asked, &lock, how))
            }
            Err(status) => {
                let segments = segments(self.head).unwrap_or_default();
                let path: Vec<&str> = segments.iter().map(String::as_str).collect();
                if let Some(answer) = back_end::answer(self.shared, &self.host_of(&path), self.head, &path, self.body) {
                    return answer;
                }
                let request = format!("{} {}", self.head.method, self.head.path);
                self.shared.note(Entry::answered(&request, status, "no service has this path or method"));
                self.service().fail(status, self.shared.clock.now())
            }
        }
    }

    fn provision(&self, scope: &str, id: &str, wanted: Wanted<'_>) -> Answer {
        self.shared.identified(format!("{scope}/{id}"));
        if !self.is_provisioning_host() {
            return self.misdirected();
        }
        let head = self.head;
        let (api_version, token) = (one_version(&head.query).unwrap_or_default(), head.authorization.as_deref());
        let (carrier, chain, body) = (Carrier::Https, self.chain, self.body);
        let asked = Asked { scope, registration_id: id, wanted, carrier, api_version, token, chain, body };
        service::provision(self.shared, &asked)
    }

    fn module(&self, device: &str, module: Option<&str>, answer: impl FnOnce(&AskModule<'_>) -> Answer) -> Answer {
        let host = self.hub();
        self.shared.identified(format!("{host}/{device}"));
        let token = self.head.authorization.as_deref();
        let (query, chain) = (self.head.query.as_str(), self.chain);
        let permission = if self.head.method == "GET" { Permission::RegistryRead } else { Permission::RegistryWrite };
        answer(&AskModule { host: &host, device, module, query, token, chain, permission })
    }

    fn device(&self, device: &str, module: Option<&str>, answer: impl FnOnce(&AskDevice<'_>) -> Answer) -> Answer {
        let host = self.hub();
        let below = module.map(|module| format!("/{module}")).unwrap_or_default();
        self.shared.identified(format!("{host}/{device}{below}"));
        let token = self.head.authorization.as_deref();
        answer(&AskDevice { host: &host, device, module, query: &self.head.query, token, chain: self.chain })
    }

    /// Whose errors the host answers with: those of a hub for its name.
    fn service(&self) -> Service {
        if self.shared.seen().hub(&self.head.host).is_some() { Service::Hub } else { Service::Dps }
    }

    /// The answer to a registration with another host name.
    fn misdirected(&self) -> Answer {
        let (reason, now) = (Refusal::UnknownDps, self.shared.clock.now());
        let answer = match self.service() {
            Service::Dps => Service::Dps.refuse(&reason, now),
            Service::Hub => Service::Hub.fail(404, now),
        };
        let request = format!("{} {} at {}", self.head.method, self.head.path, self.head.host);
        self.shared.note(Entry::denied(&request, answer.status, reason));
        answer
    }

    fn is_provisioning_host(&self) -> bool {
        let (state, host) = (self.shared.seen(), &self.head.host);
        state.dps.as_ref().is_some_and(|dps| dps.host_name.eq_ignore_ascii_case(host) || is_this_machine(host))
    }

    /// The host name of the service that has a path for back ends.
    fn host_of(&self, path: &[&str]) -> String {
        if matches!(path.first(), Some(&("devices" | "twins"))) {
            return self.hub();
        }
        let (state, host) = (self.shared.seen(), &self.head.host);
        match &state.dps {
            Some(dps) if is_this_machine(host) => dps.host_name.clone(),
            _ => host.clone(),
        }
    }

    /// The host name of the hub: for a name of this machine it is the only hub.
    fn hub(&self) -> String {
        let (state, host) = (self.shared.seen(), &self.head.host);
        match state.hubs.as_slice() {
            [hub] if is_this_machine(host) => hub.host_name.clone(),
            _ => host.clone(),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
