//! What devices do all day. Every attempt and every login is judged: it ends as it has to, or it is unexplained.

use crate::{
    agent::{Shown, Site},
    fault::{Carrier, Disturbance, End, NO_DEVICE, OVER, Refusal, SIGNATURE},
    fleet::{HUBS, Has, MODULE, Member, new_keys},
    order::Order,
    staying::Stayer,
};
use defender_auth::{Device, Outcome, Plan, SharedAccessKey, sas::Renewal};
use std::{collections::BTreeMap, time::Duration};

/// How long a token holds that is to be renewed.
const LIFE: Duration = Duration::from_secs(3600);

/// What was done, and how it went.
#[derive(Default)]
pub(crate) struct Tally {
    /// Attempts to authenticate, and logins.
    pub(crate) operations: u64,
    pub(crate) renewals: u64,
    pub(crate) rotations: u64,
    pub(crate) moves: u64,
    pub(crate) faults: u64,
    /// Connections of the sessions.
    pub(crate) connects: u64,
    pub(crate) explained: u64,
    pub(crate) unexplained: u64,
}

/// The fleet at its site.
pub(crate) struct Soak {
    pub(crate) site: Site,
    members: Vec<Member>,
    /// Those of the fleet that hold a session.
    pub(crate) stayers: Vec<Stayer>,
    /// Where enrollments lead, unless that is the first hub.
    pub(crate) moved: BTreeMap<String, &'static str>,
    pub(crate) tally: Tally,
}

impl Soak {
    pub(crate) fn new(site: Site, members: Vec<Member>) -> Self {
        let (stayers, members): (Vec<_>, _) = members.into_iter().partition(Member::stays);
        let stayers = stayers.into_iter().map(|member| Stayer::new(member, &site)).collect();
        let mut this = Self { site, members, stayers, moved: BTreeMap::new(), tally: Tally::default() };
        this.settle_all("its first start", 1);
        this
    }

    /// One device does one thing, or something is done to one.
    pub(crate) fn step(&mut self) {
        if self.site.random.one_in(3) {
            return self.try_stayer();
        }
        let index = usize::try_from(self.site.random.below(self.members.len() as u64)).unwrap();
        let mut member = self.members.swap_remove(index);
        // A TPM takes its time.
        if !member.is_by_tpm() || self.site.random.one_in(4) {
            self.errand(&mut member);
        }
        self.members.push(member);
        let end = self.members.len() - 1;
        self.members.swap(index, end);
    }

    fn errand(&mut self, member: &mut Member) {
        let Some(me) = member.me.clone() else { return self.authenticate(member) };
        match (self.site.random.below(8), &member.has) {
            (0..=2, _) => self.authenticate(member),
            (3 | 4, _) => self.renew(&me),
            (5, _) => self.outlive(&me),
            (_, Has::Keys(_)) => self.rotate(member, me),
            (6, Has::Enrollment(name, _)) => {
                let name = name.clone();
                self.move_away(&name, member, &me);
            }
            (_, Has::Enrollment(name, _)) => {
                let name = name.clone();
                self.disable(&name, member, &me);
            }
        }
    }

    /// Half of the attempts meet something on their way. Then the next one goes well.
    fn authenticate(&mut self, member: &mut Member) {
        let carrier = self.carrier(member);
        if member.asks() && self.site.random.one_in(2) {
            let met = Disturbance::pick(&mut self.site.random, member, carrier);
            self.disturbed(member, carrier, &met);
        }
        self.attempt(member, End::Well);
        if let Some(me) = member.me.clone() {
            let shown = self.site.prove(&me, LIFE);
            self.log_in(&me, &shown, End::Well);
        }
    }

    fn disturbed(&mut self, member: &Member, carrier: Carrier, met: &Disturbance) {
        match met {
            Disturbance::Fault(planned) => self.site.cloud.tell(&Order::Fault(planned.clone())),
            Disturbance::Clock(seconds) => self.site.set_clock(*seconds),
        }
        let result = self.site.run(&member.plan(), carrier, Some(met));
        self.site.set_clock(0);
        let left = self.site.cloud.forget_faults();
        self.tally.faults += 1;
        let end = met.end(member, carrier);
        let what = format!("{} authenticates over {carrier:?} and meets {met:?}, of which {left} is left", member.id);
        self.judge(&what, end, result.as_ref().map(drop));
        if left > 0 {
            self.unexplained(&what, "the fault was not met");
        }
    }

    /// Authenticates, and becomes who the services say.
    fn attempt(&mut self, member: &mut Member, end: End) {
        let carrier = self.carrier(member);
        let result = self.site.run(&member.plan(), carrier, None);
        let what = format!("{} authenticates over {carrier:?}", member.id);
        self.judge(&what, end, result.as_ref().map(drop));
        let Ok(me) = result else { return };
        let hub = member.enrollment().map_or(HUBS[0], |name| self.hub_of(name));
        if me.identity().hub().as_str() != hub || me.identity().device_id().as_str() != member.id {
            self.unexplained(&what, &format!("it became {} and not {} at {hub}", me.identity(), member.id));
        }
        member.me = Some(me);
    }

    /// The token is renewed before it expires.
    fn renew(&mut self, me: &Outcome) {
        let (issued, old) = (self.site.now(), self.site.prove(me, LIFE));
        self.log_in(me, &old, End::Well);
        let Shown::Token(token) = &old else { return };
        let random = u32::try_from(self.site.random.next() >> 32).unwrap();
        let wait = Renewal::of(issued, token.expires_at()).wait(self.site.now()).pick(random);
        self.site.pass(wait);
        self.log_in(me, &old, End::Well);
        let new = self.site.prove(me, LIFE);
        self.log_in(me, &new, End::Well);
        self.tally.renewals += 1;
    }

    /// Nobody renews the token, and it ends.
    fn outlive(&mut self, me: &Outcome) {
        let life = Duration::from_secs(self.site.random.below(600) + 60);
        let shown = self.site.prove(me, life);
        self.site.pass(life + Duration::from_secs(2));
        let end = if matches!(shown, Shown::Token(_)) { End::Because(OVER) } else { End::Well };
        self.log_in(me, &shown, end);
    }

    /// The hub is given another primary key, or two others. Whoever has a secondary key falls back to it.
    fn rotate(&mut self, member: &mut Member, mut me: Outcome) {
        let Has::Keys(old) = &member.has else { return };
        let is_both = self.site.random.one_in(3);
        let mut keys = new_keys(&mut self.site.random);
        let of_device = !member.in_device_mode || self.site.random.one_in(2);
        let (hub, device) = (HUBS[0].to_owned(), member.id.clone());
        self.tally.rotations += 1;
        if !of_device {
            // The hub hands them to the device, so that the next run brings them.
            self.site.cloud.tell(&Order::RotateModule { hub, device, module: MODULE.into(), keys });
            let shown = self.site.prove(&me, LIFE);
            self.log_in(&me, &shown, End::Because(SIGNATURE));
            return self.attempt(member, End::Well);
        }
        if !is_both {
            keys[1] = old[1].to_base64().expose().into();
        }
        self.site.cloud.tell(&Order::RotateDevice { hub, device, keys: keys.clone() });
        let end = if is_both { End::Because(SIGNATURE) } else { End::Well };
        if member.in_device_mode {
            self.attempt(member, End::Because(SIGNATURE));
            self.attempt_with_secondary(member, end);
        } else {
            let shown = self.site.prove(&me, LIFE);
            self.log_in(&me, &shown, End::Because(SIGNATURE));
            if !me.fall_back() {
                self.unexplained(&member.id, "it has a secondary key and does not fall back to it");
            }
            let shown = self.site.prove(&me, LIFE);
            self.log_in(&me, &shown, end);
        }
        // Somebody brings the new ones.
        member.has = Has::Keys(keys.map(|key| SharedAccessKey::from_base64(&key).unwrap()));
        self.attempt(member, End::Well);
    }

    fn attempt_with_secondary(&mut self, member: &Member, end: End) {
        let mut device = Outcome::from(member.device().unwrap());
        if !device.fall_back() {
            self.unexplained(&member.id, "it has a secondary key and does not fall back to it");
        }
        let plan = member.as_it_goes_on(Plan::device(Device::try_from(device).unwrap()));
        let result = self.site.run(&plan, Carrier::Https, None);
        let what = format!("{} authenticates with its secondary key", member.id);
        self.judge(&what, end, result.as_ref().map(drop));
    }

    /// The enrollment leads to another hub. The device learns of it when it registers again.
    fn move_away(&mut self, name: &str, member: &mut Member, me: &Outcome) {
        let hub = if self.hub_of(name) == HUBS[0] { HUBS[1] } else { HUBS[0] };
        self.site.cloud.tell(&Order::Move { enrollment: name.into(), hub: hub.into() });
        self.moved.insert(name.into(), hub);
        self.tally.moves += 1;
        let shown = self.site.prove(me, LIFE);
        self.log_in(me, &shown, End::Well);
        self.attempt(member, End::Well);
        let Some(new) = member.me.clone() else { return };
        let (has_moved, is_told) = (me.identity().hub().as_str() != hub, new.changes_since(me).hub);
        if has_moved != is_told {
            self.unexplained(&member.id, &format!("its move to {hub} is not among the changes"));
        }
        let shown = self.site.prove(&new, LIFE);
        self.log_in(&new, &shown, End::Well);
        if has_moved {
            let shown = self.site.prove(me, LIFE);
            self.log_in(me, &shown, End::Because(NO_DEVICE));
        }
    }

    /// The enrollment is disabled for a while. The hub still knows the device.
    fn disable(&mut self, name: &str, member: &mut Member, me: &Outcome) {
        self.site.cloud.tell(&Order::Disable { enrollment: name.into() });
        self.attempt(member, End::Disabled);
        let shown = self.site.prove(me, LIFE);
        self.log_in(me, &shown, End::Well);
        self.site.cloud.tell(&Order::Enable { enrollment: name.into() });
        self.attempt(member, End::Well);
    }

    fn hub_of(&self, enrollment: &str) -> &'static str {
        self.moved.get(enrollment).copied().unwrap_or(HUBS[0])
    }

    /// MQTT carries registrations of devices without a TPM, and nothing else.
    fn carrier(&mut self, member: &Member) -> Carrier {
        let can = member.enrollment().is_some() && !member.is_by_tpm() && !member.in_device_mode;
        if can && self.site.random.one_in(2) { Carrier::Mqtt } else { Carrier::Https }
    }

    fn log_in(&mut self, me: &Outcome, shown: &Shown, end: End) {
        let result = self.site.log_in(me, shown);
        self.judge(&format!("{} logs in", me.identity()), end, result.as_ref().map(drop));
    }

    fn judge(&mut self, what: &str, end: End, result: Result<(), &Refusal>) {
        self.tally.operations += 1;
        let Err(refusal) = result else {
            if end != End::Well {
                self.unexplained(what, &format!("it went well and should have ended as {end:?}"));
            }
            return;
        };
        let journal = self.site.cloud.journal(8);
        if end.explains(refusal, &journal) {
            self.tally.explained += 1;
        } else {
            let journal = journal.join("\n    ");
            self.unexplained(what, &format!("{refusal} instead of {end:?}; the journal, from its end:\n    {journal}"));
        }
    }

    pub(crate) fn unexplained(&mut self, what: &str, why: &str) {
        self.tally.unexplained += 1;
        println!("UNEXPLAINED at operation {}: {what}: {why}", self.tally.operations);
    }
}
