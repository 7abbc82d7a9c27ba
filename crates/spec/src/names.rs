//! Closed sets of names, each with one spelling in TOML, flags and records.

/// Declares a closed set of names: an enum whose variants each have one spelling in TOML and on the command line.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $name:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// All values, in the order of the documentation.
            pub const ALL: &'static [$type] = &[$($type::$variant,)+];

            /// Spelling in experiment files, flags and paths.
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

            /// Parses a name. The error lists the known names and suggests a similar one.
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

/// Declares a closed set of names, each with facts.
macro_rules! names_with_facts {
    ($(#[$doc:meta])* $type:ident, $what:literal, $known:ty {
        $($(#[$variant_doc:meta])* $variant:ident = $name:literal: $facts:expr,)+
    }) => {
        $crate::names::names! { $(#[$doc])* $type, $what { $($(#[$variant_doc])* $variant = $name,)+ } }

        impl $type {
            /// Facts about this value.
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
