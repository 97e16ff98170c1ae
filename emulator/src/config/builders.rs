//! Builder methods that several types share, each by the field that has what it sets.

/// A secondary key.
macro_rules! key_builder {
    ($($field:ident).+) => {
        /// Adds a secondary key, in base64.
        #[must_use]
        pub fn secondary_key(mut self, key: &str) -> Self {
            self.$($field).+.secondary_key = Some(key.into());
            self
        }
    };
}

/// A secondary thumbprint.
macro_rules! thumbprint_builder {
    ($($field:ident).+) => {
        /// Adds a secondary thumbprint, of the same digest as the primary one.
        #[must_use]
        pub fn secondary_thumbprint(mut self, thumbprint: &str) -> Self {
            self.$($field).+.secondary_thumbprint = Some(thumbprint.into());
            self
        }
    };
}

/// The desired properties of a twin.
macro_rules! twin_builder {
    () => {
        /// Sets the desired properties of its twin, which have to be an object.
        #[must_use]
        pub fn desired(mut self, properties: serde_json::Value) -> Self {
            self.twin = Twin::new(properties);
            self
        }
    };
}

/// What an enrollment or an enrollment group is answered.
macro_rules! assignment_builders {
    ($($field:ident).+) => {
        /// Assigns to this hub. It need not be a hub of the emulator.
        #[must_use]
        pub fn hub(mut self, host_name: &str) -> Self {
            self.$($field).+.hub = Some(host_name.into());
            self
        }

        /// Assigns to an MQTT broker instead of a hub: the answer has `assignedEndpoint` and no `assignedHub`.
        #[must_use]
        pub fn mqtt_broker(mut self, host_name: &str) -> Self {
            self.$($field).+.mqtt_broker = Some(host_name.into());
            self
        }

        /// Answers with the status `disabled`.
        #[must_use]
        pub fn disabled(mut self) -> Self {
            self.$($field).+.disabled = true;
            self
        }

        /// Ends the registration with the status `failed` and this code and message.
        #[must_use]
        pub fn failing(mut self, code: u32, message: &str) -> Self {
            self.$($field).+.failing = Some(Failure { code, message: message.into() });
            self
        }

        /// Ends the registration at the status request of this number, the first unless set. With 0 the answer to the
        /// registration itself is final.
        #[must_use]
        pub fn pending(mut self, polls: u32) -> Self {
            self.$($field).+.pending = polls;
            self
        }

        /// Issues certificates by this policy, to a device that sends a certificate signing request.
        #[must_use]
        pub fn issuing(mut self, policy: Issuing) -> Self {
            self.$($field).+.issuing = Some(policy);
            self
        }

        /// Adds a payload to the assignment.
        #[must_use]
        pub fn payload(mut self, data: Value) -> Self {
            self.$($field).+.payload = Some(Json(data));
            self
        }
    };
}

pub(super) use {assignment_builders, key_builder, thumbprint_builder, twin_builder};
