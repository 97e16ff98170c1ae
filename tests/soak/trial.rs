//! What is done to a device that holds a session. Whatever it is, the device is connected again in the end, has not
//! registered without a reason, and has met every fault.

use crate::{
    errand::Soak,
    fleet::{HUBS, Has, MODULE, new_keys},
    order::{At, Order, Planned, Trouble},
    staying::Stayer,
};
use defender_auth::SharedAccessKey;

/// How wrong a device's clock is set, in seconds.
const WRONG: [i64; 4] = [-30 * 86_400, -2 * 86_400, 3 * 3600, 30 * 86_400];

impl Soak {
    /// One device that stays connected meets one thing.
    pub(crate) fn try_stayer(&mut self) {
        let index = usize::try_from(self.site.random.below(self.stayers.len() as u64)).unwrap();
        let mut stayer = self.stayers.swap_remove(index);
        // What has happened since it had its turn: time has passed, connections were ended.
        self.settle(&mut stayer, "nothing", 0);
        match (self.site.random.below(8), stayer.member.enrollment().map(str::to_owned)) {
            (0 | 1, _) => self.renew_session(&mut stayer),
            (2, _) => {
                stayer.restart(&self.site);
                self.settle(&mut stayer, "a restart", 0);
            }
            (3, _) => self.mistime(&mut stayer),
            (4 | 5, _) => self.disturb(&mut stayer),
            (6, Some(name)) => self.move_stayer(&mut stayer, &name),
            (_, Some(name)) => self.suspend(&mut stayer, &name),
            (_, None) => self.rotate_stayer(&mut stayer),
        }
        self.stayers.push(stayer);
        let end = self.stayers.len() - 1;
        self.stayers.swap(index, end);
    }

    /// Every device that stays connected is, after so many registrations each at most.
    pub(crate) fn settle_all(&mut self, met: &str, registrations: u64) {
        let mut stayers = std::mem::take(&mut self.stayers);
        for stayer in &mut stayers {
            self.settle(stayer, met, registrations);
        }
        self.stayers = stayers;
    }

    /// It is connected again, where it belongs, with so many registrations at most.
    fn settle(&mut self, stayer: &mut Stayer, met: &str, registrations: u64) -> Vec<String> {
        let (before, id) = (stayer.registered(), stayer.member.id.clone());
        let connects = stayer.connected();
        let what = format!("{id} stays connected and meets {met}");
        let result = stayer.settle(&mut self.site);
        self.tally.operations += 1;
        self.tally.connects += stayer.connected() - connects;
        let lines = match result {
            Ok(lines) => lines,
            Err(lines) => {
                self.unexplained(&what, &format!("it is not connected:\n    {}", lines.join("\n    ")));
                return lines;
            }
        };
        let more = stayer.registered() - before;
        if more > registrations {
            let lines = lines.join("\n    ");
            self.unexplained(&what, &format!("{more} registrations, allowed are {registrations}:\n    {lines}"));
        }
        lines
    }

    fn disconnect(&mut self, stayer: &mut Stayer) {
        self.site.cloud.tell(&Order::DisconnectAll);
        stayer.notice_loss();
    }

    fn renew_session(&mut self, stayer: &mut Stayer) {
        let connects = stayer.connected();
        let has_token = !stayer.member.is_by_certificate();
        stayer.wait_until_due(&mut self.site);
        self.settle(stayer, "the renewal of its token", 0);
        if has_token && stayer.connected() == connects {
            self.unexplained(&stayer.member.id, "its token was not renewed");
        }
        self.tally.renewals += u64::from(has_token);
    }

    /// The clock of the device is wrong for a while, during which it has to connect.
    fn mistime(&mut self, stayer: &mut Stayer) {
        stayer.time.set_wrong(*self.site.random.of(&WRONG));
        self.disconnect(stayer);
        // Without a service that tells the time it waits for its clock to be set.
        let _ = stayer.settle_for_a_while(&mut self.site);
        stayer.time.set_wrong(0);
        self.tally.faults += 1;
        self.settle(stayer, "a wrong clock", 1);
    }

    /// The hub is lost, and something is in the way back.
    fn disturb(&mut self, stayer: &mut Stayer) {
        let all = [
            (At::Connect, Trouble::Connack(3), 0),
            // A registration for every two rejections.
            (At::Connect, Trouble::Connack(5), 2),
            (At::Handshake, Trouble::PlainText, 0),
            (At::Handshake, Trouble::Expired, 0),
            // The device is looked for elsewhere when that has lasted for hours.
            (At::Handshake, Trouble::Reset, 1),
            (At::Handshake, Trouble::Half, 1),
            (At::Handshake, Trouble::Untrusted, 1),
            (At::Handshake, Trouble::WrongHost, 1),
        ];
        let (at, trouble, registrations) = self.site.random.of(&all).clone();
        let times = u32::try_from(self.site.random.below(4)).unwrap() + 1;
        let met = format!("{trouble:?}, {times} times");
        self.site.cloud.tell(&Order::Fault(Planned { trouble, at, times }));
        self.disconnect(stayer);
        let lines = self.settle(stayer, &met, registrations);
        self.tally.faults += 1;
        self.tally.explained += u64::from(times);
        let left = self.site.cloud.forget_faults();
        if left > 0 {
            let lines = lines.join("\n    ");
            self.unexplained(&stayer.member.id, &format!("{met}: {left} were not met\n    {lines}"));
        }
    }

    /// The device is taken to another hub, and its enrollment with it.
    fn move_stayer(&mut self, stayer: &mut Stayer, name: &str) {
        let from = stayer.hub().to_owned();
        let hub = if from == HUBS[0] { HUBS[1] } else { HUBS[0] };
        self.site.cloud.tell(&Order::Move { enrollment: name.into(), hub: hub.into() });
        self.site.cloud.tell(&Order::MoveDevice { hub: from, device: stayer.member.id.clone(), to: hub.into() });
        self.moved.insert(name.into(), hub);
        self.tally.moves += 1;
        stayer.notice_loss();
        self.settle(stayer, "a move", 1);
        if stayer.hub() != hub {
            self.unexplained(&stayer.member.id, &format!("it is at {} and should be at {hub}", stayer.hub()));
        }
    }

    /// Its enrollment is disabled for a while, which the hub does not know of.
    fn suspend(&mut self, stayer: &mut Stayer, name: &str) {
        self.site.cloud.tell(&Order::Disable { enrollment: name.into() });
        self.disconnect(stayer);
        self.settle(stayer, "a disabled enrollment", 0);
        self.site.cloud.tell(&Order::Enable { enrollment: name.into() });
    }

    /// The hub is given another primary key, or two others, and the connections end. The device falls back to its secondary
    /// key; the module's keys are looked up; and somebody brings the new ones.
    fn rotate_stayer(&mut self, stayer: &mut Stayer) {
        let Has::Keys(old) = &stayer.member.has else { return };
        let is_both = self.site.random.one_in(3);
        let mut keys = new_keys(&mut self.site.random);
        let (hub, device) = (HUBS[0].to_owned(), stayer.member.id.clone());
        self.tally.rotations += 1;
        if stayer.member.in_device_mode {
            self.site.cloud.tell(&Order::RotateModule { hub, device, module: MODULE.into(), keys });
            self.disconnect(stayer);
            self.settle(stayer, "new keys of its module", 0);
            return;
        }
        if !is_both {
            keys[1] = old[1].to_base64().expose().into();
        }
        self.site.cloud.tell(&Order::RotateDevice { hub, device, keys: keys.clone() });
        self.disconnect(stayer);
        if is_both {
            let _ = stayer.settle_for_a_while(&mut self.site);
        } else {
            self.settle(stayer, "another primary key", 0);
        }
        stayer.rotate(Has::Keys(keys.map(|key| SharedAccessKey::from_base64(&key).unwrap())));
        self.settle(stayer, "its new keys", 0);
    }
}
