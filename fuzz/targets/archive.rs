//! Fuzz target of archives of records. Each input is unpacked as it is, and compressed by gzip, so that more inputs get
//! past the gzip decoder.

#![no_main]

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(data).expect("memory");
    for bytes in [data.to_vec(), gzip.finish().expect("memory")] {
        let file = folder.path().join("records.tar.gz");
        fs::write(&file, bytes).expect("the archive can be written");
        let _ = archive::unpack(&file, &folder.path().join("records"));
    }
    let outside = fs::read_dir(folder.path()).expect("the folder").flatten().filter(|entry| {
        let name = entry.file_name();
        name != "records" && name != "records.tar.gz"
    });
    assert_eq!(outside.count(), 0, "something was unpacked elsewhere");
});
