//! Source of each value of a spec: the file, or a flag that changes it.
//!
//! Flags are parsed as TOML at offsets beyond the end of the file. A span then shows whether a value comes from the
//! file or from a flag, and both pass the same checks.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Error;
use crate::overrides::Override;
use crate::suggestion::unknown;
use crate::wire::ALTERNATIVES;
use system::terminal::is_hidden;

/// Tables that a variant may change.
const VARIABLE: [&str; 5] = ["dataset", "model", "corruption", "training", "evaluation"];

/// An experiment file and the flags that change it.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    flags: Vec<FlagSource>,
    /// Pairs of the index of a flag and a variant that the flag does not apply to.
    passed_over: Vec<(usize, String)>,
}

/// Name of a variant, if the file has variants, and the tables with its changes.
pub(crate) type Resolved<'t> = (Option<String>, Spanned<DeTable<'t>>);

struct FlagSource {
    flag: String,
    /// True if the flag removes its key from the file.
    unsets: bool,
    /// TOML of the flag, after as many spaces as there are characters before it in the file and earlier flags.
    padded: String,
    span: Range<usize>,
}

impl Source {
    pub(crate) fn new(path: &Path, text: String, overrides: &[Override], passed_over: Vec<(usize, String)>) -> Self {
        let mut start = text.len() + 1;
        let mut flags = Vec::new();
        for over in overrides {
            let padded = " ".repeat(start) + &over.toml();
            let span = start..padded.len() + 1;
            start = span.end;
            flags.push(FlagSource { flag: over.given().to_owned(), unsets: over.unsets(), padded, span });
        }
        Self { path: path.to_owned(), text, flags, passed_over }
    }

    /// Tables to deserialise: one for each variant, with its name, or a single one without a name.
    pub(crate) fn resolve<'t>(&'t self) -> Result<Vec<Resolved<'t>>, Error> {
        let parse = |text| DeTable::parse(text).map_err(|error| self.toml_error(&error));
        let file = parse(&self.text)?;
        let span = file.span();
        let mut base = file.into_inner();
        let mut variants = base.remove("variants");
        let (mut flags, mut of_variants) = (Vec::new(), Vec::new());
        for (place, flag) in self.flags.iter().enumerate().filter(|(_, flag)| !flag.unsets) {
            let mut table = parse(&flag.padded)?.into_inner();
            of_variants.extend(self.change_variants(variants.as_mut(), &mut table, flag)?);
            flags.push((place, table));
        }
        let mut removals = Vec::new();
        for flag in self.flags.iter().filter(|flag| flag.unsets) {
            removals.push(Removal::new(flag, parse(&flag.padded)?.into_inner()));
        }

        // A flag for one variant overrides a flag for all variants. A key that --unset removes can be set again.
        let mut resolve = |variant: Option<(&str, DeTable<'t>)>| {
            let (name, variant) = variant.unzip();
            let own = of_variants.iter().filter(|(of, _)| Some(of.as_str()) == name).map(|(_, change)| change);
            let mut table = base.clone();
            if let Some(variant) = variant {
                lay_over(&mut table, variant);
            }
            // All removals look first: whether a key exists must not depend on the order of the flags.
            removals.iter_mut().for_each(|removal| removal.look(&table, name));
            removals.iter().for_each(|removal| removal.apply(&mut table, name));
            let concerns =
                |place: usize| !self.passed_over.iter().any(|(of, to)| *of == place && Some(to.as_str()) == name);
            let all = flags.iter().filter(|(place, _)| concerns(*place)).map(|(_, change)| change);
            for over in all.chain(own).cloned() {
                lay_over(&mut table, over);
            }
            Spanned::new(span.clone(), table)
        };
        let Some(variants) = variants else {
            let resolved = vec![(None, resolve(None))];
            return self.all_removed(&removals).map(|()| resolved);
        };
        let at = variants.span();
        let DeValue::Table(variants) = variants.into_inner() else {
            return Err(self.error(at, "expected tables [variants.NAME]".to_owned()));
        };
        if variants.is_empty() {
            return Err(self.error(at, "expected at least one table [variants.NAME]".to_owned()));
        }
        let mut resolved = Vec::new();
        for (name, variant) in variants {
            let at = variant.span();
            let DeValue::Table(table) = variant.into_inner() else {
                return Err(self.error(at, format!("expected a table [variants.{}]", name.get_ref())));
            };
            if !is_name(name.get_ref()) {
                return Err(self.error(name.span(), format!("`{}` is not a name: {NAME_RULE}", name.get_ref())));
            }
            for (key, value) in &table {
                if !VARIABLE.contains(&key.get_ref().as_ref()) {
                    let message = format!("a variant cannot change `{}`, only {}", key.get_ref(), VARIABLE.join(", "));
                    return Err(self.error(key.span(), message));
                }
                let source = ["name", "path"].iter().find_map(|key| Some((*key, value.get_ref().get(*key)?)));
                if let ("dataset", Some((which, source))) = (key.get_ref().as_ref(), source) {
                    return Err(self.error(source.span(), format!("a variant cannot change `dataset.{which}`")));
                }
            }
            let name = name.into_inner().into_owned();
            let table = resolve(Some((&name, table)));
            if let Some((other, _)) =
                resolved.iter().find(|(other, _): &&Resolved<'_>| is_alike(other.as_deref(), &name))
            {
                let other = other.as_deref().unwrap_or_default();
                let message = format!(
                    "`{name}` differs from variant `{other}` only in upper and lower case, which some disks do not distinguish; rename one"
                );
                return Err(self.error(at, message));
            }
            resolved.push((Some(name), table));
        }
        self.all_removed(&removals)?;
        Ok(resolved)
    }

    /// Checks that each flag that removes a key has found the key.
    fn all_removed(&self, removals: &[Removal<'_, '_>]) -> Result<(), Error> {
        match removals.iter().find(|removal| !removal.found) {
            Some(removal) if removal.of.is_empty() => {
                let message = "--unset removes keys, not variants: expected variants.NAME.path.to.key".to_owned();
                Err(self.error(removal.flag.span.clone(), message))
            }
            Some(removal) => {
                let message = format!("{} does not set this key, so --unset cannot remove it", self.path.display());
                Err(self.error(removal.flag.span.clone(), message))
            }
            None => Ok(()),
        }
    }

    /// Removes the changes of variants from a flag, applies them to the variants of the file, and gives them by name.
    ///
    /// A flag can change a variant but not add one, because a typing error would add one.
    fn change_variants<'t>(
        &self,
        variants: Option<&mut Spanned<DeValue<'t>>>,
        flag: &mut DeTable<'t>,
        source: &FlagSource,
    ) -> Result<Vec<(String, DeTable<'t>)>, Error> {
        let Some(changes) = flag.remove("variants") else { return Ok(Vec::new()) };
        let names: Vec<String> = match variants.as_deref().map(Spanned::get_ref) {
            Some(DeValue::Table(variants)) => variants.keys().map(|name| name.get_ref().to_string()).collect(),
            _ => Vec::new(),
        };
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let fault = || self.error(source.span.clone(), format!("the file has no such variant (there are: {there})"));
        let (Some(DeValue::Table(variants)), DeValue::Table(changes)) =
            (variants.map(Spanned::get_mut), changes.into_inner())
        else {
            return Err(fault());
        };
        let mut moved = Vec::new();
        for (name, change) in changes {
            match (variants.get_mut(name.get_ref().as_ref()).map(Spanned::get_mut), change.into_inner()) {
                (Some(DeValue::Table(variant)), DeValue::Table(change)) => {
                    lay_over(variant, change.clone());
                    moved.push((name.into_inner().into_owned(), change));
                }
                _ => return Err(fault()),
            }
        }
        Ok(moved)
    }

    /// An error at a span of the file, or about the flag that the span belongs to.
    pub(crate) fn error(&self, span: Range<usize>, message: String) -> Error {
        if let Some(source) = self.flags.iter().find(|source| source.span.contains(&span.start)) {
            return Error::Flag { flag: source.flag.clone(), message };
        }
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Error::Spec {
            path: self.path.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        }
    }

    /// Text of the file.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Checks that a text has no control character, such as a newline, because it is part of tables, titles and pages.
    pub(crate) fn one_line(&self, what: &str, text: &Spanned<String>) -> Result<(), Error> {
        match text.get_ref().chars().find(|c| is_hidden(*c)) {
            Some(c) => {
                let message = format!(
                    "{what} contains the control character {}: remove it, and write one line",
                    c.escape_default()
                );
                Err(self.error(text.span(), message))
            }
            None => Ok(()),
        }
    }

    /// Text of a value as it was written, in the file or in a flag. Empty if the span belongs to neither.
    pub(crate) fn written(&self, span: &Range<usize>) -> &str {
        let flag = self.flags.iter().find(|source| source.span.contains(&span.start));
        let text = flag.map_or(&self.text, |source| &source.padded);
        text.get(span.clone()).unwrap_or_default()
    }

    /// Index of the flag that made a table without a required key.
    pub(crate) fn flag_of_a_part(&self, error: &toml::de::Error) -> Option<usize> {
        let at = error.span()?.start;
        let lacks = error.message().starts_with("missing field");
        self.flags.iter().position(|source| source.span.contains(&at)).filter(|_| lacks)
    }

    /// Index of the flag whose value is a number, a date or similar, although the key expects text.
    pub(crate) fn flag_that_wants_text(&self, error: &toml::de::Error) -> Option<usize> {
        let at = error.span()?.start;
        let is_type =
            ["expected a string", "wanted string", "expected string"].iter().any(|of| error.message().contains(of));
        self.flags.iter().position(|source| source.span.contains(&at)).filter(|_| is_type)
    }

    /// Rewords an error of the TOML parser in one line, and suggests the nearest name for an unknown one.
    pub(crate) fn toml_error(&self, error: &toml::de::Error) -> Error {
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let reworded = match (message, &quoted[..]) {
            (m, [given, known @ ..]) if m.starts_with("unknown field") => unknown("key", given, known),
            (m, [given, known @ ..]) if m.starts_with("unknown variant") => unknown("name", given, known),
            (m, [key]) if m.starts_with("missing field") => {
                let taken =
                    self.flags.iter().find(|flag| flag.unsets && flag.flag.rsplit([' ', '.']).next() == Some(*key));
                if let Some(flag) = taken {
                    return self.error(
                        flag.span.clone(),
                        format!("the key `{key}` is required; change it with --set instead"),
                    );
                }
                format!("the key `{key}` is missing here")
            }
            _ => message
                .lines()
                .collect::<Vec<_>>()
                .join("; ")
                .replace("expected i64", "expected a whole number that fits 64 bits")
                .replace("expected f64", "expected a number")
                .replace("expected a sequence", "expected a list, as in [a, b]")
                .replace(
                    "invalid type: unit variant, expected newtype variant",
                    "expected a table of its keys, not its name alone",
                )
                .replace(
                    "wanted exactly 1 element, more than 1 element",
                    "expected one of the alternatives, found several",
                )
                .replace("wanted exactly 1 element, found 0 elements", "expected one of the alternatives, found none")
                .split_inclusive("expected struct ")
                .map(|part| part.replace("expected struct ", "expected a table of "))
                .collect(),
        };
        self.error(error.span().unwrap_or(0..0), reworded)
    }
}

/// A key that a flag removes, from all variants or from one.
struct Removal<'s, 't> {
    flag: &'s FlagSource,
    /// Pairs of a variant (`None` for all variants) and the key, as nested tables that hold this key alone.
    of: Vec<(Option<String>, DeTable<'t>)>,
    /// True if any variant has the key.
    found: bool,
}

impl<'s, 't> Removal<'s, 't> {
    fn new(flag: &'s FlagSource, mut key: DeTable<'t>) -> Self {
        let of = match key.remove("variants").map(Spanned::into_inner) {
            // The list is empty if the flag has no name or key after `variants`.
            Some(DeValue::Table(variants)) => variants
                .into_iter()
                .filter_map(|(name, key)| match key.into_inner() {
                    DeValue::Table(key) => Some((Some(name.into_inner().into_owned()), key)),
                    _ => None,
                })
                .collect(),
            Some(_) => Vec::new(),
            None => vec![(None, key)],
        };
        Self { flag, of, found: false }
    }

    fn look(&mut self, table: &DeTable<'_>, variant: Option<&str>) {
        let found = self.keys(variant).any(|key| take_out(&mut table.clone(), key));
        self.found |= found;
    }

    fn apply(&self, table: &mut DeTable<'_>, variant: Option<&str>) {
        for key in self.keys(variant) {
            take_out(table, key);
        }
    }

    /// Keys to remove from a variant.
    fn keys(&self, variant: Option<&str>) -> impl Iterator<Item = &DeTable<'t>> {
        let concerned = self.of.iter().filter(move |(of, _)| of.is_none() || of.as_deref() == variant);
        concerned.map(|(_, key)| key)
    }
}

/// Removes a key from a table; false if the table does not have it. `key` is a table with that key alone.
fn take_out(table: &mut DeTable<'_>, key: &DeTable<'_>) -> bool {
    let Some((name, below)) = key.iter().next() else { return false };
    let name = name.get_ref().as_ref();
    match (table.get_mut(name).map(Spanned::get_mut), below.get_ref()) {
        (Some(DeValue::Table(table)), DeValue::Table(key)) => take_out(table, key),
        (_, DeValue::Table(_)) => false,
        _ => table.remove(name).is_some(),
    }
}

/// Applies one table to another, key by key.
fn lay_over<'t>(base: &mut DeTable<'t>, over: DeTable<'t>) {
    for group in ALTERNATIVES.iter().filter(|group| group.iter().any(|key| over.contains_key(*key))) {
        for key in group.iter().filter(|key| !over.contains_key(**key)) {
            base.remove(*key);
        }
    }
    for (key, value) in over {
        let name = key.get_ref().as_ref();
        let at = value.span();
        match (base.get_mut(name).map(Spanned::get_mut), value.into_inner()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => lay_over(below, above),
            (_, value) => {
                base.remove(name);
                base.insert(key, Spanned::new(at, value));
            }
        }
    }
}

/// True if two names are the same folder on a disk that ignores upper and lower case.
fn is_alike(other: Option<&str>, name: &str) -> bool {
    other.is_some_and(|other| other.eq_ignore_ascii_case(name))
}

/// Rule for the name of an experiment or variant, which is also the name of a folder.
pub(crate) const NAME_RULE: &str = "use letters, digits, - and _, starting with a letter or digit, at most 64, and no name \
                                   of a Windows device (con, nul)";

/// Names that Windows reserves for devices, in every folder.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// True if a text follows [`NAME_RULE`].
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && !is_device(&text.to_ascii_lowercase())
}

fn is_device(name: &str) -> bool {
    let numbered = |start| name.strip_prefix(start).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    DEVICES.contains(&name) || numbered("com") || numbered("lpt")
}
