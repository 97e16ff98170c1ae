//! The types of a property's value, and the problems it may have.

use super::duration::{DurationError, IsoDuration};
use alloc::string::{String, ToString as _};
use core::{fmt, str::FromStr};
use serde_json::Value;

/// The priority with which an event is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// With the next message of high priority.
    High,
    /// With the next message of low priority.
    Low,
    /// Not at all.
    Off,
}

impl Priority {
    /// Its value in a twin.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "High",
            Self::Low => "Low",
            Self::Off => "Off",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Without regard to case: documentation writes `High`, and the C agent reports `high`.
impl FromStr for Priority {
    type Err = PropertyProblem;

    fn from_str(text: &str) -> Result<Self, PropertyProblem> {
        let all = [Self::High, Self::Low, Self::Off];
        all.into_iter().find(|priority| priority.as_str().eq_ignore_ascii_case(text)).ok_or(PropertyProblem::Priority)
    }
}

/// A property that was rejected. Its last valid value stays in effect.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {problem}", .name.escape_debug())]
#[non_exhaustive]
pub struct PropertyError {
    /// Its name, never its value.
    pub name: String,
    /// What is wrong with it.
    pub problem: PropertyProblem,
}

/// What is wrong with a property.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PropertyProblem {
    /// Its value is not wrapped in an object.
    #[error("is not wrapped in an object; write {{\"value\": …}} around its value")]
    NotWrapped,
    /// Its value is JSON of another type.
    #[error("has a value of another type; write {expected}")]
    Type {
        /// The type that it must have.
        expected: &'static str,
    },
    /// Not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// Not a priority.
    #[error("is not a priority; write High, Low or Off")]
    Priority,
    /// A size of zero.
    #[error("is zero, so that no message fits; write a positive number of bytes")]
    NoBytes,
    /// Not the intervals of a micro agent.
    #[error("is not three intervals; write the minutes for high, medium and low priority, for example \"30,120,1440\"")]
    Intervals,
}

crate::base::debug::debug_as_text! { PropertyError, PropertyProblem }

/// A type of value, in JSON.
pub(super) trait Property: Sized {
    fn read(value: &Value) -> Result<Self, PropertyProblem>;

    /// `Null` for what is absent.
    fn write(&self) -> Value;
}

/// A place for such a value, independent of its type.
pub(super) trait Slot {
    /// Keeps the old value when the new one is invalid.
    fn set(&mut self, value: &Value) -> Result<(), PropertyProblem>;

    fn get(&self) -> Value;
}

impl<T: Property> Slot for T {
    fn set(&mut self, value: &Value) -> Result<(), PropertyProblem> {
        *self = T::read(value)?;
        Ok(())
    }

    fn get(&self) -> Value {
        self.write()
    }
}

impl Property for IsoDuration {
    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        let expected = PropertyProblem::Type { expected: "a duration in quotation marks, for example \"PT7M\"" };
        Ok(value.as_str().ok_or(expected)?.parse()?)
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}

/// A number of bytes.
impl Property for u64 {
    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        let expected =
            PropertyProblem::Type { expected: "a whole number of bytes without quotation marks, for example 204800" };
        match value.as_u64().ok_or(expected)? {
            0 => Err(PropertyProblem::NoBytes),
            bytes => Ok(bytes),
        }
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Property for Priority {
    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        value.as_str().ok_or(PropertyProblem::Type { expected: "\"High\", \"Low\" or \"Off\"" })?.parse()
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

impl Property for bool {
    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        value.as_bool().ok_or(PropertyProblem::Type { expected: "true or false without quotation marks" })
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Property for Option<String> {
    fn read(value: &Value) -> Result<Self, PropertyProblem> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err(PropertyProblem::Type { expected: "a text in quotation marks" }),
        }
    }

    fn write(&self) -> Value {
        self.as_deref().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_priority_is_read_in_any_case() {
        for (text, priority) in
            [("High", Priority::High), ("high", Priority::High), ("LOW", Priority::Low), ("oFF", Priority::Off)]
        {
            assert_eq!(text.parse(), Ok(priority));
        }
        for text in ["", "Medium", "High ", "Operational"] {
            assert_eq!(text.parse::<Priority>(), Err(PropertyProblem::Priority), "{text}");
        }
    }

    #[test]
    fn a_priority_is_displayed_as_in_a_twin() {
        for priority in [Priority::High, Priority::Low, Priority::Off] {
            assert_eq!(priority.to_string().parse(), Ok(priority));
            assert_eq!(priority.to_string(), priority.write());
        }
    }

    #[test]
    fn every_value_is_written_as_it_is_read() {
        fn round<T: Property>(value: &Value) {
            assert_eq!(T::read(value).unwrap().write(), *value);
        }
        round::<IsoDuration>(&json!("P1DT7M"));
        round::<u64>(&json!(u64::MAX));
        round::<Priority>(&json!("Off"));
        round::<bool>(&json!(false));
        round::<Option<String>>(&json!(""));
        round::<Option<String>>(&Value::Null);
    }

    #[test]
    fn no_type_is_accepted_for_another() {
        fn refuses<T: Property>(values: &[Value]) {
            for value in values {
                assert!(matches!(T::read(value), Err(PropertyProblem::Type { .. })), "{value}");
            }
        }
        refuses::<IsoDuration>(&[json!(7), json!(true), json!([]), json!({})]);
        refuses::<u64>(&[json!("204800"), json!(-1), json!(1.5), json!(2.0), json!(true), json!(1e30)]);
        refuses::<Priority>(&[json!(1), json!(["High"])]);
        refuses::<bool>(&[json!("true"), json!(1), json!({"value": true})]);
        refuses::<Option<String>>(&[json!(1), json!(["text"])]);
        assert_eq!(u64::read(&json!(0)), Err(PropertyProblem::NoBytes));
    }

    #[test]
    fn an_invalid_value_keeps_the_old_one() {
        let mut priority = Priority::High;
        assert_eq!(priority.set(&json!("Medium")), Err(PropertyProblem::Priority));
        assert_eq!(priority.get(), json!("High"));
        assert_eq!(priority.set(&json!("off")), Ok(()));
        assert_eq!(priority, Priority::Off);
    }

    #[test]
    fn an_error_is_one_line_with_name_and_cure() {
        let error = |name: &str, problem| PropertyError { name: name.into(), problem }.to_string();
        assert_eq!(
            error("snapshotFrequency", PropertyProblem::NotWrapped),
            "`snapshotFrequency` is not wrapped in an object; write {\"value\": …} around its value"
        );
        assert_eq!(
            error("snapshotFrequency", DurationError::Fraction.into()),
            "`snapshotFrequency` has a fraction; write it in whole seconds"
        );
        assert!(
            error("eventPriority\n", PropertyProblem::Priority).starts_with("`eventPriority\\n` is not a priority")
        );
    }
}
