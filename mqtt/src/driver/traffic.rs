//! The agent's own messages.

use super::{Driver, DriverError};
use crate::{Error, PACKET_LIMIT};
use mqtt_protocol_core::mqtt::packet::Qos as PacketQos;

/// How surely a message arrives. A hub supports these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qos {
    /// 0: it is not acknowledged, and may be lost.
    AtMostOnce,
    /// 1: it is acknowledged, and may arrive twice if the connection breaks.
    AtLeastOnce,
}

impl From<Qos> for PacketQos {
    fn from(qos: Qos) -> Self {
        match qos {
            Qos::AtMostOnce => Self::AtMostOnce,
            Qos::AtLeastOnce => Self::AtLeastOnce,
        }
    }
}

/// A subscription, which is made again after each reconnect.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) topic: String,
    pub(super) qos: Qos,
}

impl Driver {
    /// Publishes. At [`Qos::AtLeastOnce`] it returns when the hub has acknowledged the message; messages that arrive
    /// meanwhile are the next events, up to [`EARLY_LIMIT`](crate::EARLY_LIMIT) until [`next`](Self::next) is called: more
    /// count as a broken connection. A device's topic is `devices/DEVICE/messages/events/`, a module's
    /// `devices/DEVICE/modules/MODULE/messages/events/`; a hub ends the connection for one that is not the agent's own.
    ///
    /// # Errors
    /// When there is no connection, when MQTT or a hub cannot carry the message, when the connection breaks, and when the
    /// driver was cancelled.
    pub fn publish(&mut self, topic: &str, payload: &[u8], qos: Qos) -> Result<(), DriverError> {
        if payload.len() > PACKET_LIMIT {
            return Err(DriverError::TooLong);
        }
        self.check_cancelled()?;
        let live = self.live.as_mut().ok_or(DriverError::NotConnected)?;
        let result = live.connection.publish_at(topic, payload, qos.into());
        self.sent(result, qos == Qos::AtLeastOnce)
    }

    /// Subscribes, now and after each reconnect. Connected, it returns when the hub has acknowledged; else the subscription is
    /// made with the next connection.
    ///
    /// # Errors
    /// When the hub rejects it, which then is not tried again; when MQTT cannot carry it; when the connection breaks, and
    /// when the driver was cancelled. In these two cases it is made with the next connection.
    pub fn subscribe(&mut self, topic: &str, qos: Qos) -> Result<(), DriverError> {
        self.check_cancelled()?;
        let result = match &mut self.live {
            Some(live) => {
                let result = live.connection.subscribe_at(topic, qos.into());
                self.sent(result, true)
            }
            None => Ok(()),
        };
        if !matches!(result, Err(DriverError::NotSubscribed { .. } | DriverError::Unsendable { .. })) {
            self.subscriptions.retain(|known| known.topic != topic);
            self.subscriptions.push(Subscription { topic: topic.into(), qos });
        }
        result
    }

    /// Ends a subscription. Connected, it returns when the hub has acknowledged.
    ///
    /// # Errors
    /// When MQTT cannot carry it, when the connection breaks, and when the driver was cancelled. It is not made again in any
    /// case.
    pub fn unsubscribe(&mut self, topic: &str) -> Result<(), DriverError> {
        self.check_cancelled()?;
        self.subscriptions.retain(|known| known.topic != topic);
        let Some(live) = &mut self.live else { return Ok(()) };
        let result = live.connection.unsubscribe(topic);
        self.sent(result, true)
    }

    /// What came of sending.
    fn sent(&mut self, result: Result<(), Error>, is_acknowledged: bool) -> Result<(), DriverError> {
        let now = self.now().monotonic;
        let used = |this: &mut Self| {
            if let Some(live) = &mut this.live {
                live.used(now, is_acknowledged);
            }
        };
        match result {
            Ok(()) => {
                used(self);
                Ok(())
            }
            Err(Error::NotSubscribed { topic, .. }) => {
                used(self);
                Err(DriverError::NotSubscribed { topic })
            }
            Err(Error::NotPublished { reason, .. }) => {
                used(self);
                Err(DriverError::NotPublished { reason })
            }
            Err(Error::Unsendable { field }) => Err(DriverError::Unsendable { field }),
            Err(error) => {
                self.check_cancelled()?;
                let why = error.to_string();
                self.lost(error)?;
                Err(DriverError::NotAcknowledged(why))
            }
        }
    }
}
