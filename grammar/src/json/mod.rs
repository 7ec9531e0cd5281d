//! The AST as JSON, and back.
//!
//! The form is serde's with four liberties, so that people can read and write it: what is absent,
//! empty or off is left out; a time is its number of seconds; what is only given or not is `true`; bytes that are a text are
//! one.
//!
//! ```
//! use grammar::{Ast, MemoryLoader, json, keepalived};
//!
//! let text = "vrrp_instance A {\n  advert_int 0.5\n  native_ipv6\n}\n";
//! let mut loader = MemoryLoader::new([("k.conf", text)]);
//! let ast = keepalived::parse(&mut loader, "k.conf".as_ref(), &Default::default()).ast;
//! let value = json::to_value(&ast)?;
//! assert_eq!(value["vrrp"]["instances"][0]["advert_int"], 0.5);
//! assert_eq!(json::from_value::<Ast>(value)?, ast);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Invariants: reading back what was written gives an equal value; a member that nothing knows is
//! an error.
//! Deliberately unknown here: what an AST consists of.

mod read;
mod write;

use core::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// A value as JSON.
///
/// # Errors
/// When a map has keys that are no strings.
pub fn to_value(value: &impl Serialize) -> Result<Value, Error> {
    value.serialize(write::Writer).map(|written| written.value)
}

/// A value from JSON.
///
/// # Errors
/// When a member is unknown, missing or of another type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(read::Reader::new(value))
}

/// The name that serde gives [`Duration`].
const DURATION: &str = "Duration";

/// Seconds as a number where that is exact, else as a decimal string.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 {
        return time.as_secs().into();
    }
    let number = time.as_secs_f64();
    if Duration::try_from_secs_f64(number) == Ok(time) {
        return number.into();
    }
    let text = format!("{}.{:09}", time.as_secs(), time.subsec_nanos());
    text.trim_end_matches('0').into()
}

/// Reads what [`seconds`] wrote.
fn duration(value: &Value) -> Option<Duration> {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(whole) => Some(Duration::from_secs(whole)),
            None => Duration::try_from_secs_f64(number.as_f64()?).ok(),
        },
        Value::String(text) => {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            let nanos = format!("{part:0<9}").parse().ok();
            let nanos = nanos.filter(|_| digits && part.len() <= 9)?;
            Some(Duration::new(whole.parse().ok()?, nanos))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct All {
        flag: Option<()>,
        log: Option<Option<String>>,
        on: Option<bool>,
        off: bool,
        list: Vec<u32>,
        given: Option<Vec<u32>>,
        time: Duration,
        kind: Vec<Kind>,
        pair: Option<(u8, String)>,
        bytes: Vec<u8>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Plain,
        One(Option<u8>),
        Two(u8, bool),
        Named { a: Vec<u8>, b: Option<Duration> },
    }

    fn same(all: &All) -> Value {
        let value = to_value(all).expect("written");
        assert_eq!(
            from_value::<All>(value.clone()).expect("read"),
            *all,
            "{value}"
        );
        value
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(
            same(&All {
                time: Duration::ZERO,
                ..All::default()
            }),
            serde_json::json!({"time": 0})
        );
        let value = same(&All {
            flag: Some(()),
            log: Some(None),
            on: Some(false),
            off: true,
            list: vec![1],
            given: Some(Vec::new()),
            time: Duration::new(u64::MAX, 1),
            kind: vec![
                Kind::Plain,
                Kind::One(None),
                Kind::One(Some(3)),
                Kind::Two(1, false),
                Kind::Named {
                    a: vec![7],
                    b: Some(Duration::from_millis(10)),
                },
            ],
            pair: Some((1, "x".to_owned())),
            bytes: "gehe ü".into(),
        });
        insta::assert_snapshot!(value, @r#"{"bytes":"gehe ü","flag":true,"given":[],"kind":["Plain",{"One":null},{"One":3},{"Two":[1,false]},{"Named":{"a":[7],"b":0.01}}],"list":[1],"log":true,"off":true,"on":false,"pair":[1,"x"],"time":"18446744073709551615.000000001"}"#);
        same(&All {
            log: Some(Some("f".to_owned())),
            ..All::default()
        });
    }

    #[test]
    fn what_is_unknown_is_told() {
        let problem = from_value::<All>(serde_json::json!({"lst": []})).expect_err("unknown");
        assert!(
            problem.to_string().contains("unknown field `lst`"),
            "{problem}"
        );
        let problem = from_value::<All>(serde_json::json!({"time": "x"})).expect_err("no time");
        assert!(problem.to_string().contains("seconds"), "{problem}");
    }

    #[test]
    fn seconds_keep_every_digit() {
        for time in [
            Duration::from_micros(10_000),
            Duration::new(1_700_000_000, 123_456_789),
            Duration::from_nanos(1),
        ] {
            assert_eq!(duration(&seconds(time)), Some(time));
        }
        assert_eq!(duration(&Value::from("1.+2")), None);
        assert_eq!(duration(&Value::from(-1)), None);
    }
}
