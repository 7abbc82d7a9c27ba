//! Facts about texts.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use spec::Shape;
use spec::own::Format;

use super::{Documents, Entry, Facts, classes};
use crate::error::Error;
use crate::open::Labels;
use crate::raw::MOST_ENTRIES;
use crate::text::{self, Options};
use crate::{About, Sink, Values};

/// Least number of documents that contain a frequent word.
const FREQUENT: u64 = 5;

/// Greatest number of words that are listed.
const MOST_NAMED: usize = 20;

pub(super) fn describe(path: &Path, options: &Options) -> Result<Facts, Error> {
    let mut look = Look { least: u64::MAX, ..Look::default() };
    let counts = text::read(path, options, &mut look)?;
    let Look { rows, documents, labels, folders, least, all, greatest } = look;
    let mut facts = Facts::new(Format::Text, rows, counts);
    let mut most: Vec<Entry> = documents.into_iter().map(|(name, documents)| Entry { name, documents }).collect();
    most.sort_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.name.cmp(&b.name)));
    let different = most.len() as u64;
    facts.shape = Some(Shape::Vector { width: options.vocabulary.min(most.len()) });
    let frequent = most.iter().filter(|entry| entry.documents >= FREQUENT).count() as u64;
    most.truncate(MOST_NAMED);
    let mean = all as f64 / rows.max(1) as f64;
    facts.documents = Some(Documents { unit: options.unit, least, mean, greatest, different, frequent, most });
    // Without a key `label`, subfolders look like classes if every document is in one.
    let is_in_folders = folders.len() > 1 && !folders.contains_key("");
    let (label, of_class) = match &options.labels {
        Labels::None if is_in_folders => (Some("subfolder"), &folders),
        Labels::None => (None, &labels),
        Labels::Subfolder => (Some("subfolder"), &labels),
        Labels::Table(_) => (Some("a table of files"), &labels),
    };
    facts.label = label.map(str::to_owned);
    facts.classes = classes(of_class);
    facts.candidates.label.extend(facts.label.clone().filter(|label| label == "subfolder"));
    Ok(facts)
}

/// Statistics of the documents so far.
#[derive(Default)]
struct Look {
    rows: u64,
    /// Number of documents that contain each word.
    documents: HashMap<String, u64>,
    /// Number of documents of each class.
    labels: BTreeMap<String, u64>,
    /// Number of documents in each subfolder. Documents outside subfolders have an empty name.
    folders: BTreeMap<String, u64>,
    least: u64,
    all: u64,
    greatest: u64,
}

impl Sink for Look {
    fn begin(&mut self, _: Shape, _: &[String]) -> Result<(), Error> {
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        let Values::Entries(entries) = values else { return Ok(()) };
        self.rows += 1;
        let length = entries.iter().map(|(_, count)| u64::from(*count)).sum();
        (self.least, self.greatest) = (self.least.min(length), self.greatest.max(length));
        self.all += length;
        for (entry, _) in entries {
            let is_full = self.documents.len() >= MOST_ENTRIES;
            match self.documents.get_mut(*entry) {
                Some(documents) => *documents += 1,
                None if !is_full => drop(self.documents.insert((*entry).to_owned(), 1)),
                None => {
                    return Err(Error::key(
                        "unit",
                        format!("the texts have more than {MOST_ENTRIES} different words or characters"),
                    ));
                }
            }
        }
        if let Some(label) = about.label {
            *self.labels.entry(label.to_owned()).or_default() += 1;
        }
        let folder = about.id.and_then(|id| id.split_once('/')).map_or("", |(folder, _)| folder);
        *self.folders.entry(folder.to_owned()).or_default() += 1;
        Ok(())
    }
}
