//! Closed sets of names: what has one spelling in TOML, in flags and in records.

/// Declares a closed set of names: an enum whose variants each have one spelling in TOML and on the command line.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $name:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// Every value, in the order the documentation lists them.
            pub const ALL: &'static [$type] = &[$($type::$variant,)+];

            /// The spelling used in experiment files, flags and paths.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            /// Reads a name; the error lists what there is and, where one is close, suggests it.
            fn from_str(text: &str) -> Result<Self, String> {
                let known: Vec<&str> = Self::ALL.iter().map(|value| value.name()).collect();
                match known.iter().position(|name| *name == text) {
                    Some(index) => Ok(Self::ALL[index]),
                    None => Err(crate::suggestion::unknown($what, text, &known)),
                }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Declares a closed set of names, each with what is known of it.
macro_rules! names_with_facts {
    ($(#[$doc:meta])* $type:ident, $what:literal, $known:ty {
        $($(#[$variant_doc:meta])* $variant:ident = $name:literal: $facts:expr,)+
    }) => {
        $crate::names::names! { $(#[$doc])* $type, $what { $($(#[$variant_doc])* $variant = $name,)+ } }

        impl $type {
            /// What is known of it.
            pub const fn facts(self) -> &'static $known {
                match self {
                    $(Self::$variant => {
                        const FACTS: &$known = &$facts;
                        FACTS
                    })+
                }
            }
        }
    };
}

pub(crate) use {names, names_with_facts};
