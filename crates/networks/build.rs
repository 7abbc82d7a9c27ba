//! Makes a type of each network on a list, a constant assertion of its shape, and a line of the `match` that builds it.
//!
//! A line of the list is the text of a `spec::Form`: `dense 784-64:relu-32 32-64:relu-784:sigmoid`. `cargo xtask` keeps the
//! list, `networks.txt` in cargo's target folder: what the experiments at hand need, and what recent ones needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let mut lines = BTreeSet::new();
    // Where cargo builds, it leaves this tag.
    if let Some(target) = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()) {
        let list = target.join("networks.txt");
        if !list.exists() {
            // cargo would take a file that is not there for one that has changed.
            write(&list, "")?;
        }
        read(&list, &mut lines)?;
    }
    if env::var_os("CARGO_FEATURE_STANDARD").is_some() {
        read(Path::new("standard.txt"), &mut lines)?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    let (mut types, mut arms) = (String::new(), String::new());
    for (index, line) in lines.iter().enumerate() {
        let Network { source, built } =
            network(line).map_err(|message| format!("`{line}` is no network: {message}"))?;
        types += &format!("/// `{line}`\nmod n{index} {{\n{source}}}\n\n");
        arms += &format!("{line:?} => Some({built}(Box::new(n{index}::Network::default()))),\n");
    }
    let text = format!(
        "{types}/// Builds a network from the text of its form, every parameter 0.\n\
         fn build(form: &str) -> Option<zoo::Built> {{\nmatch form {{\n{arms}_ => None,\n}}\n}}\n"
    );
    write(&out.join("networks.rs"), &text)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn read(list: &Path, lines: &mut BTreeSet<String>) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", list.display());
    let text = fs::read_to_string(list).map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let lines_of_it = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.extend(lines_of_it.map(str::to_owned));
    Ok(())
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
                    + &meets(("the encoder", last("Encoder", &encoder)), ("the decoder", first("Decoder")))
                    + &meets(("the decoder", last("Decoder", &decoder)), ("the loss", first("Encoder")))
                    + &format!("pub(super) type Network = zoo::Dense<{values}, {code}, Encoder, Decoder>;\n"),
            )
        }
        ["gaussian", trunk, code, decoder] => {
            let (trunk, decoder, code) = (chain(trunk)?, chain(decoder)?, number(code)?);
            let [values, hidden] = trunk.ends();
            trainable(
                alias("Trunk", &trunk)
                    + &alias("Decoder", &decoder)
                    + &format!("type Mean = zoo::layer::Layer<{hidden}, {code}, zoo::layer::Identity>;\n")
                    + &meets(("the trunk", last("Trunk", &trunk)), ("the mean", "Mean".to_owned()))
                    + &meets(("the mean", "Mean".to_owned()), ("the decoder", first("Decoder")))
                    + &meets(("the decoder", last("Decoder", &decoder)), ("the loss", first("Trunk")))
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

/// A tuple of layers under a name, each of its layers under the name and its place, and the assertion that each reads what the
/// one before writes.
fn alias(name: &str, chain: &Chain) -> String {
    let (mut layers, mut tuple, mut assertions) = (String::new(), String::new(), String::new());
    for (index, (reads, writes, activation)) in chain.0.iter().enumerate() {
        layers += &format!("type {name}{index} = zoo::layer::Layer<{reads}, {writes}, zoo::layer::{activation}>;\n");
        tuple += &format!("{name}{index},");
        if let Some(before) = index.checked_sub(1) {
            let [before, after] = [before, index].map(|index| (format!("layer {index}"), format!("{name}{index}")));
            assertions += &meets((&before.0, before.1), (&after.0, after.1));
        }
    }
    format!("{layers}type {name} = ({tuple});\n{assertions}")
}

/// The first layer of a tuple.
fn first(name: &str) -> String {
    format!("{name}0")
}

/// The last.
fn last(name: &str, chain: &Chain) -> String {
    format!("{name}{}", chain.0.len() - 1)
}

/// A constant assertion that one layer writes what another reads.
fn meets((before, writes): (&str, String), (after, reads): (&str, String)) -> String {
    format!(
        "const _: () = assert!({writes}::OUTPUTS == {reads}::INPUTS, \"{after} reads another width than {before} writes\");\n"
    )
}
