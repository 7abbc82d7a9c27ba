#!/usr/bin/env bash
# Fuzzes each reader for so many seconds (60 unless told), with at most 1 s and 512 MiB for an input:
#
#     fuzz/run.sh [SECONDS] [TARGET...]
#
# Needs cargo-fuzz (cargo install cargo-fuzz) and a C++ compiler, and no nightly Rust: there is no sanitizer.
# What breaks a target is left in fuzz/artifacts, what it found worth keeping in fuzz/corpus, its output in fuzz/logs.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(spec idx checkpoint record archive csv npy image wav text)
# Records are written for each input: in memory, where there is such a folder.
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi

mkdir -p logs
cargo run --quiet --release --locked --example seeds
for target in "${targets[@]}"; do
    echo "fuzzing $target for $seconds s"
    # No sanitizer: the crates have no unsafe code, and it takes most of the speed.
    if ! cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 \
        -max_len=65536 -print_final_stats=1 >"logs/$target.log" 2>&1; then
        tail -n 40 "logs/$target.log"
        exit 1
    fi
    grep -E 'number_of_executed_units|peak_rss' "logs/$target.log"
done
