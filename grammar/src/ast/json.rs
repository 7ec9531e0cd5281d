//! JSON forms of values whose own form could not tell "written" from "not written".
//!
//! Invariants: `null` is "not written", `true` is the keyword alone, anything else its argument.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ast::leaf::Spanned;
use crate::span::Span;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Alone(bool),
    With(String),
}

impl Form {
    fn read<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        let form = Option::<Self>::deserialize(input)?;
        Ok(form.filter(|form| !matches!(form, Self::Alone(false))))
    }
}

/// A keyword with an argument that may be left out.
pub(super) mod optional {
    use super::{Deserializer, Form, Serialize, Serializer, Span, Spanned};

    type Field = Option<Spanned<Option<String>>>;

    /// # Errors
    /// As the serializer.
    pub(crate) fn serialize<S: Serializer>(field: &Field, to: S) -> Result<S::Ok, S::Error> {
        let form = field.as_ref().map(|field| match &field.value {
            None => Form::Alone(true),
            Some(text) => Form::With(text.clone()),
        });
        form.serialize(to)
    }

    /// # Errors
    /// When it is neither null, a boolean nor a text.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Field, D::Error> {
        let field = Form::read(from)?.map(|form| match form {
            Form::Alone(_) => None,
            Form::With(text) => Some(text),
        });
        Ok(field.map(|value| Spanned::new(value, Span::default())))
    }
}

/// A keyword without arguments whose place counts.
pub(super) mod flag {
    use super::{Deserializer, Form, Serialize, Serializer, Span, Spanned};

    /// # Errors
    /// As the serializer.
    pub(crate) fn serialize<S: Serializer>(
        field: &Option<Spanned<()>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        field.as_ref().map(|_| Form::Alone(true)).serialize(to)
    }

    /// # Errors
    /// When it is neither null nor a boolean.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Spanned<()>>, D::Error> {
        let form = Form::read(from)?;
        Ok(form.map(|_| Spanned::new((), Span::default())))
    }
}
