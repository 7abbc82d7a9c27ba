//! Texts are counted by a vocabulary of chosen rows.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::path::Path;

use common::{Kept, write};
use proptest::prelude::*;
use readers::text::{Labels, Options, Unit, Vocabulary, Weight, read, vocabulary};
use spec::Shape;

const LINES: &str = "The cat, the dog.\n\nThe ÄRGER can't last\nA dog!\n";

fn fitted(path: &Path, options: &Options, most: usize, chosen: &mut dyn FnMut(u64) -> bool) -> Vec<String> {
    vocabulary(path, options, most, chosen).unwrap().entries().to_vec()
}

#[test]
fn a_vocabulary_holds_the_words_of_the_most_documents_then_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "x.txt", LINES.as_bytes());
    let options = Options::default();
    let all = ["dog", "the", "a", "can't", "cat", "last", "ärger"];
    assert_eq!(fitted(&path, &options, 100, &mut |_| true), all);
    assert_eq!(fitted(&path, &options, 3, &mut |_| true), all[..3]);
    assert_eq!(fitted(&path, &options, 100, &mut |row| row == 2), ["a", "dog"], "of the chosen rows alone");
    let none = vocabulary(&path, &options, 5, &mut |_| false).unwrap_err().to_string();
    assert!(none.ends_with("a vocabulary has 1 to 16777216 entries; this one has 0"), "{none}");
    assert!(Vocabulary::new(vec!["a".to_owned(), "a".to_owned()]).is_err());
}

#[test]
fn rows_count_the_entries_of_each_document() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "x.txt", LINES.as_bytes());
    let entries: Vec<String> = ["the", "dog", "bird"].map(str::to_owned).to_vec();
    let words = Vocabulary::new(entries.clone()).unwrap();
    let mut kept = Kept::default();
    let counts = read(&path, &Options::default(), &words, &mut kept).unwrap();
    assert_eq!(kept.rows, [[2.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
    assert_eq!((kept.shape, &kept.columns), (Some(Shape::Vector { width: 3 }), &entries));
    assert_eq!((counts.rows, &counts.notes[..]), (3, &["1 blank lines were left out".to_owned()][..]));
    let mut kept = Kept::default();
    read(&path, &Options { weight: Weight::Logarithm, ..Options::default() }, &words, &mut kept).unwrap();
    assert!((kept.rows[0][0] - 3_f32.ln()).abs() < 1e-6 && kept.rows[0][1] == 2_f32.ln());
    let mut kept = Kept::default();
    let characters = Vocabulary::new(["t", "ä"].map(str::to_owned).to_vec()).unwrap();
    read(&path, &Options { unit: Unit::Characters, ..Options::default() }, &characters, &mut kept).unwrap();
    assert_eq!(kept.rows, [[3.0, 0.0], [3.0, 1.0], [0.0, 0.0]]);
}

#[test]
fn files_of_a_folder_are_documents_with_the_subfolder_as_class() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "spam/2.txt", "\u{feff}buy\nnow".as_bytes());
    write(folder.path(), "ham/1.txt", b"hello");
    let options = Options { labels: Labels::Subfolder, ..Options::default() };
    let words = vocabulary(folder.path(), &options, 9, &mut |_| true).unwrap();
    assert_eq!(words.entries(), ["buy", "hello", "now"]);
    let mut kept = Kept::default();
    read(folder.path(), &options, &words, &mut kept).unwrap();
    assert_eq!(kept.rows, [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]);
    assert_eq!(kept.labels, ["ham", "spam"].map(|label| Some(label.to_owned())));
    assert_eq!(kept.ids, ["ham/1.txt", "spam/2.txt"].map(|id| Some(id.to_owned())));
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_byte() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |content: &[u8]| {
        let path = write(folder.path(), "x.txt", content);
        vocabulary(&path, &Options::default(), 5, &mut |_| true).unwrap_err().to_string()
    };
    assert!(refused(b"good\nb\xe4d\n").ends_with("line 2: byte 6: 0xe4 is not UTF-8, which is expected"));
    assert!(refused(b"\xff\xfeh\0i\0").contains("byte 0: the text is UTF-16"));
    assert!(refused(b"h\0i\0").contains("byte 1: a zero byte"));
    assert!(refused(b"\n \n").ends_with("all lines are blank; one document a line is expected"));
    assert!(refused(b"").ends_with("the file is empty (0 bytes)"));
    let path = write(folder.path(), "x.txt", b"a");
    let options = Options { labels: Labels::Subfolder, ..Options::default() };
    let message = vocabulary(&path, &options, 5, &mut |_| true).unwrap_err().to_string();
    assert!(message.ends_with("a folder of files is expected"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_text_panics(content: Vec<u8>, text in "[a-z \\nä]{0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "x.txt", &[text.as_bytes(), &content].concat());
        if let Ok(words) = vocabulary(&path, &Options::default(), 9, &mut |_| true) {
            let mut kept = Kept::default();
            read(&path, &Options::default(), &words, &mut kept).unwrap();
            // Each entry was found in some row.
            prop_assert!((0..words.entries().len()).all(|at| kept.rows.iter().any(|row| row[at] > 0.0)));
        }
    }
}
