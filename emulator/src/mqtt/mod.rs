//! MQTT 3.1.1 for hubs and the provisioning service, and MQTT 5 for hubs with the profile `mqttV5`.

mod client;
mod cloud;
mod connect;
mod credentials;
mod issuing_topics;
mod keep_alive;
mod message;
mod own_topics;
mod peer;
mod presence;
mod protobuf;
mod provisioning;
mod session;
mod subscribe;
mod subscriptions;
mod topic;
mod twin;
mod will;

pub(crate) use session::serve;
