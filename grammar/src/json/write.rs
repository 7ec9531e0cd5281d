//! Values to JSON.
//!
//! Invariant: only members of structures are left out, and only where reading gives the same back.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Map, Value};

use super::{DURATION, seconds};

/// A value, and whether a structure may leave it out.
pub(super) struct Written {
    pub(super) value: Value,
    empty: bool,
    byte: Option<u8>,
}

impl Written {
    fn full(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            empty: false,
            byte: None,
        }
    }

    fn empty(value: impl Into<Value>, empty: bool) -> Self {
        Self {
            empty,
            ..Self::full(value)
        }
    }
}

type Done = Result<Written, Error>;

pub(super) struct Writer;

macro_rules! plain {
    ($($method:ident $type:ty),*) => {
        $(fn $method(self, value: $type) -> Done {
            Ok(Written::full(value))
        })*
    };
}

impl Serializer for Writer {
    type Ok = Written;
    type Error = Error;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    plain!(
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_f32 f32, serialize_f64 f64, serialize_str &str
    );

    fn serialize_bool(self, value: bool) -> Done {
        Ok(Written::empty(value, !value))
    }

    fn serialize_u8(self, value: u8) -> Done {
        Ok(Written {
            byte: Some(value),
            ..Written::full(value)
        })
    }

    fn serialize_char(self, value: char) -> Done {
        Ok(Written::full(value.to_string()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Done {
        Ok(Written::full(value.to_vec()))
    }

    fn serialize_none(self) -> Done {
        Ok(Written::empty(Value::Null, true))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        let written = value.serialize(self)?;
        // `Some(None)`: given, without a value.
        Ok(Written::full(match written.value {
            Value::Null => Value::Bool(true),
            value => value,
        }))
    }

    fn serialize_unit(self) -> Done {
        Ok(Written::full(true))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        Ok(Written::full(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        let value = value.serialize(Self)?.value;
        Ok(variant_of(Some(variant), value))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List, Error> {
        Ok(List::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, Error> {
        Ok(List::new(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, Error> {
        Ok(Members::default())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members, Error> {
        Ok(Members {
            time: name == DURATION,
            ..Members::default()
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, Error> {
        Ok(Members {
            variant: Some(variant),
            ..Members::default()
        })
    }
}

/// A variant with contents is a structure with one member.
fn variant_of(variant: Option<&'static str>, value: Value) -> Written {
    Written::full(match variant {
        Some(name) => Value::Object(Map::from_iter([(name.to_owned(), value)])),
        None => value,
    })
}

pub(super) struct List {
    variant: Option<&'static str>,
    values: Vec<Value>,
    /// The values, as long as all are bytes.
    bytes: Option<Vec<u8>>,
}

impl List {
    const fn new(variant: Option<&'static str>) -> Self {
        Self {
            variant,
            values: Vec::new(),
            bytes: Some(Vec::new()),
        }
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let written = value.serialize(Writer)?;
        self.values.push(written.value);
        self.bytes = self
            .bytes
            .take()
            .zip(written.byte)
            .map(|(mut bytes, byte)| {
                bytes.push(byte);
                bytes
            });
        Ok(())
    }

    fn done(self) -> Done {
        let empty = self.values.is_empty() && self.variant.is_none();
        let text = self.bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let shown = |text: &String| !text.is_empty() && !text.contains(char::is_control);
        let written = match (text.filter(shown), self.variant) {
            (Some(text), None) => Written::full(text),
            _ => variant_of(self.variant, self.values.into()),
        };
        Ok(Written { empty, ..written })
    }
}

macro_rules! list {
    ($($trait:ident $method:ident),*) => {
        $(impl $trait for List {
            type Ok = Written;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.add(value)
            }

            fn end(self) -> Done {
                self.done()
            }
        })*
    };
}

list!(
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
);

#[derive(Default)]
pub(super) struct Members {
    variant: Option<&'static str>,
    time: bool,
    key: Option<String>,
    members: Map<String, Value>,
}

impl Members {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let written = value.serialize(Writer)?;
        if !written.empty {
            self.members.insert(name.to_owned(), written.value);
        }
        Ok(())
    }

    fn done(self) -> Done {
        if self.time {
            let part = |name: &str| self.members.get(name).and_then(Value::as_u64);
            let nanos = part("nanos").and_then(|nanos| u32::try_from(nanos).ok());
            let time = core::time::Duration::new(part("secs").unwrap_or(0), nanos.unwrap_or(0));
            return Ok(Written::full(seconds(time)));
        }
        let empty = self.members.is_empty() && self.variant.is_none();
        let written = variant_of(self.variant, self.members.into());
        Ok(Written { empty, ..written })
    }
}

impl SerializeStruct for Members {
    type Ok = Written;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.add(name, value)
    }

    fn end(self) -> Done {
        self.done()
    }
}

impl SerializeStructVariant for Members {
    type Ok = Written;
    type Error = Error;

    /// Variants have no defaults: everything is written.
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let value = value.serialize(Writer)?.value;
        self.members.insert(name.to_owned(), value);
        Ok(())
    }

    fn end(self) -> Done {
        self.done()
    }
}

impl SerializeMap for Members {
    type Ok = Written;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        match key.serialize(Writer)?.value {
            Value::String(key) => self.key = Some(key),
            _ => return Err(Error::custom("a key must be a string")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().unwrap_or_default();
        self.members.insert(key, value.serialize(Writer)?.value);
        Ok(())
    }

    fn end(self) -> Done {
        self.done()
    }
}
