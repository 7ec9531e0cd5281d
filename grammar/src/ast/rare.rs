//! Groups of settings that few blocks have: they cost a pointer where they are absent.

use core::fmt;
use core::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A group whose settings are mostly all absent. Reads as `T`; absent, as its default.
#[derive(Clone)]
pub struct Rare<T>(Option<Box<T>>);

/// A group with a default that can be shared.
pub trait Absent: Default + Send + Sync + 'static {
    /// The default.
    fn absent() -> &'static Self;
}

/// Makes types usable in [`Rare`].
macro_rules! absent {
    ($($group:ty),* $(,)?) => {$(
        impl $crate::ast::rare::Absent for $group {
            fn absent() -> &'static Self {
                static ABSENT: std::sync::LazyLock<$group> =
                    std::sync::LazyLock::new(<$group>::default);
                &ABSENT
            }
        }
    )*};
}
pub(crate) use absent;

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Absent> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::absent())
    }
}

impl<T: Absent> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Absent> From<T> for Rare<T> {
    fn from(group: T) -> Self {
        Self(Some(Box::new(group)))
    }
}

impl<T: Absent + PartialEq> PartialEq for Rare<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Absent + fmt::Debug> fmt::Debug for Rare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Absent + Serialize> Serialize for Rare<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(to)
    }
}

impl<'de, T: Absent + PartialEq + Deserialize<'de>> Deserialize<'de> for Rare<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let group = T::deserialize(from)?;
        let absent = group == *T::absent();
        Ok(if absent { Self(None) } else { group.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Group {
        setting: u8,
    }

    absent!(Group);

    #[test]
    fn an_absent_group_reads_as_its_default() {
        let mut group = Rare::<Group>::default();
        assert_eq!((group.setting, group.0.is_none()), (0, true));
        group.setting = 0;
        assert_eq!((&group, group.0.is_some()), (&Rare::default(), true));
        let json = serde_json::to_string(&group).expect("plain data");
        let read: Rare<Group> = serde_json::from_str(&json).expect("what was written");
        assert!(json == "{\"setting\":0}" && read.0.is_none());
    }
}
