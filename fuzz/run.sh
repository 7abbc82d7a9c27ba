#!/usr/bin/env bash
# Fuzzes each target for SECONDS (default 60), with at most 1 s and 512 MiB for an input:
#
#     fuzz/run.sh [SECONDS] [TARGET...]
#
# Needs cargo-fuzz (cargo install cargo-fuzz) and a C++ compiler. Stable Rust is enough, because no sanitizer is used.
# Inputs that break a target are in fuzz/artifacts, inputs that reach new code in fuzz/corpus, and the output in fuzz/logs.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(spec idx checkpoint record archive csv npy image wav text)
# Each input writes a record: use a folder in memory, if there is one.
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi

mkdir -p logs
cargo run --quiet --release --locked --example seeds
for target in "${targets[@]}"; do
    echo "fuzzing $target for $seconds s"
    # No sanitizer, because the crates have no unsafe code and a sanitizer is slow.
    if ! cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 \
        -max_len=65536 -print_final_stats=1 >"logs/$target.log" 2>&1; then
        tail -n 40 "logs/$target.log"
        exit 1
    fi
    grep -E 'number_of_executed_units|peak_rss' "logs/$target.log"
done
