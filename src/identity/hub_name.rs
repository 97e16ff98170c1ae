//! The forms of a hub's host name.

use super::{HostName, Identity};
use alloc::{format, string::String};

/// The suffixes of the public cloud, of US Government and of China.
const CLOUDS: [&str; 3] = ["azure-devices.net", "azure-devices.us", "azure-devices.cn"];

/// The forms of a hub's host name.
///
/// Source: `MicrosoftDocs/azure-docs:articles/iot-hub/iot-hub-tls-support.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HubNameForm {
    /// `contoso.azure-devices.net`: TLS 1.2 only.
    Classic,
    /// `contoso.device.azure-devices.net`: for devices, TLS 1.3 and 1.2.
    Device,
    /// `contoso.service.azure-devices.net`: for back ends. A device must not use it.
    Service,
}

impl HostName {
    /// The form of a hub's name, in any cloud. `None` for another name: a gateway's, for example.
    ///
    /// ```
    /// use defender_auth::identity::{HostName, HubNameForm};
    ///
    /// let name = |text: &str| text.parse::<HostName>();
    /// assert_eq!(name("contoso.device.azure-devices.cn")?.hub_form(), Some(HubNameForm::Device));
    /// assert_eq!(name("edge.local")?.hub_form(), None);
    /// # Ok::<_, defender_auth::identity::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn hub_form(&self) -> Option<HubNameForm> {
        self.hub_parts().map(|(_, form, _)| form)
    }

    /// The classic name of the same hub. `None` when this is not a hub's name.
    #[must_use]
    pub fn classic(&self) -> Option<Self> {
        let (hub, _, cloud) = self.hub_parts()?;
        // A part of a valid name.
        Self::new(&format!("{hub}.{cloud}")).ok()
    }

    /// Its names for devices, as an error lists them. `None` unless this is its name for back ends.
    pub(crate) fn instead(&self) -> Option<String> {
        let (hub, form, cloud) = self.hub_parts()?;
        (form == HubNameForm::Service).then(|| format!("{hub}.{cloud}, or {hub}.device.{cloud}"))
    }

    fn hub_parts(&self) -> Option<(&str, HubNameForm, &str)> {
        let (hub, rest) = self.as_str().split_once('.')?;
        let (form, cloud) = match rest.split_once('.')? {
            (word, cloud) if word.eq_ignore_ascii_case("device") => (HubNameForm::Device, cloud),
            (word, cloud) if word.eq_ignore_ascii_case("service") => (HubNameForm::Service, cloud),
            _ => (HubNameForm::Classic, rest),
        };
        CLOUDS.iter().any(|known| known.eq_ignore_ascii_case(cloud)).then_some((hub, form, cloud))
    }
}

impl Identity {
    /// The same identity at the host name as it is, with the hub's classic name in tokens and user names. It is expressed as
    /// a connection through a gateway of the former name. Unchanged when the hub's name is classic or not a hub's, and with
    /// a gateway.
    ///
    /// Whether a hub requires this with its `.device.` name is documented nowhere; unless it is called, the name is used as
    /// it was given.
    #[must_use]
    pub fn with_classic_hub_name(self) -> Self {
        match self.hub.classic() {
            Some(classic) if self.gateway.is_none() && classic != self.hub => {
                Self { gateway: Some(self.hub), hub: classic, ..self }
            }
            _ => self,
        }
    }

    /// The hub by the name that it was given: another than [`hub`](Self::hub) after
    /// [`with_classic_hub_name`](Self::with_classic_hub_name). HTTPS goes there, because gateways forward none.
    #[cfg(feature = "flows")]
    pub(crate) fn given_hub(&self) -> &HostName {
        let is_hub = |name: &&HostName| name.classic().is_some_and(|classic| classic == self.hub);
        self.gateway.as_ref().filter(is_hub).unwrap_or(&self.hub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_every_form_and_cloud_are_told_apart() {
        for cloud in CLOUDS.into_iter().chain(["Azure-Devices.NET"]) {
            for (middle, form) in [
                ("", HubNameForm::Classic),
                (".device", HubNameForm::Device),
                (".DEVICE", HubNameForm::Device),
                (".service", HubNameForm::Service),
            ] {
                let name = name(&format!("contoso{middle}.{cloud}"));
                assert_eq!(name.hub_form(), Some(form), "{name}");
                assert_eq!(name.classic().unwrap().as_str(), format!("contoso.{cloud}"));
            }
        }
        for other in [
            "contoso",
            "edge.local",
            "azure-devices.net",
            "device.azure-devices.com",
            "a.b.azure-devices.net",
            "a.device.service.azure-devices.net",
            "contoso.azure-devices.net.example",
            "contoso.azure-devices-provisioning.net",
        ] {
            assert_eq!((name(other).hub_form(), name(other).classic()), (None, None), "{other}");
        }
        assert_eq!(name("device.azure-devices.net").hub_form(), Some(HubNameForm::Classic), "a hub of that name");
    }

    #[test]
    fn the_classic_name_is_that_of_tokens_and_the_given_one_is_dialled() {
        let me = |hub: &str| Identity::device(name(hub), "d".parse().unwrap());
        let renamed = me("contoso.device.azure-devices.us").with_classic_hub_name();
        assert_eq!(renamed.hub().as_str(), "contoso.azure-devices.us");
        assert_eq!(renamed.endpoint().as_str(), "contoso.device.azure-devices.us");
        for hub in ["contoso.azure-devices.us", "edge.local"] {
            assert_eq!(me(hub).with_classic_hub_name(), me(hub));
        }
        let behind = me("contoso.device.azure-devices.us").with_gateway(name("edge.local"));
        assert_eq!(behind.clone().with_classic_hub_name(), behind);
    }
}
