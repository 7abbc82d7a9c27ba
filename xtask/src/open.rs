//! `--open`: opens a page in the user's browser. A command succeeds even where the page cannot be opened.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use system::terminal;

/// Environment variable with the browser and its arguments; `%s` in it stands for the page.
const BROWSER: &str = "BROWSER";
/// Time to wait for a browser to fail. One that runs longer has started; many run until their window is closed.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Opens a page in the browser. On failure, prints the reason and the path of the page.
pub(crate) fn page(path: &Path) {
    let shown = path.display();
    if !path.is_file() {
        terminal::tell(&format!("--open: there is no page {shown} to open"));
        return;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let named = env::var(BROWSER).ok().filter(|named| !named.trim().is_empty());
    let words = command(named.as_deref(), absolute.into_os_string());
    let name = words[0].to_string_lossy().into_owned();
    let started = Command::new(&words[0])
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let why = match started.map(has_begun) {
        Ok(true) => return,
        Ok(false) => format!("`{name}` failed"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!("there is no program `{name}`"),
        Err(error) => format!("`{name}` cannot be started: {error}"),
    };
    terminal::tell(&format!("--open: {why}; open {shown} in a browser, or set {BROWSER} to the name of yours"));
}

/// True unless the program fails at once.
fn has_begun(mut child: Child) -> bool {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(20)),
            Err(_) => return false,
        }
    }
    true
}

/// The program that opens a page, and its arguments: the named browser, or the opener of the operating system.
fn command(named: Option<&str>, page: OsString) -> Vec<OsString> {
    // `BROWSER` may list several browsers, separated by colons: the first one opens the page.
    if let Some(named) = named.and_then(|named| named.split(':').find(|one| !one.trim().is_empty())) {
        let mut words: Vec<OsString> = named.split_whitespace().map(OsString::from).collect();
        match words.iter_mut().find(|word| word.as_os_str() == "%s") {
            Some(place) => *place = page,
            None => words.push(page),
        }
        return words;
    }
    let mut words: Vec<OsString> = if cfg!(target_os = "macos") {
        vec!["open".into()]
    } else if cfg!(windows) {
        // The first quoted argument of `start` is a title.
        ["cmd", "/C", "start", ""].map(OsString::from).into()
    } else {
        vec!["xdg-open".into()]
    };
    words.push(page);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_replaces_percent_s_or_is_the_last_argument_of_the_browser() {
        let words = |named: &str| {
            let words = command(Some(named), "a page.html".into());
            words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(words("firefox --new-window"), ["firefox", "--new-window", "a page.html"]);
        assert_eq!(words("browser %s --quiet:other"), ["browser", "a page.html", "--quiet"]);
        assert_eq!(command(None, "p".into()).last().unwrap(), "p");
    }
}
