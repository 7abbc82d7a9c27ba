//! Model files: safetensors with f32 tensors and a checksum.
//!
//! Each layer has `encoder.N.weight` (outputs, inputs) and `encoder.N.bias` (outputs), then `decoder.N.weight` and
//! `decoder.N.bias`. A classifier has `head.0.weight` and `head.0.bias` in place of a decoder. PyTorch's `Linear` has the
//! same shapes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use system::seal;
use system::storage;

use crate::error::Error;
use crate::layout::Layer;
use crate::traits::Trainable;

/// Bytes of a model file with the `parameters` of `network` and `metadata`. The same arguments give the same bytes.
pub fn to_bytes(network: &dyn Trainable, parameters: &[f32], metadata: BTreeMap<String, String>) -> Vec<u8> {
    let tensors = network.layout().layers.iter().flat_map(|layer| {
        let weight = Values { shape: vec![layer.outputs, layer.inputs], values: &parameters[layer.weight()] };
        let bias = Values { shape: vec![layer.outputs], values: &parameters[layer.bias()] };
        [(weight_name(layer), weight), (bias_name(layer), bias)]
    });
    let seal = (seal::KEY.to_owned(), seal::UNSEALED.to_owned());
    let metadata: HashMap<String, String> = metadata.into_iter().chain([seal]).collect();
    #[expect(clippy::expect_used, reason = "shapes and values come from the same layout")]
    let bytes = safetensors::serialize(tensors, Some(metadata)).expect("shapes fit their values");
    #[expect(clippy::expect_used, reason = "the header is the library's own")]
    let mut bytes = with_sorted_header(&bytes).expect("a safetensors file has a header of JSON");
    #[expect(clippy::expect_used, reason = "the place of the seal is in the metadata")]
    seal::seal(&mut bytes).expect("a file that can be sealed");
    bytes
}

/// Reads a model file and sets the parameters of a network to its values.
pub(crate) fn read(mut network: Box<dyn Trainable>, path: &Path) -> Result<Box<dyn Trainable>, Error> {
    let bytes = storage::read(path)?;
    let parameters =
        from_bytes(network.as_ref(), &bytes).map_err(|message| Error::Format { path: path.to_owned(), message })?;
    network.set_parameters(&parameters);
    Ok(network)
}

/// Parameters of `network`, one flat list, from the bytes of a model file.
///
/// # Errors
/// When the checksum of the file is wrong, or a tensor of the right name, type and shape is missing.
pub fn from_bytes(network: &dyn Trainable, bytes: &[u8]) -> Result<Vec<f32>, String> {
    seal::check(bytes)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| format!("not a safetensors file: {error}"))?;
    let layers = &network.layout().layers;
    if file.len() != 2 * layers.len() {
        return Err(format!("expected {} tensors, found {}", 2 * layers.len(), file.len()));
    }
    let mut parameters = Vec::with_capacity(network.parameter_count());
    for layer in layers {
        read_tensor(&file, &weight_name(layer), &[layer.outputs, layer.inputs], &mut parameters)?;
        read_tensor(&file, &bias_name(layer), &[layer.outputs], &mut parameters)?;
    }
    Ok(parameters)
}

/// Every tensor of a model file by its name, for any network.
///
/// # Errors
/// When the checksum of the file is wrong, or a tensor does not hold finite f32 values.
pub fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Vec<f32>>, String> {
    seal::check(bytes)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| format!("not a safetensors file: {error}"))?;
    let read = |(name, tensor): (String, TensorView<'_>)| {
        let mut values = Vec::new();
        read_tensor(&file, &name, tensor.shape(), &mut values)?;
        Ok((name, values))
    };
    file.tensors().into_iter().map(read).collect()
}

fn read_tensor(file: &SafeTensors<'_>, name: &str, shape: &[usize], values: &mut Vec<f32>) -> Result<(), String> {
    let tensor = file.tensor(name).map_err(|_| format!("there is no tensor `{name}`"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        let (found_type, found_shape) = (tensor.dtype(), tensor.shape());
        return Err(format!("`{name}`: expected F32 of shape {shape:?}, found {found_type:?} of {found_shape:?}"));
    }
    let start = values.len();
    values.extend(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    match values[start..].iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => Err(format!("`{name}` holds a value that is not finite")),
    }
}

fn weight_name(layer: &Layer) -> String {
    format!("{}.weight", layer.name)
}

fn bias_name(layer: &Layer) -> String {
    format!("{}.bias", layer.name)
}

struct Values<'v> {
    shape: Vec<usize>,
    values: &'v [f32],
}

impl View for Values<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}

/// Sorts the entries of the header by name. The `safetensors` library writes metadata in the order of a hash map, which
/// differs from run to run.
fn with_sorted_header(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let entries: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_slice(header).ok()?;
    let mut header = serde_json::to_vec(&entries).ok()?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Some([&(header.len() as u64).to_le_bytes(), &header[..], data].concat())
}
