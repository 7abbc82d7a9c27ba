//! A trained network as an ONNX file for other programs. The file includes scaling and the filling of missing values.

mod proto;

use anyhow::bail;
use prost::Message;
use spec::Run;
use spec::catalogue::Activation;
use zoo::{Kind, Plan, Recurrence, Trainable};

use self::proto::{
    Attribute, Dimension, Entry, Graph, Model, Node, Opset, Size, Tensor, TensorShape, TensorType, Type, ValueInfo,
};
use crate::rows::Form;

/// Version of ONNX's operators: the first with `Gelu`. ONNX Runtime reads it since 1.17.
const OPSET: i64 = 20;
/// Version of the file format that belongs to these operators.
const IR: i64 = 9;

/// Part of a network that a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// From `rows` to `codes`.
    Encoder,
    /// From `codes` to `reconstructions`.
    Decoder,
    /// From `rows` to `codes`, `reconstructions` and `errors`.
    Whole,
}

/// Bytes of a file with one part of a network.
///
/// # Errors
/// When the network is residual and `part` is the decoder.
pub(crate) fn bytes(run: &Run, network: &dyn Trainable, form: &Form, part: Part) -> Result<Vec<u8>, anyhow::Error> {
    let mut graph =
        Builder { parameters: network.parameters(), form, output: run.model.network.output, graph: Graph::default() };
    graph.graph.name = run.model.name();
    let code = network.code_size();
    let mut rows = None;
    let codes = match part {
        Part::Decoder => {
            graph.input("codes", &[code], "Codes of rows.");
            "codes".to_owned()
        }
        Part::Encoder | Part::Whole => {
            let says = format!("Rows: {}; NaN for a missing value, which the network fills.", form.values());
            graph.input("rows", &form.sides(), &says);
            let scaled = graph.scaled();
            let codes = match network.kind() {
                Kind::Dense(plan) | Kind::Gaussian(plan, _) => graph.encoded(&plan, &scaled),
                Kind::Gated(recurrence) => graph.read(&recurrence, &scaled),
            };
            rows = Some(scaled);
            graph.node("Identity", &[&codes], "codes", &[]);
            graph.output("codes", &[code], "Codes of the rows; the mean of a Gaussian code.");
            "codes".to_owned()
        }
    };
    if part != Part::Encoder {
        let outputs = match network.kind() {
            Kind::Dense(plan) | Kind::Gaussian(plan, _) => {
                if plan.is_residual && rows.is_none() {
                    bail!(
                        "this residual network adds its input to its output, so it has no decoder that can be exported alone"
                    );
                }
                graph.decoded(&plan, &codes, rows.as_deref())
            }
            Kind::Gated(recurrence) => graph.written(&recurrence, &codes),
        };
        graph.unscaled(&outputs);
        graph.output("reconstructions", &form.sides(), "Reconstructions of the rows, in the units of the data.");
        if let Some(rows) = &rows {
            graph.node("Sub", &[rows, &outputs], "differences", &[]);
            graph.node("Mul", &["differences", "differences"], "squares", &[]);
            let axes = graph.integers("axis 1", &[1]);
            graph.node("ReduceMean", &["squares", &axes], "errors", &[("keepdims", 0)]);
            graph.output("errors", &[], "Mean squared error of the scaled values of each row.");
        }
    }
    let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
    let mut metadata_props = vec![
        entry("architecture", run.model.name()),
        entry("data", run.dataset.name()),
        entry("spec_sha256", run.spec_sha256()),
    ];
    if !form.names.is_empty() {
        metadata_props.push(entry("columns", serde_json::to_string(&form.names)?));
    }
    let model = Model {
        ir_version: IR,
        producer_name: "Hourglass".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: format!("{}, trained on {}", run.model.name(), run.dataset.name()),
        graph: Some(graph.graph),
        opset_import: vec![Opset { domain: String::new(), version: OPSET }],
        metadata_props,
    };
    Ok(model.encode_to_vec())
}

struct Builder<'a> {
    parameters: Vec<f32>,
    form: &'a Form,
    /// Activation of each step's sums in a recurrent network.
    output: Activation,
    graph: Graph,
}

impl Builder<'_> {
    fn input(&mut self, name: &str, sides: &[usize], says: &str) {
        self.graph.input.push(value(name, sides, says));
    }

    fn output(&mut self, name: &str, sides: &[usize], says: &str) {
        self.graph.output.push(value(name, sides, says));
    }

    /// Adds an operation whose result is named `to`, and returns that name.
    fn node(&mut self, operation: &str, from: &[&str], to: &str, attributes: &[(&str, i64)]) -> String {
        let integer = |(name, value): &(&str, i64)| Attribute {
            name: (*name).to_owned(),
            i: Some(*value),
            kind: 2,
            ..Attribute::default()
        };
        self.graph.node.push(Node {
            input: from.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![to.to_owned()],
            name: to.to_owned(),
            op_type: operation.to_owned(),
            attribute: attributes.iter().map(integer).collect(),
        });
        to.to_owned()
    }

    fn tensor(&mut self, name: &str, sides: &[usize], data_type: i32, raw_data: Vec<u8>) -> String {
        // A constant that several operations read is stored once.
        if !self.graph.initializer.iter().any(|tensor| tensor.name == name) {
            let dims = sides.iter().map(|side| *side as i64).collect();
            self.graph.initializer.push(Tensor { dims, data_type, name: name.to_owned(), raw_data });
        }
        name.to_owned()
    }

    fn floats(&mut self, name: &str, sides: &[usize], values: &[f32]) -> String {
        self.tensor(name, sides, 1, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    fn doubles(&mut self, name: &str, values: &[f64]) -> String {
        self.tensor(name, &[values.len()], 11, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        self.tensor(name, &[values.len()], 7, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// One number for each value of a row; the numbers of columns repeat for each step.
    fn of_columns(&self, of: impl Fn(&datasets::own::ColumnScaling) -> f64) -> Vec<f64> {
        let columns = self.form.scaling.as_ref().map(|scaling| scaling.columns.as_slice()).unwrap_or_default();
        (0..self.form.shape.values()).map(|value| of(&columns[value % columns.len()])).collect()
    }

    /// Scales `rows` to the inputs of the network, (rows, values).
    fn scaled(&mut self) -> String {
        let flat = self.node("Flatten", &["rows"], "flat rows", &[("axis", 1)]);
        if self.form.is_bytes {
            let most = self.floats("255", &[], &[255.0]);
            return self.node("Div", &[&flat, &most], "scaled rows", &[]);
        }
        if self.form.scaling.is_none() {
            return flat;
        }
        // Computed in double precision, as for training.
        let exact = self.node("Cast", &[&flat], "exact rows", &[("to", 11)]);
        let missing = self.node("IsNaN", &[&exact], "missing", &[]);
        let fill = self.of_columns(|column| column.fill);
        let fill = self.doubles("fill", &fill);
        let filled = self.node("Where", &[&missing, &fill, &exact], "filled rows", &[]);
        let [centre, scale] = [self.of_columns(|column| column.centre), self.of_columns(|column| column.scale)];
        let [centre, scale] = [self.doubles("centre", &centre), self.doubles("scale", &scale)];
        let centred = self.node("Sub", &[&filled, &centre], "centred rows", &[]);
        let divided = self.node("Div", &[&centred, &scale], "divided rows", &[]);
        self.node("Cast", &[&divided], "scaled rows", &[("to", 1)])
    }

    /// Turns the outputs of the network, (rows, values), into `reconstructions`.
    fn unscaled(&mut self, outputs: &str) {
        let mut outputs = outputs.to_owned();
        if self.form.is_bytes {
            let most = self.floats("255", &[], &[255.0]);
            outputs = self.node("Mul", &[&outputs, &most], "flat reconstructions", &[]);
        } else if self.form.scaling.is_some() {
            let [centre, scale] = [self.of_columns(|column| column.centre), self.of_columns(|column| column.scale)];
            let [centre, scale] = [self.doubles("centre", &centre), self.doubles("scale", &scale)];
            let exact = self.node("Cast", &[&outputs], "exact outputs", &[("to", 11)]);
            let multiplied = self.node("Mul", &[&exact, &scale], "multiplied outputs", &[]);
            let moved = self.node("Add", &[&multiplied, &centre], "moved outputs", &[]);
            outputs = self.node("Cast", &[&moved], "flat reconstructions", &[("to", 1)]);
        }
        let sides: Vec<i64> = [0].into_iter().chain(self.form.sides().into_iter().map(|side| side as i64)).collect();
        let sides = self.integers("sides", &sides);
        self.node("Reshape", &[&outputs, &sides], "reconstructions", &[]);
    }

    fn activated(&mut self, activation: Activation, sums: &str, name: &str) -> String {
        let operation = match activation {
            Activation::Identity => return sums.to_owned(),
            Activation::Relu => "Relu",
            // ONNX's default slope of LeakyRelu is 0.01, and its default scale of Elu is 1, as here.
            Activation::LeakyRelu => "LeakyRelu",
            Activation::Elu => "Elu",
            Activation::Gelu => "Gelu",
            Activation::Tanh => "Tanh",
            Activation::Sigmoid => "Sigmoid",
        };
        self.node(operation, &[sums], name, &[])
    }

    /// One dense layer. `added` is added to its sums.
    fn layer(&mut self, plan: &Plan, index: usize, from: &str, added: Option<&str>) -> String {
        let layer = plan.layout.layers[index].clone();
        let weights = self.parameters[layer.weight()].to_vec();
        let weights = self.floats(&format!("{}.weight", layer.name), &[layer.outputs, layer.inputs], &weights);
        let bias = self.parameters[layer.bias()].to_vec();
        let bias = self.floats(&format!("{}.bias", layer.name), &[layer.outputs], &bias);
        let mut sums = self.node("Gemm", &[from, &weights, &bias], &format!("{} sums", layer.name), &[("transB", 1)]);
        if let Some(added) = added {
            sums = self.node("Add", &[&sums, added], &format!("{} sums and input", layer.name), &[]);
        }
        self.activated(plan.activations[index], &sums, &layer.name)
    }

    /// Codes of rows; the mean of a Gaussian code.
    fn encoded(&mut self, plan: &Plan, rows: &str) -> String {
        let code = plan.layout.code();
        (0..=code).fold(rows.to_owned(), |from, index| self.layer(plan, index, &from, None))
    }

    fn decoded(&mut self, plan: &Plan, codes: &str, rows: Option<&str>) -> String {
        let last = plan.layout.layers.len() - 1;
        plan.decoder().fold(codes.to_owned(), |from, index| {
            self.layer(plan, index, &from, rows.filter(|_| plan.is_residual && index == last))
        })
    }

    /// A recurrent cell over steps of shape (steps, rows, values). `first` is the index of its first layer. Returns the
    /// names of every state, (steps, 1, rows, units), and of the last state, (1, rows, units).
    fn cell(&mut self, recurrence: &Recurrence, first: usize, steps: &str, name: &str) -> [String; 2] {
        let [input, state] = [0, 1].map(|place| recurrence.layout.layers[first + place].clone());
        let units = recurrence.units;
        // The order of gates is reset, update, candidate here, and update, reset, candidate in ONNX.
        let ordered = |values: &[f32], width: usize| {
            let (reset, rest) = values.split_at(units * width);
            let (update, candidate) = rest.split_at(units * width);
            [update, reset, candidate].concat()
        };
        let of_input = ordered(&self.parameters[input.weight()], input.inputs);
        let of_state = ordered(&self.parameters[state.weight()], state.inputs);
        let bias = [ordered(&self.parameters[input.bias()], 1), ordered(&self.parameters[state.bias()], 1)].concat();
        let of_input = self.floats(&format!("{name}.input"), &[1, 3 * units, input.inputs], &of_input);
        let of_state = self.floats(&format!("{name}.state"), &[1, 3 * units, units], &of_state);
        let bias = self.floats(&format!("{name}.bias"), &[1, 6 * units], &bias);
        let [all, last] = [format!("{name} states"), format!("{name} last state")];
        let attributes = [("hidden_size", units as i64), ("linear_before_reset", 1)];
        self.node("GRU", &[steps, &of_input, &of_state, &bias], &all, &attributes);
        if let Some(node) = self.graph.node.last_mut() {
            node.output.push(last.clone());
        }
        [all, last]
    }

    fn affine(&mut self, recurrence: &Recurrence, layer: usize, from: &str) -> String {
        let layer = recurrence.layout.layers[layer].clone();
        // Stored as (inputs, outputs), for the product with a tensor of any rank.
        let weights = &self.parameters[layer.weight()];
        let turned: Vec<f32> = (0..layer.inputs)
            .flat_map(|input| (0..layer.outputs).map(move |output| (output, input)))
            .map(|(output, input)| weights[output * layer.inputs + input])
            .collect();
        let weights = self.floats(&format!("{}.weight", layer.name), &[layer.inputs, layer.outputs], &turned);
        let bias = self.parameters[layer.bias()].to_vec();
        let bias = self.floats(&format!("{}.bias", layer.name), &[layer.outputs], &bias);
        let products = self.node("MatMul", &[from, &weights], &format!("{} products", layer.name), &[]);
        self.node("Add", &[&products, &bias], &format!("{} sums", layer.name), &[])
    }

    fn read(&mut self, recurrence: &Recurrence, rows: &str) -> String {
        let sides = self.integers("steps", &[0, recurrence.steps as i64, recurrence.width as i64]);
        let steps = self.node("Reshape", &[rows, &sides], "steps of rows", &[]);
        let steps = self.transposed(&steps, "steps first", &[1, 0, 2]);
        let [_, last] = self.cell(recurrence, 0, &steps, "encoder");
        let axis = self.integers("axis 0", &[0]);
        let last = self.node("Squeeze", &[&last, &axis], "encoder state", &[]);
        self.affine(recurrence, 2, &last)
    }

    fn written(&mut self, recurrence: &Recurrence, codes: &str) -> String {
        let axis = self.integers("axis 0", &[0]);
        let code = self.node("Unsqueeze", &[codes, &axis], "code of a step", &[]);
        let times = self.integers("times", &[recurrence.steps as i64, 1, 1]);
        let steps = self.node("Expand", &[&code, &times], "code of each step", &[]);
        let [all, _] = self.cell(recurrence, 3, &steps, "decoder");
        let axis = self.integers("axis 1", &[1]);
        let states = self.node("Squeeze", &[&all, &axis], "decoder state of each step", &[]);
        let states = self.transposed(&states, "rows first", &[1, 0, 2]);
        let sums = self.affine(recurrence, 5, &states);
        let written = self.activated(self.output, &sums, "steps of outputs");
        self.node("Flatten", &[&written], "outputs", &[("axis", 1)])
    }

    fn transposed(&mut self, from: &str, to: &str, order: &[i64]) -> String {
        self.node("Transpose", &[from], to, &[]);
        if let Some(node) = self.graph.node.last_mut() {
            node.attribute =
                vec![Attribute { name: "perm".to_owned(), ints: order.to_vec(), kind: 7, ..Attribute::default() }];
        }
        to.to_owned()
    }
}

/// Description of an f32 tensor with any number of rows.
fn value(name: &str, sides: &[usize], says: &str) -> ValueInfo {
    let rows = Dimension { size: Some(Size::Parameter("rows".to_owned())) };
    let sides = sides.iter().map(|side| Dimension { size: Some(Size::Value(*side as i64)) });
    let shape = TensorShape { dim: [rows].into_iter().chain(sides).collect() };
    ValueInfo {
        name: name.to_owned(),
        kind: Some(Type { tensor: Some(TensorType { element: 1, shape: Some(shape) }) }),
        doc_string: says.to_owned(),
    }
}
