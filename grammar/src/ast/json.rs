//! JSON forms of values whose own form could not tell "written" from "not written".
//!
//! Invariants: `null` is "not written", `true` is the keyword alone (or its `off`), anything else its
//! argument.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ast::leaf::Spanned;
use crate::span::Span;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form<T> {
    Alone(bool),
    With(T),
}

impl<'de, T: Deserialize<'de>> Form<T> {
    fn read<D: Deserializer<'de>>(input: D) -> Result<Option<Self>, D::Error> {
        let form = Option::<Self>::deserialize(input)?;
        Ok(form.filter(|form| !matches!(form, Self::Alone(false))))
    }
}

/// A keyword with an argument that may be left out.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Form, Serialize, Serializer, Span, Spanned};

    type Field<T> = Option<Spanned<Option<T>>>;

    /// # Errors
    /// As the serializer.
    pub(crate) fn serialize<T: Serialize, S: Serializer>(
        field: &Field<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let form = field.as_ref().map(|field| match &field.value {
            None => Form::Alone(true),
            Some(argument) => Form::With(argument),
        });
        form.serialize(to)
    }

    /// # Errors
    /// When it is neither null, a boolean nor the argument.
    pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Field<T>, D::Error> {
        let field = Form::read(from)?.map(|form| match form {
            Form::Alone(_) => None,
            Form::With(argument) => Some(argument),
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
        let form = field.as_ref().map(|_| Form::<()>::Alone(true));
        form.serialize(to)
    }

    /// # Errors
    /// When it is neither null nor a boolean.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Spanned<()>>, D::Error> {
        let form = Form::<String>::read(from)?;
        Ok(form.map(|_| Spanned::new((), Span::default())))
    }
}
