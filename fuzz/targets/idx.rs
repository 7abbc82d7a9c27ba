//! Fuzz target of files of images or labels. The first byte chooses the kind, and whether the file is gzipped.

#![no_main]

use datasets::files::check;
use datasets::published::{FileKind, PublishedFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let kind = if choice & 1 == 0 { FileKind::Images } else { FileKind::Labels };
    let file = PublishedFile {
        name: "fuzz",
        kind,
        // The number of items of the seeds, or that of the largest published file.
        count: if choice & 4 == 0 { 3 } else { 60_000 },
        archive_bytes: 0,
        archive_sha256: "",
        content_sha256: None,
    };
    if let Ok(checked) = check(bytes.to_vec(), choice & 2 != 0, &file) {
        assert_eq!(checked.content.len(), file.content_bytes());
    }
});
