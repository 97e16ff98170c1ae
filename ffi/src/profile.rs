//! What to register with the provisioning service.
