//! JSON to values.
//!
//! Invariant: reads every form that `write` makes, and also what it would leave out.

use serde::Deserializer;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess, Visitor,
};
use serde_json::{Error, Map, Value};

use super::{DURATION, duration};

pub(super) struct Reader {
    value: Value,
    /// An option around the value was read already.
    some: bool,
}

impl Reader {
    pub(super) const fn new(value: Value) -> Self {
        Self { value, some: false }
    }

    fn wrong(&self, expected: &str) -> Error {
        let found = match &self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(found) => Unexpected::Bool(*found),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(found) => Unexpected::Str(found),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Error::invalid_type(found, &expected)
    }
}

impl<'de> IntoDeserializer<'de, Error> for Reader {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::Array(values) => {
                let mut values = SeqDeserializer::new(values.into_iter().map(Self::new));
                let value = visitor.visit_seq(&mut values)?;
                values.end()?;
                Ok(value)
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, value)| (name, Self::new(value)));
                let mut members = MapDeserializer::new(members);
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_none(),
            Value::Bool(true) if self.some => visitor.visit_none(),
            value => visitor.visit_some(Self { value, some: true }),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null | Value::Bool(true) => visitor.visit_unit(),
            _ => Err(self.wrong("true")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == DURATION {
            let time = duration(&self.value).ok_or_else(|| self.wrong("a number of seconds"))?;
            let parts = [
                ("secs", time.as_secs()),
                ("nanos", time.subsec_nanos().into()),
            ];
            return visitor.visit_map(MapDeserializer::new(parts.into_iter()));
        }
        let mut members = match self.value {
            Value::Null => Map::new(),
            Value::Object(members) => members,
            value => return Err(Self::new(value).wrong(name)),
        };
        let unknown = |member: &&String| !fields.contains(&member.as_str());
        if let Some(unknown) = members.keys().find(unknown) {
            return Err(Error::unknown_field(unknown, fields));
        }
        // What was left out is empty or off.
        for field in fields {
            members.entry(*field).or_insert(Value::Null);
        }
        Self::new(members.into()).deserialize_any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => Self::new(Value::Array(Vec::new())).deserialize_any(visitor),
            Value::String(text) => {
                visitor.visit_seq(SeqDeserializer::new(text.into_bytes().into_iter()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => Self::new(Map::new().into()).deserialize_any(visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (variant, value) = match self.value {
            Value::String(variant) => (variant, None),
            Value::Object(members) if members.len() == 1 => {
                let member = members.into_iter().next();
                let (variant, value) = member.ok_or_else(|| Error::custom("no variant"))?;
                (variant, Some(value))
            }
            value => return Err(Self::new(value).wrong(name)),
        };
        visitor.visit_enum(Variant { variant, value })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        tuple tuple_struct identifier ignored_any
    }
}

struct Variant {
    variant: String,
    value: Option<Value>,
}

struct Contents(Option<Value>);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Contents;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Contents), Error> {
        let variant = seed.deserialize(self.variant.into_deserializer())?;
        Ok((variant, Contents(self.value)))
    }
}

impl Contents {
    fn reader(self) -> Result<Reader, Error> {
        let missing = || Error::custom("this choice needs a value");
        self.0.map(Reader::new).ok_or_else(missing)
    }
}

impl<'de> VariantAccess<'de> for Contents {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(Error::custom("this choice takes no value")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.reader()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.reader()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.reader()?.deserialize_struct("", fields, visitor)
    }
}
