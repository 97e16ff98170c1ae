//! Agents' configurations.
