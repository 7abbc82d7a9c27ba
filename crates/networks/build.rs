//! Build script: makes a Rust type, a constant assertion of its widths and an arm of the `match` for each network on a
//! list.
//!
//! A line of the list is the text of a `spec::Form`: `dense 784-64:relu-32 32-64:relu-784:sigmoid`. `cargo xtask` writes
//! the list to `.networks.txt` beside the workspace's manifest: the networks of the requested experiments and of recent
//! ones.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let mut lines = BTreeSet::new();
    let list = Path::new("../../.networks.txt");
    // cargo treats a missing file as changed, and would run this script every time. Another process may create it at this
    // moment.
    let _ = fs::File::options().write(true).create_new(true).open(list);
    if list.exists() {
        read(list, &mut lines)?;
    }
    if env::var_os("CARGO_FEATURE_STANDARD").is_some() {
        read(Path::new("standard.txt"), &mut lines)?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    let (mut types, mut arms) = (String::new(), String::new());
    for (index, line) in lines.iter().enumerate() {
        let Network { source, built } =
            network(line).map_err(|message| format!("`{line}` is not a network: {message}"))?;
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

/// A network as Rust source.
struct Network {
    /// Type aliases and assertions; one alias is `Network`.
    source: String,
    /// Path of the `zoo::Built` variant that holds the network.
    built: &'static str,
}

/// Source of a network: `gaussian 784-64:relu 7 7-64:relu-784:sigmoid` gives `zoo::Gaussian<784, 64, 7, Chain0, Chain1>`.
///
/// The arguments are the two ends of the first chain and all single numbers, in order, then the chains. Each chain must
/// read the width that the word before it writes. The last of several chains must write the width that the first reads.
fn network(line: &str) -> Result<Network, String> {
    let mut words = line.split(' ');
    let kind = capitalised(words.next().unwrap_or_default());
    let (mut source, mut widths, mut chains) = (String::new(), Vec::new(), Vec::new());
    let mut before: Option<(&str, String)> = None;
    for word in words {
        if let Ok(number) = number(word) {
            widths.push(number.to_string());
            before = Some((word, number.to_string()));
            continue;
        }
        let (name, chain) = (format!("Chain{}", chains.len()), chain(word)?);
        source += &alias(&name, &chain);
        let (reads, writes) = (format!("{name}0::INPUTS"), format!("{name}{}::OUTPUTS", chain.0.len() - 1));
        match before {
            Some((text, width)) if !chains.is_empty() => source += &meets((text, &width), (word, &reads)),
            _ => widths.extend(chain.ends().map(|width| width.to_string())),
        }
        before = Some((word, writes));
        chains.push((name, word, reads));
    }
    if let ([(_, first, reads), _, ..], Some((last, writes))) = (&chains[..], &before) {
        source += &meets((last, writes), (first, reads));
    }
    if widths.is_empty() {
        return Err("expected a kind of network, and its layers".to_owned());
    }
    let built = if kind == "Perceptron" { "zoo::Built::Perceptron" } else { "zoo::Built::Trainable" };
    let arguments: Vec<String> = widths.into_iter().chain(chains.into_iter().map(|(name, ..)| name)).collect();
    source += &format!("pub(super) type Network = zoo::{kind}<{}>;\n", arguments.join(", "));
    Ok(Network { source, built })
}

/// A chain of layers: inputs, outputs and activation of each.
struct Chain(Vec<(usize, usize, String)>);

impl Chain {
    /// Inputs of the first layer and outputs of the last.
    fn ends(&self) -> [usize; 2] {
        [self.0[0].0, self.0[self.0.len() - 1].1]
    }
}

/// Parses a chain such as `784-64:relu-32`.
fn chain(text: &str) -> Result<Chain, String> {
    let mut parts = text.split('-');
    let mut reads = number(parts.next().unwrap_or_default())?;
    let mut layers = Vec::new();
    for part in parts {
        let (units, activation) = part.split_once(':').unwrap_or((part, "identity"));
        let units = number(units)?;
        layers.push((reads, units, capitalised(activation)));
        reads = units;
    }
    if layers.is_empty() { Err(format!("`{text}` has no layers")) } else { Ok(Chain(layers)) }
}

/// The name of a type: `leaky_relu` gives `LeakyRelu`.
fn capitalised(name: &str) -> String {
    name.split('_')
        .filter(|word| word.is_ascii() && !word.is_empty())
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("`{text}` is not a width: expected a whole number above 0"))
}

/// Source of a chain: an alias for each layer (`name` and its index), an alias `name` for the tuple of layers, and
/// assertions that the widths of consecutive layers agree.
fn alias(name: &str, chain: &Chain) -> String {
    let (mut layers, mut tuple, mut assertions) = (String::new(), String::new(), String::new());
    for (index, (reads, writes, activation)) in chain.0.iter().enumerate() {
        layers += &format!("type {name}{index} = zoo::layer::Layer<{reads}, {writes}, zoo::layer::{activation}>;\n");
        tuple += &format!("{name}{index},");
        if let Some(before) = index.checked_sub(1) {
            let (writer, reader) = (format!("layer {before} of {name}"), format!("layer {index}"));
            let (writes, reads) = (format!("{name}{before}::OUTPUTS"), format!("{name}{index}::INPUTS"));
            assertions += &meets((&writer, &writes), (&reader, &reads));
        }
    }
    format!("{layers}type {name} = ({tuple});\n{assertions}")
}

/// Source of a constant assertion that two widths agree.
fn meets((before, writes): (&str, &str), (after, reads): (&str, &str)) -> String {
    format!(
        "const _: () = assert!({writes} == {reads}, \"`{after}` does not read as many values as `{before}` writes\");\n"
    )
}
