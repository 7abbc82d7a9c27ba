//! Trainings on disks that are full or read-only. The disks are real, in memory, and invisible to other processes.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::process::Command;

const SPEC: &str = "name = \"disk\"\nquestion = \"Does it survive?\"\n\
    [dataset]\nname = \"glyphs\"\ntrain = 60\nvalidation = 20\ntest = 10\n\
    [model]\narchitecture = \"linear\"\ncode = 2\n\
    [training]\nepochs = 3\nbatch_size = 20\nloss = \"mse\"\n\
    [training.adam]\nlearning_rate = 0.01\n[training.early_stopping]\npatience = 2\n";

/// Trains on disks of growing size. Each disk that was too small grows, and the run is resumed. The last disk is read-only.
const SCRIPT: &str = "\
mkdir disk || exit
for size in $(seq 4 4 80); do
    mount -t tmpfs -o size=${size}k tmpfs disk || exit
    $TRAIN --quiet --out disk < spec.toml 2> error
    echo $size $? $(cat error)
    mount -o remount,size=64m disk || exit
    $TRAIN --quiet --resume --out disk < spec.toml || exit
    sha256sum < disk/disk/glyphs/linear-2/seed-0/model.safetensors
    [ $size = 80 ] || umount disk
done
mount -o remount,ro disk || exit
$TRAIN --quiet --out disk < spec.toml 2>&1
echo read-only $?
sha256sum < disk/disk/glyphs/linear-2/seed-0/model.safetensors
";

#[test]
fn a_full_or_read_only_disk_loses_nothing_that_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), SPEC).unwrap();
    let own_mounts = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).current_dir(folder.path());
        // The path from build time is wrong in a copied checkout; since version 1.94 cargo sets the variable at run time.
        let program = std::env::var_os("CARGO_BIN_EXE_trial-train").unwrap_or(env!("CARGO_BIN_EXE_trial-train").into());
        command.env("TRAIN", program).output()
    };
    let can_mount = own_mounts("mkdir probe && mount -t tmpfs tmpfs probe");
    if !can_mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: this machine does not allow tests to mount a disk");
        return;
    }
    let output = own_mounts(SCRIPT).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));

    let lines: Vec<&str> = text.lines().collect();
    let (sizes, read_only) = lines.split_at(lines.len() - 3);
    let weights = sizes[1];
    let mut full = 0;
    for pair in sizes.chunks(2) {
        match pair[0].split(' ').nth(1) {
            Some("0") => {}
            Some("2") if pair[0].contains("error: cannot write disk/") && pair[0].contains("No space left") => {
                full += 1
            }
            _ => panic!("{text}"),
        }
        assert_eq!(pair[1], weights, "resumed after {}", pair[0]);
    }
    assert!(full >= 3 && full < sizes.len() / 2, "some disks must be too small, and some large enough:\n{text}");
    assert!(read_only[0].contains("error: cannot write disk/") && read_only[0].contains("Read-only"), "{text}");
    assert_eq!(read_only[1..], ["read-only 2", weights]);
    println!("{full} disks were full");
}
