//! Where in a chain a fault occurs, and how the chain continues.

use defender_auth::{Plan, http::Operation};
use defender_auth_emulator::Operation as On;

/// One request of a chain with two polls.
pub(crate) struct Place {
    pub(crate) on: On,
    /// So many requests of its kind come before it.
    pub(crate) skip: u32,
    /// In which run of the plan it comes.
    pub(crate) round: u32,
    /// What the run asks before it,
    pub(crate) before: &'static str,
    /// from it on, when the service has not heard it,
    pub(crate) unheard: &'static str,
    /// from it on, when the service has heard it and its answer is lost,
    pub(crate) lost: &'static str,
    /// and after it.
    pub(crate) after: &'static str,
}

impl Place {
    /// The first request of a kind, and a later one.
    pub(crate) const ALL: [Self; 8] = [
        Self::registering(0, 1),
        Self::registering(1, 2),
        Self {
            on: On::RegistrationStatus,
            skip: 0,
            round: 1,
            before: "register",
            unheard: "poll poll read",
            // The service counts the lost one.
            lost: "poll read",
            after: "poll read",
        },
        Self {
            on: On::RegistrationStatus,
            skip: 1,
            round: 1,
            before: "register poll",
            unheard: "poll read",
            lost: "poll read",
            after: "read",
        },
        Self::looking_up(0, 1),
        Self::looking_up(1, 2),
        Self::reading(0, 1),
        Self::reading(1, 2),
    ];

    const fn registering(skip: u32, round: u32) -> Self {
        let whole = "register poll poll read";
        Self { on: On::Register, skip, round, before: "", unheard: whole, lost: whole, after: "poll poll read" }
    }

    const fn looking_up(skip: u32, round: u32) -> Self {
        Self {
            on: On::LookUpRegistration,
            skip,
            round,
            before: "",
            unheard: "look read",
            lost: "look read",
            after: "read",
        }
    }

    const fn reading(skip: u32, round: u32) -> Self {
        let before = "register poll poll";
        Self { on: On::ReadModule, skip, round, before, unheard: "read", lost: "read", after: "" }
    }

    /// The plan whose run comes here.
    pub(crate) fn plan(&self, plan: Plan) -> Plan {
        plan.lookup_only(self.on == On::LookUpRegistration).unwrap()
    }

    pub(crate) fn is(&self, operation: &Operation) -> bool {
        on(operation) == self.on
    }

    /// What the journal calls its request.
    pub(crate) fn verb(&self) -> &'static str {
        self.unheard.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn name(&self) -> String {
        format!("{:?} after {}", self.on, self.skip)
    }
}

pub(crate) fn on(operation: &Operation) -> On {
    match operation {
        Operation::Register => On::Register,
        Operation::RegistrationStatus(_) => On::RegistrationStatus,
        Operation::LookUpRegistration => On::LookUpRegistration,
        Operation::ReadModule => On::ReadModule,
        other => panic!("{other}"),
    }
}

/// Words in a row, some of them empty.
pub(crate) fn words(parts: &[&str]) -> String {
    parts.iter().flat_map(|part| part.split_whitespace()).collect::<Vec<_>>().join(" ")
}
