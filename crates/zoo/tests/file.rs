//! Contents of model files, and refusal of damaged files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use networks::NETWORKS;
use std::collections::BTreeMap;
use std::fs;

use safetensors::tensor::SafeTensors;
use spec::Experiment;
use spec::Model;
use system::seal;
use zoo::Matrix;

fn model(code: usize) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"plain\"\ncode = {code}\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("file.toml".as_ref(), text, &[]).unwrap().runs.remove(0).model
}

fn bytes(code: usize) -> Vec<u8> {
    let network = NETWORKS.build(&model(code)).unwrap();
    let parameters = network.layout().initial_parameters(1);
    let metadata = [("architecture", "plain"), ("code", "8"), ("a", "b")];
    let metadata: BTreeMap<String, String> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    zoo::to_bytes(network.as_ref(), &parameters, metadata)
}

#[test]
fn names_and_shapes_are_those_that_pytorch_expects() {
    let bytes = bytes(8);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let shapes: BTreeMap<String, Vec<usize>> =
        file.tensors().into_iter().map(|(name, tensor)| (name, tensor.shape().to_vec())).collect();
    let expected = [
        ("decoder.0.bias", vec![64]),
        ("decoder.0.weight", vec![64, 8]),
        ("decoder.1.bias", vec![784]),
        ("decoder.1.weight", vec![784, 64]),
        ("encoder.0.bias", vec![64]),
        ("encoder.0.weight", vec![64, 784]),
        ("encoder.1.bias", vec![8]),
        ("encoder.1.weight", vec![8, 64]),
    ];
    assert_eq!(shapes, expected.map(|(name, shape)| (name.to_owned(), shape)).into());
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header.metadata().as_ref().unwrap()["architecture"], "plain");
}

#[test]
fn the_same_parameters_give_the_same_bytes() {
    let first = bytes(8);
    // The library's own header has the random order of a hash map; ten repetitions would reveal it.
    assert!((0..10).all(|_| bytes(8) == first));
}

#[test]
fn a_loaded_network_computes_the_same_as_the_saved_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, bytes(8)).unwrap();
    let read = NETWORKS.load(&model(8), &path).unwrap();
    let mut network = NETWORKS.build(&model(8)).unwrap();
    network.set_parameters(&network.layout().initial_parameters(1));
    let images = Matrix::new(2, 784, (0..2 * 784).map(|index| (index % 10) as f32 / 10.0).collect());
    assert_eq!(read.reconstruct(&images), network.reconstruct(&images));

    let other = NETWORKS.load(&model(16), &path).err().unwrap().to_string();
    assert!(other.contains("`encoder.1.weight`: expected F32 of shape [16, 64], found F32 of [8, 64]"), "{other}");
    fs::write(&path, &bytes(8)[..1000]).unwrap();
    assert!(NETWORKS.load(&model(8), &path).err().unwrap().to_string().contains("damaged"));
    fs::remove_file(&path).unwrap();
    assert!(NETWORKS.load(&model(8), &path).err().unwrap().to_string().starts_with("cannot read "));
}

proptest::proptest! {
    #[test]
    fn no_mangled_model_file_panics_even_if_sealed(at: proptest::sample::Index, cut in 0..30_usize, with: Vec<u8>) {
        let network = NETWORKS.build(&model(8)).unwrap();
        let mut mangled = bytes(8);
        let header = 8 + u64::from_le_bytes(*mangled.first_chunk().unwrap()) as usize;
        let at = at.index(header);
        mangled.splice(at..(at + cut).min(header), with);
        let sealed = seal::seal(&mut mangled).is_ok();
        let read = zoo::from_bytes(network.as_ref(), &mangled);
        proptest::prop_assert!(sealed || read.is_err());
    }
}
