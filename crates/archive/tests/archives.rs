//! Tests of archives: packing is reproducible, unpacking restores the same folders, and other files are refused.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use archive::{Error, gather, gather_apart, pack, publish, unpack};
use flate2::Compression;
use flate2::write::GzEncoder;
use record::{RunDirectory, State, Status};
use sha2::{Digest, Sha256};
use system::seal::hexadecimal;
use system::storage::faults;
use system::storage::faults::Fault;

const RUN: &str = "plain/glyphs/plain-32/seed-0";

/// Lock of each test that uses the disk, because a planned fault applies to all threads.
fn disk() -> MutexGuard<'static, ()> {
    static DISK: Mutex<()> = Mutex::new(());
    DISK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folder of results with three complete runs of two experiments, with weights and a figure.
fn results() -> tempfile::TempDir {
    let results = tempfile::tempdir().unwrap();
    for run in [RUN, "plain/glyphs/plain-32/seed-1", "deep/mnist/deep-30/seed-0"] {
        let record = RunDirectory::at(&results.path().join(run));
        fs::create_dir_all(record.plots()).unwrap();
        for path in [record.experiment(), record.environment(), record.metrics(), record.epochs(), record.codes()] {
            fs::write(path, format!("of {run}")).unwrap();
        }
        let weights: Vec<u8> = (0..200_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        fs::write(record.model(), weights).unwrap();
        fs::write(record.plots().join("codes.svg"), "<svg/>").unwrap();
        record.complete().unwrap();
    }
    for experiment in ["plain/glyphs", "deep/mnist"] {
        fs::write(results.path().join(experiment).join("summary.json"), "{}").unwrap();
    }
    results
}

/// Contents of all files in a folder except for locks, by path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "lock") && !path.ends_with(".lock") {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// An error with its causes.
fn chain(error: Error) -> String {
    format!("{:#}", anyhow::Error::from(error))
}

/// An archive of a folder of results, in its own folder.
fn packed(results: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("records.tar.gz");
    pack(&archive, &[results.to_owned()]).unwrap();
    (folder, archive)
}

#[test]
fn the_same_folders_give_the_same_bytes_by_any_path() {
    let _disk = disk();
    let (first, second) = (results(), results());
    let (_one, one) = packed(first.path());
    let (other, two) = packed(second.path());
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    // Each run twice: by the folder of its experiment, and by its own folder.
    let by_part: Vec<PathBuf> = ["plain", "deep/mnist", RUN].map(|part| first.path().join(part)).into();
    let three = other.path().join("three.tar.gz");
    let found = pack(&three, &by_part).unwrap();
    assert_eq!((found.runs.len(), found.unfinished.len()), (3, 0));
    assert_eq!(fs::read(&one).unwrap(), fs::read(&three).unwrap());
}

#[test]
fn unpacked_folders_equal_the_packed_ones() {
    let _disk = disk();
    let results = results();
    let (_folder, archive) = packed(results.path());
    let other = tempfile::tempdir().unwrap();
    let into = other.path().join("not/there/yet");
    let found = unpack(&archive, &into).unwrap();
    assert_eq!((found.new.len(), found.known.len()), (3, 0));
    assert_eq!(files(&into), files(results.path()));
    assert!(RunDirectory::at(&into.join(RUN)).is_complete().unwrap());
    let again = unpack(&archive, &into).unwrap();
    assert_eq!((again.new.len(), again.known.len()), (0, 3));
    assert_eq!(files(&into), files(results.path()));
    fs::remove_file(RunDirectory::at(&into.join(RUN)).model()).unwrap();
    unpack(&archive, &into).unwrap();
    assert_eq!(files(&into), files(results.path()), "missing weights of a record are added");
}

#[test]
fn a_single_run_is_packed_without_the_summary_of_others() {
    let _disk = disk();
    let results = results();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("run.tar.gz");
    pack(&archive, &[results.path().join(RUN)]).unwrap();
    let into = folder.path().join("into");
    unpack(&archive, &into).unwrap();
    let run = |files: BTreeMap<PathBuf, Vec<u8>>| files.into_iter().filter(|(path, _)| path.starts_with(RUN));
    assert!(run(files(results.path())).eq(files(&into)));
}

#[test]
fn if_a_record_differs_it_is_kept_and_nothing_is_unpacked() {
    let _disk = disk();
    let results = results();
    let (_folder, archive) = packed(results.path());
    type Change = fn(&RunDirectory);
    let changes: [(Change, &str); 3] = [
        (|run| fs::write(run.metrics(), "others").unwrap(), "metrics.json"),
        (|run| fs::remove_file(run.status_file()).unwrap(), "seed-0"),
        (|run| fs::write(run.plots().join("codes.svg"), "others").unwrap(), "codes.svg"),
    ];
    for (change, named) in changes {
        let into = tempfile::tempdir().unwrap();
        unpack(&archive, into.path()).unwrap();
        fs::remove_dir_all(into.path().join("deep")).unwrap();
        change(&RunDirectory::at(&into.path().join(RUN)));
        let before = files(into.path());
        let message = chain(unpack(&archive, into.path()).unwrap_err());
        assert!(message.contains(named) && message.contains("records.tar.gz"), "{message}");
        assert_eq!(files(into.path()), before);
    }
}

#[test]
fn a_run_in_use_is_neither_packed_nor_changed() {
    let _disk = disk();
    let results = results();
    let (folder, archive) = packed(results.path());
    let run = RunDirectory::at(&results.path().join(RUN));
    let _lock = run.lock().unwrap();
    let new = folder.path().join("new.tar.gz");
    for error in [pack(&new, &[results.path().to_owned()]).unwrap_err(), unpack(&archive, results.path()).unwrap_err()]
    {
        let message = chain(error);
        assert!(message.contains("seed-0 is in use by another command"), "{message}");
    }
    assert!(!new.exists());
}

#[test]
fn folders_are_checked_before_they_are_packed() {
    let _disk = disk();
    let results = results();
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("records.tar.gz");
    let run = RunDirectory::at(&results.path().join(RUN));
    let refused = |file: &Path, from: &Path| chain(pack(file, &[from.to_owned()]).unwrap_err());
    run.write_status(&Status { state: State::Interrupted, reason: None, seal: None }).unwrap();
    assert_eq!(pack(&archive, &[results.path().to_owned()]).unwrap().unfinished, [run.path()]);
    run.complete().unwrap();
    fs::remove_file(&archive).unwrap();

    fs::write(&archive, "notes").unwrap();
    assert!(refused(&archive, results.path()).contains("records.tar.gz exists and is not an archive"));
    fs::remove_file(&archive).unwrap();
    assert!(refused(&run.path().join("a.tar.gz"), results.path()).contains("a.tar.gz lies in the folder of a run"));
    assert!(refused(&archive, folder.path()).contains("there is no run in it or below it"));
    assert!(refused(&archive, &folder.path().join("absent")).contains("absent"));
    assert!(refused(&folder.path().join("absent/a.tar.gz"), results.path()).contains("absent/a.tar.gz"));
    fs::write(run.metrics(), "others").unwrap();
    assert!(refused(&archive, results.path()).contains("metrics.json has"));
    fs::write(run.metrics(), format!("of {RUN}")).unwrap();
    let others = self::results();
    let both = [results.path().join(RUN), others.path().join(RUN)];
    let message = chain(pack(&archive, &both).unwrap_err());
    assert!(message.contains("would have the same name in the archive"), "{message}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", run.path().join("link")).unwrap();
        assert!(refused(&archive, results.path()).contains("link is a symbolic link"));
    }
    assert!(!archive.exists());
}

/// An archive of files with these names and kinds of entry, with their checksums or with `sums`.
fn made(files: &[(&str, tar::EntryType)], sums: Option<&str>) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut add = |name: &str, kind, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        if kind == tar::EntryType::Symlink {
            header.set_link_name("/etc").unwrap();
        }
        header.set_cksum();
        tar.append(&header, bytes).unwrap();
    };
    let mut own = String::new();
    for (name, kind) in files {
        add(name, *kind, if kind.is_file() { b"text" } else { b"" });
        own += &format!("{}  {name}\n", hexadecimal(&Sha256::digest("text")));
    }
    add("SHA256SUMS", tar::EntryType::Regular, sums.unwrap_or(&own).as_bytes());
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn an_error_about_another_file_names_the_fault_and_nothing_is_unpacked() {
    let _disk = disk();
    let folder = tempfile::tempdir().unwrap();
    let (archive, into) = (folder.path().join("records.tar.gz"), folder.path().join("into"));
    let file = &*format!("{RUN}/status.json");
    let regular = |name: &str| made(&[(name, tar::EntryType::Regular)], None);
    let empty_gzip = GzEncoder::new(Vec::new(), Compression::fast()).finish().unwrap();
    let mut text = GzEncoder::new(Vec::new(), Compression::fast());
    text.write_all(&[b'x'; 3000]).unwrap();
    let sum = hexadecimal(&Sha256::digest("text"));
    let cases = [
        (Vec::new(), "damaged"),
        (b"a,b\n1,2\n".to_vec(), "damaged"),
        (b"PK\x03\x04zip".to_vec(), "damaged"),
        (empty_gzip, "it has no SHA256SUMS"),
        (text.finish().unwrap(), "damaged"),
        (made(&[], None), "it has no files"),
        (regular("../outside"), "`../outside`, whose path leads outside the folder"),
        (regular("/tmp/outside"), "`/tmp/outside`, whose path leads outside the folder"),
        (regular(&format!("{RUN}/../../../../../outside")), "whose path leads outside the folder"),
        (regular("README.md"), "`README.md`, which is not a file of a record"),
        (made(&[(file, tar::EntryType::Symlink)], None), "which is a link, a folder or a device"),
        (made(&[(file, tar::EntryType::Link)], None), "which is a link, a folder or a device"),
        (made(&[(file, tar::EntryType::Directory)], None), "which is a link, a folder or a device"),
        (made(&[(file, tar::EntryType::Regular); 2], None), "twice"),
        (made(&[(file, tar::EntryType::Regular)], Some("")), "status.json has no checksum"),
        (made(&[(file, tar::EntryType::Regular)], Some("nonsense\n")), "`nonsense` in its SHA256SUMS"),
        (
            made(&[(file, tar::EntryType::Regular)], Some(&format!("{}  {file}\n", "0".repeat(64)))),
            "status.json does not match its checksum",
        ),
        (
            made(&[(file, tar::EntryType::Regular)], Some(&format!("{sum}  {file}\n{sum}  {RUN}/gone\n"))),
            "seed-0/gone is missing",
        ),
        ([regular(file), b"more".to_vec()].concat(), "bytes follow after its end"),
    ];
    for (bytes, expected) in cases {
        fs::write(&archive, bytes).unwrap();
        let message = chain(unpack(&archive, &into).unwrap_err());
        assert!(message.contains(expected) && message.contains("records.tar.gz"), "{message}");
        assert!(!into.exists() && !folder.path().join("outside").exists(), "{expected}");
    }
    for (path, expected) in [(folder.path().join("absent"), "absent"), (folder.path().to_owned(), "regular file")] {
        let message = chain(unpack(&path, &into).unwrap_err());
        assert!(message.starts_with("cannot read ") && message.contains(expected), "{message}");
    }
    fs::write(&archive, regular(file)).unwrap();
    unpack(&archive, &into).unwrap();
    let message = chain(unpack(&archive, &archive.join("below")).unwrap_err());
    assert!(message.contains("cannot write ") && message.contains("records.tar.gz/below"), "{message}");
}

#[test]
fn an_archive_that_is_cut_or_damaged_anywhere_is_refused_or_gives_the_same_files() {
    let _disk = disk();
    let results = results();
    let (folder, archive) = packed(results.path());
    let (whole, expected) = (fs::read(&archive).unwrap(), files(results.path()));
    let into = folder.path().join("into");
    for index in (0..whole.len()).step_by(whole.len() / 60) {
        fs::write(&archive, &whole[..index]).unwrap();
        let message = chain(unpack(&archive, &into).unwrap_err());
        assert!(message.contains("records.tar.gz: damaged"), "cut at {index}: {message}");
        assert!(!into.exists(), "cut at {index}");
    }
    let mut refused = 0;
    for index in (0..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[index] ^= 0x10;
        fs::write(&archive, bytes).unwrap();
        match unpack(&archive, &into) {
            Err(error) => {
                assert!(chain(error).contains("records.tar.gz"));
                assert!(!into.exists(), "byte {index}");
                refused += 1;
            }
            // The header of gzip has bytes without a meaning.
            Ok(_) => {
                assert_eq!(files(&into), expected, "byte {index}");
                fs::remove_dir_all(&into).unwrap();
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn a_failing_disk_leaves_all_files_of_an_archive_or_none() {
    let _disk = disk();
    let results = results();
    let (folder, archive) = packed(results.path());
    let (into, again) = (folder.path().join("into"), folder.path().join("again.tar.gz"));
    let faults_of = |changes: usize| {
        [Fault::Once, Fault::Torn, Fault::Forever].into_iter().flat_map(move |kind| (0..changes).step_by(3).map(kind))
    };
    let ((), changes) = faults::with(Fault::Never, || drop(unpack(&archive, &into).unwrap()));
    assert!(changes > 20, "{changes} changes of the disk");
    fs::remove_dir_all(&into).unwrap();
    for fault in faults_of(changes) {
        let (result, _) = faults::with(fault, || unpack(&archive, &into));
        let message = chain(result.unwrap_err());
        assert!(message.contains("into") && message.contains("no space left"), "{fault:?}: {message}");
        let left = files(&into);
        if matches!(fault, Fault::Forever(_)) {
            // After a permanent fault, moved files cannot be removed again: whole runs are left.
            for run in left.keys().filter(|path| path.ends_with("status.json")) {
                assert!(RunDirectory::at(into.join(run).parent().unwrap()).is_complete().unwrap());
            }
        } else {
            assert!(left.is_empty(), "{fault:?}: {:?}", left.keys());
        }
        drop(fs::remove_dir_all(&into));
    }
    let pack_again = || pack(&again, &[results.path().to_owned()]);
    let (result, changes) = faults::with(Fault::Never, pack_again);
    result.unwrap();
    fs::remove_file(&again).unwrap();
    for fault in faults_of(changes) {
        let (result, _) = faults::with(fault, pack_again);
        assert!(chain(result.unwrap_err()).contains("no space left"), "{fault:?}");
        assert_eq!(files(folder.path()).len(), 1, "{fault:?}");
    }
}

#[test]
fn gathered_compact_records_equal_the_published_ones() {
    let _disk = disk();
    let results = results();
    let names: Vec<String> = files(results.path())
        .into_keys()
        .map(|path| path.to_str().unwrap().to_owned())
        .filter(|name| !name.ends_with(".safetensors") && !name.contains("plots"))
        .collect();
    let records = publish(results.path(), &names).unwrap();
    let own: Vec<PathBuf> =
        ["deep-mnist", "plain-glyphs"].map(|name| results.path().join(format!("records/{name}.tar.gz"))).into();
    assert_eq!(records, own);
    let into = tempfile::tempdir().unwrap();
    assert_eq!(gather(results.path(), into.path()).unwrap(), 2);
    let gathered: Vec<String> = files(into.path()).into_keys().map(|path| path.to_str().unwrap().to_owned()).collect();
    assert_eq!(gathered, names);

    let before = fs::read(&records[1]).unwrap();
    let run = RunDirectory::at(&results.path().join(RUN));
    run.write_status(&Status::trained()).unwrap();
    assert!(chain(publish(results.path(), &names).unwrap_err()).contains("the run is not complete"));
    assert!(chain(publish(results.path(), &["../x".to_owned()]).unwrap_err()).contains("../x"));
    assert_eq!(fs::read(&records[1]).unwrap(), before);
    run.complete().unwrap();
    let twice = ["plain-glyphs/x/summary.json", "plain/glyphs-x/summary.json"].map(str::to_owned);
    let message = chain(publish(results.path(), &twice).unwrap_err());
    assert!(message.contains("plain-glyphs/x/summary.json and ") && message.contains("the same name"), "{message}");
    let foreign = results.path().join("records/other-glyphs.tar.gz");
    fs::copy(&records[1], &foreign).unwrap();
    let message = chain(gather(results.path(), into.path()).unwrap_err());
    assert!(message.contains("other-glyphs.tar.gz") && message.contains("belongs to another"), "{message}");
    fs::remove_file(foreign).unwrap();
    fs::write(&records[0], "not an archive").unwrap();
    assert!(chain(gather(results.path(), into.path()).unwrap_err()).contains("deep-mnist.tar.gz: damaged"));
}

#[test]
fn a_damaged_compact_record_costs_itself_alone_where_each_has_a_folder_of_its_own() {
    let _disk = disk();
    let results = results();
    let names = |experiment: &str, run: &str| {
        let files = ["experiment.toml", "environment.json", "metrics.json", "epochs.csv", "status.json"];
        files.map(|file| format!("{experiment}/{run}/seed-0/{file}")).to_vec()
    };
    let names = [names("plain/glyphs", "plain-32"), names("deep/mnist", "deep-30")].concat();
    let archives = publish(results.path(), &names).unwrap();
    let into = tempfile::tempdir().unwrap();
    assert!(gather_apart(results.path(), &into.path().join("whole")).unwrap().is_empty());
    for run in ["deep-mnist/deep/mnist/deep-30/seed-0", "plain-glyphs/plain/glyphs/plain-32/seed-0"] {
        assert!(into.path().join("whole").join(run).join("metrics.json").is_file(), "{run}");
    }
    let mut bytes = fs::read(&archives[0]).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&archives[0], bytes).unwrap();
    let failed = gather_apart(results.path(), &into.path().join("damaged")).unwrap();
    assert!(failed.len() == 1 && failed[0].to_string().contains("deep-mnist.tar.gz"), "{failed:?}");
    let left: Vec<_> =
        fs::read_dir(into.path().join("damaged")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["plain-glyphs"]);
}
