//! Planned faults for tests: makes any single change of the disk fail, so that a test can try each of them in turn.
//!
//! Outside such tests nothing fails. A program then pays one read of an atomic for each change.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The fault that [`with`] plans. Changes are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The change with this number fails. Later changes succeed.
    Once(usize),
    /// The change with this number writes half of its bytes, then fails. Later changes succeed. A change that writes no
    /// bytes fails as in [`Once`](Self::Once).
    Torn(usize),
    /// The change with this number fails, and so do all later ones, as if the disk or the process were gone.
    Forever(usize),
    /// No change fails. Changes are counted.
    Never,
}

struct Plan {
    fault: Fault,
    changes: usize,
}

static ARMED: AtomicBool = AtomicBool::new(false);
static PLAN: Mutex<Plan> = Mutex::new(Plan { fault: Fault::Never, changes: 0 });
/// Runs `work` with a planned fault, and gives its result and the number of changes that it tried to make.
///
/// The fault applies to the whole process, whichever thread makes a change.
pub fn with<R>(fault: Fault, work: impl FnOnce() -> R) -> (R, usize) {
    *locked(&PLAN) = Plan { fault, changes: 0 };
    ARMED.store(true, Ordering::SeqCst);
    let result = work();
    ARMED.store(false, Ordering::SeqCst);
    (result, locked(&PLAN).changes)
}

/// Makes one change, or fails if a fault is planned for it.
pub(super) fn step<R>(change: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    match next() {
        None => change(),
        Some(_) => Err(fault()),
    }
}

/// Writes bytes; if a fault is planned for this change, writes none or half of them and fails.
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

/// Counts a change, and gives the fault that is planned for it.
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
    io::Error::new(ErrorKind::StorageFull, "no space left on device (a planned fault)")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
