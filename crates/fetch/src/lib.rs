//! Download of the real data sets: mirrors are tried in turn, and a file gets its name after all checks.
//!
//! [`fetch()`] downloads the missing files of a data set, and reports each [`Event`]. Only `cargo xtask data fetch` needs
//! this package: programs that run experiments are built without it and without TLS.
//!
//! ```no_run
//! use fetch::{Event, Options};
//! use spec::catalogue::DatasetName;
//!
//! let folder = fetch::fetch(DatasetName::Mnist, None, &Options::default(), |event| {
//!     if let Event::Written { path } = event {
//!         println!("{}", path.display());
//!     }
//! })?;
//! println!("MNIST is in {}", folder.display());
//! # Ok::<(), fetch::Error>(())
//! ```

mod error;

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use datasets::files;
use datasets::find;
use datasets::published::{PublishedFile, source};
use spec::catalogue::DatasetName;
use system::storage;

pub use error::{Attempt, Error};

/// Options of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// URL of a folder with the archives, used instead of the published mirrors.
    pub mirror: Option<String>,
    /// Longest wait to resolve a name, and then to connect.
    pub connect_timeout: Duration,
    /// Longest wait for the next bytes.
    pub stall_timeout: Duration,
}

impl Default for Options {
    /// The published mirrors, 10 seconds to connect, and 30 seconds without bytes.
    fn default() -> Self {
        Self { mirror: None, connect_timeout: Duration::from_secs(10), stall_timeout: Duration::from_secs(30) }
    }
}

/// Progress of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A file exists and passed its checks.
    Present {
        /// Path of the file.
        path: &'a Path,
    },
    /// A request is sent to a mirror.
    Asked {
        /// Address of the request.
        url: &'a str,
    },
    /// A mirror answered.
    Started {
        /// Announced size in bytes, if any.
        bytes: Option<u64>,
    },
    /// More bytes arrived.
    Received {
        /// Number of bytes so far.
        bytes: u64,
    },
    /// A mirror failed. The next mirror follows.
    Failed {
        /// Address, and reason of the failure.
        attempt: &'a Attempt,
    },
    /// A file was checked and written.
    Written {
        /// Path of the file.
        path: &'a Path,
    },
}

/// Downloads the missing files of a data set, and returns the folder of the data set.
///
/// The folder is [`files::destination`]. Existing files are checked and kept, and a faulty one is never overwritten. An
/// archive is accepted if its SHA-256 is the published one, or if that of its contents is, because a mirror may have
/// compressed them again.
///
/// # Errors
/// If an existing file is faulty, no mirror delivers a missing file, or the folder cannot be written to. Files that
/// were written before the error are kept, and nothing else is left.
pub fn fetch(
    dataset: DatasetName,
    data_dir: Option<&Path>,
    options: &Options,
    mut watch: impl FnMut(Event<'_>),
) -> Result<PathBuf, Error> {
    let source = source(dataset)?;
    let folder = files::destination(dataset, data_dir)?;
    let mirrors: Vec<&str> = match &options.mirror {
        Some(mirror) => vec![mirror],
        None => source.mirrors.to_vec(),
    };
    // Existing files are checked first, because a fault in one would make downloads useless.
    let mut missing = Vec::new();
    for file in &source.files {
        match find::usable(&folder, file) {
            Some(path) => {
                files::read(&path, file)?;
                watch(Event::Present { path: &path });
            }
            None => missing.push(file),
        }
    }
    for file in missing {
        download(file, &mirrors, &folder, options, &mut watch)?;
    }
    Ok(folder)
}

/// Downloads one file from the first mirror that delivers it.
fn download(
    file: &PublishedFile,
    mirrors: &[&str],
    folder: &Path,
    options: &Options,
    watch: &mut impl FnMut(Event<'_>),
) -> Result<(), Error> {
    let archive = format!("{}.gz", file.name);
    let path = folder.join(&archive);
    // An existing file is never replaced.
    if path.symlink_metadata().is_ok() {
        return Err(Error::InTheWay { path });
    }
    let mut attempts = Vec::new();
    for mirror in mirrors {
        let url = format!("{}/{archive}", mirror.trim_end_matches('/'));
        watch(Event::Asked { url: &url });
        match receive(&url, file, options, watch) {
            Ok(bytes) => {
                write(folder, &path, &bytes)?;
                watch(Event::Written { path: &path });
                return Ok(());
            }
            Err(reason) => {
                let attempt = Attempt { url, reason };
                watch(Event::Failed { attempt: &attempt });
                attempts.push(attempt);
            }
        }
    }
    Err(Error::Download { file: archive, attempts })
}

/// The checked bytes of an archive, or the reason of a failure.
fn receive(
    url: &str,
    file: &PublishedFile,
    options: &Options,
    watch: &mut impl FnMut(Event<'_>),
) -> Result<Vec<u8>, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .user_agent(concat!("hourglass/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_recv_response(Some(options.stall_timeout))
        .timeout_per_read(Some(options.stall_timeout))
        .build()
        .into();
    let explain = |error| match error {
        ureq::Error::Timeout(ureq::Timeout::RecvResponse | ureq::Timeout::PerRead) => {
            format!("sent nothing for {:?}", options.stall_timeout)
        }
        ureq::Error::Timeout(_) => format!("no connection within {:?}", options.connect_timeout),
        other => other.to_string(),
    };
    let mut response = agent.get(url).call().map_err(explain)?;
    let body = response.body_mut();
    let announced = body.content_length();
    let limit = file.archive_limit() as u64;
    let too_large = |bytes: u64| format!("offers at least {bytes} bytes, expected at most {limit}");
    if let Some(bytes) = announced.filter(|&bytes| bytes > limit) {
        return Err(too_large(bytes));
    }
    watch(Event::Started { bytes: announced });
    let mut reader = body.as_reader();
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(format!("broke off after {} bytes: {}", bytes.len(), explain(ureq::Error::from(error))));
            }
        }
        let received = bytes.len() as u64;
        if received > limit {
            return Err(too_large(received));
        }
        watch(Event::Received { bytes: received });
    }
    if let Some(expected) = announced.filter(|&expected| expected != bytes.len() as u64) {
        return Err(format!("broke off after {} of {expected} bytes", bytes.len()));
    }
    check(bytes, file)
}

/// The bytes, if they are the published archive or contain the published contents.
fn check(bytes: Vec<u8>, file: &PublishedFile) -> Result<Vec<u8>, String> {
    let found = files::sha256(&bytes);
    if found == file.archive_sha256 {
        return Ok(bytes);
    }
    match files::check(bytes.clone(), true, file) {
        Ok(checked) if checked.published => Ok(bytes),
        Ok(_) => Err(format!("SHA-256 {found}, expected {}", file.archive_sha256)),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Writes a file whole or not at all. Creates its folder if it does not exist.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| system::Error::Write { path: folder.to_owned(), source })?;
    Ok(storage::write(path, bytes)?)
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use datasets::published::FileKind;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Folder of the real MNIST.
    fn real_mnist() -> PathBuf {
        let root = std::env::var_os(find::VARIABLE).unwrap();
        find::find(DatasetName::Mnist, Some(Path::new(&root))).unwrap().folder
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Bytes of an IDX file whose pixels or labels are all `value`.
    fn idx(kind: FileKind, count: usize, value: u8) -> Vec<u8> {
        let (magic, sides): (_, &[u8]) = match kind {
            FileKind::Images => ([0, 0, 8, 3], &[0, 0, 0, 28, 0, 0, 0, 28]),
            FileKind::Labels => ([0, 0, 8, 1], &[]),
        };
        let items = if kind == FileKind::Images { count * 784 } else { count };
        [&magic[..], &(count as u32).to_be_bytes(), sides, &vec![value; items]].concat()
    }

    /// A published file with these contents.
    fn published(content: &[u8]) -> PublishedFile {
        PublishedFile {
            name: "train-images-idx3-ubyte",
            kind: FileKind::Images,
            count: 3,
            archive_bytes: gzip(content).len() as u64,
            archive_sha256: Box::leak(files::sha256(&gzip(content)).into_boxed_str()),
            content_sha256: Some(Box::leak(files::sha256(content).into_boxed_str())),
        }
    }

    /// Answer of a server to every request.
    #[derive(Clone)]
    enum Answer {
        Whole(Vec<u8>),
        /// Announces this number of bytes more than it sends, then closes.
        Short(Vec<u8>, usize),
        /// Announces one byte more than it sends, then keeps the connection open.
        Stall(Vec<u8>),
        Silence,
        NotFound,
        /// Sends zeros without end and without announcing their number.
        Endless,
    }

    /// Starts a server on a free loopback port, which runs until the test program ends. Returns its address.
    fn serve(answer: impl Fn(&str) -> Answer + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/files", listener.local_addr().unwrap());
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut lines = BufReader::new(connection.try_clone().unwrap()).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let path = request.split(' ').nth(1).unwrap_or_default();
                // A client that has closed the connection is not an error of the server.
                let _ = reply(&mut connection, answer(path));
            }
        });
        address
    }

    fn reply(connection: &mut TcpStream, answer: Answer) -> io::Result<()> {
        let head = |length: usize| format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        match answer {
            Answer::Whole(body) => {
                connection.write_all(head(body.len()).as_bytes())?;
                connection.write_all(&body)
            }
            Answer::Short(body, missing) => {
                connection.write_all(head(body.len() + missing).as_bytes())?;
                connection.write_all(&body)
            }
            Answer::Stall(body) => {
                connection.write_all(head(body.len() + 1).as_bytes())?;
                connection.write_all(&body)?;
                thread::sleep(Duration::from_secs(3));
                Ok(())
            }
            Answer::Silence => {
                thread::sleep(Duration::from_secs(3));
                Ok(())
            }
            Answer::NotFound => connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            Answer::Endless => {
                connection.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
                loop {
                    connection.write_all(&[0; 4096])?;
                }
            }
        }
    }

    fn content() -> Vec<u8> {
        idx(FileKind::Images, 3, 77)
    }

    fn options() -> Options {
        Options { stall_timeout: Duration::from_millis(300), ..Options::default() }
    }

    /// Downloads the file of [`content`], and checks that a failure leaves no files.
    fn download_from(mirrors: &[&str]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = published(&content());
        let result = download(&file, mirrors, folder.path(), &options(), &mut |_| {});
        let written: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        match result {
            Ok(()) => {
                assert_eq!(written, [folder.path().join("train-images-idx3-ubyte.gz")]);
                Ok(fs::read(&written[0]).unwrap())
            }
            Err(error) => {
                assert!(written.is_empty(), "{written:?}");
                Err(error.to_string())
            }
        }
    }

    fn fault_of(answer: Answer) -> String {
        let server = serve(move |_| answer.clone());
        let message = download_from(&[&server]).unwrap_err();
        let start = format!("cannot fetch train-images-idx3-ubyte.gz: {server}/train-images-idx3-ubyte.gz: ");
        message.strip_prefix(&start).unwrap_or_else(|| panic!("{message}")).to_owned()
    }

    #[test]
    fn a_published_archive_is_written_without_changes() {
        let server = serve(|_| Answer::Whole(gzip(&content())));
        assert_eq!(download_from(&[&server]), Ok(gzip(&content())));
    }

    #[test]
    fn an_incomplete_archive_is_refused() {
        let fault = fault_of(Answer::Short(gzip(&content()), 5));
        assert!(fault.starts_with("broke off after "), "{fault}");
    }

    #[test]
    fn an_error_about_other_contents_gives_both_checksums() {
        let fault = fault_of(Answer::Whole(gzip(&idx(FileKind::Images, 3, 78))));
        assert!(fault.contains("SHA-256 ") && fault.contains(", expected "), "{fault}");
    }

    #[test]
    fn an_error_about_a_web_page_in_place_of_the_archive_says_so() {
        let fault = fault_of(Answer::Whole(b"<html>Moved</html>".to_vec()));
        assert!(fault.contains("this looks like a web page"), "{fault}");
    }

    #[test]
    fn a_stalled_transfer_ends_with_an_error() {
        let archive = gzip(&content());
        let fault = fault_of(Answer::Stall(archive.clone()));
        assert_eq!(fault, format!("broke off after {} bytes: sent nothing for 300ms", archive.len()));
    }

    #[test]
    fn a_silent_server_ends_with_an_error() {
        assert_eq!(fault_of(Answer::Silence), "sent nothing for 300ms");
    }

    #[test]
    fn a_missing_file_is_reported_with_its_status() {
        let fault = fault_of(Answer::NotFound);
        assert!(fault.contains("404"), "{fault}");
    }

    #[test]
    fn an_endless_transfer_is_stopped() {
        let fault = fault_of(Answer::Endless);
        assert!(fault.ends_with("bytes, expected at most 3394"), "{fault}");
    }

    #[test]
    fn too_large_an_announced_size_is_refused_before_the_transfer() {
        let fault = fault_of(Answer::Short(Vec::new(), 1 << 30));
        assert_eq!(fault, "offers at least 1073741824 bytes, expected at most 3394");
    }

    #[test]
    fn if_a_mirror_fails_the_next_one_is_used() {
        let (bad, good) = (serve(|_| Answer::NotFound), serve(|_| Answer::Whole(gzip(&content()))));
        assert!(download_from(&[&bad, &good]).is_ok());
    }

    #[test]
    fn if_all_mirrors_fail_the_error_gives_the_reason_of_each() {
        let (absent, wrong) = (serve(|_| Answer::NotFound), serve(|_| Answer::Whole(b"no".to_vec())));
        let message = download_from(&[&absent, &wrong]).unwrap_err();
        assert!(message.contains("404") && message.contains("expected 1f 8b"), "{message}");
        assert!(message.contains(&absent) && message.contains(&wrong), "{message}");
    }

    #[test]
    fn a_refused_connection_is_a_failure_of_that_mirror() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let message = download_from(&[&format!("http://{closed}")]).unwrap_err();
        assert!(message.to_lowercase().contains("refused"), "{message}");
    }

    #[test]
    fn an_existing_faulty_file_is_kept_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t10k-labels-idx1-ubyte");
        fs::write(&path, b"mine").unwrap();
        let error = fetch(DatasetName::Mnist, Some(folder.path()), &options(), |_| {}).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn files_of_mnist_in_a_shared_folder_do_not_count_as_another_data_set() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("kmnist");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("t10k-labels-idx1-ubyte"), idx(FileKind::Labels, 10_000, 4)).unwrap();
        for entry in fs::read_dir(real_mnist()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, root.path().join(path.file_name().unwrap())).unwrap();
        }
        let mut present = Vec::new();
        let options = Options { mirror: Some(serve(|_| Answer::NotFound)), ..options() };
        let error = fetch(DatasetName::Kmnist, Some(root.path()), &options, |event| {
            if let Event::Present { path } = event {
                present.push(path.to_owned());
            }
        });
        assert!(matches!(error, Err(Error::Download { .. })));
        assert_eq!(present, [own.join("t10k-labels-idx1-ubyte")]);
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn the_real_mnist_is_fetched_once() {
        let real = real_mnist();
        let server = serve(move |path| {
            let name = path.rsplit('/').next().unwrap_or_default();
            fs::read(real.join(name)).map_or(Answer::NotFound, Answer::Whole)
        });
        let folder = tempfile::tempdir().unwrap();
        let options = Options { mirror: Some(format!("{server}/")), ..Options::default() };
        let fetched = |wanted: fn(&Event<'_>) -> bool| {
            let mut count = 0;
            let place = fetch(DatasetName::Mnist, Some(folder.path()), &options, |event| {
                count += usize::from(wanted(&event));
            });
            assert_eq!(place.unwrap(), folder.path().join("mnist"));
            count
        };
        assert_eq!(fetched(|event| matches!(event, Event::Written { .. })), 4);
        fs::remove_file(folder.path().join("mnist/t10k-labels-idx1-ubyte.gz")).unwrap();
        assert_eq!(fetched(|event| matches!(event, Event::Written { .. })), 1);
        assert_eq!(fetched(|event| matches!(event, Event::Present { .. })), 4);
    }
}
