//! Ctrl-C and SIGTERM: a program that listens ends its work in its own time, and so do the programs that it has started.
//!
//! In a terminal every program of a group hears Ctrl-C. A signal to one process alone reaches no other: whoever waits for a
//! program passes it on.

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
/// Set by signals alone. A program that [`ask`] told to stop still ends in its own time at its first signal.
static SIGNALLED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Longest sleep between two looks at a program that is waited for.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);

/// Listens from now on: the first signal sets [`asked`], and a second one ends this program at once.
///
/// # Errors
/// When the system refuses.
pub fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal must find the flag unset.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&SIGNALLED))?;
        flag::register(signal, Arc::clone(&SIGNALLED))?;
        flag::register(signal, Arc::clone(&ASKED))?;
    }
    Ok(())
}

/// The flag that a signal, or [`ask`], sets.
pub fn asked() -> &'static AtomicBool {
    &ASKED
}

/// Does what a signal does.
pub fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

/// Waits until a program has ended. Where this one is asked to stop meanwhile, so is that one: its standard input is closed if
/// it watches that, and else it gets the signal of Ctrl-C.
///
/// # Errors
/// When the system cannot tell.
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
    // It has not been waited for, so that its number is still its own.
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return Ok(()) };
    Ok(kill_process(pid, Signal::INT)?)
}

#[cfg(not(unix))]
fn interrupt(child: &mut Child) -> io::Result<()> {
    child.kill()
}
