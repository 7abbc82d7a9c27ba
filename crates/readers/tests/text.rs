//! Tests of texts, counted by words or characters.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::path::Path;

use common::{Kept, write};
use proptest::prelude::*;
use readers::text::{Labels, Options, read};
use spec::Shape;
use spec::own::Unit;

const LINES: &str = "The cat, the dog.\n\nThe ÄRGER can't last\nA dog!\n";

fn options() -> Options {
    Options { unit: Unit::Words, vocabulary: 3, labels: Labels::None }
}

fn counted(row: &[(String, u32)]) -> Vec<(&str, u32)> {
    row.iter().map(|(entry, count)| (entry.as_str(), *count)).collect()
}

#[test]
fn rows_count_the_words_or_characters_of_each_document() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "x.txt", LINES.as_bytes());
    let mut kept = Kept::default();
    let counts = read(&path, &options(), &mut kept).unwrap();
    assert_eq!(counted(&kept.texts[0]), [("cat", 1), ("dog", 1), ("the", 2)]);
    assert_eq!(counted(&kept.texts[1]), [("can't", 1), ("last", 1), ("the", 1), ("ärger", 1)]);
    assert_eq!(counted(&kept.texts[2]), [("a", 1), ("dog", 1)]);
    assert_eq!(kept.shape, Some(Shape::Vector { width: 3 }));
    assert_eq!((counts.rows, &counts.notes[..]), (3, &["1 blank lines were left out".to_owned()][..]));
    let mut kept = Kept::default();
    read(&path, &Options { unit: Unit::Characters, ..options() }, &mut kept).unwrap();
    assert_eq!(counted(&kept.texts[2]), [("!", 1), ("a", 1), ("d", 1), ("g", 1), ("o", 1)]);
}

#[test]
fn files_of_a_folder_are_documents_with_the_subfolder_as_class() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "spam/2.txt", "\u{feff}buy\nnow".as_bytes());
    write(folder.path(), "ham/1.txt", b"hello");
    let mut kept = Kept::default();
    read(folder.path(), &Options { labels: Labels::Subfolder, ..options() }, &mut kept).unwrap();
    assert_eq!(
        kept.texts.iter().map(|row| counted(row)).collect::<Vec<_>>(),
        [vec![("hello", 1)], vec![("buy", 1), ("now", 1)]]
    );
    assert_eq!(kept.labels, ["ham", "spam"].map(|label| Some(label.to_owned())));
    assert_eq!(kept.ids, ["ham/1.txt", "spam/2.txt"].map(|id| Some(id.to_owned())));
}

fn refused(path: &Path, options: &Options) -> String {
    read(path, options, &mut Kept::default()).unwrap_err().to_string()
}

#[test]
fn an_error_about_a_text_that_is_not_utf_8_gives_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |content: &[u8]| refused(&write(folder.path(), "x.txt", content), &options());
    assert!(refused(b"good\nb\xe4d\n").ends_with("line 2: byte 6: 0xe4 is not UTF-8; UTF-8 text is expected"));
    assert!(refused(b"\xff\xfeh\0i\0").contains("byte 0: the text is UTF-16"));
    assert!(refused(b"h\0i\0").contains("byte 1: a zero byte"));
    assert!(refused(b"\n \n").ends_with("all lines are blank; one document a line is expected"));
    assert!(refused(b"").ends_with("the file is empty (0 bytes)"));
}

#[test]
fn lines_have_no_classes_and_a_vocabulary_has_two_entries_or_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "x.txt", b"a");
    let message = refused(&path, &Options { labels: Labels::Subfolder, ..options() });
    assert!(message.ends_with("a folder of files is expected"), "{message}");
    let message = refused(&path, &Options { vocabulary: 1, ..options() });
    assert_eq!(message, "dataset.vocabulary: 1; expected 2 to 16777216 words or characters");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_text_panics(content: Vec<u8>, text in "[a-z \\nä]{0,40}") {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "x.txt", &[text.as_bytes(), &content].concat());
        let mut kept = Kept::default();
        if read(&path, &options(), &mut kept).is_ok() {
            prop_assert!(kept.texts.iter().flatten().all(|(entry, count)| !entry.is_empty() && *count > 0));
        }
    }
}
