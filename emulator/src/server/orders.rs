//! Changes by lines of text, for a process that controls the emulator from outside.

use super::{control::ChangeError, listener::Emulator};
use crate::fault::PlannedFault;

/// Why an order cannot be carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// There is no such order, or it has other arguments.
    #[error(
        "there is no order `{0}` with this number of arguments; the orders are `{orders}`",
        orders = Emulator::ORDERS.join("`, `")
    )]
    Unknown(String),
    /// The number of seconds is not a number.
    #[error("`clock-offset` requires a whole number of seconds, such as 3600 or -3600")]
    Seconds,
    /// The fault cannot be read.
    #[error("the fault cannot be read: {0}; it has the members of a `[[fault]]`, see emulator/sample.toml")]
    Fault(String),
    /// The change cannot be made.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Emulator {
    /// All orders.
    pub const ORDERS: &'static [&'static str] = &[
        "rotate-device-keys HUB DEVICE PRIMARY SECONDARY",
        "rotate-module-keys HUB DEVICE MODULE PRIMARY SECONDARY",
        "set-device-thumbprints HUB DEVICE PRIMARY [SECONDARY]",
        "disable-device HUB DEVICE",
        "enable-device HUB DEVICE",
        "move-device HUB DEVICE OTHER-HUB",
        "remove-device HUB DEVICE",
        "remove-module HUB DEVICE MODULE",
        "disable-enrollment NAME",
        "enable-enrollment NAME",
        "move-enrollment NAME HUB",
        "revoke-certificates HUB DEVICE",
        "disconnect HUB DEVICE [MODULE]",
        "disconnect-all",
        "clock-offset SECONDS",
        "fault { operation = \"...\", fault = \"...\", ... }",
        "forget-faults",
    ];

    /// Carries out one of the [`ORDERS`](Self::ORDERS): a name and its arguments, separated by spaces. Keys are base64; a fault has the members of a `[[fault]]`
    /// in a configuration, in braces.
    ///
    /// # Errors
    /// When there is no such order, an argument is malformed, or the change cannot be made.
    pub fn order(&self, line: &str) -> Result<(), OrderError> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let changed = match words.as_slice() {
            ["rotate-device-keys", hub, device, one, two] => self.rotate_device_keys(hub, device, one, two),
            ["rotate-module-keys", hub, device, module, one, two] => {
                self.rotate_module_keys(hub, device, module, one, two)
            }
            ["set-device-thumbprints", hub, device, one] => self.set_device_thumbprints(hub, device, one, None),
            ["set-device-thumbprints", hub, device, one, two] => {
                self.set_device_thumbprints(hub, device, one, Some(two))
            }
            ["disable-device", hub, device] => self.disable_device(hub, device),
            ["enable-device", hub, device] => self.enable_device(hub, device),
            ["move-device", hub, device, to] => self.move_device(hub, device, to),
            ["remove-device", hub, device] => self.remove_device(hub, device),
            ["remove-module", hub, device, module] => self.remove_module(hub, device, module),
            ["disable-enrollment", name] => self.disable_enrollment(name),
            ["enable-enrollment", name] => self.enable_enrollment(name),
            ["move-enrollment", name, hub] => self.move_enrollment(name, hub),
            ["revoke-certificates", hub, device] => self.revoke_certificates(hub, device),
            ["disconnect", hub, device] => self.disconnect(hub, device, None),
            ["disconnect", hub, device, module] => self.disconnect(hub, device, Some(module)),
            ["disconnect-all"] => {
                let _ = self.disconnect_all();
                Ok(())
            }
            ["clock-offset", seconds] => {
                self.clock_offset(seconds.parse().map_err(|_| OrderError::Seconds)?);
                Ok(())
            }
            ["fault", ..] => {
                self.shared.state().faults.plan(fault(line)?);
                Ok(())
            }
            ["forget-faults"] => {
                let _ = self.forget_faults();
                Ok(())
            }
            // Not the whole line, which may contain a key.
            _ => return Err(OrderError::Unknown(words.first().copied().unwrap_or_default().into())),
        };
        changed.map_err(Into::into)
    }
}

/// The fault of an order, whose table TOML reads as the value of a member.
fn fault(line: &str) -> Result<PlannedFault, OrderError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        fault: PlannedFault,
    }
    let table = line.trim_start().strip_prefix("fault").unwrap_or_default();
    let line: Result<Line, _> = toml::from_str(&format!("fault = {table}"));
    line.map(|line| line.fault).map_err(|error| OrderError::Fault(error.message().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Operation};

    #[test]
    fn a_fault_is_read_from_a_line() {
        let read = fault("fault {operation = 'connect', fault = 'connack', code = 3, times = 2}");
        assert_eq!(read, Ok(PlannedFault::new(Operation::Connect, Fault::Connack(3)).times(2)));
        for line in ["fault", "fault connack", "fault {operation = 'connect'}", "fault 1\nx = 2"] {
            assert!(matches!(fault(line), Err(OrderError::Fault(_))), "{line}");
        }
    }

    #[test]
    fn an_unknown_order_is_answered_with_all_orders_and_without_its_arguments() {
        let error = OrderError::Unknown("rotate".into()).to_string();
        assert!(error.contains("`rotate`") && error.contains("`move-device HUB DEVICE OTHER-HUB`"), "{error}");
    }
}
