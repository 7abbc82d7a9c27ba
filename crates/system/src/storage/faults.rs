//! Faults on purpose: makes any of the smallest changes of the disk fail, so that tests can walk over all of them.
//!
//! Nothing fails unless a test says so; a program pays one look at an atomic for each change.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What goes wrong at one of the changes that follow, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails; those after it succeed.
    Once(usize),
    /// Half of what is to be written is, then it fails; those after it succeed. A change that writes nothing fails whole.
    Torn(usize),
    /// It fails, and so does everything after it, as if the disk or the process were gone.
    Forever(usize),
    /// Nothing; changes are counted.
    Never,
}

struct Plan {
    fault: Fault,
    changes: usize,
}

static ARMED: AtomicBool = AtomicBool::new(false);
static PLAN: Mutex<Plan> = Mutex::new(Plan { fault: Fault::Never, changes: 0 });
/// Runs `work` with a fault in the way of this process's changes, whichever thread makes them, and gives how many it tried
/// to make.
pub fn with<R>(fault: Fault, work: impl FnOnce() -> R) -> (R, usize) {
    *locked(&PLAN) = Plan { fault, changes: 0 };
    ARMED.store(true, Ordering::SeqCst);
    let result = work();
    ARMED.store(false, Ordering::SeqCst);
    (result, locked(&PLAN).changes)
}

/// Makes one change, or fails in its place.
pub(super) fn step<R>(change: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    match next() {
        None => change(),
        Some(_) => Err(fault()),
    }
}

/// Writes bytes, or none, or half of them.
pub(super) fn write(bytes: &[u8], mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    match next() {
        None => write(bytes),
        Some(Fault::Torn(_)) => {
            write(&bytes[..bytes.len() / 2])?;
            Err(fault())
        }
        Some(_) => Err(fault()),
    }
}

/// Counts a change, and says which fault meets it.
fn next() -> Option<Fault> {
    if !ARMED.load(Ordering::SeqCst) {
        return None;
    }
    let mut plan = locked(&PLAN);
    let this = plan.changes;
    plan.changes += 1;
    let met = match plan.fault {
        Fault::Once(at) | Fault::Torn(at) => this == at,
        Fault::Forever(at) => this >= at,
        Fault::Never => false,
    };
    met.then_some(plan.fault)
}

fn fault() -> io::Error {
    io::Error::new(ErrorKind::StorageFull, "no space left on device (a fault on purpose)")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
