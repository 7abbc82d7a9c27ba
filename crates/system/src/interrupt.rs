//! Ctrl-C and SIGTERM: a program that listens finishes its step before it ends, and passes the signal to the programs
//! that it has started.
//!
//! A terminal sends Ctrl-C to every program of its process group. A signal sent to one process reaches that process
//! alone, so [`wait`] passes it on.

use std::io;
use std::process::{Child, ChildStdin, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Exit code of a program that was interrupted.
pub const INTERRUPTED: u8 = 130;

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
/// Set by signals alone. After [`ask`], this flag is still unset, so that the first signal does not end the program at
/// once.
static SIGNALLED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Longest sleep between two checks of a program that [`wait`] waits for.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);

/// Handles SIGINT and SIGTERM from now on: the first signal sets [`asked`], and a second one ends this program at once.
///
/// # Errors
/// If the system refuses to install a handler.
pub fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the first signal must find the flag unset.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&SIGNALLED))?;
        flag::register(signal, Arc::clone(&SIGNALLED))?;
        flag::register(signal, Arc::clone(&ASKED))?;
    }
    Ok(())
}

/// The flag that tells this program to stop. A signal or [`ask`] sets it.
pub fn asked() -> &'static AtomicBool {
    &ASKED
}

/// Sets the flag [`asked`], as a signal does.
pub fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

/// Waits until a child program has ended. If this program is asked to stop meanwhile, the child is asked too.
///
/// Closes `watched`, the standard input of the child, if it is given. Otherwise the child gets the signal of Ctrl-C.
///
/// # Errors
/// If the system cannot give the status of the child.
pub fn wait(child: &mut Child, mut watched: Option<ChildStdin>) -> io::Result<ExitStatus> {
    let mut passed_on = false;
    let mut sleep = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if ASKED.load(Ordering::Relaxed) && !passed_on {
            passed_on = true;
            if watched.take().is_none() {
                interrupt(child)?;
            }
        }
        thread::sleep(sleep);
        sleep = (sleep * 2).min(LONGEST_SLEEP);
    }
}

#[cfg(unix)]
fn interrupt(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    // The child has not been waited for, so no other process can have its number.
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    Ok(kill_process(pid, Signal::INT)?)
}

#[cfg(not(unix))]
fn interrupt(child: &mut Child) -> io::Result<()> {
    child.kill()
}
