//! Writes the initial inputs of the fuzzers, valid files, to `corpus/<target>`.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use flate2::Compression;
use flate2::write::GzEncoder;
use networks::NETWORKS;
use record::RunDirectory;

#[path = "../../crates/report/tests/common/mod.rs"]
mod common;

fn main() -> Result<(), Box<dyn Error>> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("start it by cargo")?;
    let root = Path::new(&package);
    let seed = |target: &str, name: &str, parts: &[&[u8]]| -> Result<(), Box<dyn Error>> {
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(name), parts.concat())?)
    };

    for folder in ["experiments", "experiments/regression"] {
        for entry in fs::read_dir(root.join("..").join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                seed("spec", &name, &[&fs::read(&path)?])?;
                seed("spec", &format!("{name}-set"), &[&fs::read(&path)?, b"\0training.epochs=5"])?;
            }
        }
    }

    let images = [&[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 28, 0, 0, 0, 28][..], &[7; 3 * 784]].concat();
    let labels = [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3].to_vec();
    for (choice, name, content) in [(0, "images", images), (1, "labels", labels)] {
        seed("idx", name, &[&[choice], &content])?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content)?;
        seed("idx", &format!("{name}.gz"), &[&[choice | 2], &encoder.finish()?])?;
    }
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![0; 64 << 20])?;
    seed("idx", "bomb.gz", &[&[2 | 4], &bomb.finish()?])?;

    let table =
        b"t,a,b,split,s0,s1\n2026-01-02,x,p,train,1.5,\"2\"\n2026-01-03T04:05,y,q,test,-1e3,\n7,x,p,val,NA,0.25\n";
    for choice in [0, 1, 7, 15, 31, 128] {
        seed("csv", &choice.to_string(), &[&[choice, choice.rotate_left(3)], table])?;
    }
    seed("csv", "commas", &[&[128, 0], b"a;b\r\n1,5;2\r\n3,25;-4,5\r\n"])?;

    seed("text", "lines", &[b"The cat, the dog.\n\nThe \xc3\x84RGER can't last\nA dog!\n"])?;
    for (target, list) in [("npy", "npy.json"), ("image", "images.json"), ("wav", "wav.json")] {
        let path = root.join("../crates/readers/tests/golden").join(list);
        let golden: serde_json::Value = serde_json::from_slice(&fs::read(path)?)?;
        let cases = golden.get("recordings").unwrap_or(&golden).as_array().ok_or("a list of files")?;
        for (number, case) in cases.iter().enumerate() {
            let text = case["file"].as_str().ok_or("a file in hexadecimal")?;
            let byte = |at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
            seed(target, &number.to_string(), &[&bytes.ok_or("a file in hexadecimal")?])?;
        }
    }

    let out = tempfile::tempdir()?;
    let run = hourglass_fuzz::run();
    let stopped = AtomicBool::new(true);
    let options = |stop| training::Options {
        out: out.path(),
        sources: datasets::Sources::default(),
        command: String::new(),
        workspace: None,
        resume: true,
        tensorboard: None,
        quiet: true,
        stop,
    };
    let directory = RunDirectory::of(&run, out.path());
    // With the stop flag set, training writes a checkpoint and ends.
    let _ = training::train(&run, NETWORKS, &options(&stopped));
    seed("checkpoint", "checkpoint", &[&fs::read(directory.checkpoint())?])?;
    training::train(&run, NETWORKS, &options(&AtomicBool::new(false)))?;
    seed("checkpoint", "model", &[&fs::read(directory.model())?])?;

    let folder = common::record_experiment(out.path());
    for (choice, path) in (0..).zip(common::recorded_files(&folder)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        seed("record", &name, &[&[choice], &fs::read(&path)?])?;
    }
    let archive = out.path().join("records.tar.gz");
    archive::pack(&archive, &common::recorded_runs(&folder))?;
    let packed = fs::read(&archive)?;
    seed("archive", "records.tar.gz", &[&packed])?;
    // The tar inside the gzip.
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut tar)?;
    seed("archive", "records.tar", &[&tar])?;
    Ok(())
}
