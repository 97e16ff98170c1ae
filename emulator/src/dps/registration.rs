use super::{
    claim::{Claim, Credential},
    settle::{give, hub_key, information, leave, settle},
    target::Target,
};
use crate::{
    answer::Answer,
    base::{Moment, etag, guid, random_hex},
    config::Hub,
    fault::ChainFault,
    issuing::{Authority, Request},
    journal::Refusal,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many registrations are kept.
const LIMIT: usize = 10_000;

/// The registrations, by registration ID in lower case.
#[derive(Default)]
pub(crate) struct Registrations(pub(super) BTreeMap<String, Registration>);

pub(super) struct Registration {
    /// The latest operation, the only one whose status can be requested.
    operation: String,
    phase: Phase,
    /// The enrollment group.
    pub(super) group: Option<String>,
    /// The payload of the request.
    sent: Option<Value>,
    pub(super) created: Moment,
    pub(super) updated: Moment,
    pub(super) etag: String,
    /// The certificate signing request, until it is answered, or why the authority refuses it.
    request: Option<Result<Request, String>>,
    /// The certificates that were issued. The status of the operation has them, the state of the registration has not.
    chain: Option<Vec<String>>,
    /// The last assignment, which is kept while a new registration is pending.
    pub(super) assigned: Option<Assigned>,
}

enum Phase {
    /// After this number of further status requests it is final.
    Assigning(u32),
    Assigned,
    Failed(u32, String),
    Disabled,
}

pub(super) struct Assigned {
    pub(super) target: Target,
    pub(super) device_id: String,
    /// Whether it was assigned to another hub before.
    moved: bool,
    /// The connection profile of the hub, if it has one.
    profile: Option<String>,
    /// The hub's key, wrapped for the TPM.
    authentication_key: Option<String>,
}

/// What an assignment changes, and with what.
pub(crate) struct Means<'a> {
    pub(crate) hubs: &'a mut [Hub],
    pub(crate) authority: &'a mut Authority,
    /// What is wrong with the certificates that are issued.
    pub(crate) fault: Option<ChainFault>,
    pub(crate) now: Moment,
}

impl Registrations {
    /// Begins a registration, also of a device that is assigned.
    pub(crate) fn register(
        &mut self,
        claim: &Claim<'_>,
        means: &mut Means<'_>,
        sent: Option<Value>,
        request: Option<Result<Request, String>>,
    ) -> Result<Answer, Refusal> {
        let id = claim.registration_id.to_ascii_lowercase();
        if self.0.len() >= LIMIT && !self.0.contains_key(&id) {
            return Err(Refusal::TooMany);
        }
        let hex = random_hex();
        let operation = format!("5.{}.{}", hex.get(..16).unwrap_or_default(), guid());
        let registration = self.0.entry(id).or_insert_with(|| Registration::new(means.now));
        // The operation that this one takes the place of is carried out nevertheless, and what it issues has no receiver.
        if matches!((&registration.phase, &registration.request), (Phase::Assigning(_), Some(Ok(_)))) {
            registration.finish(claim, means)?;
        }
        registration.operation = operation;
        registration.group = claim.group.map(Into::into);
        registration.sent = sent;
        (registration.request, registration.chain) = (request, None);
        registration.phase = Phase::Assigning(claim.enrollment.assignment.pending);
        // A disabled enrollment is refused at once.
        if claim.enrollment.assignment.pending == 0 || claim.enrollment.assignment.disabled {
            registration.finish(claim, means)?;
        }
        Ok(registration.operation_status(claim))
    }

    pub(crate) fn poll(
        &mut self,
        claim: &Claim<'_>,
        means: &mut Means<'_>,
        operation: &str,
    ) -> Result<Answer, Refusal> {
        let registration = self.0.get_mut(&claim.registration_id.to_ascii_lowercase());
        let registration =
            registration.filter(|known| known.operation == operation).ok_or(Refusal::UnknownOperation)?;
        if let Phase::Assigning(polls) = &mut registration.phase {
            *polls = polls.saturating_sub(1);
            if *polls == 0 || claim.enrollment.assignment.disabled {
                registration.finish(claim, means)?;
            }
        }
        Ok(registration.operation_status(claim))
    }

    pub(crate) fn look_up(&self, claim: &Claim<'_>) -> Answer {
        let Some(registration) = self.0.get(&claim.registration_id.to_ascii_lowercase()) else {
            let status = if claim.enrollment.assignment.disabled { "disabled" } else { "unassigned" };
            let state = json!({ "registrationId": claim.registration_id, "status": status });
            return Answer::new(200, &state, status);
        };
        Answer::new(200, &registration.state(claim), registration.outcome())
    }

    /// The payload of a device's last registration.
    pub(crate) fn sent(&self, registration_id: &str) -> Option<&Value> {
        self.0.get(&registration_id.to_ascii_lowercase())?.sent.as_ref()
    }
}

impl Registration {
    fn new(now: Moment) -> Self {
        let (operation, sent, request, chain, assigned) = (String::new(), None, None, None, None);
        let (phase, etag) = (Phase::Assigning(0), etag());
        Self { operation, phase, group: None, sent, request, chain, created: now, updated: now, etag, assigned }
    }

    fn finish(&mut self, claim: &Claim<'_>, means: &mut Means<'_>) -> Result<(), Refusal> {
        let assignment = &claim.enrollment.assignment;
        let request = self.request.take().filter(|_| assignment.issuing.is_some());
        let names = || [claim.registration_id, claim.device_id()].into_iter();
        let checked = request.zip(assignment.issuing.as_ref()).map(|(request, policy)| {
            let request = request?;
            request.check(policy, names()).map(|()| (request, policy))
        });
        self.phase = match (&assignment.failing, Target::of(assignment, means.hubs)) {
            _ if assignment.disabled => Phase::Disabled,
            (Some(failure), _) => Phase::Failed(failure.code, failure.message.clone()),
            (None, None) => Phase::Failed(400_208, "The enrollment has no hub to be assigned to.".into()),
            (None, Some(target)) => match checked.transpose() {
                Err(fault) => {
                    Phase::Failed(400_040, format!("The certificate authority refused the request: {fault}."))
                }
                Ok(checked) => {
                    self.assign(claim, means.hubs, target, means.now)?;
                    if let Some((request, policy)) = checked {
                        let issued = means.authority.issue(&request, policy, means.now, means.fault);
                        let (issued, chain) = issued.map_err(|fault| Refusal::SigningRequest { fault })?;
                        self.chain = Some(chain);
                        if let Some(host) = self.assigned.as_ref().and_then(|assigned| assigned.target.hub()) {
                            give(means.hubs, host, claim, issued, policy);
                        }
                    }
                    Phase::Assigned
                }
            },
        };
        Ok(())
    }

    fn assign(&mut self, claim: &Claim<'_>, hubs: &mut [Hub], target: Target, now: Moment) -> Result<(), Refusal> {
        let device_id = claim.device_id().to_owned();
        let before = self.assigned.take();
        let is_new = before.as_ref().is_none_or(|before| before.target != target || before.device_id != device_id);
        let left = before.as_ref().filter(|before| before.target != target);
        let migrant = left.and_then(|before| leave(hubs, before.target.hub()?, &before.device_id));
        if let Some(hub) = target.hub() {
            settle(hubs, hub, migrant, claim, now);
        }
        let moved = if is_new { left.is_some() } else { before.is_some_and(|before| before.moved) };
        if is_new {
            // Clients recognize a change by these two.
            self.updated = now.max(self.updated.next());
            self.etag = etag();
        }
        let authentication_key = match &claim.credential {
            Credential::Tpm(tpm) => Some(tpm.wrap(&hub_key(hubs, target.hub(), &device_id)?)?),
            Credential::Keys(_) | Credential::Certificate { .. } => None,
        };
        let hub = target.hub().and_then(|host| hubs.iter().find(|hub| hub.is_at(host)));
        let profile = hub.and_then(|hub| hub.connection_profile.clone());
        self.assigned = Some(Assigned { target, device_id, moved, profile, authentication_key });
        Ok(())
    }

    pub(super) const fn status(&self) -> &'static str {
        match self.phase {
            Phase::Assigning(_) => "assigning",
            Phase::Assigned => "assigned",
            Phase::Failed(..) => "failed",
            Phase::Disabled => "disabled",
        }
    }

    /// A summary for the journal.
    fn outcome(&self) -> String {
        match (&self.phase, &self.assigned) {
            (Phase::Assigned, Some(assigned)) => format!("assigned to {}/{}", assigned.target, assigned.device_id),
            (Phase::Failed(code, _), _) => format!("failed {code}"),
            _ => self.status().into(),
        }
    }

    fn operation_status(&self, claim: &Claim<'_>) -> Answer {
        let pending = matches!(self.phase, Phase::Assigning(_));
        let mut body = json!({
            "operationId": self.operation,
            "status": self.status(),
            "registrationState": self.state(claim),
        });
        if let (Some(chain), Some(state)) =
            (self.chain.as_ref().filter(|chain| !chain.is_empty()), body.get_mut("registrationState"))
            && let Value::Object(state) = state
        {
            state.insert("issuedCertificateChain".into(), chain.clone().into());
        }
        Answer::new(if pending { 202 } else { 200 }, &body, self.outcome())
    }

    fn state(&self, claim: &Claim<'_>) -> Value {
        let disabled = claim.enrollment.assignment.disabled;
        let mut state = Map::new();
        let mut set = |name: &str, value: Value| state.insert(name.into(), value);
        set("registrationId", claim.registration_id.into());
        set("status", if disabled { "disabled" } else { self.status() }.into());
        if matches!(self.phase, Phase::Assigning(_)) && !disabled {
            return Value::Object(state);
        }
        set("createdDateTimeUtc", self.created.iso().into());
        set("lastUpdatedDateTimeUtc", self.updated.iso().into());
        set("etag", self.etag.as_str().into());
        match (&claim.credential, claim.group) {
            (Credential::Certificate { leaf, signer, .. }, group) => {
                let signer = signer.as_ref().map(|signer| information(signer));
                let leaf = information(leaf);
                let members =
                    json!({ "enrollmentGroupId": group, "certificateInfo": leaf, "signingCertificateInfo": signer });
                set("x509", members);
            }
            (Credential::Keys(_), Some(group)) => {
                set("symmetricKey", json!({ "enrollmentGroupId": group }));
            }
            (Credential::Keys(_), None) | (Credential::Tpm(_), _) => {}
        }
        match (&self.phase, &self.assigned) {
            (Phase::Assigned, Some(assigned)) => {
                let (member, target) = assigned.target.member();
                set(member, target);
                set("deviceId", assigned.device_id.as_str().into());
                set("substatus", if assigned.moved { "deviceDataMigrated" } else { "initialAssignment" }.into());
                if let Some(profile) = assigned.profile.as_ref().filter(|_| claim.tells_profile) {
                    set("connectionProfile", profile.as_str().into());
                }
                if let Some(key) = &assigned.authentication_key {
                    set("tpm", json!({ "authenticationKey": key }));
                }
                if let Some(payload) = &claim.enrollment.assignment.payload {
                    set("payload", payload.0.clone());
                }
            }
            (Phase::Failed(code, message), _) => {
                set("errorCode", (*code).into());
                set("errorMessage", message.as_str().into());
            }
            _ => {}
        }
        Value::Object(state)
    }
}
