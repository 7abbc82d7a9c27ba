//! Makes a type of each network on a list, a constant assertion of its shape, and a line of the `match` that builds it.
//!
//! A line of the list is the text of a `spec::Form`: `dense 784-64:relu-32 32-64:relu-784:sigmoid`. `cargo xtask` keeps the
//! list, `networks.txt` in cargo's target folder: what the experiments at hand need, and what recent ones needed.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut lines = BTreeSet::new();
    // Where cargo builds, it leaves this tag.
    if let Some(target) = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()) {
        let list = target.join("networks.txt");
        if !list.exists() {
            // cargo would take a file that is not there for one that has changed.
            fs::write(&list, "").unwrap_or_else(|error| panic!("cannot write {}: {error}", list.display()));
        }
        read(&list, &mut lines);
    }
    if env::var_os("CARGO_FEATURE_STANDARD").is_some() {
        read(Path::new("standard.txt"), &mut lines);
    }
    println!("cargo::rerun-if-changed=build.rs");
    let (mut types, mut arms) = (String::new(), String::new());
    for (index, line) in lines.iter().enumerate() {
        let network = network(line).unwrap_or_else(|message| panic!("`{line}` is no network: {message}"));
        let Network { source, built } = network;
        writeln!(types, "/// `{line}`\nmod n{index} {{\n{source}}}\n").expect("memory");
        writeln!(arms, "{line:?} => Some({built}(Box::new(n{index}::Network::default()))),").expect("memory");
    }
    let text = format!(
        "{types}\n/// Builds a network from the text of its form, every parameter 0.\nfn build(form: &str) -> Option<zoo::Built> {{\nmatch form {{\n{arms}_ => None,\n}}\n}}\n"
    );
    let path = out.join("networks.rs");
    fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

fn read(list: &Path, lines: &mut BTreeSet<String>) {
    println!("cargo::rerun-if-changed={}", list.display());
    let text = fs::read_to_string(list).unwrap_or_else(|error| panic!("cannot read {}: {error}", list.display()));
    lines.extend(
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty() && !line.starts_with('#')),
    );
}

/// A network in Rust.
struct Network {
    /// Its types, of which one is `Network`.
    source: String,
    /// What holds one.
    built: &'static str,
}

const TRAINABLE: &str = "zoo::Built::Trainable";

fn network(line: &str) -> Result<Network, String> {
    let words: Vec<&str> = line.split(' ').collect();
    let trainable = |source| Ok(Network { source, built: TRAINABLE });
    match words[..] {
        ["dense", encoder, decoder] => {
            let (encoder, decoder) = (chain(encoder)?, chain(decoder)?);
            let [values, code] = encoder.ends();
            trainable(
                alias("Encoder", &encoder)
                    + &alias("Decoder", &decoder)
                    + &meets("the encoder", code, "the decoder", decoder.ends()[0])
                    + &meets("the decoder", decoder.ends()[1], "the loss", values)
                    + &format!("pub(super) type Network = zoo::Dense<{values}, {code}, Encoder, Decoder>;\n"),
            )
        }
        ["gaussian", trunk, code, decoder] => {
            let (trunk, decoder, code) = (chain(trunk)?, chain(decoder)?, number(code)?);
            let [values, hidden] = trunk.ends();
            trainable(
                alias("Trunk", &trunk)
                    + &alias("Decoder", &decoder)
                    + &meets("the code", code, "the decoder", decoder.ends()[0])
                    + &meets("the decoder", decoder.ends()[1], "the loss", values)
                    + &format!(
                        "pub(super) type Network = zoo::Gaussian<{values}, {hidden}, {code}, Trunk, Decoder>;\n"
                    ),
            )
        }
        ["gated", steps, width, units, code] => {
            let [steps, width, units, code] = [number(steps)?, number(width)?, number(units)?, number(code)?];
            let gates = 3 * units;
            trainable(format!("pub(super) type Network = zoo::Gated<{steps}, {width}, {units}, {gates}, {code}>;\n"))
        }
        ["classifier", encoder, classes] => {
            let (encoder, classes) = (chain(encoder)?, number(classes)?);
            let [values, code] = encoder.ends();
            trainable(
                alias("Encoder", &encoder)
                    + &format!("pub(super) type Network = zoo::Classifier<{values}, {code}, {classes}, Encoder>;\n"),
            )
        }
        ["perceptron", layers] => {
            let layers = chain(layers)?;
            let [values, outputs] = layers.ends();
            let source = alias("Layers", &layers)
                + &format!("pub(super) type Network = zoo::Perceptron<{values}, {outputs}, Layers>;\n");
            Ok(Network { source, built: "zoo::Built::Perceptron" })
        }
        _ => Err("expected dense, gaussian, gated, classifier or perceptron, and its layers".to_owned()),
    }
}

/// Layers: what each reads and writes, and its activation.
struct Chain(Vec<(usize, usize, String)>);

impl Chain {
    /// What the first reads and the last writes.
    fn ends(&self) -> [usize; 2] {
        [self.0[0].0, self.0[self.0.len() - 1].1]
    }
}

/// `784-64:relu-32`.
fn chain(text: &str) -> Result<Chain, String> {
    let mut parts = text.split('-');
    let mut reads = number(parts.next().unwrap_or_default())?;
    let mut layers = Vec::new();
    for part in parts {
        let (units, activation) = part.split_once(':').unwrap_or((part, "identity"));
        let units = number(units)?;
        layers.push((reads, units, activation_type(activation)?));
        reads = units;
    }
    if layers.is_empty() { Err(format!("`{text}` has no layers")) } else { Ok(Chain(layers)) }
}

/// `leaky_relu` as `LeakyRelu`.
fn activation_type(name: &str) -> Result<String, String> {
    const KNOWN: [&str; 7] = ["relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", "identity"];
    if !KNOWN.contains(&name) {
        return Err(format!("unknown activation `{name}`"));
    }
    Ok(name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect())
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{text}` is no width"))
}

/// A tuple of layers under a name, and the assertion that each reads what the one before writes.
fn alias(name: &str, chain: &Chain) -> String {
    let layer = |(reads, writes, activation): &(usize, usize, String)| {
        format!("zoo::layer::Layer<{reads}, {writes}, zoo::layer::{activation}>,")
    };
    let mut source = format!("type {name} = ({});\n", chain.0.iter().map(layer).collect::<String>());
    for (index, pair) in chain.0.windows(2).enumerate() {
        let [before, after] = [index, index + 1].map(|index| format!("layer {} of {name}", index + 1));
        source += &meets(&before, pair[0].1, &after, pair[1].0);
    }
    source
}

/// A constant assertion.
fn meets(before: &str, writes: usize, after: &str, reads: usize) -> String {
    format!("const _: () = assert!({writes} == {reads}, \"{before} writes {writes} units, {after} reads {reads}\");\n")
}
